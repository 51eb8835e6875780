package inbox

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// signIn signs in and returns the cookie and the CSRF token as headers.
func (h *house) signIn(email string) map[string]string {
	h.Helper()
	g := h.do(ask{"POST", "/v1/session", map[string]string{"email": email, "password": password}, map[string]string{}}).status(200)
	c := g.Cookies()[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" {
		h.Errorf("cookie %v", c)
	}
	return map[string]string{"Cookie": c.Name + "=" + c.Value, "X-CSRF-Token": g.at("csrf_token").(string)}
}

func TestSession(t *testing.T) {
	h := newHouse(t)
	signed := h.signIn("Officer@Example.com")
	cookie := map[string]string{"Cookie": signed["Cookie"]}
	h.do(ask{"GET", "/v1/me", nil, cookie}).status(200).is("o1", "id").is(signed["X-CSRF-Token"], "csrf_token")
	h.get("/v1/me").status(200).is(nil, "csrf_token")
	own := `{"availability":"away"}`
	h.do(ask{"PATCH", "/v1/officers/o1", own, cookie}).problem(403, "forbidden", "X-CSRF-Token")
	h.do(ask{"PATCH", "/v1/officers/o1", own, map[string]string{"Cookie": signed["Cookie"], "X-CSRF-Token": "x"}}).problem(403, "forbidden")
	h.do(ask{"PATCH", "/v1/officers/o1", own, signed}).status(200).is("away", "availability")

	secret := strings.TrimPrefix(signed["Cookie"], "caravan=")
	h.do(ask{"GET", "/v1/me", nil, as(secret)}).problem(401, "unauthorized")
	h.do(ask{"GET", "/v1/me", nil, map[string]string{"Cookie": "caravan=" + officerToken}}).problem(401, "unauthorized")

	gone := h.do(ask{"DELETE", "/v1/session", nil, signed}).status(204)
	if c := gone.Cookies()[0]; c.MaxAge >= 0 || c.Value != "" {
		t.Errorf("cookie after sign-out %v", c)
	}
	h.do(ask{"GET", "/v1/me", nil, cookie}).problem(401, "unauthorized")
	h.do(ask{"DELETE", "/v1/session", nil, as(officerToken)}).status(204)
	h.get("/v1/me").status(200)
}

func TestSessionRunsOut(t *testing.T) {
	h := newHouse(t)
	signed := h.signIn("officer@example.com")
	h.clock.forward(sessionTerm - time.Second)
	h.do(ask{"GET", "/v1/me", nil, signed}).status(200)
	h.clock.forward(time.Second)
	h.do(ask{"GET", "/v1/me", nil, signed}).problem(401, "unauthorized")
}

func TestSecureCookie(t *testing.T) {
	h := newHouse(t, func(d *Deps) { d.PublicURL = "https://desk.example.com" })
	g := h.do(ask{"POST", "/v1/session", map[string]string{"email": "officer@example.com", "password": password}, map[string]string{}}).status(200)
	if c := g.Cookies()[0]; !c.Secure || c.Name != "__Host-caravan" || c.Domain != "" {
		t.Errorf("cookie %v", c)
	}
}

func TestSignInRefused(t *testing.T) {
	h := newHouse(t)
	h.store.officers["o8"] = conversations.Officer{ID: "o8", Email: "gone@example.com", Password: passwordHash(), Disabled: true}
	h.store.officers["o9"] = conversations.Officer{ID: "o9", Email: "token.only@example.com"}
	var answers []string
	for _, body := range []string{
		`{"email":"officer@example.com","password":"wrong"}`, `{"email":"nobody@example.com","password":"wrong"}`,
		`{"email":"gone@example.com","password":"correct horse"}`, `{"email":"token.only@example.com","password":"correct horse"}`,
	} {
		g := h.do(ask{"POST", "/v1/session", body, map[string]string{}}).problem(401, "unauthorized")
		answers = append(answers, g.text)
		if len(g.Cookies()) > 0 {
			t.Errorf("%s: a cookie", body)
		}
	}
	for _, text := range answers[1:] {
		if text != answers[0] {
			t.Errorf("answers tell who is known: %s, %s", text, answers[0])
		}
	}
	h.do(ask{"POST", "/v1/session", `{"email":"a@b.example"}`, map[string]string{}}).problem(422, "invalid", "password")
}

