package simulator

import (
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

func newMail(t *testing.T) *Mail {
	t.Helper()
	m, err := NewMail(MailConfig{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return m
}

// submit sends raw as the company does.
func submit(t *testing.T, m *Mail, to, raw string) error {
	t.Helper()
	c, err := smtp.Dial(strings.TrimPrefix(m.SMTPURL(), "smtp://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	a := m.Accounts()[0]
	if err := c.Auth(sasl.NewPlainClient("", a.Username, a.Password)); err != nil {
		t.Fatal(err)
	}
	return c.SendMail(a.Address, []string{to}, strings.NewReader(strings.ReplaceAll(raw, "\n", "\r\n")))
}

// inbox fetches the company's INBOX over IMAP.
func inbox(t *testing.T, m *Mail) (validity uint32, mails []string) {
	t.Helper()
	c, err := imapclient.DialInsecure(strings.TrimPrefix(m.IMAPURL(), "imap://"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	a := m.Accounts()[0]
	if err := c.Login(a.Username, a.Password).Wait(); err != nil {
		t.Fatal(err)
	}
	box, err := c.Select("INBOX", nil).Wait()
	if err != nil {
		t.Fatal(err)
	}
	if box.NumMessages == 0 {
		return box.UIDValidity, nil
	}
	section := &imap.FetchItemBodySection{Peek: true}
	list, err := c.Fetch(imap.SeqSet{{Start: 1, Stop: 0}}, &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{section}}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	for _, msg := range list {
		mails = append(mails, string(msg.FindBodySection(section)))
	}
	return box.UIDValidity, mails
}

const answerMail = `From: Support <support@caravan.example>
To: fatimah@customers.example
Subject: =?utf-8?b?2LTYrdmG2KrZgw==?=
Message-ID: <m1@caravan.example>
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain; charset=utf-8

It is on its way.
--b
Content-Type: text/html; charset=utf-8

<p>It is on its way.</p>
--b--
`

func TestMailGoesRound(t *testing.T) {
	m := newMail(t)
	if err := submit(t, m, "Fatimah@customers.example", answerMail); err != nil {
		t.Fatal(err)
	}
	box := m.Mailbox("fatimah@customers.example")
	if len(box) != 1 || box[0].Subject != "شحنتك" || strings.TrimSpace(box[0].Text) != "It is on its way." || box[0].HTML == "" {
		t.Fatalf("mailbox: %+v", box)
	}
	reply, err := m.Send(Note{From: "fatimah@customers.example", Name: "فاطمة", Text: "شكراً", ReplyTo: box[0].ID})
	if err != nil {
		t.Fatal(err)
	}
	_, mails := inbox(t, m)
	if len(mails) != 1 {
		t.Fatalf("INBOX: %v", mails)
	}
	got := readLetter([]byte(mails[0]))
	if got.MessageID != reply.MessageID || got.InReplyTo[0] != "m1@caravan.example" || got.Subject != "Re: شحنتك" ||
		!strings.Contains(got.Text, "شكراً") || !strings.Contains(got.Text, "> It is on its way.") {
		t.Errorf("reply: %+v", got)
	}
	if sent := m.Mailbox("fatimah@customers.example"); len(sent) != 2 || !sent[1].Sent {
		t.Errorf("copy: %+v", sent)
	}
	if len(m.Outbox()) != 1 || m.Outbox()[0].Envelope.To[0] != "Fatimah@customers.example" {
		t.Errorf("outbox: %+v", m.Outbox())
	}
}

func TestMailRefusals(t *testing.T) {
	m := newMail(t)
	for to, want := range map[string]string{"nobody@customers.example": "550", "busy@customers.example": "451"} {
		if err := submit(t, m, to, answerMail); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", to, err)
		}
	}
	m.SetFaults(MailFaults{KillAfterData: Chance{Next: 1}})
	if err := submit(t, m, "ahmad@customers.example", answerMail); err == nil {
		t.Error("the answer to DATA was not lost")
	}
	m.SetFaults(MailFaults{RefuseData: Chance{Next: 1}})
	if err := submit(t, m, "ahmad@customers.example", answerMail); err == nil {
		t.Error("DATA was not refused")
	}
	if n := len(m.Mailbox("ahmad@customers.example")); n != 1 {
		t.Errorf("%d mails kept, want the one whose answer was lost", n)
	}
}

func TestMailBouncesAndReachesOurselves(t *testing.T) {
	m := newMail(t)
	if err := submit(t, m, "bounces@customers.example", answerMail); err != nil {
		t.Fatal(err)
	}
	if err := submit(t, m, "support@caravan.example", answerMail); err != nil {
		t.Fatal(err)
	}
	if err := m.Deliver([]byte("Subject: raw\r\n\r\nhello\r\n")); err != nil {
		t.Fatal(err)
	}
	validity, mails := inbox(t, m)
	if len(mails) != 3 || !strings.Contains(mails[0], "Final-Recipient: rfc822; bounces@customers.example") ||
		!strings.Contains(mails[0], "Message-ID: <m1@caravan.example>") || !strings.HasPrefix(mails[2], "Subject: raw") {
		t.Errorf("INBOX: %q", mails)
	}
	if validity < 1_000_000_000 {
		t.Errorf("UIDVALIDITY %d would repeat after a restart", validity)
	}
}

func TestMailConnectionsCanBeCut(t *testing.T) {
	m := newMail(t)
	c, err := imapclient.DialInsecure(strings.TrimPrefix(m.IMAPURL(), "imap://"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Login("support@caravan.example", "wrong").Wait(); err == nil {
		t.Error("a wrong password was taken")
	}
	m.CutConnections()
	if err := c.Noop().Wait(); err == nil {
		t.Error("the connection lives")
	}
}

func FuzzReadLetter(f *testing.F) {
	f.Add([]byte(answerMail))
	f.Add([]byte("Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\n--a"))
	f.Add([]byte("\x00"))
	f.Fuzz(func(t *testing.T, raw []byte) { readLetter(raw) })
}

func FuzzParseTwiML(f *testing.F) {
	f.Add([]byte(welcome))
	f.Add([]byte("<Response><Say>x<say-as>1</say-as></Say>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		if doc, err := parseTwiML(body); err == nil {
			doc.messages()
		}
	})
}

// A mail server that is closed at once ends at once: who cannot have his port is told, and does not wait.
func TestMailClosesBeforeItServes(t *testing.T) {
	for range 50 {
		m, err := NewMail(MailConfig{Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
