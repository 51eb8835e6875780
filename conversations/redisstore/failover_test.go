package redisstore_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/redisstore/redistest"
)

// failover lets customers write, and officers answer, while a master dies. Like
// a provider, each delivers again until it is acknowledged, and then goes on.
// Afterwards everything acknowledged is there, once.
func failover(t *testing.T, h *house, fail func()) {
	const people = 24
	gateways := []*house{h, h.beside(t, "other")}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var acknowledged, refused [people]atomic.Int64
	var wg sync.WaitGroup
	for p := range people {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil || acknowledged[p].Load() < 2; i++ {
				in := sms(fmt.Sprintf("SM%d-%d", p, i), number(p), "hello")
				for try := 0; gateways[try%2].intake.Receive(context.Background(), in) != nil; try++ {
					refused[p].Add(1)
				}
				acknowledged[p].Add(1)
			}
		})
	}
	var answered sync.Map // conversation → how many answers were acknowledged
	wg.Go(func() { h.answer(ctx, t, &answered) })
	reach := func(more int64) {
		for p := range people {
			want := acknowledged[p].Load() + more
			redistest.Eventually(t, "customers being heard", func(context.Context) error {
				if got := acknowledged[p].Load(); got < want {
					return fmt.Errorf("customer %d: %d acknowledged, %d refused", p, got, refused[p].Load())
				}
				return nil
			})
		}
	}
	reach(5)
	fail()
	reach(5)
	stop()
	wg.Wait()
	fresh := openAs(t, h.url, "fresh", patient, h.watch) // remembers nothing
	list := fresh.all(t, conversations.Query{})
	if len(list) != people {
		t.Errorf("%d conversations of %d people", len(list), people)
	}
	for _, c := range list {
		fresh.complete(t, c, &answered, func(from string) int64 {
			for p := range people {
				if number(p) == from {
					return acknowledged[p].Load()
				}
			}
			return 0
		})
	}
	fresh.audit(t)
}

// answer replies to whoever has written, under a key of its own for each reply.
func (h *house) answer(ctx context.Context, t *testing.T, answered *sync.Map) {
	for i := 0; ctx.Err() == nil; i++ {
		page, err := h.List(ctx, conversations.Query{Limit: 5, Now: h.now()})
		if err != nil {
			continue // the store is away
		}
		for _, c := range page.Items {
			draft := conversations.Draft{Text: "good day", Op: fmt.Sprint("answer ", i)}
			for ctx.Err() == nil {
				if _, _, err := h.desk.Reply(context.Background(), c.ID, draft, officer); err == nil {
					n, _ := answered.LoadOrStore(c.ID, new(atomic.Int64))
					n.(*atomic.Int64).Add(1)
					break
				}
			}
		}
	}
}

// complete checks that a conversation has each acknowledged message once.
func (h *house) complete(t *testing.T, c *conversations.Conversation, answered *sync.Map, acknowledged func(from string) int64) {
	t.Helper()
	seen := map[string]int{}
	var in, out int64
	for after := 0; ; after += 500 {
		ms, err := h.Messages(t.Context(), c.ID, after, 500)
		must(t, err)
		for _, m := range ms {
			if m.Direction == conversations.In {
				in++
				seen[m.ProviderID]++
			} else if m.Status == channels.Queued {
				out++
			}
		}
		if len(ms) < 500 {
			break
		}
	}
	for id, times := range seen {
		if times != 1 {
			t.Errorf("%s is there %d times", id, times)
		}
	}
	if want := acknowledged(c.Contact.Handles[0].Value); in != want {
		t.Errorf("%s has %d messages of %d acknowledged", c.ID, in, want)
	}
	n, _ := answered.LoadOrStore(c.ID, new(atomic.Int64))
	if want := n.(*atomic.Int64).Load(); out != want && out != want+1 { // the last may have been given up unanswered
		t.Errorf("%s has %d answers, %d acknowledged", c.ID, out, want)
	}
}
