package redisstore_test

import (
	"strings"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// unproved are looked at until there is a receipt; the next way is taken once.
func unproved(t *testing.T, h *house) {
	ctx := t.Context()
	h.stop()
	in := sms("SM1", number(1), "hello")
	h.receive(t, in)
	id := h.only(t).ID
	part := int(id.Number() % uint64(h.Partitions()))
	say := func() conversations.Message {
		m, _, err := h.desk.Reply(ctx, id, conversations.Draft{Text: "first", Wait: time.Minute, Auto: true,
			Else: []conversations.Alternate{{Channel: channels.SMS, Text: "second"}}}, conversations.System)
		must(t, err)
		return m
	}
	due := func() (ids []conversations.MessageID) {
		ids, _, err := h.Unproved(ctx, part, 9, 10*time.Second)
		must(t, err)
		return ids
	}
	receipt := func(m conversations.Message, s channels.Status) {
		must(t, h.intake.RecordReceipt(ctx, channels.Receipt{MessageID: string(m.ID), Status: s, At: h.now()}))
	}
	said := func() int {
		c, err := h.Load(ctx, id)
		must(t, err)
		return c.Messages
	}

	arrived := say()
	receipt(arrived, channels.Delivered)
	h.forward(2 * time.Minute)
	if ids := due(); len(ids) != 0 {
		t.Errorf("one that arrived is due: %v", ids)
	}

	failed := say()
	if ids := due(); len(ids) != 0 {
		t.Errorf("due before its term: %v", ids)
	}
	receipt(failed, channels.Failed)
	if ids := due(); len(ids) != 1 || ids[0] != failed.ID {
		t.Errorf("one that failed is not due at once: %v", ids)
	}
	before := said()
	for _, g := range []*house{h, h.beside(t, "second"), h} { // however often, and by whom
		if again, err := g.desk.Fallback(ctx, failed.ID); err != nil || !again.IsZero() {
			t.Errorf("look again at %v, %v", again, err)
		}
	}
	must(t, h.LookAgain(ctx, failed.ID, time.Time{}))
	if n := said() - before; n != 1 {
		t.Errorf("said another way %d times", n)
	}
	next, err := h.LoadMessage(ctx, conversations.NewMessageID(id, said()))
	must(t, err)
	if next.Text != "second" || next.Send.Instead != failed.ID || len(next.Send.Else) != 0 || !next.Send.Auto {
		t.Errorf("the other way is %+v, %+v", next, next.Send)
	}

	silent := say()
	receipt(silent, channels.Sent)
	h.forward(61 * time.Second)
	if ids := due(); len(ids) != 1 || ids[0] != silent.ID {
		t.Errorf("one without a receipt is not due: %v", ids)
	}
	receipt(silent, channels.Read) // late, and before the other way was taken
	before = said()
	if again, err := h.desk.Fallback(ctx, silent.ID); err != nil || !again.IsZero() || said() != before {
		t.Errorf("a late receipt is not heard: %v, %v, said %d more", again, err, said()-before)
	}

	waiting := say() // still queued when its term ends
	h.forward(61 * time.Second)
	if again, err := h.desk.Fallback(ctx, waiting.ID); err != nil || !again.After(h.now()) {
		t.Errorf("what has not gone needs no other way yet: %v, %v", again, err)
	}
	h.audit(t)
	place, err := h.Find(ctx, []channels.Handle{phone(number(1))})
	must(t, err)
	_, err = h.person.Erase(ctx, place.Contact, officer)
	must(t, err)
	for key := range h.dump(t) {
		if strings.HasSuffix(key, ":unproved") || strings.HasSuffix(key, ":awaited") {
			t.Errorf("%s still looks for receipts of what was erased", key)
		}
	}
}
