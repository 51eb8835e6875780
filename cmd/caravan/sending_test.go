package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/conversations"
)

// once fails unless exactly one message to somebody with this text was accepted.
func (h *house) once(to, text string) {
	h.t.Helper()
	if n := h.sim.Accepted(to, text); n != 1 {
		h.t.Errorf("accepted %d times, want once", n)
	}
}

// asked is a conversation by SMS with somebody.
func (h *house) asked(number string) conversations.Conversation {
	h.t.Helper()
	h.write(simulator.Inbound{From: number, Text: "Where is my parcel?"})
	return h.from(number)
}

func TestLostAnswerIsFoundAndSentOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.asked("+966533330001")
	h.sim.SetFaults(simulator.Faults{
		DropAnswer: simulator.Chance{Next: 1}, // accepted, and nobody hears of it
		Drop:       simulator.Chance{Odds: 1}, // no callback tells either
	})
	m := h.reply(c.ID, "It is in Riyadh")
	h.status(m, "uncertain")
	m = h.status(m, "sent")
	if sent, ok := h.sim.Message(m.ProviderID); !ok || sent.Body != "It is in Riyadh" {
		t.Errorf("taken for %+v", sent)
	}
	h.once("+966533330001", "It is in Riyadh")
	h.sound()
}

func TestLostAnswersOfTheSameWordsAreNotTakenForEachOther(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.asked("+966533330007")
	h.sim.SetFaults(simulator.Faults{DropAnswer: simulator.Chance{Next: 2}, Drop: simulator.Chance{Odds: 1}})
	first, second := h.reply(c.ID, "Yes"), h.reply(c.ID, "Yes")
	first, second = h.status(first, "sent"), h.status(second, "sent")
	if first.ProviderID == second.ProviderID {
		t.Error("two messages were taken for one")
	}
	if n := h.sim.Accepted("+966533330007", "Yes"); n != 2 {
		t.Errorf("two messages of the same words were accepted %d times", n)
	}
	h.sound()
}

func TestCallbackResolvesALostAnswer(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.asked("+966533330002")
	h.sim.SetFaults(simulator.Faults{DropAnswer: simulator.Chance{Next: 1}, Reorder: simulator.Chance{Odds: 0.5}, Duplicate: simulator.Chance{Odds: 0.5}, Seed: 7})
	m := h.reply(c.ID, "It is in Jeddah")
	h.status(m, "delivered")
	must(t, h.sim.Idle(t.Context()))
	if got := h.status(m, "delivered"); got.ProviderID == "" {
		t.Error("the provider's ID is not known")
	}
	h.once("+966533330002", "It is in Jeddah")
	h.sound()
}

func TestRefusedForNowIsTriedAgain(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.asked("+966533330003")
	h.sim.SetFaults(simulator.Faults{Refuse: simulator.Chance{Next: 1}})
	h.status(h.reply(c.ID, "It is in Dammam"), "delivered")
	h.once("+966533330003", "It is in Dammam")
	h.sound()
}

func TestThrottledMessagesAllGoOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.asked("+966533330004")
	h.sim.SetFaults(simulator.Faults{Throttle: simulator.Chance{Next: 3}})
	var ms []message
	for i := range 6 {
		ms = append(ms, h.reply(c.ID, fmt.Sprintf("part %d of the answer", i)))
	}
	for i, m := range ms {
		h.status(m, "delivered")
		h.once("+966533330004", fmt.Sprintf("part %d of the answer", i))
	}
	h.sound()
}

func TestPermanentErrorsSayWhy(t *testing.T) {
	t.Parallel()
	h := open(t)
	for _, tc := range []struct {
		c    conversations.Conversation
		code string
	}{
		{h.asked("+15005550009"), "21614"}, // not a mobile number
		{h.asked("+15005550004"), "21610"}, // unsubscribed, as only the provider knows
		{h.asked("+12005550503"), "30003"}, // accepted, and then not delivered
	} {
		m := h.status(h.reply(tc.c.ID, "Good news"), "failed")
		if m.Error == nil || m.Error.Code != tc.code || len(strings.Fields(m.Error.Text)) < 3 || strings.Contains(m.Error.Text, tc.code) {
			t.Errorf("error %+v, want %s in plain words", m.Error, tc.code)
		}
	}
	h.optedOut(h.from("+15005550004"), "Good news again") // and now we know it too
	h.sound()
}

// optedOut fails unless the house itself refuses to write to who has opted out.
func (h *house) optedOut(c conversations.Conversation, text string) {
	h.t.Helper()
	a := h.post("/v1/conversations/"+string(c.ID)+"/messages", map[string]any{"kind": "reply", "text": text}).want(http.StatusUnprocessableEntity)
	if !strings.Contains(string(a.body), "/opted-out") {
		h.t.Errorf("refused with %s", a.body)
	}
}

func TestMailThatDiesAfterItsDataIsNotSentTwice(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.mailed("karim@customer.example")
	h.mail.SetFaults(simulator.MailFaults{KillAfterData: simulator.Chance{Next: 1}})
	m := h.status(h.reply(c.ID, "Your booking is confirmed"), "uncertain")
	eventually(t, "an officer is told that nobody can say", func() error {
		for _, e := range h.history(c.ID) {
			if e.Message == m.ID && e.Type == conversations.EventStatus && e.Why != "" {
				return nil
			}
		}
		return fmt.Errorf("%d events say nothing", len(h.history(c.ID)))
	})
	if got := received(h.mail.Mailbox("karim@customer.example")); len(got) != 1 {
		t.Errorf("the customer got %d mails", len(got))
	}
	h.sound()
}

func TestMailRefusedForNowAndForGood(t *testing.T) {
	t.Parallel()
	h := open(t)
	c, gone := h.mailed("lina@customer.example"), h.mailed("nobody@customer.example")
	h.mail.SetFaults(simulator.MailFaults{RefuseData: simulator.Chance{Next: 1}})
	h.status(h.reply(c.ID, "Your booking is confirmed"), "sent")
	if got := received(h.mail.Mailbox("lina@customer.example")); len(got) != 1 {
		t.Errorf("the customer got %d mails", len(got))
	}
	if m := h.status(h.reply(gone.ID, "Your booking is confirmed"), "failed"); m.Error == nil || m.Error.Text == "" {
		t.Errorf("failed with %+v", m.Error)
	}
	h.sound()
}

// mailed is a conversation by mail with somebody.
func (h *house) mailed(address string) conversations.Conversation {
	h.t.Helper()
	_, err := h.mail.Send(simulator.Note{From: address, Subject: "Umrah", Text: "Is my umrah booking UMR-5120 confirmed?"})
	must(h.t, err)
	return h.from(address)
}

// received are the letters that others wrote to a mailbox.
func received(box []simulator.Letter) []simulator.Letter {
	return slices.DeleteFunc(slices.Clone(box), func(l simulator.Letter) bool { return l.Sent })
}
