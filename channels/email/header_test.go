package email

import (
	"bytes"
	"fmt"
	"net/mail"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/caravan-desk/caravan/channels"
)

func TestAddresses(t *testing.T) {
	for in, want := range map[string]string{
		`a@x.example`:                                      `[{ a@x.example}]`,
		`A B <a@x.example>, c@x.example`:                   `[{A B a@x.example} { c@x.example}]`,
		`"B, A" <a@x.example>`:                             `[{B, A a@x.example}]`,
		`B, A <a@x.example>`:                               `[{B, A a@x.example}]`,
		`Doe, John [Sales] <j@x.example>`:                  `[{Doe, John [Sales] j@x.example}]`,
		`a@x.example (A B)`:                                `[{A B a@x.example}]`,
		`undisclosed-recipients:;`:                         `[]`,
		`Team: a@x.example, B <b@x.example>;, c@x.example`: `[{ a@x.example} {B b@x.example} { c@x.example}]`,
		`a@x.example; b@x.example`:                         `[{ a@x.example} { b@x.example}]`,
		`'a@x.example' <a@x.example>`:                      `[{a@x.example a@x.example}]`,
		`<@relay.example:a@x.example>`:                     `[{ a@x.example}]`,
		`"broken <a@x.example>`:                            `[{"broken a@x.example}]`,
		`Nobody`:                                           `[{Nobody }]`,
		`=?utf-8?B?2LnZhNmK?= <ali@x.example>`:             `[{علي ali@x.example}]`,
		`mailto:a@x.example`:                               `[{ a@x.example}]`,
		``:                                                 `[]`,
	} {
		if got := fmt.Sprint(addresses([]string{in})); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

// What the standard library writes, we read.
func TestAddressesReadWhatIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[A-Za-z\x{0600}-\x{06ff},."()<>\[\] ]{0,20}`).Draw(t, "name")
		a := mail.Address{Name: name, Address: rapid.StringMatching(`[a-z][a-z0-9+-]{0,10}[a-z]@[a-z]{1,8}\.example`).Draw(t, "address")}
		got := addresses([]string{a.String() + ", z@x.example"})
		if len(got) != 2 || got[0].Address != a.Address || got[1].Address != "z@x.example" {
			t.Fatalf("%s read as %v", a.String(), got)
		}
	})
}

func TestMessageIDs(t *testing.T) {
	for in, want := range map[string]string{
		"<a@x> <b@y>":        "[a@x b@y]",
		"<a@x><b@y>\t<a@x>":  "[a@x b@y]",
		"a@x b@y":            "[a@x b@y]",
		"Your mail of <a@x>": "[a@x]",
		"<no-at-sign>":       "[no-at-sign]",
		"<a b@x>":            "[ab@x]",
		"nonsense":           "[]",
		"<>":                 "[]",
	} {
		if got := fmt.Sprint(messageIDs([]string{in})); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

func TestParseDate(t *testing.T) {
	for in, want := range map[string]string{
		"Sun, 22 Nov 2026 10:15:00 +0300":         "2026-11-22 07:15:00 +0000 UTC",
		"22 Nov 2026 10:15 +0300":                 "2026-11-22 07:15:00 +0000 UTC",
		"Sun, 22 Nov 2026 10:15:00 GMT":           "2026-11-22 10:15:00 +0000 UTC",
		"Sun, 22 Nov 2026 10:15:00 +0300 (AST)":   "2026-11-22 07:15:00 +0000 UTC",
		"Sunday, 22 November 2026 10:15:00 +0300": "2026-11-22 07:15:00 +0000 UTC",
		"Sun Nov 22 10:15:00 2026":                "2026-11-22 10:15:00 +0000 UTC",
		"2026-11-22T10:15:00Z":                    "2026-11-22 10:15:00 +0000 UTC",
		"yesterday":                               "0001-01-01 00:00:00 +0000 UTC",
		"Sun, 32 Nov 2026 10:15:00 +0300":         "0001-01-01 00:00:00 +0000 UTC",
		"Fri, 31 Dec 9999 23:59:00 -0100":         "0001-01-01 00:00:00 +0000 UTC", // no year of RFC 3339 in UTC
		"31 Dec 9999 23:59 -0100":                 "0001-01-01 00:00:00 +0000 UTC",
	} {
		if got, _ := parseDate(in); got.String() != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

func TestDecodeHeaderIsOneLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := decodeHeader(string(rapid.SliceOf(rapid.Byte()).Draw(t, "raw")))
		if s != cleanLine(s) {
			t.Fatalf("%q", s)
		}
	})
}

func TestTransferRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOf(rapid.Byte()).Draw(t, "data")
		m := Parse(serialize(filePart(attachmentOf("x.bin"), data)), Options{})
		if len(m.Attachments) != 1 || string(m.Attachments[0].Data) != string(data) {
			t.Fatalf("%q came back as %+v", data, m.Attachments)
		}
	})
}

func TestValidate(t *testing.T) {
	good := Config{Name: "support", Address: "a@x.example", IMAP: &IMAP{URL: "imaps://h", Username: "u"}, Receive: &Receive{Listen: ":2525"}, SMTP: &SMTP{URL: "smtp://h:587"}}
	if errs := good.Validate(); len(errs) > 0 {
		t.Error(errs)
	}
	bad := Config{Address: "x", IMAP: &IMAP{URL: "http://u:secret@h", StartTLS: "maybe"}, Receive: &Receive{Listen: "2525", Protocol: "uucp"}, SMTP: &SMTP{URL: "smtp://h/path", Password: "p"}}
	errs := bad.Validate()
	if len(errs) != 9 {
		t.Errorf("%d faults: %v", len(errs), errs)
	}
	if s := fmt.Sprint(errs); strings.Contains(s, "secret") {
		t.Error("a password is shown")
	}
}

func attachmentOf(name string) channels.Attachment {
	return channels.Attachment{Name: name, ContentType: "application/octet-stream"}
}

func serialize(p part) []byte {
	var b bytes.Buffer
	p.write(&b, nil)
	return b.Bytes()
}
