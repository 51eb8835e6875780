package email

import (
	"fmt"
	"mime"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// Arrival is what is known of a mail beside its own bytes.
type Arrival struct {
	Account  string    // the mailbox's name in the configuration
	Address  string    // its address
	Raw      string    // blob of the original bytes
	SHA256   string    // of those bytes, hex; only for a mail without Message-ID, which it names
	Received time.Time // by our clock, or the mail server's
	Signer   *Signer
	Files    []string // blob keys of the attachments, in their order
	Warnings []string // what was odd about how it came
}

// ToInbound says a mail in the words of the wire. It is pure: the bytes are
// already in blobs. Only a verified token fills Thread; the subject never threads.
func ToInbound(m Mail, a Arrival) channels.Inbound {
	in := channels.Inbound{
		Channel:     channels.Email,
		Account:     a.Account,
		ProviderID:  m.MessageID,
		Form:        channels.FormMessage,
		Class:       channels.Class(m.Kind),
		Name:        m.From.Name,
		To:          writtenTo(m, a.Address),
		Cc:          others(m, a.Address),
		Subject:     m.Subject,
		Text:        m.Reply,
		HTML:        m.HTML,
		Rich:        m.HTML == "" && m.HTMLBytes > 0,
		Attachments: files(m, a.Files),
		Received:    a.Received,
		Fields:      m.Fields,
		Raw:         a.Raw,
		Warnings:    append(append([]string{}, m.Warnings...), a.Warnings...),
	}
	if in.ProviderID == "" {
		in.ProviderID = "sha256:" + a.SHA256
	}
	if m.From.Address != "" {
		in.From = channels.Handle{Kind: channels.HandleEmail, Value: lowerDomain(m.From.Address)}
	}
	if in.Text == "" {
		in.Text = m.Text
	}
	if m.Text != in.Text {
		in.Full = m.Text
	}
	if m.Date != nil {
		in.Sent = *m.Date
	}
	in.Thread, in.References = thread(m, a.Signer)
	in.ThreadIndex = m.Fields["Thread-Index"]
	in.ReplyTo = replyTo(m, a.Address)
	in.Spoofed = m.Authentication != nil && m.Authentication.Verdict == VerdictSpoofed
	if m.Bounce != nil {
		in.Bounced = receipt(m, a)
	}
	if !in.ReplyTo.IsZero() {
		in.Warnings = append(in.Warnings, "Reply-To names another address than From: answers go to "+in.ReplyTo.Value)
	}
	return in
}

// replyTo is where the answer shall go, if not to From: a form on a web page
// writes from its own address and names the customer's. A list that names
// itself, and what comes back to us, are not heeded, nor is a forged sender.
func replyTo(m Mail, ours string) channels.Handle {
	if len(m.ReplyTo) == 0 || m.Kind != KindHuman || m.Authentication != nil && m.Authentication.Verdict == VerdictSpoofed {
		return channels.Handle{}
	}
	to := lowerDomain(m.ReplyTo[0].Address)
	if !strings.Contains(to, "@") || strings.EqualFold(to, m.From.Address) || sameMailbox(to, ours) {
		return channels.Handle{}
	}
	return channels.Handle{Kind: channels.HandleEmail, Value: to}
}

// thread looks for a token of ours where a reply carries it: in the address
// it was sent to, then in the Message-IDs it names, nearest first, and as a
// last resort in the marker of a quoted mail of ours. refs are the other
// Message-IDs, in the same order.
func thread(m Mail, s *Signer) (token string, refs []string) {
	var to []string
	for _, list := range [][]Address{m.To, m.Cc} {
		for _, a := range list {
			to = append(to, a.Address)
		}
	}
	for _, t := range append(to, m.Delivered...) {
		if id, ok := s.Open(t); ok {
			token = id
			break
		}
	}
	ids := append([]string{}, m.InReplyTo...)
	for i := len(m.References) - 1; i >= 0; i-- {
		ids = append(ids, m.References[i])
	}
	ids = append(ids, m.Renamed...)
	if m.Bounce != nil && m.Bounce.OriginalMessageID != "" {
		ids = append(ids, m.Bounce.OriginalMessageID)
	}
	seen := map[string]bool{m.MessageID: true}
	for _, id := range ids {
		if seen[id] {
			continue
		}
		seen[id] = true
		own, ok := s.Open(id)
		if ok && token == "" {
			token = own
		}
		if !ok || own != token {
			refs = append(refs, id)
			// Amazon SES tells only the local part of the ID it gives (SMTP 250 answer).
			if local, domain, _ := strings.Cut(id, "@"); strings.HasSuffix(domain, "amazonses.com") {
				refs = append(refs, local)
			}
		}
	}
	if token == "" && m.Kind != KindBounce {
		token, _ = s.OpenMarker(m.Text)
	}
	return token, refs
}

// receipt is the word about our message that a bounce brings; nil if the
// message is not provably ours. A delay changes nothing: the message stays sent.
func receipt(m Mail, a Arrival) *channels.Receipt {
	id, ok := a.Signer.Open(m.Bounce.OriginalMessageID)
	for i := 0; i < len(m.Bounce.Marks) && !ok; i++ {
		id, ok = a.Signer.OpenToken(m.Bounce.Marks[i])
	}
	if !ok {
		if id, ok = bouncedTo(m, a.Signer); !ok {
			return nil
		}
	}
	r := &channels.Receipt{
		MessageID: id, ProviderID: m.Bounce.OriginalMessageID, Status: channels.Sent,
		Code: m.Bounce.Status, Reason: reason(*m.Bounce), At: a.Received,
	}
	if m.Bounce.Final {
		r.Status = channels.Failed
	}
	return r
}

// bouncedTo finds the token in the address a bounce was returned to.
func bouncedTo(m Mail, s *Signer) (string, bool) {
	for _, t := range m.Delivered {
		if id, ok := s.Open(t); ok {
			return id, true
		}
	}
	for _, t := range m.To {
		if id, ok := s.Open(t.Address); ok {
			return id, true
		}
	}
	return "", false
}

// writtenTo is the address of ours the mail was written to, as written.
func writtenTo(m Mail, ours string) string {
	for _, list := range [][]Address{m.To, m.Cc} {
		for _, a := range list {
			if sameMailbox(a.Address, ours) {
				return a.Address
			}
		}
	}
	for _, d := range m.Delivered {
		if sameMailbox(d, ours) {
			return d
		}
	}
	return ours
}

// others are all recipients but ourselves.
func others(m Mail, ours string) []channels.Party {
	var out []channels.Party
	for _, list := range [][]Address{m.To, m.Cc} {
		for _, a := range list {
			if a.Address != "" && !sameMailbox(a.Address, ours) {
				out = append(out, channels.Party{Name: a.Name, Address: a.Address})
			}
		}
	}
	return out
}

// sameMailbox compares addresses without case and sub-address.
func sameMailbox(a, b string) bool {
	la, da, _ := strings.Cut(a, "@")
	lb, db, _ := strings.Cut(b, "@")
	la, _, _ = strings.Cut(la, "+")
	lb, _, _ = strings.Cut(lb, "+")
	return da != "" && strings.EqualFold(da, db) && strings.EqualFold(la, lb)
}

// lowerDomain lower-cases what is case-insensitive in an address (RFC 5321 §2.4).
func lowerDomain(a string) string {
	i := strings.LastIndexByte(a, '@')
	return a[:i+1] + strings.ToLower(a[i+1:])
}

// files names the blobs of the attachments; nameless ones get a name to save under.
func files(m Mail, keys []string) []channels.Attachment {
	var out []channels.Attachment
	for i, a := range m.Attachments {
		if i >= len(keys) {
			break
		}
		name := a.Name
		if name == "" {
			ext := ".bin"
			if a.ContentType == "message/rfc822" {
				ext = ".eml"
			} else if list, err := mime.ExtensionsByType(a.ContentType); err == nil && len(list) > 0 {
				ext = list[0]
			}
			name = fmt.Sprintf("part-%d%s", i+1, ext)
		}
		out = append(out, channels.Attachment{
			Blob: keys[i], Name: name, ContentType: a.ContentType, Size: a.Size, Inline: a.Inline, ContentID: a.ContentID,
		})
	}
	return out
}

// reasons put the enhanced codes (RFC 3463) that customers' mail servers send
// most into words for an officer.
var reasons = map[string]string{
	"5.1.0": "the address is not valid", "5.1.1": "there is no such mailbox", "5.1.2": "there is no such mail domain",
	"4.2.2": "the mailbox is full", "4.4.1": "the mail server could not be reached in time", "4.4.2": "the mail server could not be reached in time",
	"4.4.7": "the mail server could not be reached in time", "4.7.1": "refused by policy for now", "5.1.3": "the address is not valid", "5.1.6": "the mailbox has moved", "5.1.10": "there is no such mailbox",
	"5.2.0": "the mailbox cannot take mail", "5.2.1": "the mailbox is disabled", "5.2.2": "the mailbox is full",
	"5.2.3": "the message is too large for the mailbox", "5.3.4": "the message is too large",
	"5.4.1": "the mail server refuses this address", "5.4.4": "the mail server cannot be found",
	"5.4.7": "the mail server could not be reached in time", "5.4.14": "the mail goes in circles",
	"5.7.0": "refused by policy", "5.7.1": "refused by policy", "5.7.26": "refused: our mail is not authenticated",
}

// reason is why a mail bounced, in plain words.
func reason(b Bounce) string {
	switch {
	case b.Complaint:
		return "it arrived, and the recipient marked it as junk"
	case !b.Final:
		return "delayed, the mail server is still trying"
	case reasons[b.Status] != "":
		return reasons[b.Status]
	}
	for _, code := range enhancedCode.FindAllString(b.Diagnostic, 5) {
		if r := reasons[code]; r != "" {
			return r
		}
	}
	if strings.HasPrefix(b.Status, "4") {
		return "the mail server could not take it and has given up"
	}
	return "the mail server refused it"
}
