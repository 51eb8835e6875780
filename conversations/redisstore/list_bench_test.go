package redisstore_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/redisstore/redistest"
)

// BenchmarkList lists 50 of 100,000 conversations, of which the last 20,000 are live, as
// officers do; eight clients at a time.
func BenchmarkList(b *testing.B) {
	h := open(b, redistest.Single(b).URL)
	fillHistory(b, h, 100_000, 80_000)
	live := conversations.LiveStatuses
	for _, l := range []struct {
		name string
		q    conversations.Query
	}{
		{"all", conversations.Query{}},
		{"live", conversations.Query{Status: live}},
		{"live, oldest first", conversations.Query{Status: live, Sort: conversations.ByCreatedOldest}},
		{"live, by due", conversations.Query{Status: live, Sort: conversations.ByDue}},
		{"a desk's unassigned", conversations.Query{Desk: "trace", Status: live, Assignee: "none"}},
		{"a desk's unassigned, oldest first", conversations.Query{Desk: "trace", Status: live, Assignee: "none", Sort: conversations.ByCreatedOldest}},
		{"an officer's live", conversations.Query{Status: live, Assignee: "o7"}},
		{"an officer's", conversations.Query{Assignee: "o7"}},
		{"solved", conversations.Query{Status: []conversations.Status{conversations.Solved}}},
	} {
		b.Run(l.name, func(b *testing.B) {
			l.q.Limit, l.q.Now = 50, h.now()
			b.SetParallelism(4) // times two cores
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if page, err := h.List(context.Background(), l.q); err != nil || len(page.Items) != 50 {
						b.Error(len(page.Items), err)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "lists/s")
		})
	}
}

// fillHistory keeps n conversations of one message, the first of them solved.
func fillHistory(b *testing.B, h *house, n, solved int) {
	h.intake.Read = func(ch *conversations.Change, m conversations.Message, _ time.Time) {
		var i int
		_, _ = fmt.Sscanf(m.ProviderID, "SM%d", &i)
		ch.After.Desk = []string{"trace", "booking"}[i%2]
		ch.After.Status = conversations.Solved
		if i >= solved {
			ch.After.Status = conversations.New
		}
		if i%5 < 3 || i < solved {
			ch.After.Assignee = &conversations.OfficerRef{ID: conversations.OfficerID(fmt.Sprint("o", i/5%40)), Name: "Sami"}
		}
	}
	h.intake.Clocks = func(ch *conversations.Change) {
		state := conversations.Running
		if !ch.After.Status.Live() {
			state = conversations.Met
		}
		ch.After.Clocks = []conversations.Clock{{Name: "resolution", DueAt: ch.After.CreatedAt.Add(time.Duration(ch.After.Number%1000) * time.Hour), State: state}}
	}
	var writers sync.WaitGroup
	for w := range 32 {
		writers.Go(func() {
			for i := w; i < n; i += 32 {
				if err := h.intake.Receive(context.Background(), sms(fmt.Sprintf("SM%d", i), fmt.Sprintf("+9665%08d", i), "Where is my parcel?")); err != nil {
					b.Error(err)
				}
			}
		})
	}
	writers.Wait()
}
