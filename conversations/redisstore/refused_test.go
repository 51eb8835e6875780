package redisstore_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/redisstore"
)

// refusedWhole: what a change's checks wrote before one of them failed is taken back.
func refusedWhole(t *testing.T, h *house) {
	ctx := t.Context()
	in := sms("SM1", number(1), "first")
	h.receive(t, in)
	before, err := h.Load(ctx, h.only(t).ID)
	must(t, err)
	claim, key := conversations.ClaimOf(in), phone(number(1)).Key()
	refused := func(ch conversations.Change) {
		t.Helper()
		var dup *conversations.DuplicateError
		if _, err := h.Commit(ctx, ch); !errors.As(err, &dup) || dup.Conversation != before.ID {
			t.Fatalf("a claim that is taken: %v", err)
		}
	}

	again := conversations.Change{Claim: claim, Before: &before, After: before}
	again.After.Version, again.After.Desk, again.After.Preview = before.Version+1, "nowhere", "twice"
	refused(again)
	if now, err := h.Load(ctx, before.ID); err != nil || !reflect.DeepEqual(now, before) {
		t.Errorf("the conversation is %+v, %v; was %+v", now, err, before)
	}

	id, err := h.NewID(ctx, key)
	must(t, err)
	stranger := neighbour(t, h, before.ID)
	k := conversations.Contact{ID: conversations.ContactID("k" + string(id)), Version: 1, Name: "Amina", Handles: []channels.Handle{stranger}}
	refused(conversations.Change{
		Claim: claim, After: conversations.Conversation{ID: id, Number: id.Number(), Version: 1, Status: conversations.New, Contact: k.Ref()},
		Contact: &k,
		Pointer: &conversations.Pointer{Handle: stranger, Now: conversations.Place{Root: stranger, Contact: k.ID, Conversation: id}},
	})
	if _, err := h.Load(ctx, id); !errors.Is(err, conversations.ErrNotFound) {
		t.Errorf("the new conversation: %v", err)
	}
	if _, err := h.Contact(ctx, k.ID); !errors.Is(err, conversations.ErrNotFound) {
		t.Errorf("the new contact: %v", err)
	}
	if place, err := h.Find(ctx, []channels.Handle{stranger}); err != nil || place.Conversation != "" || place.Contact != "" {
		t.Errorf("the new handle leads to %+v, %v", place, err)
	}
	if h.only(t).ID != before.ID {
		t.Error("another conversation is listed")
	}
	h.audit(t)
}

// neighbour is a telephone that lives in the partition of a conversation.
func neighbour(t *testing.T, h *house, of conversations.ID) channels.Handle {
	t.Helper()
	for i := range 1000 {
		it := phone(number(100 + i))
		id, err := h.NewID(t.Context(), it.Key())
		must(t, err)
		if id.Number()%redisstore.DefaultPartitions == of.Number()%redisstore.DefaultPartitions {
			return it
		}
	}
	t.Fatal("nobody lives there")
	return channels.Handle{}
}
