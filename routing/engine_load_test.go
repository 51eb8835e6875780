package routing_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/redisstore/redistest"
)

// TestOfficeUnderLoad: thousands of customers (ten thousand with CARAVAN_LONG) write while
// officers come and go, by one gateway and by two; some matters weigh three times as much.
func TestOfficeUnderLoad(t *testing.T) {
	for _, gateways := range []int{1, 2} {
		t.Run(fmt.Sprintf("%d gateways", gateways), func(t *testing.T) {
			t.Parallel()
			server := redistest.Single(t)
			var offices []*office
			for i := range gateways {
				offices = append(offices, open(t, server.URL, fmt.Sprint("gateway", i)))
				offices[i].heavy = 6
			}
			o := offices[0]
			var staff []conversations.OfficerID
			for i := range 12 {
				skills := [][]string{{"trace:3", "booking", "triage"}, {"trace"}, {"booking"}, {"trace/where_is_my_shipment", "trace/held_in_customs:2"}}[i%4]
				staff = append(staff, o.hire(fmt.Sprint("officer", i), 3+5*(i%3), skills...).ID)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var wg sync.WaitGroup
			report := func(what func() error) {
				wg.Go(func() {
					if err := what(); err != nil {
						t.Error(err)
					}
				})
			}
			report(func() error { return o.overload(ctx) })
			for i := range 4 {
				report(func() error { return offices[i%gateways].bustle(ctx, rand.New(rand.NewPCG(uint64(i), 3)), staff) })
			}
			n := 2000
			if os.Getenv("CARAVAN_LONG") != "" {
				n = 10_000
			}
			if err := feed(ctx, offices, n/gateways, 64); err != nil {
				t.Error(err)
			}
			cancel()
			wg.Wait()
			end, turns := clock(), int64(0)
			o.settles()
			for _, o := range offices {
				turns += o.turns.Load()
			}
			t.Logf("%d conversations by 64 at once, %d turns of officers; in %d readings no load above a capacity; nobody waited beside a free officer %s after the last",
				n/gateways, turns, o.readings.Load(), clock().Sub(end).Round(time.Millisecond))
			for _, id := range staff {
				must(t, o.appoint(t.Context(), id, func(who *conversations.Officer) { who.Availability, who.Capacity = conversations.Available, 40 }))
			}
			o.settles()
		})
	}
}

// TestQueueIsServedInItsOrder: whoever gets room takes exactly those who are first.
func TestQueueIsServedInItsOrder(t *testing.T) {
	t.Parallel()
	o := open(t, redistest.Single(t).URL, "gateway")
	if err := feed(t.Context(), []*office{o}, 300, 64); err != nil {
		t.Fatal(err)
	}
	o.settles()
	queue := o.live()
	slices.SortFunc(queue, func(a, b conversations.Conversation) int {
		return cmp.Or(cmp.Compare(a.Priority.Rank(), b.Priority.Rank()), a.CreatedAt.Compare(b.CreatedAt))
	})
	who := o.hire("nadia", 25, "trace", "booking", "triage")
	taken := 25
	for range 4 {
		o.settles()
		o.firstOf(queue, taken)
		solved := conversations.Solved
		page, err := o.List(t.Context(), conversations.Query{Assignee: string(who.ID), Status: []conversations.Status{conversations.New}, Limit: 200, Now: clock()})
		must(t, err)
		for _, c := range page.Items[:20] {
			_, err := o.desk.Patch(t.Context(), c.ID, conversations.Patch{Status: &solved, Why: "done"}, conversations.System)
			must(t, err)
		}
		taken += 20
	}
	o.settles()
	o.firstOf(queue, taken)
}

// firstOf fails unless exactly the first n of a queue have been given to somebody.
// Of those who came in the same millisecond any may be first.
func (o *office) firstOf(queue []conversations.Conversation, n int) {
	o.t.Helper()
	taken := 0
	for i, was := range queue {
		c, err := o.Load(o.t.Context(), was.ID)
		must(o.t, err)
		if c.Assignee == nil {
			continue
		}
		taken++
		last := queue[n-1]
		if i >= n && !(was.Priority == last.Priority && was.CreatedAt.Equal(last.CreatedAt)) {
			o.t.Errorf("%s is %d in the queue and was taken among the first %d", c, i, n)
		}
	}
	if taken != n {
		o.t.Errorf("%d were taken, want %d", taken, n)
	}
}
