package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/redisstore/redistest"
)

// told is an event as told by a log: of which conversation, and which of its messages.
func told(e conversations.Event) string { return string(e.Type) + " " + string(e.Message) }

// tell makes people write n messages, and returns what the logs must tell.
func (h *house) tell(t testing.TB, round, people, n int) []string {
	t.Helper()
	var wg sync.WaitGroup
	for p := range people {
		wg.Go(func() {
			for i := range n {
				if err := h.intake.Receive(context.Background(), sms(fmt.Sprintf("SM%d-%d-%d", round, p, i), number(p), "hello")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	var want []string
	for _, c := range h.all(t, conversations.Query{}) {
		for i := c.Messages - n; i < c.Messages; i++ {
			want = append(want, fmt.Sprintf("message.received %s-%d", c.ID, i+1))
		}
	}
	slices.Sort(want)
	return want
}

// feed listens to what happens with a listener that loses its connection again
// and again, and resumes at another gateway.
func feed(t *testing.T, h *house) {
	other := h.beside(t, "other")
	h.running(t)
	other.running(t)
	gateways := []*house{h, other}
	ctx, cancel := context.WithTimeout(context.Background(), redistest.Patience)
	defer cancel()

	var last conversations.EventID
	for e, err := range h.Live(ctx, "") {
		must(t, err)
		if e.Type != "" || e.ID == "" {
			t.Fatalf("first came %+v, want only a place", e)
		}
		last = e.ID
		break
	}
	listen := func(want []string) {
		t.Helper()
		got := []string{}
		seq := map[conversations.ID]conversations.Revision{}
		for len(got) < len(want) && ctx.Err() == nil {
			left := 1 + rand.IntN(40) // events until the connection is lost
			for e, err := range gateways[rand.IntN(2)].Live(ctx, last) {
				must(t, err)
				if last = e.ID; e.Type != "" {
					if got = append(got, told(e)); e.Version <= seq[e.Conversation] {
						t.Errorf("version %d of %s came after %d", e.Version, e.Conversation, seq[e.Conversation])
					}
					seq[e.Conversation] = e.Version
				}
				if left--; left < 0 || len(got) == len(want) {
					break
				}
			}
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Fatalf("heard %d events, want %d, each once\n%v\n%v", len(got), len(want), got, want)
		}
	}
	listen(h.tell(t, 1, 10, 5))
	listen(h.tell(t, 2, 10, 5))
	var want []string
	for round := range 3 { // away for longer than a gateway remembers
		want = append(want, h.tell(t, 10+round, 4, some(200, 200, 400))...)
	}
	slices.Sort(want)
	listen(want)
	for _, bad := range []conversations.EventID{"x", "!", "AA"} {
		for _, err := range h.Live(ctx, bad) {
			if !errors.Is(err, conversations.ErrCursor) {
				t.Errorf("resumed at %q: %v", bad, err)
			}
			break
		}
	}
}

// follower collects what a group is given.
type follower struct {
	mu     sync.Mutex
	events []string
	enough func(n int) // is told how many have been collected
}

func (f *follower) handle(_ context.Context, events []conversations.Event) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, e := range events {
		if rand.IntN(10) == 0 {
			return fmt.Errorf("failed after %d of %d", i, len(events))
		}
		if what := told(e); !slices.Contains(f.events, what) {
			f.events = append(f.events, what)
		}
	}
	f.enough(len(f.events))
	return nil
}

// following gives a group's events to handlers that fail, and to a gateway that dies.
func following(t *testing.T, h *house) {
	want := h.tell(t, 1, 10, 5)
	ctx, cancel := context.WithTimeout(context.Background(), redistest.Patience)
	defer cancel()

	dying, die := context.WithCancel(ctx)
	dead := h.beside(t, "dead")
	var once sync.Once
	taken := make(chan struct{})
	ended := make(chan struct{})
	go func() { // takes some of everything, finishes nothing, and dies
		defer close(ended)
		_ = dead.Follow(dying, "group", func(ctx context.Context, _ []conversations.Event) error {
			once.Do(func() { close(taken) })
			<-ctx.Done()
			return ctx.Err()
		})
	}()
	select {
	case <-taken:
	case <-ctx.Done():
		t.Fatal("nothing was given to the first reader")
	}
	die()
	<-ended

	heir := h.beside(t, "heir")
	heir.AbandonAfter(200 * time.Millisecond)
	following, stop := context.WithCancel(ctx)
	defer stop()
	want = append(want, h.tell(t, 2, 10, 5)...)
	slices.Sort(want)
	f := &follower{enough: func(n int) {
		if n == len(want) {
			stop()
		}
	}}
	if err := heir.Follow(following, "group", f.handle); !errors.Is(err, context.Canceled) {
		t.Errorf("follow ended with %v", err)
	}
	if slices.Sort(f.events); !slices.Equal(f.events, want) {
		t.Errorf("%d events were finished, want %d\n%v\n%v", len(f.events), len(want), f.events, want)
	}
}

// trimming forgets what all groups have finished, and nothing else.
func trimming(t *testing.T, h *house) {
	want := h.tell(t, 1, 10, 5)
	ctx, cancel := context.WithTimeout(context.Background(), redistest.Patience)
	defer cancel()
	tomorrow := time.Now().Add(24 * time.Hour)
	follow := func(g *house, handle func(*follower, context.CancelFunc) func(context.Context, []conversations.Event) error) []string {
		following, stop := context.WithCancel(ctx)
		defer stop()
		f := &follower{}
		_ = g.Follow(following, "slow", handle(f, stop))
		slices.Sort(f.events)
		return f.events
	}
	some := follow(h, func(f *follower, stop context.CancelFunc) func(context.Context, []conversations.Event) error {
		return func(_ context.Context, events []conversations.Event) error {
			f.mu.Lock()
			defer f.mu.Unlock()
			if len(f.events) > 10 {
				stop()
				return errors.New("and here it died")
			}
			for _, e := range events {
				f.events = append(f.events, told(e))
			}
			return nil
		}
	})
	must(t, h.Trim(ctx, time.Now().Add(-time.Hour)))
	must(t, h.Trim(ctx, tomorrow))
	rest := follow(h, func(f *follower, stop context.CancelFunc) func(context.Context, []conversations.Event) error {
		f.enough = func(n int) {
			if n+len(some) == len(want) {
				stop()
			}
		}
		return func(ctx context.Context, events []conversations.Event) error {
			f.mu.Lock()
			defer f.mu.Unlock()
			for _, e := range events {
				f.events = append(f.events, told(e))
			}
			f.enough(len(f.events))
			return nil
		}
	})
	if all := slices.Sorted(slices.Values(append(some, rest...))); !slices.Equal(all, want) {
		t.Errorf("%d and %d events were finished, want %d in all", len(some), len(rest), len(want))
	}
	must(t, h.Trim(ctx, tomorrow))
	if n := h.logged(t); n > int64(h.Partitions()) {
		t.Errorf("%d events are left, want at most the last of each log", n)
	}
}

// logged is how many events the logs hold.
func (h *house) logged(t testing.TB) int64 {
	t.Helper()
	var n int64
	for p := range h.Partitions() {
		length, err := h.client.XLen(t.Context(), fmt.Sprintf("{p%02d}:log", p)).Result()
		if err != nil && !errors.Is(err, redis.Nil) {
			t.Fatal(err)
		}
		n += length
	}
	return n
}
