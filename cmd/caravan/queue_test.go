package main

import (
	"net/http"
	"testing"

	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/conversations"
)

// from waits for the conversation with the person behind a number, once it is understood.
func (h *house) from(number string) conversations.Conversation {
	h.t.Helper()
	return h.waitFor("the conversation with a certain person", "", func(c conversations.Conversation) bool {
		return c.Category != "" && len(c.Contact.Handles) > 0 && c.Contact.Handles[0].Value == number
	})
}

// assignee waits until a conversation is somebody's, or nobody's ("").
func (h *house) assignee(id conversations.ID, want conversations.OfficerID) {
	h.t.Helper()
	eventually(h.t, "conversation "+string(id)+" is "+string(want)+"'s", func() error {
		c := h.conversation(id)
		have := conversations.OfficerID("")
		if c.Assignee != nil {
			have = c.Assignee.ID
		}
		return wrong(have == want, "it is %q's", have)
	})
}

func (h *house) solve(id conversations.ID) {
	h.t.Helper()
	h.patch("/v1/conversations/"+string(id), map[string]any{"status": "solved"}).want(http.StatusOK)
}

// oneAtATime is an officer with room for one conversation.
func oneAtATime(name string) conversations.Officer {
	o := everything(name)
	o.Capacity = 1
	return o
}

func TestWhoeverGetsFreeTakesTheOldestThatWaits(t *testing.T) {
	t.Parallel()
	h := open(t)
	numbers := []string{"+966506660001", "+966506660002", "+966506660003"}
	var ids []conversations.ID
	for _, n := range numbers {
		h.write(simulator.Inbound{From: n, Text: "Where is my parcel?"})
		ids = append(ids, h.from(n).ID)
	}
	h.write(simulator.Inbound{From: "+966506660009", Text: "My insulin shipment is held, I need it today, it is urgent"})
	urgent := h.from("+966506660009")
	if urgent.Priority != conversations.Urgent {
		t.Errorf("priority %s", urgent.Priority)
	}
	nora := h.hire(oneAtATime("Nora"))
	h.assignee(urgent.ID, nora.me.ID)
	for i, next := range ids {
		if i == 0 {
			h.solve(urgent.ID)
		} else {
			h.solve(ids[i-1])
		}
		h.assignee(next, nora.me.ID)
		for _, later := range ids[i+1:] {
			if c := h.conversation(later); c.Assignee != nil {
				t.Errorf("%s was taken out of its turn", c)
			}
		}
	}
	h.sound()
}

func TestReopenedConversationGoesBackOrWaits(t *testing.T) {
	t.Parallel()
	h := open(t)
	huda := h.hire(oneAtATime("Huda"))
	h.write(simulator.Inbound{From: "+966507770001", Text: "Where is my parcel?"})
	first := h.from("+966507770001")
	h.assignee(first.ID, huda.me.ID)
	h.solve(first.ID)

	h.write(simulator.Inbound{From: "+966507770001", Text: "It has still not come"})
	eventually(t, "it is open again and Huda's", func() error {
		c := h.conversation(first.ID)
		return wrong(c.Status == conversations.Open && c.Assignee != nil && c.Unread == 1, "%s, unread %d", c.Status, c.Unread)
	})
	h.solve(first.ID)

	h.write(simulator.Inbound{From: "+966507770002", Text: "Where is my parcel?"})
	second := h.from("+966507770002")
	h.assignee(second.ID, huda.me.ID)
	h.write(simulator.Inbound{From: "+966507770001", Text: "And now?"})
	h.assignee(first.ID, "") // Huda is full
	h.solve(second.ID)
	h.assignee(first.ID, huda.me.ID)
	h.sound()
}

func TestOfficerWhoComesOnDutyIsServed(t *testing.T) {
	t.Parallel()
	h := open(t)
	o := everything("Yusuf")
	o.Availability, o.Skills = conversations.Away, []string{"booking"}
	yusuf := h.hire(o)
	h.write(simulator.Inbound{From: "+966508880001", Text: "Where is my parcel?"})
	h.write(simulator.Inbound{From: "+966508880002", Text: "How much is the umrah package for four people?"})
	trace, booking := h.from("+966508880001"), h.from("+966508880002")
	if trace.Desk != "trace" || booking.Desk != "booking" {
		t.Fatalf("on desks %s and %s", trace.Desk, booking.Desk)
	}
	yusuf.patch("/v1/officers/"+string(yusuf.me.ID), map[string]any{"availability": "available"}).want(http.StatusOK)
	h.assignee(booking.ID, yusuf.me.ID)
	h.assignee(trace.ID, "") // not what he works on
	h.patch("/v1/conversations/"+string(trace.ID), map[string]any{"desk": "booking", "category": "complaint"}).want(http.StatusOK)
	h.assignee(trace.ID, yusuf.me.ID)
	h.sound()
}

func TestWhatAnOfficerBeginsIsHisOrWaits(t *testing.T) {
	t.Parallel()
	h := open(t)
	begin := func(c *client, number string) conversations.Conversation {
		return field[conversations.Conversation](c.post("/v1/conversations", map[string]any{
			"to": map[string]any{"channel": "sms", "address": number}, "desk": "trace", "text": "We have news of your parcel."}).want(http.StatusCreated))
	}
	waits := begin(h.client, "+966506660011") // the automation's token is no officer
	h.sound()
	nora := h.hire(oneAtATime("Nora"))
	h.assignee(waits.ID, nora.me.ID)
	mine := begin(nora, "+966506660012")
	h.assignee(mine.ID, nora.me.ID)
	h.sound()
}
