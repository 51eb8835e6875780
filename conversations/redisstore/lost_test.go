package redisstore_test

import (
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// begunAnew: the server died with what it had acknowledged but not written yet, while the
// gateway lives on and remembers all of it. Whoever writes next is kept, and only once.
func begunAnew(t *testing.T, h *house) {
	named := sms("SM4", number(2), "second")
	named.Name = "Nur"
	for _, c := range []struct {
		name          string
		before, after channels.Inbound
	}{
		{"a chat", sms("SM1", number(1), "first"), sms("SM2", number(1), "second")},
		{"a name that is new", sms("SM3", number(2), "first"), named},
		{"a mail", mail("<1@x>", "a@customer.example", "first"), mail("<2@x>", "a@customer.example", "second")},
		{"a mail that names what is gone", mail("<3@x>", "b@customer.example", "first"), mail("<4@x>", "b@customer.example", "second", "<3@x>")},
		{"a message that comes again", sms("SM5", number(3), "first"), sms("SM5", number(3), "first")},
	} {
		t.Run(c.name, func(t *testing.T) {
			h.receive(t, c.before)
			h.masters(t, func(m *redis.Client) { must(t, m.FlushAll(t.Context()).Err()) })
			h.receive(t, c.after)
			h.receive(t, c.after)
			now := h.only(t)
			list, err := h.Messages(t.Context(), now.ID, 0, 10)
			must(t, err)
			if len(list) != 1 || list[0].Text != c.after.Text {
				t.Errorf("kept: %v, want %q alone", list, c.after.Text)
			}
			k, err := conversations.Present(t.Context(), h.Store, now.Contact.ID)
			must(t, err)
			place, err := h.Leads(t.Context(), []channels.Handle{c.after.From})
			must(t, err)
			if place.Contact != k.ID || k.Name != c.after.Name {
				t.Errorf("his address leads to %q, and the conversation to %q (%q)", place.Contact, k.ID, k.Name)
			}
			h.audit(t)
			h.masters(t, func(m *redis.Client) { must(t, m.FlushAll(t.Context()).Err()) })
		})
	}
}
