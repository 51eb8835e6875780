package redisstore_test

import (
	"testing"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// backlog: what waits is counted over all partitions, and only what may go now.
func backlog(t *testing.T, h *house) {
	ctx := t.Context()
	h.stop()
	start := h.now()
	h.intake.Clocks = func(ch *conversations.Change) {
		ch.After.Clocks = []conversations.Clock{{Name: "review", DueAt: start.Add(time.Minute), State: conversations.Running}}
	}
	h.desk.Clocks = h.intake.Clocks
	const n = 20
	for i := range n {
		h.receive(t, sms("SM"+number(i), number(i), "hello"))
	}
	page, err := h.List(ctx, conversations.Query{Limit: n, Now: h.now()})
	must(t, err)
	for i, c := range page.Items {
		later := time.Time{}
		if i == 0 {
			later = start.Add(time.Hour)
		}
		_, _, err := h.desk.Reply(ctx, c.ID, conversations.Draft{Text: "yes", After: later}, officer)
		must(t, err)
	}
	must(t, h.Wait(ctx, page.Items[0].ID, "trace/claim", 1, ""))
	count := func() conversations.Backlog {
		t.Helper()
		b, err := h.Backlog(ctx, []string{"trace/claim", "trace/complaint"})
		must(t, err)
		return b
	}
	b := count()
	if b.Outbox != [conversations.Lanes]int{n - 1} || b.Oldest[0] < 0 || b.Leased != 0 || b.Overdue != 0 || b.Unserved["trace/claim"] != 1 || b.Unserved["trace/complaint"] != 0 {
		t.Errorf("at first %+v", b)
	}
	held := 0
	for part := range h.Partitions() {
		list, err := h.Lease(ctx, part, 1, time.Minute)
		must(t, err)
		held += len(list)
	}
	h.forward(2 * time.Minute)
	if b = count(); b.Outbox[0] != n-1-held || b.Leased != held || b.Overdue != n || b.Oldest[0] < 2*time.Minute {
		t.Errorf("with %d leased, two minutes later: %+v", held, b)
	}
}
