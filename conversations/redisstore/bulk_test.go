package redisstore_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// bulks: the ledger is seen when it is whole, each row's outcome is written once, and
// the counts are the rows'.
func bulks(t *testing.T, h *house) {
	ctx, other := t.Context(), h.beside(t, "other")
	var list []conversations.BulkRow
	for i := range 1203 {
		list = append(list, conversations.BulkRow{To: phone(number(i % 1200)), Variables: map[string]any{"reference": "UMR-5120"}})
	}
	rows := conversations.Enroll(list)
	b := conversations.Bulk{ID: "b1", Version: 1, Name: "flight SV 843", Status: conversations.BulkRunning, By: officer, CreatedAt: h.now()}
	if _, err := h.LoadBulk(ctx, b.ID); !errors.Is(err, conversations.ErrNotFound) {
		t.Fatal(err)
	}
	must(t, h.CreateBulk(ctx, b, rows))
	if err := other.CreateBulk(ctx, b, rows); !errors.Is(err, conversations.ErrTaken) {
		t.Errorf("created again: %v", err)
	}
	got, err := other.LoadBulk(ctx, b.ID)
	must(t, err)
	if got.Total != 1203 || got.Counts[conversations.RowPending] != 1200 || got.Counts[conversations.RowRepeated] != 3 || got.Name != b.Name || got.By != officer {
		t.Fatalf("%+v", got)
	}
	told := tellAll(t, b.ID, h, other)
	got, err = h.LoadBulk(ctx, b.ID)
	must(t, err)
	if told != 1200 || got.Counts[conversations.RowPending] != 0 || got.Counts[conversations.RowQueued] != 1200 {
		t.Errorf("%d outcomes, counts %v", told, got.Counts)
	}
	page, err := h.BulkRows(ctx, b.ID, 1195, 20)
	must(t, err)
	if len(page) != 8 || page[0].N != 1195 || page[0].State != conversations.RowQueued || page[7].State != conversations.RowRepeated || page[0].Variables["reference"] != "UMR-5120" {
		t.Errorf("page %+v", page)
	}
	next, err := got.Move(conversations.BulkCompleted, h.now())
	must(t, err)
	must(t, other.ChangeBulk(ctx, next))
	if err := h.ChangeBulk(ctx, next); !errors.Is(err, conversations.ErrStale) {
		t.Errorf("changed twice: %v", err)
	}
	must(t, h.CreateBulk(ctx, conversations.Bulk{ID: "b2", Version: 1, CreatedAt: h.now().Add(time.Second)}, rows[:1]))
	all, err := other.Bulks(ctx)
	must(t, err)
	if len(all) != 2 || all[0].ID != "b2" || all[1].Status != conversations.BulkCompleted || all[1].Counts[conversations.RowQueued] != 1200 {
		t.Errorf("%+v", all)
	}
	bulkHolders(t, h, other)
	h.audit(t)
	erasedRows(t, h)
}

// tellAll gives every pending row its outcome from two gateways at once; it counts those it gave.
func tellAll(t *testing.T, id conversations.BulkID, gateways ...*house) int {
	var told atomic.Int64
	var wg sync.WaitGroup
	for worker, g := range append(gateways, gateways...) {
		wg.Go(func() {
			for {
				rows, err := g.PendingRows(t.Context(), id, 40)
				if err != nil || len(rows) == 0 {
					if err != nil {
						t.Error(err)
					}
					return
				}
				for _, was := range rows {
					next := was
					next.State, next.Why = conversations.RowQueued, fmt.Sprint("by worker ", worker)
					switch err := g.SaveRow(t.Context(), id, was, next); {
					case err == nil:
						told.Add(1)
					case !errors.Is(err, conversations.ErrStale):
						t.Error(err)
						return
					}
				}
			}
		})
	}
	wg.Wait()
	return int(told.Load())
}

func bulkHolders(t *testing.T, h, other *house) {
	ctx := t.Context()
	first, err := h.HoldBulk(ctx, "b2", time.Hour)
	must(t, err)
	second, err := other.HoldBulk(ctx, "b2", time.Hour)
	must(t, err)
	if !first || second {
		t.Errorf("held by %v and %v", first, second)
	}
	h.receive(t, sms("SM1", number(1), "hello"))
	_, _, err = h.desk.Reply(ctx, h.only(t).ID, conversations.Draft{Text: "to many", Lane: conversations.LaneBulk, Auto: true}, officer)
	must(t, err)
	if n, err := other.Queued(ctx, conversations.LaneBulk); err != nil || n != 1 {
		t.Errorf("%d queued, %v", n, err)
	}
	if n, _ := other.Queued(ctx, conversations.LaneReply); n != 0 {
		t.Errorf("%d replies queued", n)
	}
}

// erasedRows: of a person who was erased a ledger tells that somebody was told, and not who.
func erasedRows(t *testing.T, h *house) {
	ctx := t.Context()
	in := sms("SMerased", number(7), "forget me")
	h.receive(t, in)
	place, err := h.Find(ctx, []channels.Handle{in.From})
	must(t, err)
	k, err := h.Contact(ctx, place.Contact)
	must(t, err)
	must(t, h.CreateBulk(ctx, conversations.Bulk{ID: "b3", Version: 1}, conversations.Enroll([]conversations.BulkRow{{To: phone(number(6))}, {To: in.From, Name: "Aisyah"}})))
	_, err = h.Vanish(ctx, k, h.now())
	must(t, err)
	for id, at := range map[conversations.BulkID]int{"b1": 7, "b3": 1} {
		rows, err := h.BulkRows(ctx, id, at, 1)
		must(t, err)
		if r := rows[0]; !r.To.IsZero() || r.Name != "" || r.Variables != nil || r.State == conversations.RowPending {
			t.Errorf("%s still tells %+v", id, r)
		}
	}
	if b, _ := h.LoadBulk(ctx, "b3"); b.Counts[conversations.RowPending] != 1 || b.Counts[conversations.RowCanceled] != 1 {
		t.Errorf("counts %v", b.Counts)
	}
	kept, err := h.Kept(ctx, []channels.Inbound{in})
	must(t, err)
	if !kept[0].Stored {
		t.Error("what was kept is not known any more")
	}
}
