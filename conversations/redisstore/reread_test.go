package redisstore_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// rereading changes what a mail says, as `caravan reparse` does.
func rereading(t *testing.T, h *house) {
	ctx := t.Context()
	in := mail("m1@x", "writer@customer.example", "garbled")
	in.Raw = "blob"
	h.receive(t, in)
	c := h.only(t)
	id := conversations.NewMessageID(c.ID, 1)
	in.Text, in.Full, in.Subject = "readable", "readable\n> old", "Parcel"
	in.Attachments = []channels.Attachment{{Blob: "b1", Name: "found.pdf", ContentType: "application/pdf", Size: 3}}
	edit := func(m *conversations.Message) string { return strings.Join(m.Reread(in), ", ") }
	changed, err := h.Reread(ctx, id, edit)
	must(t, err)
	if m, err := h.LoadMessage(ctx, id); err != nil || !changed || m.Text != "readable" || m.Full != in.Full || m.Subject != "Parcel" || len(m.Attachments) != 1 || m.Raw != "blob" {
		t.Fatalf("%v %+v", err, m)
	}
	if changed, err = h.Reread(ctx, id, edit); err != nil || changed {
		t.Errorf("again: %v %v", changed, err)
	}
	told := 0
	history, err := h.History(ctx, c.ID, 0, 100)
	must(t, err)
	for _, e := range history {
		if e.Type == conversations.EventReread {
			told++
			if e.Message != id || e.Why != "subject, text, attachments" {
				t.Errorf("%+v", e)
			}
		}
	}
	if told != 1 {
		t.Errorf("told %d times", told)
	}
	if _, err := h.Reread(ctx, conversations.NewMessageID(c.ID, 9), edit); !errors.Is(err, conversations.ErrNotFound) {
		t.Errorf("a message that is not there: %v", err)
	}
	if a := h.audit(t); len(a.Findings) > 0 {
		t.Errorf("%+v", a.Findings)
	}
}
