package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

func shipment(value string) conversations.Reference {
	return conversations.Reference{Kind: conversations.KindShipment, Value: value, Valid: true}
}

// report keeps one report, as the newsroom does.
func (h *house) report(ctx context.Context, value, id string) error {
	for {
		before, err := h.LoadMatter(ctx, shipment(value))
		if errors.Is(err, conversations.ErrNotFound) {
			before, err = conversations.Matter{Reference: shipment(value)}, nil
		}
		if err != nil {
			return err
		}
		m, known := conversations.Learn(before, conversations.Report{ID: id, Status: "Held", At: h.now()}, nil, h.now())
		if known {
			return nil
		}
		e := conversations.Event{Type: conversations.EventShipment, At: h.now(), By: conversations.System, Changes: map[string]conversations.Delta{"report": {To: id}}}
		if err = h.SaveMatter(ctx, m, e); !errors.Is(err, conversations.ErrStale) {
			return err
		}
	}
}

// carried marks all that waits as told.
func (h *house) carried(ctx context.Context, value string) error {
	m, err := h.LoadMatter(ctx, shipment(value))
	if err != nil {
		return err
	}
	var ids []string
	for _, r := range m.Waiting() {
		ids = append(ids, r.ID)
	}
	return h.SaveMatter(ctx, conversations.Told(m, ids, "", nil))
}

// news is every matter with news that is due.
func (h *house) news(t *testing.T, d time.Duration) (refs []conversations.Reference) {
	for p := range h.Partitions() {
		more, _, err := h.News(t.Context(), p, 100, d)
		must(t, err)
		refs = append(refs, more...)
	}
	return refs
}

