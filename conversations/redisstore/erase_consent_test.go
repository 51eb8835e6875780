package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// staysSilent: an erased person's opt-outs outlive him, and nothing else of his ledger does.
func staysSilent(t *testing.T, h *house) {
	ctx := t.Context()
	erase := func(n int) conversations.Certificate {
		t.Helper()
		place, err := h.Find(ctx, []channels.Handle{phone(number(n))})
		must(t, err)
		cert, err := h.person.Erase(ctx, place.Contact, officer)
		must(t, err)
		return cert
	}
	write := func(n int) error {
		_, _, err := h.desk.Open(ctx, conversations.Opening{To: phone(number(n)), Channel: channels.SMS, Draft: conversations.Draft{Text: "good day"}}, officer)
		return err
	}
	h.receive(t, sms("SM1", number(1), "where is my parcel?"))
	h.receive(t, sms("SM2", number(1), "STOP"))
	h.receive(t, sms("SM3", number(2), "where is my parcel?"))
	if cert := erase(1); cert.OptOuts != 1 {
		t.Errorf("certificate %+v", cert)
	}
	if cert := erase(2); cert.OptOuts != 0 {
		t.Errorf("certificate of who forbade nothing: %+v", cert)
	}
	if err := write(1); !errors.Is(err, conversations.ErrOptedOut) {
		t.Errorf("to who was erased after STOP: %v", err)
	}
	must(t, write(2))
	for key, says := range h.dump(t) {
		if strings.Contains(key, ":consent:") && strings.Contains(says, strings.TrimPrefix(number(1), "+")) {
			t.Errorf("%s still names the address", key)
		}
	}
	l, err := h.Consent(ctx, number(1))
	must(t, err)
	for _, e := range l.Entries {
		if e.Message != "" || e.By != conversations.System || e.State != conversations.OptedOut {
			t.Errorf("still known: %+v", e)
		}
	}
	// He comes back by himself: his own word counts again, and so does a second erasure.
	h.receive(t, sms("SM4", number(1), "START"))
	must(t, write(1))
	if cert := erase(1); cert.OptOuts != 1 { // offers stay forbidden
		t.Errorf("certificate after START: %+v", cert)
	}
	if err := write(1); err != nil {
		t.Errorf("to who was erased after START: %v", err)
	}
	h.audit(t)
}

// erasedTwice: who is erased by two at once, or again after a crash, is still told of to
// those who have not read the log so far; else an officer would hold him for ever.
func erasedTwice(t *testing.T, h *house) {
	ctx := t.Context()
	h.receive(t, sms("SM1", number(1), "where is my parcel?"))
	c := h.only(t)
	person, err := h.Contact(ctx, c.Contact.ID)
	must(t, err)
	for i, entries := range []bool{true, false} {
		r, err := h.Tombstone(ctx, c.ID, person, "a person was erased", h.now())
		must(t, err)
		if (r.Entries > 0) != entries {
			t.Errorf("erasure %d took %d entries out of the log", i+1, r.Entries)
		}
	}
	ctx, done := context.WithCancel(ctx)
	var said []conversations.EventType
	err = h.Follow(ctx, "late", func(_ context.Context, events []conversations.Event) error {
		for _, e := range events {
			if said = append(said, e.Type); len(said) == 2 {
				done()
			}
		}
		return nil
	})
	done()
	if want := []conversations.EventType{conversations.EventErased, conversations.EventChanged}; !slices.Equal(said, want) {
		t.Errorf("the log says %v (%v), want %v", said, err, want)
	}
}

// erasedStaysAway: what a person who was erased had written is known again when it is
// delivered once more, by whichever of his handles; what he writes anew is heard.
func erasedStaysAway(t *testing.T, h *house) {
	ctx := t.Context()
	person := func(n int) (wa, text, letter channels.Inbound) {
		user := channels.Handle{Kind: channels.HandleBSUID, Issuer: "waba", Value: fmt.Sprint("u-", n)}
		wa = channels.Inbound{Channel: channels.WhatsApp, Account: "+14155238886", ProviderID: fmt.Sprint("WA", n), From: user, Aliases: []channels.Handle{phone(number(n))}, Text: "hi"}
		return wa, sms(fmt.Sprint("SM", n), number(n), "where is my parcel?"), mail(fmt.Sprint("m", n), fmt.Sprintf("c%d@example.com", n), "and my invoice?")
	}
	for n := range 12 { // so many that handles of one person lie in different partitions
		wa, text, letter := person(n)
		for _, in := range []channels.Inbound{wa, text, letter} {
			h.receive(t, in)
		}
		for _, in := range []channels.Inbound{wa, letter} {
			place, err := h.Find(ctx, []channels.Handle{in.From})
			must(t, err)
			_, err = h.person.Erase(ctx, place.Contact, officer)
			must(t, err)
		}
		for _, in := range []channels.Inbound{text, wa, letter} {
			h.receive(t, in)
		}
		for _, c := range h.all(t, conversations.Query{}) {
			t.Errorf("person %d came back: %+v", n, c.Contact)
		}
	}
	for key, says := range h.dump(t) {
		if strings.Contains(key, ":handle:") {
			t.Errorf("%s still knows %s", key, says)
		}
	}
	h.receive(t, sms("SMnew", number(1), "I am back"))
	if c := h.only(t); c.Messages != 1 {
		t.Errorf("who writes anew has %d messages", c.Messages)
	}
	h.audit(t)
}
