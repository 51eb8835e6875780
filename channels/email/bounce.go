package email

import (
	"regexp"
	"strings"

	"github.com/emersion/go-message/textproto"
)

var (
	enhancedCode = regexp.MustCompile(`\b([245]\.\d{1,3}\.\d{1,3})\b`)
	replyCode    = regexp.MustCompile(`\b(?:SMTP|error|code|reply|said:?|response|status|with)\W{0,20}(5[0-5]\d|4[0-5]\d)\b|(?m:^\s*(?:<<< )?(5[0-5]\d|4[0-5]\d)[ -])`)
	textID       = regexp.MustCompile(`(?im)^[ \t>]*message-id:\s*<([^<>\s]+)>`)
	failSubject  = regexp.MustCompile(`(?i)undeliver|delivery (?:status|failure|has failed|report|problem|incomplete)|failure notice|returned mail|mail delivery (?:failed|system|error)|could not be delivered|delayed|rejected|message not delivered|تعذر تسليم|لم يتم تسليم|فشل (?:في )?(?:ال)?تسليم|gagal dihantar|tidak dapat dihantar|unzustellbar|non remis|no se (?:ha )?(?:pudo|podido) entregar`)
	delayWords   = regexp.MustCompile(`(?i)delayed|not yet been delivered|will (?:keep|continue) (?:trying|to try)|still trying|temporar|warning only`)
	textTo       = regexp.MustCompile(`<([^<>\s@]+@[^<>\s@]+)>`)
)

// bounce reads a delivery status notification: the standard one (RFC 3464), or
// from its words where a mail system writes no standard one. Nil if the mail
// is none, or reports success.
func (w *walker) bounce(h textproto.Header, m Mail) *Bounce {
	var b *Bounce
	for _, report := range w.reports {
		if r := w.readReport(report); r != nil && (b == nil || r.Permanent && !b.Permanent) {
			b = r
		}
	}
	if b == nil && len(w.reports) == 0 {
		b = bounceByWords(h, m)
	}
	if b != nil {
		b.OriginalMessageID = w.originalID(h, m)
	}
	return b
}

// readReport reads the body of message/delivery-status: groups of fields, the
// first about the message, the others each about a recipient.
func (w *walker) readReport(report []byte) *Bounce {
	var found *Bounce
	for len(report) > 0 {
		var fields textproto.Header
		before := len(report)
		fields, report = w.header(report, true)
		if len(report) >= before {
			break
		}
		action := lower(fields.Get("Action"))
		status := enhancedCode.FindString(fields.Get("Status"))
		recipient := typed(fields.Get("Final-Recipient"))
		if o := typed(fields.Get("Original-Recipient")); recipient == "" && o != "" {
			recipient = o
		}
		failed := action == "failed" || action == "" && strings.HasPrefix(status, "5")
		if !failed && action != "delayed" && !(action == "" && strings.HasPrefix(status, "4")) {
			continue
		}
		if found == nil || failed && !found.Permanent {
			found = &Bounce{Recipient: recipient, Status: status, Permanent: failed, Diagnostic: typed(decodeHeader(fields.Get("Diagnostic-Code")))}
		}
	}
	return found
}

// typed cuts the type off "rfc822; a@b" and the brackets off the address.
func typed(v string) string {
	if _, after, ok := strings.Cut(v, ";"); ok {
		v = after
	}
	return strings.Trim(strings.TrimSpace(v), "<>")
}

// bounceByWords recognises bounces of systems that write prose.
func bounceByWords(h textproto.Header, m Mail) *Bounce {
	failed := h.Get("X-Failed-Recipients")
	if failed == "" && !(mailSystem(m.From.Address) || nullReturnPath(h)) {
		return nil
	}
	if failed == "" && !failSubject.MatchString(m.Subject) {
		return nil
	}
	b := &Bounce{Status: enhancedCode.FindString(m.Text), Permanent: true}
	if b.Status == "" {
		if c := replyCode.FindStringSubmatch(m.Text); c != nil {
			b.Status = (c[1] + c[2])[:1] + ".0.0"
		}
	}
	if strings.HasPrefix(b.Status, "2") {
		b.Status = ""
	}
	b.Permanent = !strings.HasPrefix(b.Status, "4") && !delayWords.MatchString(m.Subject)
	if list := addresses([]string{failed}); failed != "" && len(list) > 0 {
		b.Recipient = list[0].Address
	} else if to := textTo.FindStringSubmatch(m.Text); to != nil {
		b.Recipient = to[1]
	}
	return b
}

// originalID is the Message-ID of the mail a bounce is about: from the
// returned message, its words, or what the bounce answers.
func (w *walker) originalID(h textproto.Header, m Mail) string {
	for _, r := range w.returned {
		if id := firstID(r.Get("Message-Id")); id != "" {
			return id
		}
	}
	if id := textID.FindStringSubmatch(m.Text); id != nil {
		return id[1]
	}
	for _, ids := range [][]string{m.InReplyTo, messageIDs(h.Values("X-Original-Message-Id")), m.References} {
		if len(ids) > 0 {
			return ids[len(ids)-1]
		}
	}
	return ""
}
