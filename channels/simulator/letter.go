package simulator

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	_ "github.com/emersion/go-message/charset" // mail comes in any charset
	"github.com/emersion/go-message/mail"
)

// Letter is one mail as its receiver's mail program shows it.
type Letter struct {
	ID          string    `json:"id"` // within this server
	MessageID   string    `json:"message_id"`
	InReplyTo   []string  `json:"in_reply_to,omitempty"`
	References  []string  `json:"references,omitempty"`
	From        string    `json:"from"` // as in the header
	ReplyTo     string    `json:"reply_to,omitempty"`
	To          string    `json:"to"`
	Envelope    Envelope  `json:"-"`
	Subject     string    `json:"subject"`
	Text        string    `json:"text"`
	HTML        string    `json:"html,omitempty"`
	Attachments []string  `json:"attachments,omitempty"` // file names
	Sent        bool      `json:"sent"`                  // by the owner of the mailbox
	At          time.Time `json:"at"`
	Raw         []byte    `json:"-"`
}

// Envelope is what SMTP said, which need not be what the header says.
type Envelope struct {
	From string
	To   []string
}

// readLetter makes what it can of raw; a broken part is left out.
func readLetter(raw []byte) Letter {
	l := Letter{ID: NewSID(""), Raw: raw}
	r, err := mail.CreateReader(bytes.NewReader(raw))
	if err != nil {
		l.Text = string(raw)
		return l
	}
	defer r.Close()
	h := r.Header
	l.MessageID, _ = h.MessageID()
	l.InReplyTo, _ = h.MsgIDList("In-Reply-To")
	l.References, _ = h.MsgIDList("References")
	l.Subject, _ = h.Subject()
	l.From, l.To, l.ReplyTo = addresses(h, "From"), addresses(h, "To"), addresses(h, "Reply-To")
	for parts := 0; parts < 100; parts++ {
		p, err := r.NextPart()
		if err != nil {
			break
		}
		body, _ := io.ReadAll(io.LimitReader(p.Body, 1<<20)) // what could be read is shown
		switch ph := p.Header.(type) {
		case *mail.InlineHeader:
			kind, _, _ := ph.ContentType()
			switch {
			case kind == "text/html" && l.HTML == "":
				l.HTML = string(body)
			case strings.HasPrefix(kind, "text/") && l.Text == "":
				l.Text = string(body)
			}
		case *mail.AttachmentHeader:
			name, _ := ph.Filename()
			l.Attachments = append(l.Attachments, name)
		}
	}
	return l
}

func addresses(h mail.Header, key string) string {
	list, _ := h.AddressList(key) // an unreadable list is empty
	names := make([]string, len(list))
	for i, a := range list {
		names[i] = a.Address
		if a.Name != "" {
			names[i] = a.Name + " <" + a.Address + ">"
		}
	}
	return strings.Join(names, ", ")
}

// submitted routes what the company sent: into its own INBOX if it wrote to itself,
// else into the customers' mailboxes.
func (m *Mail) submitted(from string, to []string, raw []byte) error {
	l := readLetter(raw)
	l.Envelope, l.At = Envelope{From: from, To: slices.Clone(to)}, m.now()
	m.mu.Lock()
	m.outbox = append(m.outbox, l)
	m.mu.Unlock()
	for _, rcpt := range to {
		key := strings.ToLower(rcpt)
		switch local, _, _ := strings.Cut(key, "@"); {
		case m.users[key] != nil:
			if err := m.append(key, raw); err != nil {
				return err
			}
		case local == "bounces":
			if err := m.bounce(l, rcpt); err != nil {
				return err
			}
		default:
			m.keep(key, l)
		}
	}
	return nil
}

func (m *Mail) keep(address string, l Letter) {
	m.mu.Lock()
	m.boxes[strings.ToLower(address)] = append(m.boxes[strings.ToLower(address)], l)
	changed := m.onChange
	m.mu.Unlock()
	changed()
}

// append puts raw into a company mailbox's INBOX.
func (m *Mail) append(address string, raw []byte) error {
	u := m.users[strings.ToLower(address)]
	if u == nil {
		return fmt.Errorf("append mail: %s is not the company's", address)
	}
	_, err := u.Append("INBOX", literal{bytes.NewReader(raw)}, &imap.AppendOptions{Time: m.now()})
	if err != nil {
		return fmt.Errorf("append mail: %w", err)
	}
	return nil
}

