package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/cmd/caravan/config"
	"github.com/caravan-desk/caravan/conversations"
)

// TestLetters: a trace without its number is asked for it, once, in the customer's language;
// one with it is not; a rule answers with a template, or says why it could not.
func TestLetters(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"trace.yaml": "extends: trace\nask_after: 1s\n", "booking.yaml": "extends: booking\n",
		"rules/r.yaml": "version: 1\nrules:\n" +
			"  - name: receipt\n    when: {words: [receipt]}\n    then: [{reply: acknowledgement}]\n" +
			"  - name: closed\n    when: {words: [receipt]}\n    then: [{reply: out_of_hours}]\n",
	})
	h := open(t, func(c *config.Config) { c.Desks = []string{dir} })
	h.write(simulator.Inbound{From: "+966501112222", Text: "أين شحنتي؟ لم تصل حتى الآن"})
	asked := h.waitFor("the trace", "desk=trace", func(c conversations.Conversation) bool { return c.Language == "ar" })
	ask := h.writtenTo(asked.ID, "رقم التتبع")
	if ask.Language != "ar" || ask.Template != "more_details_wanted" || ask.Author.Type != conversations.BySystem {
		t.Errorf("asked by %+v", ask)
	}
	h.said(asked.ID, `the desk must know more: tracking number; the customer is written to by sms in "ar": more_details_wanted`)
	if c := field[conversations.Conversation](h.get("/v1/conversations/" + string(asked.ID)).want(http.StatusOK)); c.Status != conversations.New {
		t.Errorf("a machine's question made it %s", c.Status)
	}

	h.write(simulator.Inbound{From: "+966503334444", Text: "Where is my shipment 1086396430? I want a receipt"})
	known := h.waitFor("the other", "desk=trace", func(c conversations.Conversation) bool { return c.ID != asked.ID })
	h.writtenTo(known.ID, fmt.Sprint(known.Number))
	h.said(known.ID, `rule receipt; the customer is written to by sms in "en": acknowledgement`)
	h.said(known.ID, `rule closed; could not write to the customer (out_of_hours): `)

	h.write(simulator.Inbound{From: "+966501112222", Text: "أين شحنتي؟ أريد شحنتي"})
	h.write(simulator.Inbound{From: "+966505556666", Text: "Where is my shipment? It is late"})
	last := h.waitFor("the last", "desk=trace", func(c conversations.Conversation) bool { return c.ID != asked.ID && c.ID != known.ID })
	h.writtenTo(last.ID, "tracking number") // by now the second question to the first would have been asked
	for id, want := range map[conversations.ID]int{asked.ID: 1, known.ID: 1, last.ID: 1} {
		out := 0
		for _, m := range all[message](h.client, "/v1/conversations/"+string(id)+"/messages") {
			if m.Direction == conversations.Out {
				out++
			}
		}
		if out != want {
			t.Errorf("%s was written to %d times, want %d", id, out, want)
		}
	}
	h.sound()
}

// writtenTo waits for a message of ours that says something.
func (h *house) writtenTo(id conversations.ID, says string) (found message) {
	h.t.Helper()
	eventually(h.t, "the customer is written to", func() error {
		for _, m := range all[message](h.client, "/v1/conversations/"+string(id)+"/messages") {
			if m.Direction == conversations.Out && strings.Contains(m.Text, says) {
				found = m
				return nil
			}
		}
		return fmt.Errorf("nothing says %q", says)
	})
	return found
}

// said waits until a conversation's history gives a reason.
func (h *house) said(id conversations.ID, why string) {
	h.t.Helper()
	eventually(h.t, "the history says "+why, func() error {
		var got []string
		for _, e := range all[conversations.Event](h.client, "/v1/conversations/"+string(id)+"/history") {
			if strings.HasPrefix(e.Why, why) {
				return nil
			}
			got = append(got, e.Why)
		}
		return fmt.Errorf("it says %q", got)
	})
}
