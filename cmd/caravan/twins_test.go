package main

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/redisstore/redistest"
)

// twin starts another gateway on the same store, with the same mailbox.
func (h *house) twin() *house {
	h.t.Helper()
	other := &house{t: h.t, cfg: h.cfg, sim: h.sim, mail: h.mail, log: &journal{}}
	other.cfg.HTTP.Listen, other.cfg.HTTP.PublicURL = "127.0.0.1:0", ""
	other.cfg.DataDir = h.t.TempDir()
	public := h.app.cfg.HTTP.PublicURL
	other.start()
	h.sim.SetGateway(public, "") // Twilio knows the first
	return other
}

func TestTwoGatewaysAreAsOne(t *testing.T) {
	t.Parallel()
	h := open(t, onRedis(redistest.Single(t, redistest.AOF...).URL))
	twin := h.twin()
	h.staff()

	const people, letters = 30, 10
	sids := make([]string, people)
	var work sync.WaitGroup
	for i := range people { // the same webhook at both gateways at once, twice
		sids[i] = simulator.NewSID("SM")
		for k := range 4 {
			in := simulator.Inbound{From: fmt.Sprintf("+96656%07d", i), Text: "Where is my parcel?"}
			form := in.Form(testAccount, sids[i], h.sim.Numbers().SMS, nil)
			at := []*house{h, twin}[k%2]
			work.Go(func() {
				if a := at.webhook("/webhooks/twilio/sms", form, testSecret); a.code != http.StatusOK {
					t.Errorf("webhook: %d", a.code)
				}
			})
		}
	}
	for i := range letters {
		_, err := h.mail.Send(simulator.Note{From: fmt.Sprintf("person%d@customer.example", i), Subject: "Umrah", Text: "Is my umrah booking confirmed?"})
		must(t, err)
	}
	work.Wait()
	var all []conversations.Conversation
	eventually(t, "everybody has one conversation with an officer", func() error {
		all = h.conversations("")
		taken := slices.DeleteFunc(slices.Clone(all), func(c conversations.Conversation) bool { return c.Assignee == nil })
		return wrong(len(taken) == people+letters, "%d conversations, %d taken", len(all), len(taken))
	})
	for i, c := range all {
		at := []*house{h, twin}[i%2]
		if n := len(at.messages(c.ID)); n != 1 {
			t.Errorf("%d messages were kept of one", n)
		}
		key, body := fmt.Sprint("key", i), map[string]any{"kind": "reply", "text": fmt.Sprint("answer to ", i)}
		for k := range 2 { // the same answer at both
			at := []*house{h, twin}[(i+k)%2]
			work.Go(func() {
				a := at.post("/v1/conversations/"+string(c.ID)+"/messages", body, "Idempotency-Key", key)
				if a.code != http.StatusAccepted && a.code != http.StatusConflict {
					t.Errorf("reply: %d %s", a.code, a.body)
				}
			})
		}
	}
	work.Wait()
	letterbox := 0
	for i, c := range all {
		text := fmt.Sprint("answer to ", i)
		eventually(t, text+" has gone", func() error {
			ms := h.messages(c.ID)
			return wrong(len(ms) == 2 && ms[1].Status != "queued" && ms[1].Status != "sending", "%d messages", len(ms))
		})
		if c.Channels[0] == "email" {
			letterbox += len(received(h.mail.Mailbox(c.Contact.Handles[0].Value)))
		} else if n := h.sim.Accepted("", text); n != 1 {
			t.Errorf("%q was accepted %d times", text, n)
		}
	}
	if letterbox != letters {
		t.Errorf("%d letters were sent, want %d", letterbox, letters)
	}
	h.sound()

	twin.stop() // the other goes on with the mailbox
	_, err := h.mail.Send(simulator.Note{From: "late@customer.example", Subject: "Umrah", Text: "Is my umrah booking confirmed?"})
	must(t, err)
	h.from("late@customer.example")
}
