package email

import (
	"strings"
)

// bounce reads what a mail system says about a mail of ours: the standard
// delivery report (RFC 3464), a complaint (ARF, RFC 5965), or prose where the
// system writes no standard one. Nil if the mail is none, or reports success.
func (w *walker) bounce(h headers, m Mail) *Bounce {
	var b *Bounce
	settled := false // a report was read, whatever it says
	for _, report := range w.reports {
		r, known := w.readReport(report)
		settled = settled || known
		if r != nil && (b == nil || r.Final && !b.Final) {
			b = r
		}
	}
	switch {
	case b == nil && w.complaint:
		b = w.readComplaint()
	case b == nil && !settled:
		if b = w.readSES(m); b == nil {
			b = w.bounceByWords(h, m)
		}
	}
	if b == nil {
		return nil
	}
	if b.Recipient == "" {
		b.Recipient = w.returnedTo()
	}
	b.OriginalMessageID, b.Marks = w.originalID(h, m), w.wasOurs()
	return b
}

// readReport reads the body of message/delivery-status: groups of fields, the
// first about the message, the others each about a recipient. known is false
// if there was nothing of either kind in it.
func (w *walker) readReport(report []byte) (found *Bounce, known bool) {
	for len(report) > 0 {
		var fields headers
		before := len(report)
		fields, report = w.header(report, true)
		if len(report) >= before {
			break
		}
		w.reported = append(w.reported, fields)
		action := strings.ToLower(firstWord(fields.Get("Action")))
		diagnostic := typed(decodeHeader(fields.Get("Diagnostic-Code")))
		status := enhancedCode.FindString(fields.Get("Status"))
		if status == "" {
			status = statusIn(diagnostic)
		}
		recipient := ""
		for _, k := range []string{"Final-Recipient", "Original-Recipient", "X-Actual-Recipient"} {
			if recipient == "" {
				recipient = typed(decodeHeader(fields.Get(k)))
			}
		}
		known = known || action != "" || status != ""
		if action == "" && status != "" && status[0] != '2' {
			action = "failed"
			if status[0] == '4' && strings.Contains(lower(diagnostic), "delay") {
				action = "delayed"
			}
		}
		if action != "failed" && action != "delayed" {
			continue
		}
		if final := action == "failed"; found == nil || final && !found.Final {
			found = &Bounce{Recipient: recipient, Status: status, Permanent: final && !strings.HasPrefix(status, "4"), Final: final, Diagnostic: diagnostic}
		}
	}
	return found, known
}

// readComplaint reads a feedback report: the recipient called a mail of ours
// junk, or asked to be left alone. It was delivered, so nothing has failed.
func (w *walker) readComplaint() *Bounce {
	b := &Bounce{Complaint: true, Diagnostic: decodeHeader(w.feedback.Get("Feedback-Type"))}
	for _, k := range []string{"Original-Rcpt-To", "Removal-Recipient", "Redacted-Address"} {
		if list := addresses([]string{w.feedback.Get(k)}); len(list) > 0 && b.Recipient == "" {
			b.Recipient = list[0].Address
		}
	}
	return b
}

// returnedTo is the recipient that the returned message names.
func (w *walker) returnedTo() string {
	for _, r := range w.returned {
		for _, k := range []string{"X-Failed-Recipients", "Delivered-To", "To"} {
			if list := addresses(r.Values(k)); len(list) > 0 && strings.Contains(list[0].Address, "@") {
				return list[0].Address
			}
		}
	}
	return ""
}

// typed cuts the type off "rfc822; a@b" and the brackets off the address.
func typed(v string) string {
	if kind, after, ok := strings.Cut(v, ";"); ok && !strings.ContainsAny(strings.TrimSpace(kind), " @") {
		v = after
	}
	v = strings.TrimSpace(v)
	if i := strings.IndexByte(v, '<'); i >= 0 && strings.IndexByte(v, '>') > i && strings.Contains(v[i:], "@") {
		return v[i+1 : strings.IndexByte(v, '>')]
	}
	return strings.Trim(v, "<>")
}

func firstWord(s string) string {
	if f := strings.FieldsFunc(s, func(r rune) bool { return r <= ' ' || r == '(' || r == ';' }); len(f) > 0 {
		return f[0]
	}
	return ""
}

// originalID is the Message-ID of the mail a bounce is about: from the
// returned message, its words, or what the bounce answers.
func (w *walker) originalID(h headers, m Mail) string {
	for _, r := range w.returned {
		if id := firstID(r.Get("Message-Id")); id != "" {
			return id
		}
	}
	for _, r := range w.reported { // Google
		if id := firstID(r.Get("X-Original-Message-Id")); id != "" {
			return id
		}
	}
	if id := textID.FindStringSubmatch(m.Text); id != nil {
		return id[1] + id[2]
	}
	for _, values := range [][]string{{w.feedback.Get("Original-Message-Id")}, h.Values("In-Reply-To"), h.Values("X-Original-Message-Id"), h.Values("References")} {
		if ids := messageIDs(values); len(ids) > 0 {
			return ids[len(ids)-1]
		}
	}
	return ""
}
