package main

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/conversations"
)

// secrets are what customers said, and who and where they are, as far as the
// stand-in world and the store know it.
func (h *house) secrets() (words, addresses []string) {
	for _, m := range h.sim.Messages() {
		words, addresses = append(words, m.Body), append(addresses, m.From, m.To)
	}
	for _, c := range h.sim.Calls() {
		addresses = append(addresses, c.From, c.To)
	}
	for _, l := range h.mail.Outbox() {
		words, addresses = append(words, l.Subject, l.Text), append(addresses, l.To)
	}
	if a, err := h.try("GET", "/readyz", nil); err == nil && a.code == http.StatusOK {
		for _, c := range h.conversations("") {
			words = append(words, c.Subject, c.Contact.Name)
			for _, k := range c.Contact.Handles {
				addresses = append(addresses, k.Value)
			}
			for _, m := range h.messages(c.ID) {
				words, addresses = append(words, m.Text, m.Subject, m.HTML), append(addresses, m.From, m.To)
			}
		}
	}
	n := h.sim.Numbers()
	addresses = slices.DeleteFunc(addresses, func(a string) bool {
		a = strings.TrimPrefix(a, "whatsapp:")
		return a == "" || a == n.SMS || a == n.WhatsApp || a == n.Voice || a == h.cfg.Email[0].Address || a == "anonymous"
	})
	return words, addresses
}

// leaks lists what of the secrets stands in a log: an address or its digits,
// three words in a row, or a word that only one person can have said.
func leaks(log string, words, addresses []string) []string {
	var out []string
	look := func(s string) {
		if strings.Contains(log, s) && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	for _, a := range addresses {
		a = strings.TrimPrefix(a, "whatsapp:")
		look(strings.TrimPrefix(a, "+"))
		look(url.QueryEscape(a))
	}
	for _, text := range words {
		w := strings.Fields(text)
		for i := range w {
			if telling(w[i]) {
				look(w[i])
			}
			if i+3 <= len(w) {
				look(strings.Join(w[i:i+3], " "))
			}
		}
	}
	return out
}

// telling reports whether a word is hardly one that the gateway would use itself.
func telling(w string) bool {
	odd := strings.IndexFunc(w, func(r rune) bool { return r > unicode.MaxASCII || unicode.IsDigit(r) })
	return len(w) >= 6 && odd >= 0
}

func TestLeaksAreFound(t *testing.T) {
	t.Parallel()
	log := `level=INFO msg="message kept" from=+966501112233 text="where is my parcel" about=1086396430 name=سارة url="/?To=whatsapp%3A%2B60121112222"`
	words, addresses := []string{"So, where is my parcel?", "1086396430", "سارة"}, []string{"whatsapp:+966501112233", "+60121112222"}
	if got := leaks(log, words, addresses); len(got) != 6 {
		t.Errorf("found %q", got)
	}
	if got := leaks("level=INFO msg=\"gateway ready\" listen=127.0.0.1:8080", words, addresses); len(got) != 0 {
		t.Errorf("found %q in a clean log", got)
	}
}

// TestLogHoldsNoCustomersWord runs into as much trouble as possible. Every other
// test of a whole gateway is held to the same when it stops.
func TestLogHoldsNoCustomersWord(t *testing.T) {
	t.Parallel()
	h := open(t)
	officer := h.hire(everything("Maryam"))
	h.write(simulator.Inbound{
		WhatsApp: true, From: "+966555550001", Name: "عبدالعزيز", Text: "وين شحنتي 1086396430 يا جماعة الخير",
		Media: []simulator.Media{{Name: "hawiya.png", ContentType: "image/png", Content: png}},
	})
	c := h.from("+966555550001")
	h.attachment(c.ID)
	call := h.dial("+60135557788", "1", "2", "1")
	if _, err := h.sim.Speak(t.Context(), call.SID, "please ring Encik Rosli about UMR-7731"); err != nil {
		t.Error(err)
	}
	h.from("+60135557788")
	mail := h.mailed("nobody@customer.example")
	must(t, h.mail.Deliver([]byte("From: =?utf-8?q?Puan_Khadijah?= <khadijah@customer.example>\r\nSubject: =?x-unknown?b?////?=\r\nContent-Type: multipart/mixed; boundary=\"\r\n\r\n\x00\xff gambar kad pengenalan saya\r\n")))
	h.from("khadijah@customer.example")

	form := simulator.Inbound{From: "+966555550002", Text: "forged words of somebody"}.Form(testAccount, simulator.NewSID("SM"), h.sim.Numbers().SMS, nil)
	h.webhook("/webhooks/twilio/sms", form, "another token").want(http.StatusForbidden)
	form.Del("From")
	h.webhook("/webhooks/twilio/sms", form, testSecret).want(http.StatusBadRequest)
	h.webhook("/webhooks/twilio/status/999999-1", url.Values{"MessageSid": {simulator.NewSID("SM")}, "MessageStatus": {"sent"}, "To": {"+966555550001"}}, testSecret)

	h.sim.SetFaults(simulator.Faults{DropAnswer: simulator.Chance{Next: 3}, Refuse: simulator.Chance{Next: 1}, Throttle: simulator.Chance{Next: 1}})
	lost := officer.reply(c.ID, "شحنتك وصلت فرع العليا")
	refused := officer.reply(mail.ID, "Your booking UMR-5120 is confirmed, madam")
	h.status(refused, "failed")
	h.status(lost, "delivered")
	officer.post("/v1/conversations/"+string(c.ID)+"/messages", map[string]any{"kind": "note", "text": "a note", "wrong": "the customer's own secret"}).want(http.StatusUnprocessableEntity)
	h.get("/v1/conversations?reference=1086396430&contact=nobody-knows-her").want(http.StatusOK)
	h.patch("/v1/conversations/"+string(c.ID), map[string]any{"status": conversations.Solved, "why": "she was satisfied"}).want(http.StatusOK)

	if strings.Count(h.log.String(), "level=") < 5 {
		t.Errorf("so much trouble, and so little in the log:\n%s", h.log)
	}
}
