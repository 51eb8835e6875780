package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/caravan-desk/caravan/cmd/caravan/config"
)

// Behind a public https address the session's cookie is for TLS alone, unless a client asks
// the gateway itself on its own machine, who would not send such a cookie back.
func TestCookieByTheWayOfTheRequest(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *config.Config) { c.HTTP.PublicURL = "https://desk.example.com" })
	o := everything("Nadia")
	h.hire(o)
	stranger := &client{t: t, base: h.base}
	local := ""
	for name, c := range map[string]struct {
		headers []string
		secure  bool
	}{
		"itself":                     {nil, false},
		"itself, from its own page":  {[]string{"Origin", h.base}, false},
		"a proxy that tells":         {[]string{"X-Forwarded-For", "198.51.100.7"}, true},
		"another that tells":         {[]string{"X-Forwarded-Proto", "https"}, true},
		"a proxy that hides, a page": {[]string{"Origin", "https://desk.example.com"}, true},
	} {
		a := stranger.post("/v1/session", map[string]any{"email": o.Email, "password": "correct horse " + o.Email}, c.headers...).want(http.StatusOK)
		cookie := a.header.Get("Set-Cookie")
		if strings.HasPrefix(cookie, "__Host-caravan=") != c.secure || strings.Contains(cookie, "Secure") != c.secure || !strings.Contains(cookie, "HttpOnly") {
			t.Errorf("%s: %s", name, cookie)
		}
		cookie, _, _ = strings.Cut(cookie, ";")
		stranger.do("GET", "/v1/me", nil, append(c.headers, "Cookie", cookie)...).want(http.StatusOK)
		if !c.secure {
			local = cookie
		}
	}
	stranger.do("GET", "/v1/me", nil, "Cookie", local, "X-Forwarded-For", "198.51.100.7").want(http.StatusUnauthorized)
	out := stranger.do("DELETE", "/v1/session", nil, "Cookie", local, "X-CSRF-Token", "guessed").want(http.StatusForbidden)
	if out.header.Get("Set-Cookie") != "" {
		t.Error("who guesses the token ends the session")
	}
}
