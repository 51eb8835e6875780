package redisstore_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/redisstore"
)

// sweeping: what came is told from what never did, what was sent waits for its
// last receipt, and hours are counted once.
func sweeping(t *testing.T, h *house) {
	ctx := t.Context()
	var items []channels.Inbound
	for i := range 20 {
		in := sms(fmt.Sprint("SM", i), number(i%7), "hello")
		if i == 3 { // a customer of two addresses
			in.Channel, in.From, in.Aliases = channels.WhatsApp, channels.Handle{Kind: channels.HandleBSUID, Value: "SA.x"}, []channels.Handle{phone(number(50))}
		}
		items = append(items, in)
		if i%5 != 4 {
			h.receive(t, in)
		}
	}
	other := h.beside(t, "other")
	kept, err := other.Kept(ctx, items)
	must(t, err)
	for i, k := range kept {
		if want := i%5 != 4; k.Stored != want || k.Threaded != want {
			t.Errorf("message %d: %+v, want %v", i, k, want)
		}
	}
	awaiting(t, h, other)

	w := redisstore.Sweeps{Store: h.Store, Provider: "AC1"}
	held, err := w.HoldSweep(ctx, time.Hour)
	must(t, err)
	again, err := (redisstore.Sweeps{Store: other.Store, Provider: "AC1"}).HoldSweep(ctx, time.Hour)
	must(t, err)
	if !held || again {
		t.Errorf("held by %v and %v", held, again)
	}
	first, _ := w.LastSweep(ctx)
	hour := h.now().Truncate(time.Hour)
	done := channels.Sweep{At: h.now(), Until: h.now(), Tallied: hour, Compared: 20, Healed: 4}
	for n := range 3 { // the hour again, and better
		must(t, w.SaveSweep(ctx, done, []channels.Tally{{Hour: hour.Add(-time.Hour), Received: 5, Stored: 5, Threaded: 5}, {Hour: hour, Received: 20, Stored: 18 + n, Threaded: 20}}))
	}
	last, err := w.LastSweep(ctx)
	must(t, err)
	tallies, err := w.Tallies(ctx, h.now().Add(time.Hour), 10)
	must(t, err)
	if !first.At.IsZero() || last != done || len(tallies) != 2 || !tallies[0].Whole() || !tallies[0].Hour.Equal(hour) {
		t.Errorf("%+v then %+v, %+v", first, last, tallies)
	}
	h.audit(t)
}

func awaiting(t *testing.T, h, other *house) {
	ctx := t.Context()
	id := h.all(t, conversations.Query{Channel: channels.SMS})[0].ID
	m := h.reply(t, id, "it is in Riyadh")
	d := h.first(t)
	must(t, h.BeginSend(ctx, &d))
	must(t, h.Settle(ctx, d, conversations.Outcome{Status: channels.Sent, ProviderID: "SM100"}))
	due := func(now time.Time) []channels.Awaited {
		t.Helper()
		list, err := other.Awaited(ctx, now, 10)
		must(t, err)
		return list
	}
	later := h.now().Add(10 * time.Minute)
	if n := len(due(h.now())); n != 0 {
		t.Errorf("%d are asked about at once", n)
	}
	if got := due(later); len(got) != 1 || got[0].ProviderID != "SM100" || got[0].MessageID != string(m.ID) {
		t.Fatalf("asked about %+v", got)
	}
	must(t, other.AwaitAgain(ctx, string(m.ID), later.Add(time.Hour)))
	if n := len(due(later)); n != 0 {
		t.Errorf("%d are asked about again at once", n)
	}
	must(t, h.intake.RecordReceipt(ctx, channels.Receipt{MessageID: string(m.ID), Status: channels.Delivered}))
	if n := len(due(later.Add(24 * time.Hour))); n != 0 {
		t.Errorf("%d are asked about after their last receipt", n)
	}
	must(t, other.AwaitAgain(ctx, string(m.ID), later)) // comes too late, and begins nothing
	if n := len(due(later.Add(24 * time.Hour))); n != 0 {
		t.Errorf("%d are asked about for ever", n)
	}
}
