package main

import (
	"fmt"
	"net/http"
	"net/smtp"
	"slices"
	"sync"
	"testing"

	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/cmd/caravan/config"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/redisstore/redistest"
)

// atOnce runs something many times at the same time.
func atOnce(n int, do func(i int)) {
	var work sync.WaitGroup
	begin := make(chan struct{})
	for i := range n {
		work.Go(func() { <-begin; do(i) })
	}
	close(begin)
	work.Wait()
}

func TestOneMessageDeliveredOftenAtOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	form := simulator.Inbound{From: "+966577770001", Text: "Where is my parcel?"}.Form(testAccount, simulator.NewSID("SM"), h.sim.Numbers().SMS, nil)
	atOnce(64, func(int) {
		if a := h.webhook("/webhooks/twilio/sms", form, testSecret); a.code != http.StatusOK {
			t.Errorf("webhook: %d", a.code)
		}
	})
	c := h.from("+966577770001")
	if n := len(h.messages(c.ID)); n != 1 {
		t.Errorf("kept %d times", n)
	}
	h.sound()
}

func TestManyFirstMessagesOfOnePersonAtOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.hire(everything("Wafa"))
	atOnce(20, func(i int) { // by SMS and by WhatsApp: one number, one person
		in := simulator.Inbound{From: "+966577770002", WhatsApp: i%2 == 0, Text: fmt.Sprintf("Where is my parcel %d?", i)}
		if d, err := h.sim.Write(t.Context(), in); err != nil || !d.OK() {
			t.Errorf("webhook: %d %v", d.Status, err)
		}
	})
	list := h.conversations("")
	if len(list) != 1 || len(h.messages(list[0].ID)) != 20 {
		t.Fatalf("%d conversations", len(list))
	}
	h.sound()
}

func TestOneAnswerGivenOftenAtOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.asked("+966577770003")
	var mu sync.Mutex
	var ids []conversations.MessageID
	atOnce(16, func(int) {
		for {
			a := h.post("/v1/conversations/"+string(c.ID)+"/messages", map[string]any{"kind": "reply", "text": "In Riyadh"}, "Idempotency-Key", "k")
			if a.code == http.StatusConflict {
				continue
			}
			mu.Lock()
			ids = append(ids, field[message](a.want(http.StatusAccepted)).ID)
			mu.Unlock()
			return
		}
	})
	if slices.Sort(ids); len(slices.Compact(ids)) != 1 {
		t.Errorf("answered as %v", ids)
	}
	h.status(message{Message: conversations.Message{ID: ids[0], Conversation: c.ID}}, "delivered")
	h.once("+966577770003", "In Riyadh")
	h.post("/v1/conversations/"+string(c.ID)+"/messages", map[string]any{"kind": "reply", "text": "In Jeddah"}, "Idempotency-Key", "k").want(http.StatusUnprocessableEntity)
	h.sound()
}

func TestMailServerSaysYesOnlyToWhatIsKept(t *testing.T) {
	t.Parallel()
	server, address := redistest.Single(t, redistest.AOF...), freePort(t)
	h := open(t, onRedis(server.URL), func(c *config.Config) {
		c.Email[0].IMAP, c.Email[0].Receive = nil, &config.Receive{Listen: address, Protocol: "smtp"}
	})
	deliver := func(id string) error {
		return smtp.SendMail(address, nil, "salwa@customer.example", []string{"support@caravan.example"}, []byte(
			"From: Salwa <salwa@customer.example>\r\nTo: support@caravan.example\r\nSubject: parcel\r\nMessage-ID: <"+id+"@customer.example>\r\n\r\nWhere is my parcel?\r\n"))
	}
	must(t, deliver("1"))
	c := h.from("salwa@customer.example")
	server.Kill()
	if err := deliver("2"); err == nil {
		t.Error("a mail was taken that cannot be kept")
	}
	server.Restart()
	eventually(t, "the mail is taken", func() error { return deliver("2") })
	must(t, deliver("2"))
	must(t, deliver("1"))
	h.status(h.reply(c.ID, "In Riyadh"), "sent")
	kept := 0
	for _, c := range h.conversations("") {
		kept += len(h.messages(c.ID))
	}
	if kept != 3 { // two mails, one answer
		t.Errorf("%d messages are kept", kept)
	}
	h.sound()
}