func TestSignInThrottle(t *testing.T) {
	h := newHouse(t, func(d *Deps) { d.Proxies = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/32")} }) // Fiber's tests come from there
	try := func(email, password string) *got {
		return h.do(ask{"POST", "/v1/session", map[string]string{"email": email, "password": password}, map[string]string{}})
	}
	for range attemptsAtOnce {
		try("officer@example.com", "wrong").problem(401, "unauthorized")
	}
	for wait := time.Second; wait <= attemptPause; wait *= 2 {
		for range 3 { // trying meanwhile makes it no longer
			if g := try("officer@example.com", password).problem(429, "too-many-requests"); g.Header.Get("Retry-After") != fmt.Sprint(wait.Seconds()) {
				t.Errorf("Retry-After %s, want %s", g.Header.Get("Retry-After"), wait)
			}
		}
		h.clock.forward(wait)
		try("officer@example.com", "wrong").problem(401, "unauthorized")
	}
	if g := try("officer@example.com", password).problem(429, "too-many-requests"); g.Header.Get("Retry-After") != fmt.Sprint(attemptPause.Seconds()) {
		t.Errorf("Retry-After %s at last", g.Header.Get("Retry-After"))
	}
	try("supervisor@example.com", password).status(200) // others are not held up
	officer := map[string]string{"email": "officer@example.com", "password": password}
	h.do(ask{"POST", "/v1/session", officer, map[string]string{"X-Forwarded-For": "198.51.100.9"}}).status(200) // nor is he, elsewhere
	h.clock.forward(attemptPause)
	try("officer@example.com", password).status(200)
	try("officer@example.com", "wrong").problem(401, "unauthorized") // they are forgotten
	try("officer@example.com", password).status(200)
}

func TestThrottleIsBounded(t *testing.T) {
	th := newThrottle()
	for i := range maxAttempts + 50 {
		th.enter(attempt{email: strings.Repeat("x", i%7) + string(rune(i))}, noon)
	}
	if len(th.by) > maxAttempts+1 {
		t.Errorf("%d keys", len(th.by))
	}
}

func TestTokens(t *testing.T) {
	h := newHouse(t)
	for name, header := range map[string]map[string]string{
		"none": {}, "unknown": as("cv_nope"), "empty": as(""), "basic": {"Authorization": "Basic YTpi"}, "long": as(strings.Repeat("x", 600)),
	} {
		g := h.do(ask{"GET", "/v1/me", nil, header})
		if g.problem(401, "unauthorized"); g.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: no WWW-Authenticate", name)
		}
	}
	h.do(ask{"GET", "/v1/nowhere", nil, map[string]string{}}).problem(401, "unauthorized")
	h.do(ask{"GET", "/v1/me", nil, as(adminToken)}).status(200).is("admin", "role").is("admin", "id")
	h.do(ask{"GET", "/v1/me", nil, map[string]string{"Authorization": "bearer " + officerToken}}).status(200)
	none := newHouse(t, func(d *Deps) { d.AdminToken = "" })
	none.do(ask{"GET", "/v1/me", nil, as("")}).problem(401, "unauthorized")
}

func TestTokenIsBelievedForASecond(t *testing.T) {
	h := newHouse(t)
	for range 5 {
		h.get("/v1/me").status(200)
	}
	if h.store.lookUps != 1 {
		t.Errorf("%d look-ups", h.store.lookUps)
	}
	delete(h.store.tokens, HashSecret(officerToken)) // revoked through another gateway
	h.clock.forward(callerTerm)
	h.get("/v1/me").problem(401, "unauthorized")

	h.do(ask{"GET", "/v1/me", nil, as(supervisorToken)}).status(200)
	h.do(ask{"PATCH", "/v1/officers/o2", `{"disabled":true}`, as(adminToken)}).status(200)
	h.do(ask{"GET", "/v1/me", nil, as(supervisorToken)}).problem(401, "unauthorized") // through this one: at once
}

func TestPasswordHash(t *testing.T) {
	hash := passwordHash()
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hash %s", hash)
	}
	secret, digest := NewSecret()
	if len(secret) < 40 || HashSecret(secret) != digest || len(digest) != 64 {
		t.Errorf("secret of %d, hash %s", len(secret), digest)
	}
}

// A sign-in whose answer was lost is asked for again under its key, and begins no second
// session; the key proves nothing by itself, and nothing of it is in the store.
func TestSignInOnce(t *testing.T) {
	h := newHouse(t)
	try := func(key, password string) *got {
		return h.do(ask{"POST", "/v1/session", map[string]string{"email": "officer@example.com", "password": password}, map[string]string{"Idempotency-Key": key}})
	}
	first := try("k1", password).status(200)
	again := try("k1", password).status(200)
	if first.text != again.text || first.Cookies()[0].Value != again.Cookies()[0].Value {
		t.Error("the same sign-in under the same key begins two sessions")
	}
	try("k1", "wrong").problem(401, "unauthorized")
	if other := try("k2", password).status(200); other.Cookies()[0].Value == first.Cookies()[0].Value {
		t.Error("two keys have one session")
	}
	cookie := first.Cookies()[0]
	headers := map[string]string{"Cookie": cookie.Name + "=" + cookie.Value, "X-CSRF-Token": first.at("csrf_token").(string)}
	h.do(ask{"DELETE", "/v1/session", nil, headers}).status(204)
	if after := try("k1", password).status(200); after.Cookies()[0].Value == cookie.Value {
		t.Error("a session that was ended is given again")
	}
}
