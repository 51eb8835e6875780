package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/conversations"
)

// callbacksOf are all call-backs of a conversation, once there are n.
func (h *house) callbacksOf(id conversations.ID, n int) []conversations.Callback {
	h.t.Helper()
	var list []conversations.Callback
	eventually(h.t, "call-backs", func() error {
		list = all[conversations.Callback](h.client, "/v1/callbacks?limit=200&conversation="+string(id))
		return wrong(len(list) == n, "%d call-backs, want %d", len(list), n)
	})
	return list
}

// TestNewsIsToldByTelephone reports on the parcel of somebody who has only ever rung: he is
// rung and told, in his language, hears it again, and asks for an officer, who is rung for him.
func TestNewsIsToldByTelephone(t *testing.T) {
	t.Parallel()
	h := open(t, anyHour)
	const customer, desk = "+60123331101", "+966503331199"
	aisha := h.hire(everything("Aisha"))
	h.patch("/v1/officers/"+string(aisha.me.ID), map[string]any{"phone": desk}).want(http.StatusOK)
	call := h.dial(customer, "3", "1", "1") // Malay, trace, a message
	_, err := h.sim.Speak(t.Context(), call.SID, "parcel saya mana")
	must(t, err)
	c := h.waitFor("his call", "channel=voice", func(c conversations.Conversation) bool { return c.Language == "ms" })
	h.patch("/v1/conversations/"+string(c.ID), map[string]any{"references": []any{map[string]any{"kind": "awb", "value": "1086396430"}}}).want(http.StatusOK)
	h.report("1086396430", map[string]any{"id": "e1", "status": "Out for delivery", "at": now()})

	leg, err := h.sim.Answer(t.Context(), h.ringing(customer, 1).SID)
	must(t, err)
	said := leg.Lines[len(leg.Lines)-1]
	if said.Language != "ms-MY" || !strings.Contains(said.Text, "1 0 8 6 3 9 6 4 3 0") || !strings.Contains(said.Text, "tekan 2") {
		t.Errorf("he hears %+v", said)
	}
	leg = h.press(leg, "1")
	if n := strings.Count(heard(leg), "1 0 8 6 3 9 6 4 3 0"); n != 2 {
		t.Errorf("he hears it %d times", n)
	}
	leg = h.press(leg, "2")
	if !leg.Over() {
		t.Errorf("the call waits for %q", leg.Wait)
	}
	list := h.callbacksOf(c.ID, 2)
	news, asked := list[0], list[1]
	if news.Spoken == nil {
		news, asked = asked, news
	}
	if news.Status != conversations.CallbackKept || news.Spoken == nil || news.Spoken.About != "1086396430" || asked.Spoken != nil || asked.Replaces != news.ID || !asked.Asked {
		t.Errorf("told by %+v, then %+v", news, asked)
	}
	officer, err := h.sim.Answer(t.Context(), h.ringing(desk, 1).SID)
	must(t, err)
	h.press(officer, "1")
	h.ringing(customer, 2)
	h.lawful()
}

// TestNewsToAFixedLine raises a trace for somebody who is known by the number of a fixed line
// alone, twice; he hears it to its end, and wants no more of it.
func TestNewsToAFixedLine(t *testing.T) {
	t.Parallel()
	h := open(t, anyHour)
	const customer = "+60321231102"
	report := func(id, status string) {
		h.report("2451080365", map[string]any{"id": id, "status": status, "at": now(), "customer": map[string]any{"name": "Omar", "phone": customer, "language": "ar"}})
	}
	report("e1", "Held in customs")
	leg, err := h.sim.Answer(t.Context(), h.ringing(customer, 1).SID)
	must(t, err)
	if said := leg.Lines[len(leg.Lines)-1]; said.Language != "ar-AE" || !strings.Contains(said.Text, "2 4 5 1 0 8 0 3 6 5") {
		t.Errorf("he hears %+v", said)
	}
	h.silent(leg)
	c := h.waitFor("a trace", "reference=2451080365", func(conversations.Conversation) bool { return true })
	cb := h.stands(h.callbacksOf(c.ID, 1)[0].ID, conversations.CallbackKept)
	if cb.Attempts[0].Proof != "heard" {
		t.Errorf("told by %+v", cb.Attempts)
	}
	h.ended(cb.ID, 1)
	h.patch("/v1/conversations/"+string(c.ID), map[string]any{"status": "pending"}).want(http.StatusOK)

	report("e2", "Out for delivery")
	leg, err = h.sim.Answer(t.Context(), h.ringing(customer, 2).SID)
	must(t, err)
	h.press(leg, "9")
	eventually(t, "his wish is noted", func() error {
		ledger, err := h.app.store.Consent(t.Context(), channels.Handle{Kind: channels.HandlePhone, Value: customer}.Key())
		must(t, err)
		last, ok := ledger.Last(channels.Voice, conversations.Service)
		return wrong(ok && last.State == conversations.OptedOut, "%+v", ledger)
	})
	report("e3", "Delivered")
	eventually(t, "it is in the history", func() error {
		for _, e := range h.history(c.ID) {
			if strings.Contains(e.Why, "pressed 9") && strings.Contains(e.Why, "not told by voice") {
				return nil
			}
		}
		return wrong(false, "it is not: %+v", h.history(c.ID))
	})
	if n := len(h.callsTo(customer)); n != 2 {
		t.Errorf("rung %d times", n)
	}
	h.patch("/v1/conversations/"+string(c.ID), map[string]any{"status": "solved"}).want(http.StatusOK)
	h.sound()
}

// TestNewsOvertaken has a second report come while the first still waits for its hour: only
// the second is told. Where no call reaches him he is written to.
func TestNewsOvertaken(t *testing.T) {
	t.Parallel()
	h := open(t, anyHour)
	const customer = "+60123331103"
	h.sim.SetLine(customer, simulator.Fails)
	call := h.dial(customer, "1", "1", "1")
	_, err := h.sim.Speak(t.Context(), call.SID, "where is it")
	must(t, err)
	c := h.waitFor("his call", "channel=voice", func(c conversations.Conversation) bool { return c.Language == "en" })
	h.patch("/v1/conversations/"+string(c.ID), map[string]any{"references": []any{map[string]any{"kind": "awb", "value": "1086396430"}}}).want(http.StatusOK)
	h.report("1086396430", map[string]any{"id": "e1", "status": "In transit", "at": now().Add(-time.Minute)})
	first := h.callbacksOf(c.ID, 1)[0]
	h.ended(first.ID, 1)
	h.report("1086396430", map[string]any{"id": "e2", "status": "Out for delivery", "at": now()})
	second := h.callbacksOf(c.ID, 2)[1]
	if second.ID == first.ID {
		second = h.callbacksOf(c.ID, 2)[0]
	}
	h.stands(first.ID, conversations.CallbackCanceled)
	h.ended(second.ID, 1)
	_, err = h.app.desk.Keep(t.Context(), second.ID, conversations.System, "for the test: nothing more is tried", func(cb conversations.Callback, at time.Time) (conversations.Callback, error) {
		cb.Status, cb.LookAt = conversations.CallbackBroken, &at
		return cb, nil
	})
	must(t, err)
	m := h.told(c.ID, 1)[0]
	if m.Channel != channels.SMS || m.To != customer || m.Template != "shipment_out_for_delivery" {
		t.Errorf("told by %+v", m)
	}
	if got := h.conversation(c.ID); len(got.Tags) > 0 {
		t.Errorf("tagged %v", got.Tags)
	}
}
