package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/cmd/caravan/config"
	"github.com/caravan-desk/caravan/conversations"
)

// closeWindow makes 24 hours pass since the customer's last WhatsApp message.
func (h *house) closeWindow(id conversations.ID) {
	h.t.Helper()
	before, err := h.app.store.Load(h.t.Context(), id)
	must(h.t, err)
	past := now().Add(-time.Minute)
	after := before
	after.Version++
	after.WindowUntil = &past
	_, err = h.app.store.Commit(h.t.Context(), conversations.Change{Before: &before, After: after})
	must(h.t, err)
}

const content = "HX0123456789abcdef0123456789abcdef"

// approved lays a template over the built-in ones that WhatsApp has approved.
func approved(t *testing.T) option {
	dir := filepath.Join(t.TempDir(), "library")
	must(t, os.CopyFS(dir, os.DirFS("../../templates/library/more_details_wanted")))
	head, err := os.ReadFile(filepath.Join(dir, "template.md"))
	must(t, err)
	marked := strings.Replace(string(head), "whatsapp:\n", "whatsapp:\n  sid: {en: "+content+"}\n", 1)
	layer := filepath.Join(filepath.Dir(dir), "layer", "more_details_wanted")
	must(t, os.MkdirAll(layer, 0o700))
	must(t, os.WriteFile(filepath.Join(layer, "template.md"), []byte(marked), 0o600))
	return func(c *config.Config) { c.Templates = []string{filepath.Dir(layer)} }
}

func TestClosedWindow(t *testing.T) {
	t.Parallel()
	h := open(t, approved(t))
	h.write(simulator.Inbound{WhatsApp: true, From: "+966501234000", Name: "Amal", Text: "Where is my parcel 1086396430?"})
	c := h.from("+966501234000")

	h.sim.SetFaults(simulator.Faults{Refuse: simulator.Chance{Next: 1}}) // the first try fails; the second finds the window closed
	late := h.reply(c.ID, "It is in Riyadh")
	h.status(late, "queued")
	eventually(t, "the first try was refused", func() error { return wrong(h.sim.Faults().Refuse.Next == 0, "not yet") })
	h.closeWindow(c.ID)

	a := h.post("/v1/conversations/"+string(c.ID)+"/messages", map[string]any{"kind": "reply", "text": "too late"}).want(http.StatusUnprocessableEntity)
	said := field[struct {
		Type      string
		Templates []struct{ Name string }
	}](a)
	if !strings.HasSuffix(said.Type, "/window-closed") || len(said.Templates) != 1 || said.Templates[0].Name != "more_details_wanted" {
		t.Errorf("refused with %s", a.body)
	}
	if m := h.status(late, "failed"); m.Error == nil || m.Error.Code != "63016" || m.Error.Text == "" {
		t.Errorf("failed with %+v", m.Error)
	}
	if n := h.sim.Accepted("whatsapp:+966501234000", ""); n != 0 {
		t.Errorf("%d messages were accepted on a closed window", n)
	}
	h.sim.AddContent(content, simulator.Content{Name: "caravan_more_details_wanted", Language: "en", Body: "We need {{1}}."})
	m := field[message](h.post("/v1/conversations/"+string(c.ID)+"/messages", map[string]any{
		"kind": "reply", "template": "more_details_wanted", "language": "en", "variables": map[string]any{"wanted": []string{"a photograph"}},
	}).want(http.StatusAccepted))
	m = h.status(m, "delivered")
	if sent, _ := h.sim.Message(m.ProviderID); sent.ContentSID != content || sent.Body != "We need a photograph." {
		t.Errorf("accepted as %q of %s", sent.Body, sent.ContentSID)
	}
	h.sound()
}

