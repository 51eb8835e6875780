package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/reports"
)

// everything is an officer who can do it all.
func everything(name string) conversations.Officer {
	return conversations.Officer{
		Email: strings.ToLower(name) + "@desk.example", Name: name, Capacity: 50,
		Skills: []string{"trace", "booking", "triage"}, Languages: []string{"en", "ar", "ms"},
	}
}

// assigned reports whether a conversation is an officer's.
func assigned(to *client) func(conversations.Conversation) bool {
	return func(c conversations.Conversation) bool { return c.Assignee != nil && c.Assignee.ID == to.me.ID }
}

func TestArabicWhatsAppIsAssignedAnsweredAndRead(t *testing.T) {
	t.Parallel()
	h := open(t)
	salma := h.hire(everything("Salma"))
	h.write(simulator.Inbound{WhatsApp: true, From: "+966501112233", Name: "سارة", Text: "السلام عليكم، وين وصلت شحنتي رقم 1086396430؟"})

	c := h.waitFor("the conversation is Salma's", "channel=whatsapp", assigned(salma))
	if c.Desk != "trace" || c.Category != "where_is_my_shipment" || c.Language != "ar" || c.Unread != 1 || c.WindowUntil == nil {
		t.Errorf("understood as %s/%s in %s, unread %d", c.Desk, c.Category, c.Language, c.Unread)
	}
	if len(c.References) != 1 || c.References[0].Value != "1086396430" || !c.References[0].Valid {
		t.Errorf("references %+v", c.References)
	}
	m := salma.reply(c.ID, "وعليكم السلام، شحنتك في الرياض")
	if m.Status != "queued" || m.Channel != channels.WhatsApp || m.Author.Name != "Salma" {
		t.Errorf("reply %+v", m)
	}
	h.status(m, "delivered")
	h.sim.MarkRead("whatsapp:+966501112233")
	h.status(m, "read")
	if n := h.sim.Accepted("whatsapp:+966501112233", "وعليكم السلام، شحنتك في الرياض"); n != 1 {
		t.Errorf("accepted %d times", n)
	}
	c = h.conversation(c.ID)
	if c.Status != conversations.Open || c.Unread != 0 {
		t.Errorf("after the answer: %s, unread %d", c.Status, c.Unread)
	}
	h.explained(c.ID)
	h.sound()
}

// explained fails unless the history says who, when and why: opened, received,
// classified, assigned.
func (h *house) explained(id conversations.ID) {
	h.t.Helper()
	var types []conversations.EventType
	for _, e := range h.history(id) {
		types = append(types, e.Type)
		if e.At.IsZero() || e.By.Type == "" {
			h.t.Errorf("%s says neither when nor who", e.Type)
		}
		if (e.Type == conversations.EventClassified || e.Type == conversations.EventAssigned) && e.Why == "" {
			h.t.Errorf("%s does not say why", e.Type)
		}
	}
	for _, want := range []conversations.EventType{
		conversations.EventOpened, conversations.EventReceived, conversations.EventClassified, conversations.EventAssigned, conversations.EventQueued,
	} {
		if !slices.Contains(types, want) {
			h.t.Errorf("history %v lacks %s", types, want)
		}
	}
}

// sound fails unless the store's own audit finds nothing wrong. What is just
// under way may look wrong for a moment.
func (h *house) sound() {
	h.t.Helper()
	eventually(h.t, "verify finds nothing", func() error {
		a, err := h.app.store.Verify(h.t.Context(), nil)
		if err != nil {
			return err
		}
		if err := findings(a.Findings); err != nil {
			return err
		}
		counted, err := reports.Recount(h.t.Context(), h.app.store, h.app.desks.ClocksOf, time.Time{}, now())
		if err == nil && len(counted.Differences) > 0 {
			err = fmt.Errorf("counted from zero: %+v", counted.Differences)
		}
		return err
	})
}