type literal struct{ *bytes.Reader }

// Deliver puts a raw message into the INBOX of the company's first mailbox, or of
// the one named.
func (m *Mail) Deliver(raw []byte, address ...string) error {
	to := m.accounts[0].Address
	if len(address) > 0 {
		to = address[0]
	}
	return m.append(to, raw)
}

// Outbox returns everything the company submitted, oldest first.
func (m *Mail) Outbox() []Letter {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.outbox)
}

// Mailbox returns a customer's mailbox, oldest first.
func (m *Mail) Mailbox(address string) []Letter {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.boxes[strings.ToLower(address)])
}

// Note is a mail that a customer writes.
type Note struct {
	From, Name string
	To         string // empty: the company's first mailbox
	Subject    string
	Text       string
	ReplyTo    string // ID of the letter answered: quoted, and named in the headers
}

// Send composes a customer's mail, delivers it to the company and keeps a copy in
// the customer's own mailbox.
func (m *Mail) Send(n Note) (Letter, error) {
	fill(&n.To, m.accounts[0].Address)
	var answered Letter
	for _, l := range m.Mailbox(n.From) {
		if l.ID == n.ReplyTo {
			answered = l
		}
	}
	raw := m.compose(n, answered)
	if err := m.append(n.To, raw); err != nil {
		return Letter{}, err
	}
	l := readLetter(raw)
	l.Sent, l.At = true, m.now()
	m.keep(n.From, l)
	return l, nil
}

// compose writes the mail as an ordinary mail program would.
func (m *Mail) compose(n Note, answered Letter) []byte {
	var h mail.Header
	h.SetDate(m.now())
	h.SetAddressList("From", []*mail.Address{{Name: n.Name, Address: n.From}})
	h.SetAddressList("To", []*mail.Address{{Address: n.To}})
	_, domain, _ := strings.Cut(n.From, "@")
	h.SetMessageID(NewSID("") + "@" + domain)
	text := n.Text
	if answered.MessageID != "" {
		if n.Subject == "" {
			n.Subject = "Re: " + strings.TrimPrefix(answered.Subject, "Re: ")
		}
		h.SetMsgIDList("In-Reply-To", []string{answered.MessageID})
		h.SetMsgIDList("References", append(slices.Clone(answered.References), answered.MessageID))
		text += "\n\nOn " + answered.At.Format("Mon, 2 Jan 2006 at 15:04") + ", " + answered.From + " wrote:\n> " + strings.ReplaceAll(strings.TrimSpace(answered.Text), "\n", "\n> ")
	}
	h.SetSubject(n.Subject)
	h.Set("Content-Type", mime.FormatMediaType("text/plain", map[string]string{"charset": "utf-8"}))
	h.Set("Content-Transfer-Encoding", "quoted-printable")
	var b bytes.Buffer
	w, err := mail.CreateSingleInlineWriter(&b, mail.Header{Header: h.Header})
	if err == nil {
		_, _ = io.WriteString(w, text) // into memory
		_ = w.Close()
	}
	return b.Bytes()
}

// bounce returns a delivery report for l to its envelope sender (RFC 3464).
func (m *Mail) bounce(l Letter, rcpt string) error {
	if m.users[strings.ToLower(l.Envelope.From)] == nil {
		return nil // nobody of ours to tell; a report is never reported on
	}
	header, _, _ := bytes.Cut(l.Raw, []byte("\r\n\r\n"))
	raw := fmt.Sprintf(bounceText, l.Envelope.From, m.now().Format(time.RFC1123Z), NewSID(""), rcpt, rcpt, header)
	return m.append(l.Envelope.From, []byte(strings.ReplaceAll(strings.ReplaceAll(raw, "\r\n", "\n"), "\n", "\r\n")))
}

const bounceText = `From: Mail Delivery System <mailer-daemon@mail.customers.example>
To: %s
Date: %s
Message-ID: <%s@mail.customers.example>
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="report"

--report
Content-Type: text/plain; charset=utf-8

Your message to %s could not be delivered.

--report
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.customers.example

Final-Recipient: rfc822; %s
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 No such mailbox

--report
Content-Type: text/rfc822-headers

%s

--report--
`
