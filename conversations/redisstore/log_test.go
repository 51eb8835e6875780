package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
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
	before := map[conversations.ID]int{}
	for _, c := range h.all(t, conversations.Query{}) {
		before[c.ID] = c.Messages
	}
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
		for i := before[c.ID]; i < c.Messages; i++ {
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
			t.Fatalf("heard %d events, want %d, each once", len(got), len(want))
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

// collect follows a group until it has been given n different events. A handler
// that fails now and then gets the same again.
func (h *house) collect(ctx context.Context, t testing.TB, group string, n int, fails bool) []string {
	t.Helper()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var mu sync.Mutex
	got := []string{}
	err := h.Follow(ctx, group, func(_ context.Context, events []conversations.Event) error {
		mu.Lock()
		defer mu.Unlock()
		if fails && rand.IntN(3) == 0 {
			return errors.New("failed")
		}
		for _, e := range events {
			if what := told(e); !slices.Contains(got, what) {
				got = append(got, what)
			}
		}
		if len(got) >= n {
			stop()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%d of %d events came: %v", len(got), n, err)
	}
	slices.Sort(got)
	return got
}

// die takes some of a group's events, finishes none, and ends.
func (h *house) die(ctx context.Context, t testing.TB, group string) {
	t.Helper()
	ctx, end := context.WithCancel(ctx)
	defer end()
	var taken atomic.Bool
	_ = h.Follow(ctx, group, func(ctx context.Context, _ []conversations.Event) error {
		taken.Store(true)
		end()
		return ctx.Err()
	})
	if !taken.Load() {
		t.Error("nothing was given to the reader that died")
	}
}

// following gives a group's events to handlers that fail, and to gateways that
// die: one for ever, one to come back under its name.
func following(t *testing.T, h *house) {
	ctx, cancel := context.WithTimeout(context.Background(), redistest.Patience)
	defer cancel()
	want := h.tell(t, 1, 10, 5)
	h.beside(t, "dead").die(ctx, t, "group")
	more := h.tell(t, 2, 10, 5)
	want = append(want, more...)
	slices.Sort(want)
	h.beside(t, "back").die(ctx, t, "group")
	heir := h.beside(t, "back")
	heir.AbandonAfter(200 * time.Millisecond)
	if got := heir.collect(ctx, t, "group", len(want), true); !slices.Equal(got, want) {
		t.Errorf("%d events were finished, want %d", len(got), len(want))
	}
	if got := h.collect(ctx, t, "another group", len(want), true); !slices.Equal(got, want) {
		t.Errorf("%d events were finished by another group, want %d", len(got), len(want))
	}
}

// onlyWork tells a group of what comes while nobody has a conversation, while somebody
// has it who is at work, and while he is not.
func onlyWork(t *testing.T, h *house) {
	ctx, cancel := context.WithTimeout(context.Background(), redistest.Patience)
	defer cancel()
	home := false
	h.intake.Away = func(id conversations.OfficerID) bool { return home && id == "o7" }
	write := func(id string) { must(t, h.intake.Receive(ctx, sms(id, number(1), "hello"))) }
	write("SM1")
	id := h.all(t, conversations.Query{})[0].ID
	h.assign(t, id, &conversations.OfficerRef{ID: "o7", Name: "Siti"})
	write("SM2")
	home = true
	write("SM3")
	want := []string{
		"conversation.assigned ", fmt.Sprintf("message.received %s-1", id), fmt.Sprintf("message.received %s-3", id),
	}
	if got := h.collect(ctx, t, "group", len(want), false); !slices.Equal(got, want) {
		t.Errorf("given were %q, want %q", got, want)
	}
}

// trimming forgets what all groups have finished, and nothing else.
func trimming(t *testing.T, h *house) {
	ctx, cancel := context.WithTimeout(context.Background(), redistest.Patience)
	defer cancel()
	tomorrow := time.Now().Add(24 * time.Hour)
	want := h.tell(t, 1, 10, 5)
	must(t, h.Trim(ctx, time.Now().Add(-time.Hour)))
	if n := h.logged(t); n != int64(len(want)) {
		t.Errorf("%d events are left, want all %d: they are young", n, len(want))
	}
	h.collect(ctx, t, "slow", len(want), false)
	want = h.tell(t, 2, 10, 5)
	slow := h.beside(t, "slow")
	slow.die(ctx, t, "slow") // these it took
	want = append(want, h.tell(t, 3, 10, 5)...)
	slices.Sort(want)
	must(t, h.Trim(ctx, tomorrow))
	if n := h.logged(t); n < int64(len(want)) || n > int64(len(want)+h.Partitions()) {
		t.Errorf("%d events are left, want the %d that are not finished, and the last of each log", n, len(want))
	}
	if got := h.beside(t, "slow").collect(ctx, t, "slow", len(want), false); !slices.Equal(got, want) {
		t.Errorf("%d events were finished, want %d", len(got), len(want))
	}
	must(t, h.Trim(ctx, tomorrow))
	if n := h.logged(t); n > int64(h.Partitions()) {
		t.Errorf("%d events are left, want at most the last of each log", n)
	}
}

// logged is how many events wait for followers, or are not trimmed yet.
func (h *house) logged(t testing.TB) int64 {
	t.Helper()
	var n int64
	for p := range h.Partitions() {
		length, err := h.client.XLen(t.Context(), fmt.Sprintf("{p%02d}:work", p)).Result()
		if err != nil && !errors.Is(err, redis.Nil) {
			t.Fatal(err)
		}
		n += length
	}
	return n
}