func TestSMSIsAnsweredBySMS(t *testing.T) {
	t.Parallel()
	h := open(t)
	ali := h.hire(everything("Ali"))
	h.write(simulator.Inbound{From: "+60123456789", Text: "mana parcel saya? dah seminggu tak sampai"})
	c := h.waitFor("the conversation is Ali's", "channel=sms", assigned(ali))
	if c.Language != "ms" || c.Desk != "trace" {
		t.Errorf("understood as %s in %s", c.Desk, c.Language)
	}
	m := ali.reply(c.ID, "Kami sedang semak, sebentar ya")
	if got := h.status(m, "delivered"); got.ProviderID == "" || got.To != "+60123456789" {
		t.Errorf("sent as %q to %q", got.ProviderID, got.To)
	}
	h.write(simulator.Inbound{From: "+60123456789", Text: "ok terima kasih"})
	h.waitFor("the second message joins the first", "channel=sms", func(c conversations.Conversation) bool { return c.Unread == 1 })
	if list := h.conversations("channel=sms"); len(list) != 1 {
		t.Errorf("%d conversations with one person", len(list))
	}
	h.sound()
}

func TestSomebodyWithoutANumberIsAnswered(t *testing.T) {
	t.Parallel()
	h := open(t)
	iman := h.hire(everything("Iman"))
	h.write(simulator.Inbound{
		WhatsApp: true, From: "SA.1349120865530274191", Name: "Faisal", Text: "Where is my parcel?",
		Extra: map[string]string{"ReferralHeadline": "Umrah in March", "NewIn2027": "kept"},
	})
	c := h.waitFor("the conversation is Iman's", "channel=whatsapp", assigned(iman))
	for _, k := range c.Contact.Handles {
		if k.Kind == channels.HandlePhone || strings.HasPrefix(k.Value, "+") {
			t.Errorf("a number was made up: %+v", k)
		}
	}
	first := h.messages(c.ID)[0]
	if first.Fields["NewIn2027"] != "kept" || first.Fields["ReferralHeadline"] != "Umrah in March" {
		t.Errorf("fields kept: %v", first.Fields)
	}
	h.status(iman.reply(c.ID, "It is in Riyadh"), "delivered")
	if n := h.sim.Accepted("whatsapp:SA.1349120865530274191", "It is in Riyadh"); n != 1 {
		t.Errorf("accepted %d times", n)
	}
	h.post("/v1/conversations/"+string(c.ID)+"/callbacks", map[string]any{}).want(http.StatusUnprocessableEntity) // no number to ring
	h.sound()
}

func TestMailIsAnsweredInItsThread(t *testing.T) {
	t.Parallel()
	h := open(t)
	mona := h.hire(everything("Mona"))
	first, err := h.mail.Send(simulator.Note{
		From: "hamid@customer.example", Name: "Hamid", Subject: "Umrah in March", Text: "What does the umrah package in March cost for two?",
	})
	must(t, err)
	c := h.waitFor("the conversation is Mona's", "channel=email", assigned(mona))
	if c.Desk != "booking" || c.Subject != "Umrah in March" {
		t.Errorf("desk %s, subject %q", c.Desk, c.Subject)
	}
	m := mona.reply(c.ID, "From 4,900 riyals a person.")
	h.status(m, "sent")

	box := h.mail.Mailbox("hamid@customer.example")
	answered := slices.IndexFunc(box, func(l simulator.Letter) bool { return !l.Sent })
	if answered < 0 {
		t.Fatal("no answer in the customer's mailbox")
	}
	got := box[answered]
	if got.Subject != "Re: Umrah in March" || !slices.Contains(got.InReplyTo, first.MessageID) || !strings.Contains(got.Text, "4,900 riyals") {
		t.Errorf("answer %q, in reply to %v: %q", got.Subject, got.InReplyTo, got.Text)
	}
	_, err = h.mail.Send(simulator.Note{From: "hamid@customer.example", Name: "Hamid", Subject: "Re: Umrah in March", Text: "We take it.", ReplyTo: got.ID})
	must(t, err)
	eventually(t, "the customer's answer joins", func() error {
		return wrong(len(h.messages(c.ID)) == 3, "%d messages", len(h.messages(c.ID)))
	})
	last := h.messages(c.ID)[2]
	if last.Text != "We take it." || last.Direction != conversations.In {
		t.Errorf("the customer's new words are %q", last.Text)
	}
	if list := h.conversations(""); len(list) != 1 {
		t.Errorf("%d conversations about one matter", len(list))
	}
	h.sound()
}
