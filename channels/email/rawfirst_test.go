package email

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"
)

// TestUnreadableMailIsKept: a mail that the parser breaks on is a message with a warning and
// the raw bytes, and the next one is taken as ever.
func TestUnreadableMailIsKept(t *testing.T) {
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	s := newStore()
	intake := &Intake{
		Account: "support", Address: "support@caravan.example", Receiver: s, Blobs: s, Signer: testSigner(), Now: func() time.Time { return at },
		LookupTXT: func(name string) ([]string, error) {
			if strings.HasPrefix(name, "x._domainkey.") {
				panic("a parser's mistake")
			}
			return nil, nil
		},
	}
	broken := "DKIM-Signature: v=1; a=rsa-sha256; d=example.net; s=x; h=from; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\r\n" +
		"From: a@example.net\r\nMessage-ID: <broken@example.net>\r\n\r\nhello\r\n"
	whole := "From: b@example.net\r\nMessage-ID: <whole@example.net>\r\n\r\nhello\r\n"
	for _, raw := range []string{broken, whole} {
		if err := intake.Take(context.Background(), strings.NewReader(raw), at); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.kept) != 2 {
		t.Fatalf("%d mails are kept, want 2", len(s.kept))
	}
	warned := 0
	for _, in := range s.kept {
		if raw := s.blobs[in.Raw]; !bytes.Equal(raw, []byte(broken)) && !bytes.Equal(raw, []byte(whole)) {
			t.Errorf("the raw file of %s is %q", in.ProviderID, raw)
		}
		if strings.Contains(strings.Join(in.Warnings, " "), "could not be read") {
			warned++
		}
	}
	if warned != 1 {
		t.Errorf("%d are said to be unreadable, want 1", warned)
	}
}

// TestMailsWithoutAnID: each gets one from its bytes: the same mail is one however often it
// comes, and two of them are two.
func TestMailsWithoutAnID(t *testing.T) {
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	s := newStore()
	intake := &Intake{Account: "support", Address: "support@caravan.example", Receiver: s, Blobs: s, Signer: testSigner(), Now: func() time.Time { return at }}
	for _, words := range []string{"where is it?", "where is the other one?", "where is it?"} {
		if err := intake.Take(context.Background(), strings.NewReader("From: a@example.net\r\n\r\n"+words+"\r\n"), at); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.kept) != 2 {
		t.Errorf("%d mails are kept, want 2", len(s.kept))
	}
}
