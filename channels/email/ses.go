package email

import (
	"encoding/json"
	"slices"
	"strings"
)

// Amazon tells of bounces by mail in two ways: a standard report, in which our
// Message-ID was replaced by its own (wasOurs finds ours all the same), or, where
// feedback goes to a topic with a mail subscription, a JSON document in plain text,
// perhaps inside another one.
// https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html
type sesNotice struct {
	Message string // the envelope's: the notice itself, as JSON

	NotificationType, EventType string
	Bounce                      struct {
		BounceType        string
		BouncedRecipients []sesRecipient
	}
	Complaint struct {
		ComplaintFeedbackType string
		ComplainedRecipients  []sesRecipient
	}
	DeliveryDelay struct {
		DelayedRecipients []sesRecipient
	}
	Mail struct {
		MessageID     string
		Headers       []struct{ Name, Value string }
		CommonHeaders struct{ MessageID string }
	}
}

type sesRecipient struct{ EmailAddress, Status, DiagnosticCode string }

// fromSNS reports a mail of Amazon's notification service.
func fromSNS(address string) bool {
	_, domain, _ := strings.Cut(lower(address), "@")
	return domain == "sns.amazonaws.com"
}

// readSES reads such a notice; nil if the mail is none, or tells of a delivery. The
// headers of our mail join those that were returned.
func (w *walker) readSES(m Mail) *Bounce {
	if !fromSNS(m.From.Address) {
		return nil
	}
	n, ok := openSES(m.Text)
	if ok && n.Message != "" {
		n, ok = openSES(n.Message)
	}
	if !ok {
		return nil
	}
	var b *Bounce
	switch n.NotificationType + n.EventType {
	case "Bounce":
		b = &Bounce{Final: true, Permanent: n.Bounce.BounceType == "Permanent"}
		b.name(n.Bounce.BouncedRecipients)
	case "DeliveryDelay":
		b = &Bounce{}
		b.name(n.DeliveryDelay.DelayedRecipients)
	case "Complaint":
		b = &Bounce{Complaint: true}
		b.name(n.Complaint.ComplainedRecipients)
		b.Diagnostic = n.Complaint.ComplaintFeedbackType
	default:
		return nil
	}
	var h headers
	for _, f := range n.Mail.Headers {
		if f.Name != "" && fieldName([]byte(f.Name+":")) == f.Name {
			h = append(h, headerField{f.Name, cleanLine(f.Value)})
		}
	}
	if id := n.Mail.CommonHeaders.MessageID; id != "" && !h.Has("Message-Id") {
		h = append(h, headerField{"Message-Id", cleanLine(id)})
	} else if !h.Has("Message-Id") && n.Mail.MessageID != "" {
		h = append(h, headerField{"Message-Id", "<" + cleanLine(n.Mail.MessageID) + "@email.amazonses.com>"})
	}
	w.returned = append(w.returned, h)
	return b
}

// openSES reads the first JSON document of a text.
func openSES(text string) (n sesNotice, ok bool) {
	i := strings.IndexByte(text, '{')
	if i < 0 {
		return n, false
	}
	return n, json.NewDecoder(strings.NewReader(text[i:])).Decode(&n) == nil
}

// name notes the first recipient.
func (b *Bounce) name(all []sesRecipient) {
	if len(all) > 0 {
		b.Recipient, b.Status, b.Diagnostic = cleanLine(all[0].EmailAddress), enhancedCode.FindString(all[0].Status), typed(cleanLine(all[0].DiagnosticCode))
	}
}

// wasOurs is what the returned mail says of itself beside its Message-ID, which
// Amazon and others replace: the values in which a token of ours may stand.
func (w *walker) wasOurs() (marks []string) {
	for _, r := range slices.Concat(w.returned, w.reported) {
		for _, k := range []string{MarkerHeader, "Reply-To", "Original-Envelope-Id"} { // the last one is the ENVID that we gave (RFC 3461 §4.4)
			if v := r.Get(k); v != "" && len(marks) < 8 {
				marks = append(marks, v)
			}
		}
	}
	return marks
}