// What WhatsApp has approved is found by name and language; what it pauses is offered no more.
func TestContentIsFoundAtTheProvider(t *testing.T) {
	t.Parallel()
	h := openWorld(t, func(h *house) {
		h.sim.AddContent(content, simulator.Content{Name: "caravan_shipment_delivered", Language: "ms", Body: "Bungkusan {{1}} telah dihantar. Balas jika belum terima."})
		h.sim.AddContent("HX2", simulator.Content{Name: "caravan_shipment_delivered", Language: "en", Body: "Parcel {{1}} delivered.", Status: "paused"})
		h.sim.AddContent("HX3", simulator.Content{Name: "caravan_csat", Language: "ms", Body: "{{1}} {{2}}"})
	})
	h.write(simulator.Inbound{WhatsApp: true, From: "+60123400077", Name: "Aina", Text: "mana parcel saya 1086396430? dah seminggu tak sampai"})
	c := h.waitFor("it is understood", "reference=1086396430", func(c conversations.Conversation) bool { return c.Desk == "trace" })
	h.closeWindow(c.ID)
	eventually(t, "the provider was asked", func() error {
		got, err := h.app.library.Get("shipment_delivered")
		must(t, err)
		return wrong(got.WhatsApp.SID["ms"] == content && len(got.WhatsApp.SID) == 1, "approved are %v", got.WhatsApp.SID)
	})
	h.post("/v1/shipments/1086396430/events", map[string]any{"id": "E1", "status": "Delivered"}).want(http.StatusAccepted)
	m := h.status(h.told(c.ID, 1)[0], "delivered")
	if m.Channel != "whatsapp" || m.Text != "Bungkusan 1086396430 telah dihantar. Balas jika belum terima." || h.sim.Accepted("whatsapp:+60123400077", m.Text) != 1 {
		t.Errorf("told by %s: %q", m.Channel, m.Text)
	}
	if !strings.Contains(h.log.String(), "caravan_csat (ms) wants 2 variables") {
		t.Error("the operator is not told of a template that does not fit")
	}
	h.post("/v1/shipments/1086396430/events", map[string]any{"id": "E2", "status": "Returned to shipper"}).want(http.StatusAccepted)
	if m := h.told(c.ID, 2)[1]; m.Channel != "sms" { // not approved: by SMS to the same number
		t.Errorf("told by %s", m.Channel)
	}
	h.sound()
}

// What a customer quotes and how he reacts stands with the message it is about, and a
// reaction opens nothing that was solved.
func TestQuotesAndReactionsAreShown(t *testing.T) {
	t.Parallel()
	h := open(t)
	salma := h.hire(everything("Salma"))
	him := simulator.Inbound{WhatsApp: true, From: "+966501239876", Name: "Omar", Text: "Where is 1086396430?"}
	asked := h.write(him)
	c := h.waitFor("it is Salma's", "reference=1086396430", assigned(salma))
	salma.reply(c.ID, "It is out for delivery.")
	said := h.status(h.told(c.ID, 1)[0], "delivered")
	h.patch("/v1/conversations/"+string(c.ID), map[string]any{"status": "solved"}).want(http.StatusOK)

	him.ReplyTo, him.Text, him.Extra = said.ProviderID, "👍", map[string]string{"MessageType": "reaction"}
	h.write(him)
	if c := h.conversation(c.ID); c.Status != conversations.Solved || c.Unread != 0 {
		t.Errorf("a thumb makes it %s with %d unread", c.Status, c.Unread)
	}
	him.ReplyTo, him.Text, him.Extra = asked, "And this one?", nil
	h.write(him)
	ms := h.messages(c.ID)
	if len(ms) != 4 || len(ms[1].Reactions) != 1 || ms[1].Reactions[0].Sign != "👍" || ms[1].Reactions[0].Author.Name != "Omar" || ms[2].ReactionTo != ms[1].ID {
		t.Errorf("reactions: %+v", ms)
	}
	if q := ms[3].Quoted; q == nil || q.ID != ms[0].ID || q.Text != "Where is 1086396430?" {
		t.Errorf("quoted: %+v", q)
	}
	for i, m := range all[message](h.client, "/v1/conversations/"+string(c.ID)+"/messages?limit=1") {
		if len(m.Reactions) != len(ms[i].Reactions) || (m.Quoted == nil) != (ms[i].Quoted == nil) {
			t.Errorf("message %d says on a page of its own %+v, %+v", i, m.Reactions, m.Quoted)
		}
	}
	h.sound()
}
