package redisstore_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/redisstore"
)

func officers(t *testing.T, h *house) {
	ctx := t.Context()
	gateways := []*house{h, h.beside(t, "other")}
	var kept atomic.Int32
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			o := conversations.Officer{Email: []string{"Aisyah@Example.com", "aisyah@example.com"}[i%2], Name: "Aisyah"}
			switch _, err := gateways[i/2%2].SaveOfficer(context.Background(), o); {
			case err == nil:
				kept.Add(1)
			case !errors.Is(err, conversations.ErrTaken):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := kept.Load(); n != 1 {
		t.Errorf("%d officers with one address", n)
	}
	a, err := h.OfficerByEmail(ctx, "AISYAH@example.com")
	must(t, err)
	b := h.hire(t, "b@example.com", 3)
	if b.Version != 1 || b.ID == a.ID || b.CreatedAt.IsZero() {
		t.Errorf("hired %+v", b)
	}
	if got := h.officer(t, b.ID); got.Password != "argon2id…" || !slices.Equal(got.Skills, b.Skills) || got.Capacity != 3 {
		t.Errorf("got %+v, want %+v", got, b)
	}
	moved := b
	moved.Email = "C@example.com"
	moved, err = h.SaveOfficer(ctx, moved)
	must(t, err)
	if _, err := h.SaveOfficer(ctx, b); !errors.Is(err, conversations.ErrStale) {
		t.Errorf("saved over a newer version: %v", err)
	}
	if _, err := h.OfficerByEmail(ctx, "b@example.com"); !errors.Is(err, conversations.ErrNotFound) {
		t.Errorf("the former address still leads somewhere: %v", err)
	}
	moved.Email = "aisyah@EXAMPLE.com"
	if _, err := h.SaveOfficer(ctx, moved); !errors.Is(err, conversations.ErrTaken) {
		t.Errorf("took another's address: %v", err)
	}
	h.hire(t, "b@example.com", 3) // free again
	if all, err := h.Officers(ctx); err != nil || len(all) != 3 {
		t.Errorf("%d officers, %v, want 3", len(all), err)
	}
	if _, err := h.Officer(ctx, "o999"); !errors.Is(err, conversations.ErrNotFound) {
		t.Errorf("an officer who is not there: %v", err)
	}
	if _, err := h.SaveOfficer(ctx, conversations.Officer{ID: "o999", Email: "z@example.com"}); !errors.Is(err, conversations.ErrNotFound) {
		t.Errorf("saved an officer who is not there: %v", err)
	}
}

func tokens(t *testing.T, h *house) {
	ctx := t.Context()
	session := conversations.Token{Officer: "o1", Name: "browser", CSRF: "x", CreatedAt: h.now(), ExpiresAt: h.now().Add(time.Hour)}
	token := conversations.Token{Officer: "o1", Name: "script", CreatedAt: h.now()}
	must(t, h.SaveToken(ctx, "h1", session))
	must(t, h.SaveToken(ctx, "h2", token))
	if got, err := h.Token(ctx, "h1"); err != nil || got != session {
		t.Errorf("got %+v, %v, want %+v", got, err, session)
	}
	h.forward(2 * time.Hour)
	if got, err := h.Token(ctx, "h2"); err != nil || got != token {
		t.Errorf("got %+v, %v, want %+v", got, err, token)
	}
	must(t, h.DeleteToken(ctx, "h2"))
	must(t, h.DeleteToken(ctx, "h2"))
	for _, hash := range []string{"h1", "h2", ""} {
		if _, err := h.Token(ctx, hash); !errors.Is(err, conversations.ErrNotFound) {
			t.Errorf("token %q: %v, want not found", hash, err)
		}
	}
}

func trail(t *testing.T, h *house) {
	ctx := t.Context()
	must(t, h.Record(ctx, conversations.AuditEntry{At: h.now(), Action: "first"}))
	must(t, h.Record(ctx, conversations.AuditEntry{At: h.now(), Action: "second"}))
	dawn, far := time.Unix(0, 0), time.Date(2199, 12, 31, 0, 0, 0, 0, time.UTC)
	for _, x := range []struct {
		q    conversations.AuditQuery
		want int
	}{
		{conversations.AuditQuery{From: dawn, To: far}, 2},
		{conversations.AuditQuery{From: dawn.Add(-time.Hour)}, 2},
		{conversations.AuditQuery{From: far}, 0},
		{conversations.AuditQuery{To: dawn}, 0}, // Redis knows no position before the first
		{conversations.AuditQuery{To: dawn.Add(-time.Hour)}, 0},
		{conversations.AuditQuery{Cursor: "0-0"}, 0},
	} {
		x.q.Limit = 10
		page, err := h.Audit(ctx, x.q)
		if err != nil || len(page.Items) != x.want || page.Next != "" {
			t.Errorf("%+v: %d entries, next %q, %v; want %d", x.q, len(page.Items), page.Next, err, x.want)
		}
	}
}

func idempotency(t *testing.T, h *house) {
	ctx := t.Context()
	gateways := []*house{h, h.beside(t, "other")}
	for _, answer := range []string{`{"s":201}`, "", "?", "=x"} {
		key := "key of " + answer
		var mine atomic.Int32
		var wg sync.WaitGroup
		for i := range 32 {
			wg.Go(func() {
				switch _, done, err := gateways[i%2].Begin(context.Background(), key); {
				case err == nil && !done:
					mine.Add(1)
				case !errors.Is(err, conversations.ErrTaken):
					t.Errorf("done %v, %v", done, err)
				}
			})
		}
		wg.Wait()
		if n := mine.Load(); n != 1 {
			t.Errorf("%d began under one key", n)
		}
		must(t, h.Finish(ctx, key, nil))
		if _, done, err := h.Begin(ctx, key); err != nil || done {
			t.Errorf("after it was released: %v, %v", done, err)
		}
		must(t, h.Finish(ctx, key, []byte(answer)))
		if saved, done, err := gateways[1].Begin(ctx, key); err != nil || !done || string(saved) != answer {
			t.Errorf("got %q, %v, %v, want %q", saved, done, err, answer)
		}
	}
}

func mailboxes(t *testing.T, h *house) {
	ctx := t.Context()
	m, other := redisstore.Mailboxes{Store: h.Store}, redisstore.Mailboxes{Store: h.beside(t, "other").Store}
	acquire := func(by redisstore.Mailboxes, holder string, want bool) {
		t.Helper()
		if got, err := by.Acquire(ctx, "support", holder, time.Minute); err != nil || got != want {
			t.Errorf("%s acquires: %v, %v, want %v", holder, got, err, want)
		}
	}
	acquire(m, "a", true)
	acquire(other, "b", false)
	acquire(m, "a", true)
	must(t, other.Release(ctx, "support", "b"))
	acquire(other, "b", false)
	must(t, m.Release(ctx, "support", "a"))
	acquire(other, "b", true)
	acquire(m, "a", false)

	if validity, uid, err := m.Load(ctx, "support"); err != nil || validity != 0 || uid != 0 {
		t.Errorf("never read: %d %d %v", validity, uid, err)
	}
	must(t, m.Save(ctx, "support", 7, 4_000_000_000))
	if validity, uid, err := other.Load(ctx, "support"); err != nil || validity != 7 || uid != 4_000_000_000 {
		t.Errorf("read: %d %d %v", validity, uid, err)
	}
}
