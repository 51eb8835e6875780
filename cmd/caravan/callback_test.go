package main

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/cmd/caravan/config"
	"github.com/caravan-desk/caravan/conversations"
)

// anyHour lets the dialer ring at any hour, faster than a house would.
func anyHour(c *config.Config) {
	c.Callbacks = config.Callbacks{QuietHours: config.QuietNone, CallsPerSecond: 20, Concurrency: 4, SpokenNews: true}
}

// promise promises to ring a customer who has just written.
func (h *house) promise(from string, body map[string]any) conversations.Callback {
	h.t.Helper()
	if body == nil {
		body = map[string]any{}
	}
	h.write(simulator.Inbound{From: from, Text: "Where is my parcel 1086396430?"})
	c := h.waitFor("the conversation of "+from, "channel=sms", func(c conversations.Conversation) bool {
		return c.Category != "" && strings.HasSuffix(from, c.Contact.Handles[0].Value[1:])
	})
	return field[conversations.Callback](h.post("/v1/conversations/"+string(c.ID)+"/callbacks", body).want(http.StatusCreated))
}

func (h *house) callback(id conversations.CallbackID) conversations.Callback {
	h.t.Helper()
	return field[conversations.Callback](h.get("/v1/callbacks/" + string(id)).want(http.StatusOK))
}

// stands waits until a promise stands as wanted.
func (h *house) stands(id conversations.CallbackID, want conversations.CallbackStatus) conversations.Callback {
	h.t.Helper()
	var cb conversations.Callback
	eventually(h.t, "call-back "+string(id)+" "+string(want), func() error {
		cb = h.callback(id)
		return wrong(cb.Status == want, "it is %s: %+v", cb.Status, cb.Attempts)
	})
	return cb
}

// ringing waits for the nth call of ours to a number, and until it rings.
func (h *house) ringing(to string, nth int) simulator.Call {
	h.t.Helper()
	var found simulator.Call
	eventually(h.t, "the telephone "+to+" rings", func() error {
		calls := h.callsTo(to)
		if len(calls) < nth {
			return fmt.Errorf("%d calls", len(calls))
		}
		found = calls[nth-1]
		return wrong(found.Wait == simulator.WaitRinging, "it is %s", found.Status)
	})
	return found
}

func (h *house) callsTo(to string) (out []simulator.Call) {
	for _, c := range h.sim.Calls() {
		if c.To == to && c.Direction != "inbound" {
			out = append(out, c)
		}
	}
	return out
}

func TestCustomerIsCalledBack(t *testing.T) {
	t.Parallel()
	h := open(t, anyHour)
	const customer = "+966503330001"
	cb := h.promise(customer, map[string]any{"note": "about customs"})
	leg := h.ringing(customer, 1)
	if took := leg.Created.Sub(cb.RequestedAt); took > time.Second {
		t.Errorf("it rang after %s", took)
	}
	leg, err := h.sim.Answer(t.Context(), leg.SID)
	must(t, err)
	h.stands(cb.ID, conversations.CallbackConnected)
	leg, err = h.sim.Press(t.Context(), leg.SID, "1")
	must(t, err)
	h.stands(cb.ID, conversations.CallbackKept)
	leg, err = h.sim.Speak(t.Context(), leg.SID, "my parcel is held in customs")
	must(t, err)
	if !leg.Over() {
		t.Errorf("the call waits for %q", leg.Wait)
	}
	eventually(t, "the attempt has ended", func() error {
		cb = h.callback(cb.ID)
		return wrong(cb.Attempts[0].Stage == conversations.CallEnded && cb.Attempts[0].Seconds > 0, "%+v", cb.Attempts)
	})
	if a := cb.Attempts[0]; len(cb.Attempts) != 1 || a.Outcome != conversations.CallAnswered || a.CallSID != leg.SID || a.Proof != "key" {
		t.Errorf("attempts %+v", cb.Attempts)
	}
	h.waitFor("what he said", "channel=voice", func(c conversations.Conversation) bool { return true })
	if alerts := h.sim.Alerts(); len(alerts) > 0 {
		t.Errorf("Twilio complains: %+v", alerts)
	}
}

