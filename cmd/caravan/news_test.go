package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/conversations"
)

// told waits until a conversation has so many messages of ours, and returns them.
func (h *house) told(id conversations.ID, n int) []message {
	h.t.Helper()
	var out []message
	eventually(h.t, fmt.Sprintf("conversation %s is told %d times", id, n), func() error {
		out = slices.DeleteFunc(h.messages(id), func(m message) bool { return m.Direction != conversations.Out })
		return wrong(len(out) == n, "told %d times", len(out))
	})
	return out
}

type matter struct {
	Reference, Status, Stage string
	Events                   []struct {
		ID, Status, Stage string
		Late              bool
	}
	Conversations []conversations.ID
}

func TestShipmentEventTellsWhoAsked(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.write(simulator.Inbound{From: "+60123450001", Text: "mana parcel saya 1086396430? dah seminggu tak sampai"})
	c := h.waitFor("it is understood", "reference=1086396430", func(c conversations.Conversation) bool { return c.Desk == "trace" })

	event := map[string]any{"id": "E2", "code": "WC", "status": "Out for delivery", "at": "2026-11-21T08:00:00Z", "location": "Shah Alam"}
	got := field[matter](h.post("/v1/shipments/108%20639-6430/events", event).want(http.StatusAccepted))
	if got.Reference != "1086396430" || got.Stage != "out_for_delivery" {
		t.Errorf("kept as %+v", got)
	}
	h.post("/v1/shipments/1086396430/events", event).want(http.StatusAccepted) // again
	h.post("/v1/shipments/1086396430/events", map[string]any{                  // came late
		"id": "E1", "status": "Arrived at hub", "at": "2026-11-20T08:00:00Z"}).want(http.StatusAccepted)
	m := h.told(c.ID, 1)[0]
	if m.Language != "ms" || !strings.Contains(m.Text, "1086396430") || m.Template != "shipment_out_for_delivery" {
		t.Errorf("told %q (%s, %s)", m.Text, m.Language, m.Template)
	}
	h.status(m, "delivered")
	h.post("/v1/shipments/1086396430/events", map[string]any{"id": "E3", "status": "quantum tunnelled", "at": "2026-11-21T09:00:00Z", "location": "Klang"}).want(http.StatusAccepted)
	if m := h.told(c.ID, 2)[1]; !strings.Contains(m.Text, "quantum tunnelled") {
		t.Errorf("an unknown status is told as %q", m.Text)
	}
	got = field[matter](h.get("/v1/shipments/1086396430").want(http.StatusOK))
	if len(got.Events) != 3 || got.Events[0].ID != "E1" || !got.Events[0].Late || got.Status != "quantum tunnelled" || !slices.Contains(got.Conversations, c.ID) {
		t.Errorf("shown as %+v", got)
	}
	updates := 0
	for _, e := range h.history(c.ID) {
		if e.Type == conversations.EventShipment {
			updates++
			if !strings.Contains(e.Why, "told by sms") {
				t.Errorf("why: %q", e.Why)
			}
		}
	}
	if updates != 2 {
		t.Errorf("%d updates in the history", updates)
	}
	a := h.post("/v1/shipments/1086396430/events", map[string]any{"id": "E4", "status": "ok", "colour": "red", "shape": 1})
	if a.want(http.StatusUnprocessableEntity); !strings.Contains(string(a.body), "colour") || !strings.Contains(string(a.body), "shape") {
		t.Errorf("unknown fields: %s", a.body)
	}
	h.post("/v1/shipments/1086396430/events", map[string]any{"id": "E4"}).want(http.StatusUnprocessableEntity)
	h.get("/v1/shipments/2086396430").want(http.StatusNotFound)
	h.sound()
}

func TestExceptionOpensATraceBeforeAnybodyAsks(t *testing.T) {
	t.Parallel()
	h := open(t, anyHour)
	salma := h.hire(everything("Salma"))
	h.post("/v1/shipments/2451080365/events", map[string]any{"id": "X1", "status": "In transit", "at": "2026-11-21T08:00:00Z"}).want(http.StatusAccepted)
	h.post("/v1/shipments/2451080365/events", map[string]any{
		"id": "X2", "status": "Held in customs", "at": "2026-11-21T09:00:00Z", "location": "Jeddah", "detail": "commercial invoice missing",
		"customer": map[string]any{"name": "Omar", "phone": "+966501234999", "language": "ar"},
	}).want(http.StatusAccepted)
	c := h.waitFor("a trace is Salma's", "reference=2451080365", assigned(salma))
	if c.Desk != "trace" || c.Category != "held_in_customs" || c.Priority != "high" || c.Status != "new" || c.Language != "ar" {
		t.Errorf("opened as %s/%s, %s, %s, %s", c.Desk, c.Category, c.Priority, c.Status, c.Language)
	}
	m := h.status(h.told(c.ID, 1)[0], "delivered")
	if m.To != "+966501234999" || m.Language != "ar" || m.Template != "shipment_held_in_customs" {
		t.Errorf("told %s in %s: %s", m.To, m.Language, m.Text)
	}
	h.write(simulator.Inbound{From: "+966501234999", Text: "وش الأوراق المطلوبة؟"})
	h.waitFor("his question is asked inside it", "reference=2451080365", func(c conversations.Conversation) bool { return c.Unread == 1 })
	if list := h.conversations(""); len(list) != 1 {
		t.Errorf("%d conversations about one shipment", len(list))
	}

	h.post("/v1/shipments/3318810025/events", map[string]any{"id": "Y1", "status": "RETURN_TO_ORIGIN"}).want(http.StatusAccepted)
	c = h.waitFor("an exception of nobody's is a trace too", "reference=3318810025", assigned(salma))
	if c.Category != "return_to_origin" || len(h.messages(c.ID)) != 0 {
		t.Errorf("opened as %s with %d messages", c.Category, len(h.messages(c.ID)))
	}
	h.sound()
}

