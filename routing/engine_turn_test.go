package routing_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/redisstore/redistest"
)

// TestNobodyIsOvertaken: while more come than can be served, an officer who gets
// free takes those who wait, and not whoever comes at that instant.
func TestNobodyIsOvertaken(t *testing.T) {
	t.Parallel()
	o := open(t, redistest.Single(t).URL, "gateway")
	who := o.hire("nadia", 5, "trace", "booking", "triage")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() { o.solving(ctx, who.ID) })
	tick := time.NewTicker(3 * time.Millisecond)
	defer tick.Stop()
	for i := range 1000 {
		<-tick.C
		must(t, o.write(ctx, i))
	}
	cancel()
	wg.Wait()
	o.settles()

	var all []conversations.Conversation
	for q := (conversations.Query{Limit: 200, Sort: conversations.ByCreatedOldest, Now: clock()}); ; {
		page, err := o.List(t.Context(), q)
		must(t, err)
		for _, c := range page.Items {
			all = append(all, *c)
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	for i, late := range all {
		if late.Assignee == nil {
			continue
		}
		for _, early := range all[:i] {
			waited := early.Assignee == nil || early.Times.Assigned.After(late.Times.Assigned)
			if waited && early.Priority.Rank() <= late.Priority.Rank() && late.CreatedAt.Sub(early.CreatedAt) > time.Second {
				t.Errorf("%s overtook %s, which came %s before it", late, early, late.CreatedAt.Sub(early.CreatedAt))
				break
			}
		}
	}
}

// solving is an officer who solves one of his conversations every few milliseconds.
func (o *office) solving(ctx context.Context, id conversations.OfficerID) {
	r, solved := rand.New(rand.NewPCG(1, 1)), conversations.Solved
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		<-tick.C
		page, err := o.List(ctx, conversations.Query{Assignee: string(id), Status: []conversations.Status{conversations.New}, Limit: 20, Now: clock()})
		if err != nil || len(page.Items) == 0 {
			continue
		}
		c := page.Items[r.IntN(len(page.Items))]
		if _, err := o.desk.Patch(ctx, c.ID, conversations.Patch{Status: &solved, Why: "done"}, conversations.System); err != nil && ctx.Err() == nil {
			o.t.Error(err)
		}
	}
}