func matters(t *testing.T, h *house) {
	ctx := t.Context()
	gateways := []*house{h, h.beside(t, "second")}
	var wg sync.WaitGroup
	for i := range 24 { // each of twelve reports twice, through two gateways
		wg.Go(func() {
			if err := gateways[i%2].report(ctx, "1086396430", fmt.Sprint("E", i%12)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	m, err := h.LoadMatter(ctx, shipment("1086396430"))
	must(t, err)
	if len(m.Reports) != 12 || int(m.Version) != 12 {
		t.Errorf("%d reports at version %d, want 12 at 12", len(m.Reports), m.Version)
	}
	if _, err := h.LoadMatter(ctx, shipment("2")); !errors.Is(err, conversations.ErrNotFound) {
		t.Errorf("a shipment nobody reported: %v", err)
	}
	if refs := h.news(t, time.Minute); len(refs) != 1 || refs[0].Value != "1086396430" || refs[0].Kind != "awb" {
		t.Errorf("news of %v", refs)
	}
	if refs := gateways[1].news(t, time.Minute); len(refs) != 0 {
		t.Errorf("another gateway takes what is in hand: %v", refs)
	}
	h.forward(2 * time.Minute)
	if refs := gateways[1].news(t, time.Minute); len(refs) != 1 {
		t.Errorf("what its taker left is not found again: %v", refs)
	}
	must(t, h.carried(ctx, "1086396430"))
	h.forward(2 * time.Minute)
	if refs := h.news(t, time.Minute); len(refs) != 0 {
		t.Errorf("what was told is still news: %v", refs)
	}
	h.receive(t, sms("SM1", number(1), "it is about a booking"))
	about := conversations.Reference{Kind: conversations.KindBooking, Value: "UMR-1"}
	booked, _ := conversations.Learn(conversations.Matter{Reference: about}, conversations.Report{ID: "B1", Detail: "window seat", Customer: &conversations.Customer{Name: "Omar"}}, map[string]any{"travellers": []any{map[string]any{"name": "Omar"}}}, h.now())
	must(t, h.SaveMatter(ctx, booked))
	c := h.only(t)
	refs := []conversations.Reference{about}
	_, err = h.desk.Patch(ctx, c.ID, conversations.Patch{References: &refs}, officer)
	must(t, err)
	person, err := h.Contact(ctx, c.Contact.ID)
	must(t, err)
	_, err = h.Tombstone(ctx, c.ID, person, "erased", h.now())
	must(t, err)
	if left, err := h.LoadMatter(ctx, about); err != nil || len(left.Facts) > 0 || left.Reports[0].Customer != nil || left.Reports[0].Detail != "" || len(left.Reports) != 1 {
		t.Errorf("after he was erased the booking says %+v, %v", left, err)
	}
	_, err = h.Vanish(ctx, person, h.now())
	must(t, err)
	if a := h.audit(t); a.Matters != 2 {
		t.Errorf("verify counts %d matters", a.Matters)
	}
}

// notices are told once in each conversation, and open one conversation.
func notices(t *testing.T, h *house) {
	ctx := t.Context()
	h.receive(t, sms("SM1", number(1), "where is it?"))
	id := h.only(t).ID
	plan := func(key string, say bool) func(conversations.Conversation, time.Time) conversations.Notice {
		return func(conversations.Conversation, time.Time) conversations.Notice {
			n := conversations.Notice{Key: key, About: shipment("1086396430"), Desk: "trace", Category: "held_in_customs", Priority: conversations.High,
				Event: conversations.Event{Type: conversations.EventShipment, Why: "held"}}
			if say {
				n.Offers = []conversations.Offer{{Draft: conversations.Draft{Text: "it is held", Auto: true, Lane: conversations.LaneUpdate, After: h.now().Add(time.Hour)}}}
			}
			return n
		}
	}
	gateways := []*house{h, h.beside(t, "second")}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if err := gateways[i%2].desk.Notify(ctx, id, plan(fmt.Sprint("E", i/4), i < 4)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	c, err := h.Load(ctx, id)
	must(t, err)
	events, err := h.History(ctx, id, 0, 100)
	must(t, err)
	told := slices.DeleteFunc(events, func(e conversations.Event) bool { return e.Type != conversations.EventShipment })
	if c.Messages != 2 || len(told) != 2 || c.Desk != "trace" || c.Category != "held_in_customs" || c.Priority != conversations.High || len(c.References) != 1 {
		t.Errorf("%d messages, %d events: %+v", c.Messages, len(told), c)
	}
	part := int(id.Number() % uint64(h.Partitions()))
	if ds, err := h.Lease(ctx, part, 1, time.Minute); err != nil || len(ds) != 0 {
		t.Errorf("sent before its time: %v, %v", ds, err)
	}
	h.forward(61 * time.Minute)
	if ds, err := h.Lease(ctx, part, 1, time.Minute); err != nil || len(ds) != 1 {
		t.Errorf("not sent at its time: %v, %v", ds, err)
	}

	to := conversations.Raising{To: []channels.Handle{phone(number(9)), {Kind: channels.HandleEmail, Value: "nine@example.com"}}, Name: "Nine", Why: "an exception"}
	ids := make([]conversations.ID, 8)
	for i := range ids {
		wg.Go(func() {
			var err error
			if ids[i], err = gateways[i%2].desk.Raise(ctx, to, shipment("1086396430"), plan("X1", true)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if all := slices.Compact(slices.Sorted(slices.Values(ids))); len(all) != 1 {
		t.Fatalf("opened %v", all)
	}
	h.receive(t, sms("SM9", number(9), "why?"))
	if c, err := h.Load(ctx, ids[0]); err != nil || c.Messages != 2 || c.Status != conversations.New {
		t.Errorf("his question is not asked inside it: %+v, %v", c, err)
	}
	place, err := h.Find(ctx, to.To[1:])
	must(t, err)
	if place.Contact != conversations.ContactID("k"+string(ids[0])) {
		t.Errorf("his mail address leads to %+v", place)
	}
	if again, err := h.desk.Raise(ctx, to, shipment("2"), plan("X2", true)); err != nil || again == ids[0] {
		t.Errorf("another shipment's is %s, %v", again, err)
	}
	nobody, err := h.desk.Raise(ctx, conversations.Raising{Why: "nobody's"}, shipment("3"), plan("X3", false))
	must(t, err)
	if again, err := h.desk.Raise(ctx, conversations.Raising{Why: "nobody's"}, shipment("3"), plan("X3", false)); err != nil || again != nobody {
		t.Errorf("raised again as %s, %v, want %s", again, err, nobody)
	}
	h.audit(t)
}