// ended waits until the nth attempt (from 1) of a promise is over.
func (h *house) ended(id conversations.CallbackID, n int) conversations.CallAttempt {
	h.t.Helper()
	var a conversations.CallAttempt
	eventually(h.t, "an attempt has ended", func() error {
		cb := h.callback(id)
		if len(cb.Attempts) < n {
			return fmt.Errorf("%d attempts", len(cb.Attempts))
		}
		a = cb.Attempts[n-1]
		return wrong(a.Stage == conversations.CallEnded, "%+v", a)
	})
	return a
}

func TestCustomersTelephones(t *testing.T) {
	t.Parallel()
	h := open(t, anyHour)
	for i, c := range []struct {
		line simulator.Behaviour
		want conversations.CallOutcome
		wait time.Duration
	}{
		{simulator.Busy, conversations.CallBusy, 3 * time.Minute},
		{simulator.NoAnswer, conversations.CallNoAnswer, 15 * time.Minute},
		{simulator.Voicemail, conversations.CallMachine, 30 * time.Minute},
		{simulator.Fails, conversations.CallFailed, time.Minute},
	} {
		number := fmt.Sprintf("+96650333010%d", i)
		h.sim.SetLine(number, c.line)
		cb := h.promise(number, nil)
		a := h.ended(cb.ID, 1)
		cb = h.callback(cb.ID)
		if a.Outcome != c.want || cb.Status != conversations.CallbackScheduled || cb.LookAt == nil {
			t.Fatalf("%s: %s, %+v", c.line, cb.Status, a)
		}
		if wait := cb.LookAt.Sub(*a.EndedAt); wait != c.wait {
			t.Errorf("%s: the next try is after %s, want %s", c.line, wait, c.wait)
		}
		if n := len(h.callsTo(number)); n != 1 {
			t.Errorf("%s: it rang %d times", c.line, n)
		}
	}
}

// TestLostWordsRingOnce loses, doubles and reorders what Twilio says.
func TestLostWordsRingOnce(t *testing.T) {
	t.Parallel()
	h := open(t, anyHour)
	const customer = "+966503330201"
	h.sim.SetLine(customer, simulator.Answers)
	h.sim.SetFaults(simulator.Faults{DropAnswer: simulator.Chance{Next: 1}, Duplicate: simulator.Chance{Odds: 1}, Reorder: simulator.Chance{Odds: 0.5}})
	cb := h.promise(customer, nil)
	var leg simulator.Call
	eventually(t, "somebody answers", func() error {
		calls := h.callsTo(customer)
		if len(calls) == 1 {
			leg = calls[0]
		}
		return wrong(leg.Wait == simulator.WaitGather, "%+v", calls)
	})
	leg, err := h.sim.Speak(t.Context(), leg.SID, "yes")
	must(t, err)
	h.stands(cb.ID, conversations.CallbackKept)
	_, err = h.sim.HangUp(t.Context(), leg.SID)
	must(t, err)
	a := h.ended(cb.ID, 1)
	if got := h.callback(cb.ID); len(got.Attempts) != 1 || a.Proof != "speech" || a.CallSID != leg.SID || len(h.callsTo(customer)) != 1 {
		t.Errorf("attempts %+v, calls %+v", got.Attempts, h.callsTo(customer))
	}
}

