package email

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caravan-desk/caravan/channels"
)

func checkInbound(t *testing.T, in channels.Inbound) {
	t.Helper()
	if in.ProviderID == "" || in.Channel != channels.Email || in.Class == "" {
		t.Errorf("incomplete: %+v", in)
	}
	for _, r := range in.References {
		if r == "" || strings.ContainsAny(r, "<> \r\n") {
			t.Errorf("bad reference %q", r)
		}
	}
}

func TestToInbound(t *testing.T) {
	s := testSigner()
	own := s.MessageID("1042-3", "caravan.example")
	plus := s.Plus("support@caravan.example", "1042-7")
	forged := "1042-3.aaaaaaaaaaaaaaaa@caravan.example"
	tests := []struct {
		name, headers, body string
		thread, refs, id    string
	}{
		{"new", "Message-ID: <a@x>", "hi", "", "", "a@x"},
		{"answer", "Message-ID: <a@x>\nIn-Reply-To: <" + own + ">\nReferences: <r1@x> <" + own + ">", "hi", "1042-3", "r1@x", "a@x"},
		{"order", "Message-ID: <a@x>\nIn-Reply-To: <p@x>\nReferences: <r1@x> <r2@x> <p@x>", "hi", "", "p@x r2@x r1@x", "a@x"},
		{"plus address wins", "Message-ID: <a@x>\nTo: Desk <" + plus + ">\nIn-Reply-To: <" + own + ">", "hi", "1042-7", own, "a@x"},
		{"delivered to", "Message-ID: <a@x>\nDelivered-To: " + strings.ToUpper(plus[:8]) + plus[8:], "hi", "1042-7", "", "a@x"},
		{"forged", "Message-ID: <a@x>\nIn-Reply-To: <" + forged + ">", "hi", "", forged, "a@x"},
		{"subject never threads", "Message-ID: <a@x>\nSubject: Re: [1042-3] " + own, own, "", "", "a@x"},
		{"no id", "Subject: x", "hi", "", "", "sha256:beef"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			raw := "From: Aisha <Aisha@EXAMPLE.net>\n" + tt.headers + "\n\n" + tt.body + "\n"
			in := ToInbound(Parse([]byte(raw), Options{Signer: s}), Arrival{Signer: s, Account: "support", Address: "support@caravan.example", SHA256: "beef"})
			checkInbound(t, in)
			if in.Thread != tt.thread || strings.Join(in.References, " ") != tt.refs || in.ProviderID != tt.id {
				t.Errorf("thread %q refs %q id %q", in.Thread, in.References, in.ProviderID)
			}
			if in.From != (channels.Handle{Kind: channels.HandleEmail, Value: "Aisha@example.net"}) || in.Name != "Aisha" {
				t.Errorf("from %q", in.From.Value)
			}
		})
	}
}

func TestBounceReceipt(t *testing.T) {
	mails := corpus(t)
	for name, want := range map[string]channels.Receipt{
		"bounce-failed":        {MessageID: "1042-3", Status: channels.Failed, Code: "5.1.1", Reason: "there is no such mailbox"},
		"bounce-delayed":       {MessageID: "1042-3", Status: channels.Sent, Code: "4.4.1", Reason: "delayed, the mail server is still trying"},
		"bounce-ses-report":    {MessageID: "1042-3", Status: channels.Failed, Code: "5.1.1", Reason: "there is no such mailbox"}, // its Message-ID is Amazon's
		"bounce-sns":           {MessageID: "1042-3", Status: channels.Failed, Code: "5.1.1", Reason: "there is no such mailbox"},
		"bounce-sns-complaint": {MessageID: "1042-3", Status: channels.Sent, Reason: "it arrived, and the recipient marked it as junk"},
		"bounce-sns-delay":     {MessageID: "1042-3", Status: channels.Sent, Code: "4.2.2", Reason: "delayed, the mail server is still trying"},
		"bounce-prose":         {MessageID: "1042-3", Status: channels.Failed, Code: "5.2.2", Reason: "the mailbox is full"},
	} {
		in := ToInbound(Parse(mails[name], Options{Signer: testSigner()}), Arrival{Signer: testSigner()})
		if in.Class != channels.Bounce || in.Bounced == nil {
			t.Fatalf("%s: class %s, receipt %v", name, in.Class, in.Bounced)
		}
		if g := *in.Bounced; g.MessageID != want.MessageID || g.Status != want.Status || g.Code != want.Code || g.Reason != want.Reason {
			t.Errorf("%s: %+v", name, g)
		}
		// A stranger's bounce proves nothing.
		in = ToInbound(Parse(mails[name], Options{}), Arrival{Signer: NewSigner([]byte("another"))})
		if in.Bounced != nil || in.Thread != "" {
			t.Errorf("%s: a forged token was believed", name)
		}
	}
}

// TestInboundSharesNoBytes holds what batch.release relies on: of what is handed on,
// nothing changes when the memory of the mail is used again.
func TestInboundSharesNoBytes(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "mails", "*.eml"))
	if err != nil || len(files) < 150 {
		t.Fatalf("%d mails, %v", len(files), err)
	}
	k := &Intake{Account: "support", Address: "support@caravan.example", Signer: testSigner()}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m := k.parse(raw)
		in := ToInbound(m, Arrival{Account: "support", Raw: "key", SHA256: nameless(m, raw), Signer: k.Signer, Files: make([]string, len(m.Attachments))})
		before := fmt.Sprintf("%+v %+v", in, in.Bounced)
		for i := range raw {
			raw[i] = 0xFF
		}
		if after := fmt.Sprintf("%+v %+v", in, in.Bounced); after != before {
			t.Errorf("%s: %s\nbecame\n%s", file, before, after)
		}
	}
}
