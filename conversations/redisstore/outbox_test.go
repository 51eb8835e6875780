package redisstore_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// lease takes everything that is ready, of all partitions.
func (h *house) lease(t testing.TB, d time.Duration) []conversations.Delivery {
	t.Helper()
	var out []conversations.Delivery
	for p := range h.Partitions() {
		ds, err := h.Lease(t.Context(), p, 100, d)
		must(t, err)
		out = append(out, ds...)
	}
	return out
}

// one is the only delivery that is ready.
func (h *house) one(t testing.TB, d time.Duration) conversations.Delivery {
	t.Helper()
	ds := h.lease(t, d)
	if len(ds) != 1 {
		t.Fatalf("%d deliveries are ready, want 1: %v", len(ds), ds)
	}
	return ds[0]
}

// none checks that nothing is ready.
func (h *house) none(t testing.TB, when string) {
	t.Helper()
	if ds := h.lease(t, time.Minute); len(ds) != 0 {
		t.Errorf("%s: %d deliveries are ready, want none: %+v", when, len(ds), ds)
	}
}

// queued is a message in the outbox.
func (h *house) queued(t testing.TB) conversations.Message {
	t.Helper()
	h.receive(t, sms("SM1", number(1), "hello"))
	return h.reply(t, h.only(t).ID, "good day")
}

func (h *house) status(t testing.TB, id conversations.MessageID, want channels.Status) {
	t.Helper()
	m, err := h.LoadMessage(t.Context(), id)
	must(t, err)
	if m.Status != want {
		t.Errorf("the message is %s, want %s", m.Status, want)
	}
}

func fence(t *testing.T, h *house) {
	ctx := t.Context()
	m := h.queued(t)
	other := h.beside(t, "other")
	sent := conversations.Outcome{Status: channels.Sent, ProviderID: "SM2"}

	a := h.one(t, time.Minute)
	if a.Attempt != 1 || a.Message.ID != m.ID {
		t.Errorf("leased %+v", a)
	}
	other.none(t, "while it is leased")
	must(t, h.BeginSend(ctx, &a))
	h.status(t, m.ID, channels.Sending)
	must(t, h.Settle(ctx, a, conversations.Outcome{Status: channels.Queued, Again: h.now().Add(time.Hour)}))
	h.none(t, "before its time")
	if at, err := h.next(t); err != nil || at.Sub(h.now()) > time.Hour || at.Sub(h.now()) < time.Minute {
		t.Errorf("next at %v, %v", at, err)
	}
	if h.Settle(ctx, a, sent) == nil || h.BeginSend(ctx, &a) == nil {
		t.Error("a settled lease was used again")
	}
	h.forward(2 * time.Hour)

	b := other.one(t, time.Minute)
	if b.Attempt != 2 {
		t.Errorf("attempt %d, want 2", b.Attempt)
	}
	h.forward(2 * time.Minute)
	c := h.one(t, time.Minute)
	if c.Attempt != 2 || c.Message.Status != channels.Queued {
		t.Errorf("after a lease ran out: %+v", c)
	}
	if other.Settle(ctx, b, sent) == nil || other.BeginSend(ctx, &b) == nil {
		t.Error("a lost lease was used")
	}
	h.status(t, m.ID, channels.Queued)
	must(t, h.BeginSend(ctx, &c))
	must(t, h.Settle(ctx, c, sent))
	if h.Settle(ctx, c, conversations.Outcome{Status: channels.Failed}) == nil {
		t.Error("a settled lease was settled again")
	}
	h.status(t, m.ID, channels.Sent)
	h.forward(48 * time.Hour)
	h.none(t, "after it was sent")
	h.audit(t)
}

// next is when the next delivery is ready.
func (h *house) next(t testing.TB) (time.Time, error) {
	t.Helper()
	var next time.Time
	for p := range h.Partitions() {
		at, err := h.NextReady(t.Context(), p)
		if err != nil {
			return at, err
		}
		if next.IsZero() || !at.IsZero() && at.Before(next) {
			next = at
		}
	}
	return next, nil
}

