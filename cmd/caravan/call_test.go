package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/conversations"
)

// dial rings the company and presses keys, one at each question.
func (h *house) dial(from string, keys ...string) simulator.Call {
	h.t.Helper()
	call, err := h.sim.Dial(h.t.Context(), from, "")
	must(h.t, err)
	for _, k := range keys {
		call, err = h.sim.Press(h.t.Context(), call.SID, k)
		must(h.t, err)
	}
	return call
}

func TestCallersMessageIsRecordedAndHeard(t *testing.T) {
	t.Parallel()
	h := open(t)
	call := h.dial("+966503334455", "2", "1", "1") // Arabic, trace, leave a message
	languages := map[string]bool{}
	for _, l := range call.Lines {
		languages[l.Language] = languages[l.Language] || l.Voice != ""
	}
	if !languages["en-GB"] || !languages["ar-AE"] || !languages["ms-MY"] {
		t.Errorf("greeted in %v", languages)
	}
	call, err := h.sim.Speak(t.Context(), call.SID, "شحنتي لم تصل")
	must(t, err)
	if !call.Over() {
		t.Errorf("the call is %s and waits for %q", call.Status, call.Wait)
	}
	c := h.waitFor("the call's conversation", "channel=voice", func(c conversations.Conversation) bool { return c.Category != "" })
	if c.Desk != "trace" || c.Language != "ar" {
		t.Errorf("on desk %s in %s; the caller chose trace in ar", c.Desk, c.Language)
	}
	m := h.messages(c.ID)[0]
	if m.Kind != conversations.KindCall || m.From != "+966503334455" {
		t.Errorf("message %s from %s", m.Kind, m.From)
	}
	if a, got := h.attachment(c.ID); len(got.body) == 0 || !strings.HasPrefix(a.ContentType, "audio/") {
		t.Errorf("recording of %d bytes, %s", len(got.body), a.ContentType)
	}
	must(t, h.sim.Idle(t.Context()))
	if n := len(h.conversations("")); n != 1 {
		t.Errorf("one call made %d conversations", n)
	}
	h.sound()
}

func TestCallerAsksToBeCalledBack(t *testing.T) {
	t.Parallel()
	h := open(t)
	before := now()
	call := h.dial("+60127778899", "3", "2", "2") // Malay, booking, call back
	if !call.Over() {
		t.Errorf("the call is %s and waits for %q", call.Status, call.Wait)
	}
	cb := h.promised()
	if cb.Phone != "+60127778899" || !cb.Status.Open() || cb.DueAt.Before(before.Add(23*time.Hour)) || cb.DueAt.After(now().Add(conversations.CallbackTerm)) {
		t.Errorf("promised %+v", cb)
	}
	c := h.conversation(cb.Conversation)
	if c.Desk != "booking" || c.Language != "ms" || !hasClock(c, "callback") {
		t.Errorf("%s in %s with clocks %+v", c.Desk, c.Language, c.Clocks)
	}
	if a := h.patch("/v1/conversations/"+string(c.ID), map[string]any{"status": "solved"}); a.code != http.StatusUnprocessableEntity {
		t.Errorf("solved while a call is owed: %d", a.code)
	}
	h.sound()
}

func TestCallTomorrowAtThree(t *testing.T) {
	t.Parallel()
	h := open(t)
	tomorrow := func() time.Time {
		d := now().In(h.cfg.Timezone).AddDate(0, 0, 1)
		return time.Date(d.Year(), d.Month(), d.Day(), 15, 0, 0, 0, h.cfg.Timezone).UTC()
	}
	early := tomorrow()
	h.write(simulator.Inbound{WhatsApp: true, From: "+966504445566", Text: "My parcel 1086396430 is late, please call me tomorrow at 3pm"})
	cb := h.promised()
	if !cb.NotBefore.Equal(early) && !cb.NotBefore.Equal(tomorrow()) {
		t.Errorf("promised for %s, want %s", cb.NotBefore, early)
	}
	if cb.Phone != "+966504445566" || cb.Why == "" {
		t.Errorf("promised %+v", cb)
	}
	h.sound()
}

func TestCallByTheCustomersClock(t *testing.T) {
	t.Parallel()
	h := open(t)
	zone, err := time.LoadLocation("Asia/Kuala_Lumpur")
	if err != nil {
		t.Fatal(err)
	}
	h.write(simulator.Inbound{WhatsApp: true, From: "+60123334455", Text: "Parcel 1086396430 tak sampai lagi, tolong call saya esok antara pukul 2 dan 4 petang"})
	cb := h.promised()
	if at := cb.NotBefore.In(zone); at.Hour() != 14 || at.Minute() != 0 || cb.DueAt.Sub(cb.NotBefore) != 2*time.Hour {
		t.Errorf("promised from %s to %s, want from two to four there", at, cb.DueAt.In(zone))
	}
	h.sound()
}

// TestWordsMoveAndEndAPromise has a customer who is promised a call write that he wants it at
// another time, and then that he needs none.
func TestWordsMoveAndEndAPromise(t *testing.T) {
	t.Parallel()
	h := open(t)
	const customer = "+966504445599"
	h.write(simulator.Inbound{WhatsApp: true, From: customer, Text: "My parcel 1086396430 is late, please call me tomorrow at 3pm"})
	first := h.promised()
	h.write(simulator.Inbound{WhatsApp: true, From: customer, Text: "خلوها بعد بكرة الساعة 5 العصر"})
	h.stands(first.ID, conversations.CallbackRenegotiated)
	list := h.callbacksOf(first.Conversation, 2)
	second := list[1]
	if second.ID == first.ID {
		second = list[0]
	}
	if at := second.NotBefore.In(h.cfg.Timezone); at.Hour() != 17 || second.NotBefore.Sub(first.NotBefore) != 26*time.Hour || second.Replaces != first.ID {
		t.Errorf("from %s to %s", first.NotBefore, second.NotBefore)
	}
	h.write(simulator.Inbound{WhatsApp: true, From: customer, Text: "خلاص لا داعي للاتصال، وصلت الشحنة"})
	h.stands(second.ID, conversations.CallbackCanceled)
	h.patch("/v1/conversations/"+string(first.Conversation), map[string]any{"status": "solved"}).want(http.StatusOK)
	h.sound()
}

// promised waits for the only promise there is.
func (h *house) promised() conversations.Callback {
	h.t.Helper()
	var list []conversations.Callback
	eventually(h.t, "a call-back is promised", func() error {
		list = all[conversations.Callback](h.client, "/v1/callbacks?limit=200")
		return wrong(len(list) > 0, "none")
	})
	if len(list) > 1 {
		h.t.Errorf("%d promises, want one", len(list))
	}
	return list[0]
}

func hasClock(c conversations.Conversation, name string) bool {
	for _, k := range c.Clocks {
		if k.Name == name {
			return true
		}
	}
	return false
}
