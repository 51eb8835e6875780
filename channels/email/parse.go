package email

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// Options tell Parse what it cannot know from the bytes. The zero value is fine.
type Options struct {
	// Signer verifies the marker of our own mail. Nil: any marker is believed.
	Signer *Signer
	// Address is the mailbox it came to. A mailing list of that very name is our
	// own alias, not a list.
	Address string
	// AuthServID is the name under which our own mail server writes
	// Authentication-Results (RFC 8601 §2.5), or NoAuthServID. Empty: none is believed.
	AuthServID string
	// LookupTXT asks the DNS, to check DKIM where our server did not. Nil: not checked.
	LookupTXT func(domain string) ([]string, error)
	// NoHTML leaves out what is made of the mail only for showing: the safe HTML,
	// which takes longer than all the rest together, and the attachments' hashes.
	NoHTML bool
}

// Parse reads one RFC 5322 message. It accepts anything: what is odd about the
// mail becomes a warning, and what cannot be decoded is kept as it came. Work
// and memory are linear in len(raw); the result may share memory with raw.
func Parse(raw []byte, opts Options) Mail {
	w := &walker{seen: map[string]bool{}, mbox: bytes.HasPrefix(raw, []byte("From ")), raw: raw, noHTML: opts.NoHTML}
	return w.parse(raw, opts)
}

func (w *walker) parse(raw []byte, opts Options) Mail {
	h, body := w.header(raw, true)
	m := Mail{
		MessageID:  firstID(h.Get("Message-Id")),
		InReplyTo:  messageIDs(h.Values("In-Reply-To")),
		References: messageIDs(h.Values("References")),
		Subject:    decodeHeader(h.Get("Subject")),
		To:         addresses(h.Values("To")),
		Cc:         addresses(h.Values("Cc")),
		ReplyTo:    addresses(h.Values("Reply-To")),
		Delivered:  delivered(h),
		Renamed:    messageIDs(renamed(h)),
		Fields:     keptFields(h),
	}
	w.forward = isForward(m.Subject)
	w.sender(&m, h)
	w.date(&m, h)
	if m.MessageID == "" {
		w.warn("no Message-ID")
	}
	c := w.entity(h, body, 0, false).read()
	if strings.TrimSpace(c.text) == "" && w.spare != nil && w.showsNothing(c) {
		c = w.spare().read()
	}
	m.HTML = strings.TrimSpace(c.html)
	if c.rich {
		for _, src := range w.pages {
			m.HTMLBytes += len(src)
		}
	}
	m.Text = tidy(c.text)
	m.Reply = replyOf(m.Text, tidy(c.fresh), c.fromHTML, w.forward)
	m.Attachments = w.finish()
	m.Authentication = w.authenticate(raw, h, m, opts)
	m.Bounce = w.bounce(h, m)
	m.Kind = kindOf(h, m, opts)
	if m.Kind != KindBounce {
		m.Bounce = nil
	}
	m.Warnings = append([]string{}, w.warnings...)
	return m
}

// bodyCharset is the first charset named in a mail: headers that are no UTF-8 are
// most likely in the same.
func bodyCharset(raw []byte) string {
	for _, m := range labelled.FindAllSubmatch(raw[:min(len(raw), 64<<10)], 10) {
		if label := cleanLabel(string(m[1])); label != "" && label != "us-ascii" && label != "utf-8" {
			return label
		}
	}
	return ""
}

// showsNothing reports that there is no HTML with anything to see, such as an image.
func (w *walker) showsNothing(c content) bool {
	if !c.rich || !w.noHTML {
		return c.html == ""
	}
	return !slices.ContainsFunc(w.pages, func(src string) bool {
		safe, _, _ := readHTML(src, w.forward)
		return safe != ""
	})
}

// bodySeen reports whether some text to be read was met so far.
func (w *walker) bodySeen() bool {
	return slices.ContainsFunc(w.bodies, func(c content) bool { return strings.TrimSpace(c.read().text) != "" })
}

// finish settles which attachments the HTML shows inline.
func (w *walker) finish() []Attachment {
	out := make([]Attachment, 0, len(w.attachments))
	for _, a := range w.attachments {
		a.Size = int64(len(a.Data))
		if !w.noHTML {
			sum := sha256.Sum256(a.Data)
			a.SHA256 = hex.EncodeToString(sum[:])
		}
		shows := func(page string) bool { return strings.Contains(page, "cid:"+a.ContentID) }
		a.Inline = a.Inline || a.ContentID != "" && slices.ContainsFunc(w.pages, shows)
		out = append(out, a)
	}
	return out
}

// warn notes an oddity once.
func (w *walker) warn(format string, args ...any) {
	s := fmt.Sprintf(format, args...)
	if !w.seen[s] && len(w.warnings) < maxWarnings {
		w.seen[s] = true
		w.warnings = append(w.warnings, s)
	}
}
