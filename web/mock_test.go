package web

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

type obj = map[string]any

// mock stands in for the officers' API (CONTRACT.md, sections 4 and 5) with
// conversations in memory, and serves the page beside it under its real policy.
// It keeps the rules the page must live with: cookies and CSRF, versions,
// idempotency, the closed window, and the live feed with resume.
type mock struct {
	mu            sync.Mutex
	conversations []obj
	messages      map[string][]obj
	history       map[string][]obj
	callbacks     []obj
	officer       obj
	done          map[string]obj // by Idempotency-Key
	posted        int            // messages accepted
	events        []obj
	wake          chan struct{}     // closed at each event
	down          bool              // the feed refuses
	ticked        map[string]string // what of the round was ticked off, and how
}

const (
	mockEmail    = "layla@example.com"
	mockPassword = "open sesame"
	mockCSRF     = "csrf-of-the-mock"
)

func newMock(now time.Time) *mock {
	m := &mock{messages: map[string][]obj{}, history: map[string][]obj{}, done: map[string]obj{}, wake: make(chan struct{})}
	m.fill(now)
	return m
}

func (m *mock) handler() http.Handler {
	api := http.NewServeMux()
	on := func(pattern string, f func(r *http.Request) (int, any)) {
		api.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			m.mu.Lock()
			defer m.mu.Unlock()
			status, body := f(r)
			answer(w, status, body)
		})
	}
	on("GET /v1/me", func(*http.Request) (int, any) { return 200, m.officer })
	on("GET /v1/officers", func(*http.Request) (int, any) { return list(m.officer, farid) })
	on("PATCH /v1/officers/{id}", func(r *http.Request) (int, any) {
		for k, v := range body(r) {
			m.officer[k] = v
		}
		return 200, m.officer
	})
	on("GET /v1/desks", func(*http.Request) (int, any) {
		return list(obj{"name": "trace"}, obj{"name": "booking"}, obj{"name": "triage"})
	})
	on("GET /v1/templates", func(*http.Request) (int, any) { return list(templates...) })
	on("POST /v1/templates/{name}/preview", preview)
	on("GET /v1/conversations", m.list)
	on("GET /v1/conversations/{id}", m.one)
	on("PATCH /v1/conversations/{id}", m.patch)
	on("GET /v1/conversations/{id}/messages", func(r *http.Request) (int, any) { return list(m.messages[r.PathValue("id")]...) })
	on("POST /v1/conversations/{id}/messages", m.post)
	on("GET /v1/conversations/{id}/history", func(r *http.Request) (int, any) { return list(m.history[r.PathValue("id")]...) })
	on("GET /v1/callbacks", func(r *http.Request) (int, any) {
		return list(where(m.callbacks, func(c obj) bool { return c["conversation"] == r.FormValue("conversation") })...)
	})
	on("POST /v1/conversations/{id}/callbacks", m.promise)
	on("GET /v1/search", m.search)
	on("GET /v1/rounds", m.rounds)
	on("GET /v1/rounds/{id}/items", m.roundItems)
	on("POST /v1/rounds/{id}/items/{conversation}", m.tickOff)
	on("POST /v1/attachments", attach)
	api.HandleFunc("GET /v1/events", m.feed)

	all := http.NewServeMux()
	all.HandleFunc("POST /v1/session", signIn)
	all.HandleFunc("DELETE /v1/session", signOut)
	all.HandleFunc("POST /mock/inbound", m.inbound)
	all.HandleFunc("POST /mock/{what}", m.control)
	all.Handle("/v1/", guarded(api))
	all.Handle("/", pages(Files))
	return all
}

// pages serves the page as cmd/caravan does.
func pages(files fs.FS) http.Handler {
	server := http.FileServerFS(files)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", Policy)
		w.Header().Set("Cache-Control", "no-cache")
		server.ServeHTTP(w, r)
	})
}

func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie("session"); err != nil || c.Value != "mock" {
			answer(w, 401, problem("unauthorized", 401, "sign in first"))
			return
		}
		if r.Method != http.MethodGet && r.Header.Get("X-CSRF-Token") != mockCSRF {
			answer(w, 403, problem("csrf", 403, "the CSRF token is missing or wrong"))
			return
		}
		next.ServeHTTP(w, r)
	})
}

func signIn(w http.ResponseWriter, r *http.Request) {
	b := body(r)
	if b["email"] != mockEmail || b["password"] != mockPassword {
		answer(w, 401, problem("unauthorized", 401, "wrong email or password"))
		return
	}
	http.SetCookie(w, &http.Cookie{Name: "session", Value: "mock", Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
	answer(w, 200, obj{"csrf_token": mockCSRF})
}

func signOut(w http.ResponseWriter, _ *http.Request) {
	http.SetCookie(w, &http.Cookie{Name: "session", Path: "/", MaxAge: -1})
	w.WriteHeader(http.StatusNoContent)
}

func answer(w http.ResponseWriter, status int, body any) {
	kind := "application/json"
	if status >= 400 {
		kind = "application/problem+json"
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the test's own browser; if it went away the test says so
}

func body(r *http.Request) obj {
	var b obj
	_ = json.NewDecoder(r.Body).Decode(&b) // an empty object stands for anything else
	return b
}

func problem(kind string, status int, detail string) obj {
	return obj{"type": "https://caravan.example/problems/" + kind, "title": http.StatusText(status), "status": status, "detail": detail}
}

func list(items ...obj) (int, any) {
	if items == nil {
		items = []obj{}
	}
	return 200, obj{"items": items, "next_cursor": nil}
}

func where(all []obj, keep func(obj) bool) []obj {
	return slices.DeleteFunc(slices.Clone(all), func(o obj) bool { return !keep(o) })
}

func in(csv string, v any) bool {
	return csv == "" || slices.Contains(strings.Split(csv, ","), fmt.Sprint(v))
}
