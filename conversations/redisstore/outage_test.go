//go:build unix

package redisstore_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/redisstore/redistest"
)

// writing tells which steps of a broad run must write to succeed.
func writing(s step) bool { return s.name != "find" && s.name != "room" && s.name != "list" }

// TestFullServer makes the first write of each operation fail for want of memory:
// it says so, has done nothing, and succeeds once there is memory again.
func TestFullServer(t *testing.T) {
	t.Parallel()
	s := redistest.Single(t, "--maxmemory-policy", "noeviction")
	h := hasty(t, s.URL)
	h.stop()
	memory := func(limit string) { must(t, s.Client().ConfigSet(t.Context(), "maxmemory", limit).Err()) }
	for _, step := range h.broad(new(day)) {
		before := h.dump(t)
		memory("1")
		err := step.run(t.Context())
		memory("0")
		switch {
		case err == nil: // it needs no memory, or wrote something that frees some first; then it is done whole
		case !errors.Is(err, channels.ErrUnavailable) && step.name != "ready":
			t.Errorf("%s on a full server: %v, want unavailable", step.name, err)
		default:
			compare(t, step.name+" failed", h.dump(t), before)
			must(t, step.run(t.Context()))
		}
	}
	if _, err := h.Verify(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

// TestServerAway makes each operation meet a server that is down: it gives up
// within its term, and goes on where it was when the server is back.
func TestServerAway(t *testing.T) {
	t.Parallel()
	s := redistest.Single(t, redistest.AOF...)
	h := hasty(t, s.URL)
	h.running(t)
	h.stop()
	var d day
	steps := h.broad(&d)
	half := slices.IndexFunc(steps, func(s step) bool { return s.name == "keep" }) // what follows needs what came before
	for _, step := range steps[:half] {
		must(t, step.run(t.Context()))
	}
	before := h.dump(t)
	s.Kill()
	var wg sync.WaitGroup
	for i := range steps { // all at once: each waits for its own term only
		d := d
		if step := h.broad(&d)[i]; writing(step) {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(context.Background(), redistest.Patience)
				defer cancel()
				if err := step.run(ctx); !errors.Is(err, channels.ErrUnavailable) && step.name != "ready" || ctx.Err() != nil {
					t.Errorf("%s without a server: %v, want unavailable", step.name, err)
				}
			})
		}
	}
	for range 64 {
		wg.Go(func() {
			if _, err := h.NewID(context.Background(), "one key"); err != nil && !errors.Is(err, channels.ErrUnavailable) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	s.Restart()
	redistest.Eventually(t, "the store being ready again", h.Ready)
	redistest.Eventually(t, "the client's other connections", func(ctx context.Context) error { return h.client.Ping(ctx).Err() })
	compare(t, "after it came back", h.dump(t), before)
	for _, step := range steps[half:] {
		must(t, step.run(t.Context()))
	}
	ctx, cancel := context.WithTimeout(context.Background(), redistest.Patience)
	defer cancel()
	for e, err := range h.Live(ctx, "") { // the feed goes on by itself
		must(t, err)
		if e.Type == "" {
			h.reply(t, h.all(t, conversations.Query{Channel: channels.Email})[0].ID, "still there")
			continue
		}
		break
	}
	must(t, ctx.Err())
}

// TestStalledServer gives up on a server that answers nothing, and does not send
// later what nobody waits for any more.
func TestStalledServer(t *testing.T) {
	t.Parallel()
	s := redistest.Single(t)
	h := hasty(t, s.URL)
	h.receive(t, sms("SM1", number(1), "hello"))
	before := h.dump(t)
	s.Freeze()
	var wg sync.WaitGroup
	for i := range 300 { // more than two pipelines take
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
			defer cancel()
			if err := h.intake.Receive(ctx, sms("SM2", number(2+i), "hello")); !errors.Is(err, channels.ErrUnavailable) {
				t.Errorf("stalled: %v, want unavailable", err)
			}
		})
	}
	wg.Wait()
	s.Thaw()
	redistest.Eventually(t, "the server answering again", h.Ready)
	h.receive(t, sms("SM1", number(1), "hello"))
	compare(t, "after it thawed", h.dump(t), before)
}
