package inbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"github.com/caravan-desk/caravan/conversations"
)

// sessionTerm is how long a sign-in lasts: the longest shift, with some room.
const sessionTerm = 14 * time.Hour

// hashing is argon2id at the least cost that OWASP's Password Storage Cheat Sheet
// allows: 19 MiB, two passes, one lane.
var hashing = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// hashersAtOnce bounds what sign-ins take: 19 MiB for each, and all cores but one.
var hashersAtOnce = max(1, runtime.GOMAXPROCS(0)-1)

// HashPassword encodes a password for conversations.Officer.Password.
func HashPassword(password string) (string, error) {
	hash, err := argon2id.CreateHash(password, hashing)
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	return hash, nil
}

// nobody is a password hash that takes as long to compare as an officer's and fits nothing.
var nobody = sync.OnceValues(func() (string, error) {
	secret, _ := NewSecret()
	return HashPassword(secret)
})

// hashed runs one password operation when there is room for it.
func (a *API) hashed(ctx context.Context, work func() error) error {
	select {
	case a.hashing <- struct{}{}:
		defer func() { <-a.hashing }()
		return work()
	case <-ctx.Done():
		return ctx.Err()
	}
}

type signIn struct {
	hops hops
	Key  string `header:"Idempotency-Key" maxLength:"255" doc:"The same sign-in again under the same key gets the same session from the same gateway, while it lasts"`
	Body struct {
		Email    string `json:"email" minLength:"1" maxLength:"254"`
		Password string `json:"password" minLength:"1" maxLength:"256"`
	}
}

// Resolve notes where the request comes from.
func (s *signIn) Resolve(ctx huma.Context) []error {
	s.hops = hopsOf(ctx)
	return nil
}

type session struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      struct {
		CSRFToken string                `json:"csrf_token" doc:"To be sent as X-CSRF-Token with every write under the cookie"`
		Officer   conversations.Officer `json:"officer"`
	}
}

type me struct {
	Body struct {
		conversations.Officer
		CSRFToken string `json:"csrf_token,omitempty" doc:"Under a session cookie only"`
	}
}

// registerSignIn adds the one route under /v1 that needs no sign-in.
func (a *API) registerSignIn() {
	add(a, huma.Operation{
		OperationID: "sign-in", Method: http.MethodPost, Path: "/v1/session", Tags: []string{"Session"},
		Summary: "Sign in with email and password", DefaultStatus: http.StatusOK, Security: open,
		Description: "Sets the session cookie.",
	}, a.signIn)
}

func (a *API) registerSession() {
	add(a, huma.Operation{
		OperationID: "sign-out", Method: http.MethodDelete, Path: "/v1/session", Tags: []string{"Session"},
		Summary: "End the cookie's session; a bearer token is left alone", DefaultStatus: http.StatusNoContent,
	}, a.signOut)
	add(a, huma.Operation{
		OperationID: "get-me", Method: http.MethodGet, Path: "/v1/me", Tags: []string{"Session"},
		Summary: "The officer behind the token",
	}, a.me)
}

func (a *API) signIn(ctx context.Context, in *signIn) (*session, error) {
	email, now := strings.ToLower(strings.TrimSpace(in.Body.Email)), a.Now()
	try := attempt{email, in.hops.origin(a.Proxies)}
	if wait := a.throttle.enter(try, now); wait > 0 {
		return nil, &waitError{errTooMany, wait}
	}
	o, err := a.Store.OfficerByEmail(ctx, email)
	if err != nil && !errors.Is(err, conversations.ErrNotFound) {
		return nil, fmt.Errorf("find officer: %w", err)
	}
	known := err == nil && o.Password != "" && !o.Disabled
	if err := a.prove(ctx, o.Password, in.Body.Password, known); err != nil {
		if known && errors.Is(err, errBadPassword) {
			a.tell(ctx, conversations.AuditEntry{By: o.Author(), Action: "sign-in", Target: "/v1/session", Status: http.StatusUnauthorized})
		}
		return nil, err
	}
	a.throttle.leave(try)
	if in.Key == "" {
		out, _, err := a.begin(ctx, o, in.hops.local, now)
		return out, err
	}
	return a.begun.once(string(o.ID)+"\x00"+in.Key, now, func(hash string) bool {
		_, err := a.Store.Token(ctx, hash)
		return err == nil
	}, func() (*session, string, error) { return a.begin(ctx, o, in.hops.local, now) })
}

// begin makes a session of an officer's; hash names it.
func (a *API) begin(ctx context.Context, o conversations.Officer, local bool, now time.Time) (out *session, hash string, err error) {
	secret, hash := NewSecret()
	csrf, _ := NewSecret()
	t := conversations.Token{Officer: o.ID, Name: "session", CSRF: csrf, CreatedAt: now.UTC(), ExpiresAt: now.Add(sessionTerm).UTC()}
	if err := a.Store.SaveToken(ctx, hash, t); err != nil {
		return nil, "", fmt.Errorf("save session: %w", err)
	}
	a.tell(ctx, conversations.AuditEntry{By: o.Author(), Action: "sign-in", Target: "/v1/session", Status: http.StatusOK})
	out = &session{SetCookie: a.cookie(secret, local, int(sessionTerm/time.Second))}
	out.Body.CSRFToken, out.Body.Officer = csrf, shownOfficer(o)
	return out, hash, nil
}

// prove compares a password with its hash; without one it takes as long and fails.
func (a *API) prove(ctx context.Context, hash, password string, known bool) error {
	return a.hashed(ctx, func() error {
		if !known {
			var err error
			if hash, err = nobody(); err != nil {
				return err
			}
		}
		match, err := argon2id.ComparePasswordAndHash(password, hash)
		if err != nil {
			return fmt.Errorf("compare password: %w", err)
		}
		if !match || !known {
			return errBadPassword
		}
		return nil
	})
}

type leaving struct{ hops }

type signedOut struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}

func (a *API) signOut(ctx context.Context, in *leaving) (*signedOut, error) {
	if who := callerOf(ctx); who.csrf != "" {
		if err := a.Store.DeleteToken(ctx, who.hash); err != nil {
			return nil, fmt.Errorf("delete session: %w", err)
		}
		a.known.forget()
	}
	return &signedOut{SetCookie: a.cookie("", in.local, -1)}, nil
}

func (a *API) me(ctx context.Context, _ *struct{}) (*me, error) {
	who := callerOf(ctx)
	out := &me{}
	out.Body.Officer, out.Body.CSRFToken = shownOfficer(who.officer), who.csrf
	return out, nil
}

func (a *API) https() bool { return strings.HasPrefix(strings.ToLower(a.PublicURL), "https://") }

// secureCookie is the session cookie's name under TLS: browsers hold it to that (RFC 6265bis section
// 4.1.3.2). plainCookie is the one without.
const (
	secureCookie = "__Host-caravan"
	plainCookie  = "caravan"
)

// cookieOf reads the session's secret.
func (a *API) cookieOf(c *fiber.Ctx) string {
	if !a.https() {
		return c.Cookies(plainCookie)
	}
	if secret := c.Cookies(secureCookie); secret != "" || !local(c) {
		return secret
	}
	return c.Cookies(plainCookie)
}

func (a *API) cookie(value string, local bool, maxAge int) http.Cookie {
	out := http.Cookie{Name: plainCookie, Value: value, Path: "/", MaxAge: maxAge, HttpOnly: true, SameSite: http.SameSiteStrictMode}
	if a.https() && !local {
		out.Name, out.Secure = secureCookie, true
	}
	return out
}