func interrupted(t *testing.T, h *house) {
	ctx := t.Context()
	m := h.queued(t)
	d := h.one(t, time.Minute)
	must(t, h.BeginSend(ctx, &d)) // and here the gateway died
	h.forward(2 * time.Minute)
	d = h.one(t, time.Minute)
	if d.Message.Status != channels.Sending {
		t.Errorf("it came back as %s", d.Message.Status)
	}
	must(t, h.BeginSend(ctx, &d))
	must(t, h.Settle(ctx, d, conversations.Outcome{Status: channels.Uncertain, Again: h.now().Add(time.Second)}))
	h.status(t, m.ID, channels.Uncertain)
	h.forward(time.Minute)
	d = h.one(t, time.Minute)
	if d.Message.Status != channels.Uncertain {
		t.Errorf("it came back as %s", d.Message.Status)
	}
	must(t, h.Settle(ctx, d, conversations.Outcome{Status: channels.Failed, Code: "30007", Reason: "filtered\tby\nthe carrier"}))
	got, err := h.LoadMessage(ctx, m.ID)
	must(t, err)
	if got.Status != channels.Failed || got.Error == nil || got.Error.Text != "filtered by the carrier" {
		t.Errorf("got %s %v", got.Status, got.Error)
	}
	h.audit(t)

	lanes := []conversations.Lane{conversations.LaneBulk, conversations.LaneUpdate, conversations.LaneReply, conversations.LaneAck}
	for _, l := range lanes {
		_, _, err := h.desk.Reply(ctx, m.Conversation, conversations.Draft{Text: "hello", Lane: l}, officer)
		must(t, err)
	}
	var order []conversations.Lane
	for range lanes {
		order = append(order, h.first(t).Lane)
	}
	if !slices.IsSorted(order) {
		t.Errorf("lanes went out as %v", order)
	}
}

// first takes the one delivery that goes before all others of its partition.
func (h *house) first(t testing.TB) conversations.Delivery {
	t.Helper()
	for p := range h.Partitions() {
		if ds, err := h.Lease(t.Context(), p, 1, time.Minute); err != nil || len(ds) == 1 {
			must(t, err)
			return ds[0]
		}
	}
	t.Fatal("nothing is ready")
	return conversations.Delivery{}
}

func reclaim(t *testing.T, h *house) {
	ctx := t.Context()
	for i := range 2 {
		h.receive(t, sms("SM1", number(i), "hello"))
	}
	for _, c := range h.all(t, conversations.Query{}) {
		h.reply(t, c.ID, "good day")
	}
	one, two := h.beside(t, "one"), h.beside(t, "one/2") // no name is taken for another's beginning
	mine, theirs := one.first(t), two.first(t)
	must(t, one.BeginSend(ctx, &mine))
	reborn := h.beside(t, "one")
	must(t, reborn.Reclaim(ctx))
	back := reborn.one(t, time.Minute)
	if back.Message.ID != mine.Message.ID || back.Message.Status != channels.Sending {
		t.Errorf("reclaimed %+v", back)
	}
	if one.Settle(ctx, mine, conversations.Outcome{Status: channels.Sent}) == nil {
		t.Error("the former life settled its lease")
	}
	must(t, two.Settle(ctx, theirs, conversations.Outcome{Status: channels.Sent}))
	must(t, reborn.Settle(ctx, back, conversations.Outcome{Status: channels.Sent}))
	h.audit(t)
}

func pacing(t *testing.T, h *house) {
	h.stop()
	const gap, burst, most = time.Second, 3, 10 * time.Second
	pace := func(g *house) (time.Duration, bool) {
		wait, taken, err := g.Pace(context.Background(), "sms:+1", gap, burst, most)
		if err != nil {
			t.Error(err)
		}
		return wait, taken
	}
	gateways := []*house{h, h.beside(t, "other")}
	var mu sync.Mutex
	var waits []time.Duration
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			wait, taken := pace(gateways[i%2])
			mu.Lock()
			defer mu.Unlock()
			if taken {
				waits = append(waits, wait)
			} else if wait != 11*time.Second {
				t.Errorf("no turn for %v, want 11s", wait)
			}
		})
	}
	wg.Wait()
	slices.Sort(waits)
	want := []time.Duration{0, 0}
	for i := range 11 {
		want = append(want, time.Duration(i)*gap)
	}
	if !slices.Equal(waits, want) {
		t.Errorf("turns after %v, want %v", waits, want)
	}
	h.forward(time.Hour)
	for i := range burst + 1 {
		if wait, taken := pace(h); !taken || wait != time.Duration(max(0, i-burst+1))*gap {
			t.Errorf("turn %d after a quiet hour waits %v, %v", i, wait, taken)
		}
	}
	if _, taken, err := h.Pace(t.Context(), "sms:+2", gap, 1, 0); err != nil || !taken {
		t.Errorf("another sender waits: %v, %v", taken, err)
	}
}

func quickReceipt(t *testing.T, h *house) {
	ctx := t.Context()
	m := h.queued(t)
	d := h.one(t, time.Minute)
	must(t, h.BeginSend(ctx, &d))
	must(t, h.intake.RecordReceipt(ctx, channels.Receipt{MessageID: string(m.ID), ProviderID: "SM2", Status: channels.Delivered}))
	must(t, h.Settle(ctx, d, conversations.Outcome{Status: channels.Uncertain, Again: h.now().Add(time.Second)}))
	h.status(t, m.ID, channels.Delivered)
	h.forward(time.Hour)
	h.none(t, "after it was delivered")
	h.audit(t)
}
