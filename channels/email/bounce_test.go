package email

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caravan-desk/caravan/channels"
)

// TestEnvelopeIDNamesTheMessage is a bounce that returns nothing of our mail but the
// envelope ID that we gave it (RFC 3461 §4.4).
func TestEnvelopeIDNamesTheMessage(t *testing.T) {
	s := testSigner()
	report := func(id string) string {
		return "From: MAILER-DAEMON@mx.example\nTo: support@caravan.example\nSubject: Undelivered\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nIt could not be delivered.\n--b\n" +
			"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\nOriginal-Envelope-Id: " + id + "\n\nFinal-Recipient: rfc822; aisha@example.net\nAction: failed\nStatus: 5.1.1\n--b--\n"
	}
	in := ToInbound(Parse([]byte(report(s.Token("1042-3"))), Options{Signer: s}), Arrival{Account: "support", Signer: s})
	if in.Bounced == nil || in.Bounced.MessageID != "1042-3" || in.Bounced.Status != channels.Failed {
		t.Errorf("got %+v", in.Bounced)
	}
	forged := ToInbound(Parse([]byte(report("1042-3.abcdefghijklmnop")), Options{Signer: s}), Arrival{Account: "support", Signer: s})
	if forged.Bounced != nil {
		t.Errorf("a forged envelope ID settles %+v", forged.Bounced)
	}
}

// TestSignedMailCutShort reads an opaque signed mail cut at every byte: what there is of
// the text is never read beyond its end, and the file stays.
func TestSignedMailCutShort(t *testing.T) {
	for _, name := range []string{"smime-opaque.eml", "smime-opaque-in-pieces.eml"} {
		raw, err := os.ReadFile(filepath.Join("testdata", "mails", name))
		if err != nil {
			t.Fatal(err)
		}
		whole := Parse(raw, Options{})
		for n := strings.Index(string(raw), "\r\n\r\n") + 4; n < len(raw); n++ {
			m := Parse(raw[:n], Options{})
			if !strings.HasPrefix(whole.Text, strings.TrimRight(m.Text, "\uFFFD= D8B4")) || len(m.Attachments) > 1 {
				t.Fatalf("%s, %d of %d bytes: %q, %d files", name, n, len(raw), m.Text, len(m.Attachments))
			}
		}
	}
}
