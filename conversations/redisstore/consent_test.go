package redisstore_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// consents: what the customer says by message, the provider by error and an officer
// by hand stands in one ledger, and nothing goes out against it.
func consents(t *testing.T, h *house) {
	ctx := t.Context()
	h.receive(t, sms("SM1", number(1), "where is my parcel?"))
	id := h.only(t).ID
	h.receive(t, sms("SM2", number(1), "Stop. Thank you"))
	h.receive(t, sms("SM2", number(1), "Stop. Thank you")) // delivered twice
	ledger, err := h.beside(t, "other").Consent(ctx, number(1))
	must(t, err)
	if len(ledger.Entries) != 2 || ledger.Version != 1 || ledger.Entries[0].Message != conversations.NewMessageID(id, 2) {
		t.Fatalf("ledger %+v", ledger)
	}
	refused := func(d conversations.Draft) error {
		t.Helper()
		_, _, err := h.desk.Reply(ctx, id, d, officer)
		return err
	}
	if err := refused(conversations.Draft{Text: "good day"}); !errors.Is(err, conversations.ErrOptedOut) {
		t.Errorf("a reply after STOP: %v", err)
	}
	to := conversations.Opening{To: phone(number(1)), Channel: channels.SMS, Draft: conversations.Draft{Text: "good day"}}
	if _, _, err := h.desk.Open(ctx, to, officer); !errors.Is(err, conversations.ErrOptedOut) {
		t.Errorf("a new conversation after STOP: %v", err)
	}
	must(t, refused(conversations.Draft{Text: "he wants no SMS", Note: true}))
	h.receive(t, sms("SM3", number(1), "start"))
	must(t, refused(conversations.Draft{Text: "welcome back"}))
	if err := refused(conversations.Draft{Text: "50 % off", Purpose: conversations.Marketing}); !errors.Is(err, conversations.ErrOptedOut) {
		t.Errorf("an offer that nobody asked for: %v", err)
	}
	_, err = h.desk.Consent(ctx, phone(number(1)), conversations.ConsentEntry{
		Channel: channels.SMS, Purpose: conversations.Marketing, State: conversations.OptedIn, By: officer, Why: "on the booking form"})
	must(t, err)
	must(t, refused(conversations.Draft{Text: "50 % off", Purpose: conversations.Marketing}))

	m := h.reply(t, id, "one more")
	must(t, h.desk.Refused(ctx, m.ID, "21610"))
	must(t, h.desk.Refused(ctx, m.ID, "21610"))
	if err := refused(conversations.Draft{Text: "hello?"}); !errors.Is(err, conversations.ErrOptedOut) {
		t.Errorf("a reply after 21610: %v", err)
	}
	told := 0
	events, err := h.History(ctx, id, 0, 100)
	must(t, err)
	for _, e := range events {
		if e.Type == conversations.EventConsent {
			if told++; e.Why == "" || len(e.Changes) == 0 {
				t.Errorf("the history says %+v", e)
			}
		}
	}
	if told != 3 {
		t.Errorf("the history tells of %d changes, want 3", told)
	}
	// What was done before a STOP, and is done again under its key, was done.
	in := sms("SM9", number(9), "where is my parcel?")
	h.receive(t, in)
	place, err := h.Find(ctx, []channels.Handle{in.From})
	must(t, err)
	d := conversations.Draft{Text: "to many", Op: "row 1", Auto: true, Lane: conversations.LaneBulk}
	first, _, err := h.desk.Reply(ctx, place.Conversation, d, officer)
	must(t, err)
	opened := conversations.Opening{To: phone(number(8)), Channel: channels.SMS, Draft: d}
	begun, _, err := h.desk.Open(ctx, opened, officer)
	must(t, err)
	for _, n := range []int{8, 9} {
		h.receive(t, sms(fmt.Sprint("SMstop", n), number(n), "STOP"))
	}
	again, _, err := h.desk.Reply(ctx, place.Conversation, d, officer)
	if err != nil || again.ID != first.ID {
		t.Errorf("done again after a STOP: %v %v, want %v", again.ID, err, first.ID)
	}
	if again, _, err = h.desk.Open(ctx, opened, officer); err != nil || again.ID != begun.ID {
		t.Errorf("opened again after a STOP: %v %v, want %v", again.ID, err, begun.ID)
	}
	consentElsewhere(t, h)
	h.audit(t)
}

// consentElsewhere: a customer of two addresses opts out under both, whichever
// partitions they live in, and the one that comes late undoes nothing.
func consentElsewhere(t *testing.T, h *house) {
	ctx := t.Context()
	for i := range 8 { // so that some live apart
		handle, alias := channels.Handle{Kind: channels.HandleBSUID, Value: fmt.Sprint("SA.user", i)}, phone(number(100+i))
		in := channels.Inbound{
			Channel: channels.WhatsApp, Account: "+14155238886", ProviderID: fmt.Sprint("WA", i), From: handle,
			Aliases: []channels.Handle{alias}, Text: "توقف من فضلك",
		}
		h.receive(t, in)
		for _, a := range []channels.Handle{handle, alias} {
			l, err := h.Consent(ctx, a.Key())
			must(t, err)
			if e, ok := l.Last(channels.WhatsApp, conversations.Service); !ok || e.State != conversations.OptedOut {
				t.Errorf("%v: %+v", a, l)
			}
		}
		in.ProviderID, in.Text, in.Sent = in.ProviderID+"late", "start", h.now().Add(-time.Hour)
		h.receive(t, in)
		if l, _ := h.Consent(ctx, handle.Key()); len(l.Entries) != 2 {
			t.Errorf("a START from before the STOP was heeded: %+v", l.Entries)
		}
	}
	var wg sync.WaitGroup
	other := h.beside(t, "beside")
	for i := range 12 { // at once, from two gateways: none is lost
		wg.Go(func() {
			k := []channels.Kind{channels.SMS, channels.WhatsApp, channels.Email}[i%3]
			e := conversations.ConsentEntry{Channel: k, Purpose: conversations.Purposes[i%2], State: conversations.OptedOut, By: officer}
			if _, err := []*house{h, other}[i%2].desk.Consent(ctx, phone(number(200)), e); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	l, err := h.Consent(ctx, number(200))
	must(t, err)
	if len(l.Entries) != 6 || l.Version != 6 {
		t.Errorf("%d entries, version %d, want 6", len(l.Entries), l.Version)
	}
}
