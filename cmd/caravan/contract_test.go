package main

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// What is put off comes back by itself, whatever it waited for, unless it ended before.
func TestSnoozeWakes(t *testing.T) {
	t.Parallel()
	h := open(t)
	for number, c := range map[string]struct{ status, want conversations.Status }{
		"+966533340001": {conversations.Pending, conversations.Open}, "+966533340002": {conversations.OnHold, conversations.Open},
		"+966533340003": {conversations.New, conversations.New},
	} {
		of := h.asked(number)
		until := now().Add(500 * time.Millisecond).Format(time.RFC3339Nano)
		a := h.patch("/v1/conversations/"+string(of.ID), map[string]any{"snoozed_until": until, "status": c.status}).want(http.StatusOK)
		if put := field[conversations.Conversation](a); put.Snoozed == nil || put.Status != c.status {
			t.Fatalf("put off: %+v", put)
		}
		woken := h.waitFor("it is woken", "contact="+string(of.Contact.ID), func(c conversations.Conversation) bool { return c.Snoozed == nil })
		if woken.Status != c.want {
			t.Errorf("what was %s wakes as %s, want %s", c.status, woken.Status, c.want)
		}
		said := 0
		for _, e := range h.history(of.ID) {
			if _, put := e.Changes["snoozed_until"]; put && e.By.Type == conversations.BySystem {
				said++
			}
		}
		if said != 1 {
			t.Errorf("the waking of what was %s is told %d times", c.status, said)
		}
	}
	of := h.asked("+966533340004")
	h.patch("/v1/conversations/"+string(of.ID), map[string]any{"snoozed_until": now().Add(time.Hour)}).want(http.StatusOK)
	h.patch("/v1/conversations/"+string(of.ID), map[string]any{"status": "solved"}).want(http.StatusOK)
	if c := h.conversation(of.ID); c.Snoozed != nil {
		t.Errorf("what is solved is still put off until %s", c.Snoozed)
	}
	h.sound()
}

// The document describes whatever route the gateway has.
func TestEveryRouteIsDescribed(t *testing.T) {
	t.Parallel()
	h := open(t)
	doc := field[struct{ Paths map[string]map[string]any }](h.get("/openapi.json").want(http.StatusOK))
	var known []*regexp.Regexp
	for path, ops := range doc.Paths {
		for method := range ops {
			pattern := regexp.MustCompile(`\{[^/]*\}`).ReplaceAllString(path, "[^/]+")
			known = append(known, regexp.MustCompile("^"+strings.ToUpper(method)+" "+pattern+"$"))
		}
	}
	routes := 0
	for _, r := range h.app.http.GetRoutes(true) {
		if !strings.HasPrefix(r.Path, "/v1/") && !strings.HasPrefix(r.Path, "/webhooks/") || r.Method == http.MethodHead {
			continue
		}
		routes++
		if route := r.Method + " " + r.Path; !slices.ContainsFunc(known, func(p *regexp.Regexp) bool { return p.MatchString(route) }) {
			t.Errorf("%s is not in the document", route)
		}
	}
	if routes < 60 {
		t.Errorf("only %d routes were found", routes)
	}
}

// A status and a parameter that Twilio has only since today are kept with the message, told
// in the history, and stand in no other status's way.
func TestWhatTwilioReportsAnewIsShown(t *testing.T) {
	t.Parallel()
	h := open(t, anyHour)
	c := h.asked("+966533340011")
	m := h.status(h.reply(c.ID, "It is on its way"), "delivered")
	form := url.Values{"MessageSid": {m.ProviderID}, "MessageStatus": {"teleported"}, "Orbit": {"low"}, "AccountSid": {testAccount}}
	for range 2 {
		h.webhook("/webhooks/twilio/status/"+string(m.ID), form, testSecret).want(http.StatusOK)
	}
	m = h.status(m, "delivered")
	if m.Fields["MessageStatus"] != "teleported" || m.Fields["Orbit"] != "low" || m.Fields["AccountSid"] != "" {
		t.Errorf("kept with the message: %v", m.Fields)
	}
	told := 0
	for _, e := range h.history(c.ID) {
		if strings.Contains(e.Why, "teleported") && strings.Contains(e.Why, "Orbit") && e.Message == m.ID {
			told++
		}
	}
	if told != 1 {
		t.Errorf("told %d times in the history", told)
	}
	h.calledAnew()
	form.Set("MessageStatus", "read")
	h.webhook("/webhooks/twilio/status/"+string(m.ID), form, testSecret).want(http.StatusOK)
	h.status(m, "read")
	h.sound()
}

// calledAnew: the same holds for a call that we make.
func (h *house) calledAnew() {
	h.t.Helper()
	const customer = "+966533340012"
	cb := h.promise(customer, nil)
	leg := h.ringing(customer, 1)
	of := "/webhooks/twilio/voice/calls/" + string(cb.ID) + ".1/status"
	form := url.Values{"CallSid": {leg.SID}, "CallStatus": {"teleported"}, "AccountSid": {testAccount}}
	for range 2 {
		h.webhook(of, form, testSecret).want(http.StatusOK)
	}
	if a := h.callback(cb.ID).Attempts[0]; a.Reported != "teleported" || a.Stage == conversations.CallEnded {
		h.t.Errorf("the attempt is %+v", a)
	}
	told := 0
	for _, e := range h.history(cb.Conversation) {
		if strings.Contains(e.Why, `"teleported"`) {
			told++
		}
	}
	if told != 1 {
		h.t.Errorf("told %d times in the history", told)
	}
	_, err := h.sim.Decline(h.t.Context(), leg.SID)
	must(h.t, err)
	h.ended(cb.ID, 1)
}
