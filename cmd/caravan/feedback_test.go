package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/cmd/caravan/config"
	"github.com/caravan-desk/caravan/conversations"
)

func asking(c *config.Config) { c.Feedback.CSAT, c.Feedback.NPS = true, true }

// solved is a matter that an officer has answered and solved; the customer is asked.
func (h *house) solved(by *client, in simulator.Inbound, kind conversations.SurveyKind) conversations.Conversation {
	h.t.Helper()
	h.write(in)
	c := h.from(in.From)
	h.status(by.reply(c.ID, "It is in Riyadh"), "delivered")
	by.patch("/v1/conversations/"+string(c.ID), map[string]any{"status": "solved"}).want(http.StatusOK)
	eventually(h.t, "the customer is asked", func() error {
		c = h.conversation(c.ID)
		return wrong(slices.ContainsFunc(c.Surveys, func(s conversations.Survey) bool { return s.Kind == kind }), "%+v", c.Surveys)
	})
	return c
}

func TestSatisfactionIsAskedAndUnderstood(t *testing.T) {
	t.Parallel()
	h := open(t, asking)
	officer := h.hire(conversations.Officer{Email: "o@example.com", Name: "Aisyah", Capacity: 50, Skills: []string{"trace", "booking", "triage"}, Languages: []string{"en", "ar", "ms"}})
	for i, answer := range []string{"٥", "five", "lima, terima kasih", "👍"} {
		from := fmt.Sprintf("+9665444%05d", i)
		c := h.solved(officer, simulator.Inbound{From: from, WhatsApp: i%2 == 0, Text: "Where is my parcel 1086396430?"}, conversations.CSAT)
		h.status(message{Message: conversations.Message{ID: c.Surveys[0].Message, Conversation: c.ID}}, "delivered")
		h.write(simulator.Inbound{From: from, WhatsApp: i%2 == 0, Text: answer})
		eventually(t, "the score is kept", func() error {
			c = h.conversation(c.ID)
			return wrong(c.Surveys[0].Score != nil && *c.Surveys[0].Score == 5, "%+v", c.Surveys[0])
		})
		if c.Status != conversations.Solved || c.Unread != 0 || len(c.Surveys) != 1 {
			t.Errorf("%q left it %s with %d unread, asked %d times", answer, c.Status, c.Unread, len(c.Surveys))
		}
	}
	h.sound()
}

func TestALowScoreEscalates(t *testing.T) {
	t.Parallel()
	h := open(t, asking)
	officer := h.hire(conversations.Officer{Email: "o@example.com", Name: "Aisyah", Capacity: 50, Skills: []string{"trace", "booking", "triage"}, Languages: []string{"en"}})
	c := h.solved(officer, simulator.Inbound{From: "+966544500001", Text: "Where is my parcel 1086396430?"}, conversations.CSAT)
	h.write(simulator.Inbound{From: "+966544500001", Text: "5 boxes are missing"}) // no score: he writes again
	eventually(t, "it is open again", func() error {
		c = h.conversation(c.ID)
		return wrong(c.Status == conversations.Open && c.Surveys[0].Score == nil, "%s %+v", c.Status, c.Surveys)
	})
	h.write(simulator.Inbound{From: "+966544500001", Text: "1, the driver was rude"})
	eventually(t, "the low score is kept", func() error {
		c = h.conversation(c.ID)
		return wrong(c.Surveys[0].Score != nil && *c.Surveys[0].Score == 1, "%+v", c.Surveys)
	})
	if c.Status != conversations.Open || c.Priority.Rank() > conversations.High.Rank() || !slices.Contains(c.Tags, "low-csat") {
		t.Errorf("%s %s %v", c.Status, c.Priority, c.Tags)
	}
	var whys []string
	for _, e := range h.history(c.ID) {
		whys = append(whys, string(e.Type)+" "+e.Why)
	}
	if all := strings.Join(whys, "\n"); !strings.Contains(all, "asked for feedback") || !strings.Contains(all, "a low score") {
		t.Errorf("the history says\n%s", all)
	}
	officer.patch("/v1/conversations/"+string(c.ID), map[string]any{"status": "solved"}).want(http.StatusOK)
	eventually(t, "he is not asked again", func() error {
		for _, e := range h.history(c.ID) {
			if strings.Contains(e.Why, "not asked for feedback") {
				return nil
			}
		}
		return fmt.Errorf("the history does not say so")
	})
	h.sound()
}

func TestAfterTheTourItIsAskedWhetherHeWouldRecommendUs(t *testing.T) {
	t.Parallel()
	h := open(t, asking, func(c *config.Config) { c.Feedback.NPSAfter = 0 })
	h.write(simulator.Inbound{From: "+966544600001", Text: "Is my umrah booking UMR-5120 confirmed?"})
	c := h.from("+966544600001")
	h.patch("/v1/conversations/"+string(c.ID), map[string]any{"references": []map[string]any{{"kind": "booking", "value": "UMR-5120"}}}).want(http.StatusOK)
	h.post("/v1/bookings/UMR-5120/events", map[string]any{"id": "e1", "status": "completed", "at": now()}).want(http.StatusAccepted)
	eventually(t, "he is asked", func() error {
		c = h.conversation(c.ID)
		return wrong(len(c.Surveys) == 1 && c.Surveys[0].Kind == conversations.NPS, "%+v", c.Surveys)
	})
	h.write(simulator.Inbound{From: "+966544600001", Text: "sembilan"})
	eventually(t, "the score is kept", func() error {
		c = h.conversation(c.ID)
		return wrong(c.Surveys[0].Score != nil && *c.Surveys[0].Score == 9, "%+v", c.Surveys[0])
	})
	h.sound()
}
