package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/callbacks"
	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/conversations"
)

// heard is everything that a leg has heard from the company, in one line.
func heard(c simulator.Call) string {
	var out []string
	for _, l := range c.Lines {
		if l.Who == "company" {
			out = append(out, l.Text)
		}
	}
	return strings.Join(out, " | ")
}

func (h *house) press(c simulator.Call, keys string) simulator.Call {
	h.t.Helper()
	c, err := h.sim.Press(h.t.Context(), c.SID, keys)
	must(h.t, err)
	return c
}

// silent lets a question's time run out.
func (h *house) silent(c simulator.Call) simulator.Call {
	h.t.Helper()
	c, err := h.sim.Silence(h.t.Context(), c.SID)
	must(h.t, err)
	return c
}

// lawful fails if Twilio had to complain about anything it was served.
func (h *house) lawful() {
	h.t.Helper()
	must(h.t, h.sim.Idle(h.t.Context()))
	for _, a := range h.sim.Alerts() {
		h.t.Errorf("Twilio complains: %+v", a)
	}
}

// A customer who is known hears his own language at once, and where his parcel is.
func TestCallerHearsHisStatus(t *testing.T) {
	t.Parallel()
	h := open(t)
	const customer = "+60123330001"
	h.write(simulator.Inbound{From: customer, Text: "Salam, parcel saya 1086396430 dah sampai mana ya?"})
	h.waitFor("the conversation", "channel=sms", func(c conversations.Conversation) bool { return c.Language == "ms" })
	h.post("/v1/shipments/1086396430/events", map[string]any{"id": "e1", "code": "OD", "status": "Out for delivery", "at": now().UTC().Format(time.RFC3339), "location": "Shah Alam"}).want(http.StatusAccepted)
	call := h.dial(customer)
	if got := call.Lines[0]; got.Language != "ms-MY" || !strings.Contains(got.Text, "Terima kasih") {
		t.Errorf("greeted with %+v", got)
	}
	call = h.press(call, "1") // the trace desk
	call = h.press(call, "3") // how does it stand?
	call = h.press(call, "1086396430#")
	if got := heard(call); !strings.Contains(got, "kurier kami") || !strings.Contains(got, "1 0 8 6") {
		t.Errorf("heard %q", got)
	}
	call = h.press(call, "2") // call me back
	if !call.Over() {
		t.Errorf("the call waits for %q", call.Wait)
	}
	cb := h.promised()
	texts := ""
	for _, m := range h.messages(cb.Conversation) {
		texts += m.Text + "\n"
	}
	if !strings.Contains(texts, "status 1086396430") || cb.Phone != customer {
		t.Errorf("promised to %s, kept as %q", cb.Phone, texts)
	}
	h.lawful()
	h.sound()
}

func TestCallerSaysWhen(t *testing.T) {
	t.Parallel()
	h := open(t)
	call := h.dial("+966503330002", "2", "1", "5") // Arabic, trace, at a time
	if call.Wait != simulator.WaitGather || !call.Speech {
		t.Fatalf("waits for %q", call.Wait)
	}
	call, err := h.sim.Speak(t.Context(), call.SID, "بكرة الساعة عشرة الصبح")
	must(t, err)
	if got := heard(call); !call.Over() || !strings.Contains(got, "سنتصل بكم على هذا الرقم") {
		t.Errorf("over %v, heard %q", call.Over(), got)
	}
	cb := h.promised()
	if at := cb.NotBefore.In(h.cfg.Timezone); at.Hour() != 10 || at.Minute() != 0 || at.Before(now()) {
		t.Errorf("promised for %s", at)
	}
	call = h.dial("+966503330003", "1", "1", "5")
	for range 2 { // what is not understood twice is as soon as possible
		call, err = h.sim.Speak(t.Context(), call.SID, "whenever the moon is blue")
		must(t, err)
	}
	if !call.Over() || !strings.Contains(heard(call), "did not understand") {
		t.Errorf("heard %q", heard(call))
	}
	h.lawful()
	h.sound()
}

// An officer who is free is rung, hears what it is about, and takes the call by a key.
func TestCallerTalksToAnOfficer(t *testing.T) {
	t.Parallel()
	h := open(t)
	salma := everything("Salma")
	salma.Phone = "+966500000701"
	hired := h.hire(salma)
	h.sim.SetLine(salma.Phone, simulator.Answers)
	call := h.dial("+966503330004", "1", "1", "4")
	if !strings.Contains(heard(call), "recorded") {
		t.Errorf("not told of the recording: %q", heard(call))
	}
	var leg simulator.Call
	eventually(t, "the officer's telephone is picked up", func() error {
		for _, c := range h.callsTo(salma.Phone) {
			leg = c
		}
		return wrong(leg.Wait == simulator.WaitGather, "it is %q", leg.Wait)
	})
	if !strings.Contains(heard(leg), "Press 1 to take the call") {
		t.Errorf("the officer heard %q", heard(leg))
	}
	leg = h.press(leg, "1")
	eventually(t, "they talk", func() error {
		c, _ := h.sim.Call(call.SID)
		return wrong(c.Wait == simulator.WaitBridged, "it is %q", c.Wait)
	})
	line := callbacks.OfficerLine(hired.me.ID)
	held := func(want string) {
		t.Helper()
		eventually(t, "whose the officer's line is", func() error {
			lines, _, err := h.app.store.HeldLines(t.Context())
			return wrong(err == nil && lines[line] == want, "%v, %v", lines, err)
		})
	}
	held(call.SID)
	_, err := h.sim.HangUp(t.Context(), leg.SID)
	must(t, err)
	held("")
	c := h.waitFor("the call's conversation", "channel=voice", func(c conversations.Conversation) bool { return c.Category != "" })
	eventually(t, "the talk is told", func() error {
		for _, m := range h.messages(c.ID) {
			if strings.Contains(m.Text, "Spoke to an officer for") {
				return nil
			}
		}
		return wrong(false, "%+v", h.messages(c.ID))
	})
	h.lawful()
	h.sound()
}

// Nobody is free: the caller hears his place, waits, and keeps it when he asks to be called.
func TestCallerKeepsHisPlace(t *testing.T) {
	t.Parallel()
	h := open(t)
	first := h.dial("+966503330005", "1", "1", "4")
	second := h.dial("+966503330006", "1", "1", "4")
	if !strings.Contains(heard(first), "number 1 in the line") || !strings.Contains(heard(second), "number 2 in the line") {
		t.Errorf("first heard %q, second %q", heard(first), heard(second))
	}
	first = h.press(first, "1")
	if !first.Over() || !strings.Contains(heard(first), "call you back") {
		t.Errorf("heard %q", heard(first))
	}
	second = h.silent(second)
	if got := heard(second); !strings.HasSuffix(got, "Or stay on the line.") || !strings.Contains(got[len(got)/2:], "number 1 in the line") {
		t.Errorf("the second heard %q", got)
	}
	cb := h.promised()
	if cb.Phone != "+966503330005" || !strings.Contains(cb.Note, "Kept his place") {
		t.Errorf("promised %+v", cb)
	}
	second = h.press(second, "2") // leave a message instead
	if second.Wait != simulator.WaitRecord {
		t.Errorf("waits for %q", second.Wait)
	}
	h.lawful()
	h.sound()
}
