package main

import (
	"bytes"
	"errors"
	"net/http"
	"testing"

	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/conversations"
)

// png is the smallest file that is recognised as a picture.
var png = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01")

// attachment waits until a conversation's first file has been copied, and downloads it.
func (h *house) attachment(id conversations.ID) (conversations.Attachment, answer) {
	h.t.Helper()
	var a conversations.Attachment
	eventually(h.t, "the attachment is copied", func() error {
		for _, m := range h.messages(id) {
			if len(m.Attachments) > 0 && m.Attachments[0].ID != "" {
				a = m.Attachments[0]
				return nil
			}
		}
		return errors.New("no message has one")
	})
	return a, h.get("/v1/attachments/" + a.ID).want(http.StatusOK)
}

func TestPictureIsFetchedWithCredentialsAndDownloaded(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.write(simulator.Inbound{
		WhatsApp: true, From: "+966502223344", Text: "The box came broken, see the picture",
		Media: []simulator.Media{{Name: "box.png", ContentType: "image/png", Content: png}},
	})
	c := h.waitFor("the conversation", "channel=whatsapp", func(c conversations.Conversation) bool { return c.Category != "" })
	a, got := h.attachment(c.ID)
	if !bytes.Equal(got.body, png) || a.Size != int64(len(png)) || got.header.Get("Content-Type") != "image/png" {
		t.Errorf("downloaded %d bytes of %s, want %d", len(got.body), got.header.Get("Content-Type"), len(png))
	}
	if c.Category != "damaged_or_missing" {
		t.Errorf("category %s", c.Category)
	}
	h.sound()
}

func TestFileIsFetchedFromUsByTwilio(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.write(simulator.Inbound{WhatsApp: true, From: "+966502223355", Text: "Please send me the proof of delivery of 1086396430"})
	c := h.waitFor("the conversation", "channel=whatsapp", func(c conversations.Conversation) bool { return c.Category != "" })

	pdf := []byte("%PDF-1.7\nsigned by nobody we know\n%%EOF\n")
	up := field[conversations.Attachment](h.post("/v1/attachments?name=pod.pdf", pdf, "Content-Type", "application/pdf").want(http.StatusCreated))
	m := h.reply(c.ID, "Here it is", map[string]any{"attachments": []string{up.ID}})
	m = h.status(m, "delivered")
	sent, ok := h.sim.Message(m.ProviderID)
	if !ok || len(sent.Media) != 1 || sent.Media[0].ContentType != "application/pdf" {
		t.Fatalf("accepted with %+v", sent.Media)
	}
	got := h.medium(sent.SID, sent.Media[0].SID)
	if !bytes.Equal(got, pdf) {
		t.Errorf("the customer got %q", got)
	}
	for _, forged := range []string{"", "?t=application/pdf&e=zzzzzz&s=AAAA"} {
		h.get("/webhooks/twilio/media/" + m.Attachments[0].ID + forged).want(http.StatusForbidden)
	}
	h.sound()
}

// medium downloads what was sent, as Twilio keeps it.
func (h *house) medium(message, sid string) []byte {
	h.t.Helper()
	path := "/2010-04-01/Accounts/" + testAccount + "/Messages/" + message + "/Media/" + sid
	req, err := http.NewRequestWithContext(h.t.Context(), "GET", h.cfg.Twilio.APIBaseURL+path, nil)
	must(h.t, err)
	req.SetBasicAuth(testAccount, testSecret)
	resp, err := http.DefaultClient.Do(req)
	must(h.t, err)
	defer resp.Body.Close()
	var b bytes.Buffer
	_, err = b.ReadFrom(resp.Body)
	must(h.t, err)
	return b.Bytes()
}

func TestMailWithAFileIsKeptAndAnsweredWithOne(t *testing.T) {
	t.Parallel()
	h := open(t)
	must(t, h.mail.Deliver([]byte("From: Zainab <zainab@customer.example>\r\nTo: support@caravan.example\r\nSubject: passport copy\r\n"+
		"Message-ID: <with-a-file@customer.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"+
		"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nMy passport for the visa is attached.\r\n"+
		"--b\r\nContent-Type: image/png; name=passport.png\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=passport.png\r\n\r\n"+
		"iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB\r\n--b--\r\n")))
	c := h.waitFor("the conversation", "channel=email", func(c conversations.Conversation) bool { return c.Category != "" })
	a, got := h.attachment(c.ID)
	if a.Name != "passport.png" || !bytes.HasPrefix(got.body, []byte("\x89PNG")) {
		t.Errorf("%s: %q", a.Name, got.body)
	}
	first := h.messages(c.ID)[0]
	if first.Raw == "" {
		t.Error("the original mail was not kept")
	}
	up := field[conversations.Attachment](h.post("/v1/attachments?name=visa.png", png, "Content-Type", "image/png").want(http.StatusCreated))
	h.status(h.reply(c.ID, "Your visa is attached", map[string]any{"attachments": []string{up.ID}}), "sent")
	box := h.mail.Mailbox("zainab@customer.example")
	if len(box) != 1 || len(box[0].Attachments) != 1 || box[0].Attachments[0] != "visa.png" {
		t.Errorf("the customer's mailbox: %+v", box)
	}
	h.sound()
}
