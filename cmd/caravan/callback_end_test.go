package main

import (
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/conversations"
)

// TestRingsOnceAlthoughKilled kills the gateway while it asks Twilio to ring.
func TestRingsOnceAlthoughKilled(t *testing.T) {
	t.Parallel()
	h, gateway := outside(t, anyHour)
	const customer = "+966503330601"
	h.sim.SetFaults(simulator.Faults{AnswerDelay: 500 * time.Millisecond})
	cb := h.promise(customer, nil)
	h.ringing(customer, 1) // Twilio has it; the answer is still under way
	gateway.end(syscall.SIGKILL)
	h.sim.SetFaults(simulator.Faults{})
	gateway.start()
	gateway.ready()
	eventually(t, "the call is found", func() error {
		cb = h.callback(cb.ID)
		return wrong(len(cb.Attempts) == 1 && cb.Attempts[0].CallSID != "", "%+v", cb.Attempts)
	})
	leg, err := h.sim.Answer(t.Context(), h.ringing(customer, 1).SID)
	must(t, err)
	gateway.end(syscall.SIGKILL) // and again, while the customer listens
	gateway.start()
	gateway.ready()
	_, err = h.sim.Press(t.Context(), leg.SID, "1")
	must(t, err)
	h.stands(cb.ID, conversations.CallbackKept)
	if n := len(h.callsTo(customer)); n != 1 {
		t.Errorf("it rang %d times", n)
	}
}

// TestStopWhileItRings has a customer say stop while his telephone rings.
func TestStopWhileItRings(t *testing.T) {
	t.Parallel()
	h := open(t, anyHour)
	const customer = "+966503330701"
	cb := h.promise(customer, nil)
	leg := h.ringing(customer, 1)
	h.write(simulator.Inbound{From: customer, Text: "STOP"})
	h.stands(cb.ID, conversations.CallbackCanceled)
	eventually(t, "it rings no more", func() error {
		c, _ := h.sim.Call(leg.SID)
		return wrong(c.Over(), "%+v", c)
	})
	h.ended(cb.ID, 1)
	if n := len(h.callsTo(customer)); n != 1 {
		t.Errorf("it rang %d times", n)
	}
}

// TestOwedWhatWasPromised ends conversations with open promises, and moves one to another time.
func TestOwedWhatWasPromised(t *testing.T) {
	t.Parallel()
	h := open(t, anyHour)
	at := now().Add(3 * time.Hour).UTC().Truncate(time.Millisecond)
	cb := h.promise("+966503330801", map[string]any{"at": at, "first": "customer"})
	of := "/v1/conversations/" + string(cb.Conversation)
	if a := h.patch(of, map[string]any{"status": "solved"}).want(http.StatusUnprocessableEntity); !strings.Contains(string(a.body), string(cb.ID)) {
		t.Errorf("the problem does not name the promise: %s", a.body)
	}
	h.patch("/v1/callbacks/"+string(cb.ID), map[string]any{"status": "renegotiated", "at": at.Add(time.Hour), "why": "he is driving"}).want(http.StatusOK)
	if was := h.callback(cb.ID); was.Status != conversations.CallbackRenegotiated || was.LookAt != nil {
		t.Errorf("renegotiated: %+v", was)
	}
	next := h.callback(conversations.CallbackID(string(cb.Conversation) + "-cb2"))
	if next.Replaces != cb.ID || !next.NotBefore.Equal(at.Add(time.Hour)) || !next.RequestedAt.Equal(cb.RequestedAt) {
		t.Errorf("the new promise is %+v", next)
	}
	h.patch(of, map[string]any{"status": "solved", "why": "he came to the office"}).want(http.StatusOK)
	h.stands(next.ID, conversations.CallbackCanceled)
	bare := field[conversations.Callback](h.do("POST", of+"/callbacks", nil).want(http.StatusCreated))
	if bare.Phone != cb.Phone {
		t.Errorf("a promise without a body is %+v", bare)
	}
}

// TestCustomerRingsBack misses our call and rings us: he is connected to who owes him the call.
func TestCustomerRingsBack(t *testing.T) {
	t.Parallel()
	h := open(t, anyHour)
	const customer, desk = "+966503330901", "+966503330999"
	aisha := h.hire(everything("Aisha"))
	h.patch("/v1/officers/"+string(aisha.me.ID), map[string]any{"phone": desk}).want(http.StatusOK)
	h.sim.SetLine(customer, simulator.NoAnswer)
	cb := h.promise(customer, map[string]any{"first": "customer"})
	h.ended(cb.ID, 1)
	call := h.dial(customer)
	officer, err := h.sim.Answer(t.Context(), h.ringing(desk, 1).SID)
	must(t, err)
	h.stands(cb.ID, conversations.CallbackConnected)
	_, err = h.sim.Press(t.Context(), officer.SID, "1")
	must(t, err)
	eventually(t, "they talk", func() error {
		c, _ := h.sim.Call(call.SID)
		return wrong(c.Wait == simulator.WaitBridged, "%+v", c)
	})
	_, err = h.sim.HangUp(t.Context(), officer.SID)
	must(t, err)
	a := h.ended(cb.ID, 2)
	if !a.Inbound || a.Rang || a.CallSID != call.SID || a.Officer.ID != aisha.me.ID || !a.Joined {
		t.Errorf("attempt %+v", a)
	}
	h.letGo()
}