// TestOfficerIsAskedFirst plays both telephones: the owner is told what it is
// about, presses 1, and is connected; a talk of a second is no proof.
func TestOfficerIsAskedFirst(t *testing.T) {
	t.Parallel()
	h := open(t, anyHour)
	const customer, desk = "+966503330301", "+966503330399"
	aisha := h.hire(everything("Aisha"))
	h.patch("/v1/officers/"+string(aisha.me.ID), map[string]any{"phone": desk, "languages": []string{"ms"}}).want(http.StatusOK)
	cb := h.promise(customer, map[string]any{"note": "customs"})
	officer, err := h.sim.Answer(t.Context(), h.ringing(desk, 1).SID)
	must(t, err)
	if said := officer.Lines[len(officer.Lines)-1]; said.Language != "ms-MY" || !strings.Contains(said.Text, "1 0 8 6 3 9 6 4 3 0") || !strings.Contains(said.Text, "customs") {
		t.Errorf("the officer hears %+v", said)
	}
	if n := len(h.callsTo(customer)); n != 0 {
		t.Errorf("the customer was rung %d times before the officer agreed", n)
	}
	_, err = h.sim.Press(t.Context(), officer.SID, "1")
	must(t, err)
	leg, err := h.sim.Answer(t.Context(), h.ringing(customer, 1).SID)
	must(t, err)
	h.stands(cb.ID, conversations.CallbackConnected)
	if leg.Wait != simulator.WaitBridged {
		t.Errorf("the customer waits for %q", leg.Wait)
	}
	_, err = h.sim.HangUp(t.Context(), leg.SID)
	must(t, err)
	eventually(t, "the officer is asked what came of it", func() error {
		c, _ := h.sim.Call(officer.SID)
		return wrong(c.Wait == simulator.WaitGather, "%+v", c)
	})
	_, err = h.sim.Press(t.Context(), officer.SID, "2")
	must(t, err)
	a := h.ended(cb.ID, 1)
	cb = h.callback(cb.ID)
	if a.Outcome != conversations.CallAnswered || a.Disposition != "more_to_do" || a.Proof != "" || cb.Status != conversations.CallbackScheduled || a.Officer.ID != aisha.me.ID {
		t.Errorf("%s: %+v", cb.Status, a)
	}
	h.letGo()
	if alerts := h.sim.Alerts(); len(alerts) > 0 {
		t.Errorf("Twilio complains: %+v", alerts)
	}
}

// letGo waits until nobody's line is held: that follows the end of an attempt.
func (h *house) letGo() {
	h.t.Helper()
	eventually(h.t, "nobody's line is held", func() error {
		lines, calls, err := h.app.store.HeldLines(h.t.Context())
		return errors.Join(err, wrong(len(lines)+len(calls) == 0, "still held: %v, %v", lines, calls))
	})
}

func TestOfficerDoesNotTakeIt(t *testing.T) {
	t.Parallel()
	h := open(t, anyHour)
	const customer, first, second = "+966503330401", "+966503330498", "+966503330499"
	for number, name := range map[string]string{first: "Aisha", second: "Badr"} {
		o := h.hire(everything(name))
		h.patch("/v1/officers/"+string(o.me.ID), map[string]any{"phone": number}).want(http.StatusOK)
		h.sim.SetLine(number, simulator.NoAnswer)
	}
	cb := h.promise(customer, nil)
	one := h.ended(cb.ID, 1)
	two := h.ended(cb.ID, 2)
	if one.Party != conversations.PartyOfficer || one.Officer.ID == two.Officer.ID || one.Outcome != conversations.CallNoAnswer || one.Rang {
		t.Errorf("first %+v, then %+v", one, two)
	}
	if n := len(h.callsTo(customer)); n != 0 {
		t.Errorf("the customer was rung %d times", n)
	}
}

// TestCanceledCallIsHungUp cancels a promise while the telephone rings.
func TestCanceledCallIsHungUp(t *testing.T) {
	t.Parallel()
	h := open(t, anyHour)
	const customer = "+966503330501"
	cb := h.promise(customer, nil)
	leg := h.ringing(customer, 1)
	h.do("DELETE", "/v1/callbacks/"+string(cb.ID), nil).want(http.StatusNoContent)
	eventually(t, "it rings no more", func() error {
		c, _ := h.sim.Call(leg.SID)
		return wrong(c.Over(), "%+v", c)
	})
	h.ended(cb.ID, 1)
	h.stands(cb.ID, conversations.CallbackCanceled)
}