func TestBookingEventConfirms(t *testing.T) {
	t.Parallel()
	h := open(t)
	salma := h.hire(everything("Salma"))
	confirmed := map[string]any{
		"id": "B1", "status": "confirmed", "at": time.Now().UTC().Format(time.RFC3339),
		"customer": map[string]any{"name": "Aisyah", "email": "aisyah@customer.example", "language": "ms"},
		"facts":    map[string]any{"package": "Umrah Plus", "departure": "2026-12-12", "travellers": 4, "seat": "12A"},
	}
	h.post("/v1/bookings/umr-2291/events", confirmed).want(http.StatusAccepted)
	h.post("/v1/bookings/UMR-2291/events", confirmed).want(http.StatusAccepted)
	c := h.waitFor("a booking is Salma's", "reference=UMR-2291", assigned(salma))
	m := h.status(h.told(c.ID, 1)[0], "sent")
	if c.Desk != "booking" || m.Template != "booking_confirmation" || m.Language != "ms" || !strings.Contains(m.Text, "Umrah Plus") {
		t.Errorf("%s: told %s in %s: %s", c.Desk, m.Template, m.Language, m.Text)
	}
	h.post("/v1/bookings/UMR-2291/events", map[string]any{"id": "B2", "status": "Flight changed", "facts": map[string]any{"flight": "SV 843"}}).want(http.StatusAccepted)
	h.told(c.ID, 2)
	if c := h.conversation(c.ID); c.Category != "booking_change" {
		t.Errorf("a flight change is %s", c.Category)
	}
	h.sound()
}

func TestAReferenceIsTheSameHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := field[conversations.Conversation](h.post("/v1/conversations", map[string]any{
		"to": map[string]any{"channel": "sms", "address": "+966506660021"}, "desk": "trace", "text": "We look for your parcel."}).want(http.StatusCreated))
	h.patch("/v1/conversations/"+string(c.ID), map[string]any{"references": []any{
		map[string]any{"kind": "awb", "value": "10 8639 6430"}, map[string]any{"kind": "booking", "value": "bk-2026-007"}}}).want(http.StatusOK)
	for _, as := range []string{"10%208639%206430", "1086396430", "BK-2026-007", "bk2026007"} {
		if n := len(h.conversations("reference=" + as)); n != 1 {
			t.Errorf("%d conversations with %s", n, as)
		}
	}
	h.report("1086396430", map[string]any{"id": "e1", "status": "out_for_delivery", "at": now()})
	h.told(c.ID, 2)
}

// A shipment in trouble whose customer nobody knew has a trace. When he asks, he is told
// how it stands by the officer who works on it, in one conversation: at once, and also if
// the gateway that opened the trace is another one, or was started anew meanwhile.
func TestAQuestionIsAnsweredInsideTheTraceThatWaited(t *testing.T) {
	t.Parallel()
	h := open(t, anyHour)
	h.hire(everything("Salma"))
	trouble := func(awb string) conversations.Conversation {
		h.report(awb, map[string]any{"id": "T" + awb, "status": "Held in customs", "at": now(), "detail": "invoice missing"})
		return h.waitFor("a trace waits", "reference="+awb, func(c conversations.Conversation) bool { return c.Assignee != nil })
	}
	asks := func(awb, from string, waited conversations.Conversation) {
		t.Helper()
		h.write(simulator.Inbound{From: from, Text: "Where is my shipment " + awb + "? It is late."})
		c := h.waitFor("the trace is part of his conversation", "reference="+awb, func(c conversations.Conversation) bool {
			return c.ID != waited.ID && c.Assignee != nil && c.Assignee.ID == waited.Assignee.ID && c.Category == "held_in_customs"
		})
		m := h.status(h.told(c.ID, 1)[0], "delivered")
		if m.To != from || m.Template != "shipment_held_in_customs" || slices.Contains(c.Tags, conversations.Unowned) || c.Desk != "trace" {
			t.Errorf("%+v is told %s: %s", c, m.To, m.Text)
		}
		if a := h.conversation(waited.ID); a.Status != conversations.Closed || a.MergedInto != c.ID {
			t.Errorf("the trace is %s, merged into %q", a.Status, a.MergedInto)
		}
	}
	first, second := trouble("1086396430"), trouble("2451080365")
	if len(first.Tags) != 1 || first.Tags[0] != conversations.Unowned {
		t.Errorf("the trace has the tags %q", first.Tags)
	}
	nour := h.hire(everything("Nour")) // who is freer, and gets what is new
	asks("1086396430", "+60123459001", first)
	h.stop()
	h.start()
	asks("2451080365", "+60123459002", second)
	if list := h.conversations("assignee=" + string(nour.me.ID)); len(list) != 0 {
		t.Errorf("a question stays with %d conversations of another officer", len(list))
	}
	h.sound()
}
