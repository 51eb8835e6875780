package email

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"
)

func TestAuthenticationResults(t *testing.T) {
	const from = "From: Aisha <aisha@example.net>\n"
	ours := func(results string) string {
		return "Authentication-Results: mx.caravan.example; " + results + "\n" + from
	}
	for name, tt := range map[string]struct {
		server, headers string
		want            Verdict
		spf, dkim       string
	}{
		"dmarc passes":        {"mx.caravan.example", ours("dmarc=pass header.from=example.net"), VerdictPass, "", ""},
		"dmarc fails":         {"mx.caravan.example", ours("spf=pass smtp.mailfrom=evil.example; dmarc=fail header.from=example.net"), VerdictSpoofed, "pass", ""},
		"aligned spf":         {"mx.caravan.example", ours("spf=pass smtp.mailfrom=bounce@mail.example.net"), VerdictPass, "pass", ""},
		"foreign spf":         {"mx.caravan.example", ours("spf=pass smtp.mailfrom=evil.example"), VerdictUnknown, "pass", ""},
		"aligned dkim":        {"mx.caravan.example", ours("spf=fail smtp.mailfrom=forwarder.example; dkim=pass header.d=example.net"), VerdictPass, "fail", "pass"},
		"second dkim counts":  {"mx.caravan.example", ours("dkim=fail header.d=list.example; dkim=pass header.d=example.net"), VerdictPass, "", "pass"},
		"spf fails":           {"mx.caravan.example", ours("spf=fail smtp.mailfrom=example.net; dkim=none"), VerdictSpoofed, "fail", "none"},
		"spf softfails":       {"mx.caravan.example", ours("spf=softfail smtp.mailfrom=example.net"), VerdictUnknown, "softfail", ""},
		"similar domain":      {"mx.caravan.example", ours("dkim=pass header.d=badexample.net"), VerdictUnknown, "", "pass"},
		"two headers of ours": {"mx.caravan.example", "Authentication-Results: mx.caravan.example; dkim=none\n" + ours("dmarc=fail header.from=example.net"), VerdictSpoofed, "", "none"},
		"theirs below ours":   {"mx.caravan.example", "Authentication-Results: mx.caravan.example; dkim=none\nReceived: from x\n" + ours("dmarc=pass header.from=example.net"), VerdictUnknown, "", "none"},
		"theirs alone":        {"mx.caravan.example", "Authentication-Results: evil.example; dmarc=pass\n" + ours("dmarc=pass"), "", "", ""},
		"microsoft": {NoAuthServID, "Authentication-Results: spf=fail (sender IP is 203.0.113.9)\n smtp.mailfrom=example.net; dkim=none (message not signed)\n header.d=none;dmarc=fail action=oreject\n header.from=example.net;compauth=fail reason=000\n" + from,
			VerdictSpoofed, "fail", "none"},
		"none asked for": {"", ours("dmarc=fail"), "", "", ""},
		"unreadable":     {"mx.caravan.example", ours("=;;= what"), VerdictUnknown, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := Parse([]byte(tt.headers+"\nhi\n"), Options{AuthServID: tt.server})
			a := m.Authentication
			if tt.want == "" {
				if a != nil {
					t.Errorf("believed %v", a)
				}
				return
			}
			if a == nil {
				t.Fatal("nothing was read")
			}
			if a.Verdict != tt.want || a.SPF != tt.spf || a.DKIM != tt.dkim {
				t.Errorf("got %v", a)
			}
			in := ToInbound(m, Arrival{})
			if in.Spoofed != (tt.want == VerdictSpoofed) || in.Spoofed != strings.Contains(strings.Join(in.Warnings, "\n"), "forged") {
				t.Errorf("spoofed %v with warnings %q", in.Spoofed, in.Warnings)
			}
		})
	}
}

func TestDKIMVerifiedHere(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	records := map[string]string{
		"k._domainkey.example.net":  "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public),
		"k._domainkey.evil.example": "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public),
		"_dmarc.strict.example":     "v=DMARC1; p=reject; sp=none",
		"_dmarc.example.net":        "v=DMARC1; p=none",
	}
	lookup := func(name string) ([]string, error) {
		if name == "k._domainkey.away.example" {
			return nil, &dnsAway{}
		}
		if r, ok := records[name]; ok {
			return []string{r}, nil
		}
		return nil, errors.New("no such name")
	}
	sign := func(raw, domain string) string {
		var out bytes.Buffer
		o := &dkim.SignOptions{Domain: domain, Selector: "k", Signer: private, HeaderKeys: []string{"From", "Subject"}}
		if err := dkim.Sign(&out, strings.NewReader(raw), o); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	letter := func(domain string) string {
		return "From: Aisha <aisha@" + domain + ">\r\nSubject: Parcel\r\n\r\nWhere is it?\r\n"
	}
	for name, tt := range map[string]struct {
		raw  string
		want Verdict
		dkim string
	}{
		"signed":               {sign(letter("example.net"), "example.net"), VerdictPass, "pass"},
		"signed for a part":    {sign(letter("mail.example.net"), "example.net"), VerdictPass, "pass"},
		"read from a file":     {"From x\n" + strings.ReplaceAll(sign(letter("example.net"), "example.net"), "\r\n", "\n"), VerdictPass, "pass"},
		"changed on the way":   {strings.Replace(sign(letter("example.net"), "example.net"), "Where", "There", 1), VerdictUnknown, "fail"},
		"signed by another":    {sign(letter("example.net"), "evil.example"), VerdictUnknown, "pass"},
		"not signed":           {letter("example.net"), VerdictUnknown, "none"},
		"not signed, strict":   {letter("strict.example"), VerdictSpoofed, "none"},
		"by another, strict":   {sign(letter("strict.example"), "evil.example"), VerdictSpoofed, "pass"},
		"below strict":         {letter("loose.strict.example"), VerdictUnknown, "none"},
		"the DNS is away":      {sign(letter("away.example"), "away.example"), VerdictUnknown, "temperror"},
		"no sender, no domain": {"Subject: x\r\n\r\nx\r\n", VerdictUnknown, "none"},
	} {
		t.Run(name, func(t *testing.T) {
			a := Parse([]byte(tt.raw), Options{LookupTXT: lookup}).Authentication
			if a == nil || a.Verdict != tt.want || a.DKIM != tt.dkim {
				t.Errorf("got %v", a)
			}
		})
	}
}

// dnsAway is the DNS failing for now.
type dnsAway struct{}

func (*dnsAway) Error() string   { return "server failure" }
func (*dnsAway) Temporary() bool { return true }
func (*dnsAway) Timeout() bool   { return true }

// What is left of our token when a reply has lost its way.
func TestTokensOfLastResort(t *testing.T) {
	s := testSigner()
	own := s.Token("1042-3")
	for name, tt := range map[string]struct{ headers, body, thread, refs string }{
		"marker":               {"", "hi\n> your reference " + s.Marker("1042-3"), "1042-3", ""},
		"forged marker":        {"", "[#1042-3.aaaaaaaaaaaaaaaa]", "", ""},
		"marker after headers": {"In-Reply-To: <" + s.MessageID("1042-9", "x.example") + ">", s.Marker("1042-3"), "1042-9", ""},
		"escaped":              {"In-Reply-To: <" + own + "=caravan.example@relay.example>", "", "1042-3", ""},
		"in a bounce address":  {"Delivered-To: bounces+" + own + "=caravan.example@relay.example", "", "1042-3", ""},
		"kept by google":       {"X-Google-Original-Message-ID: <kept@x.example>", "", "", "kept@x.example"},
		"amazon":               {"In-Reply-To: <0102-a-000000@eu-west-1.amazonses.com>", "", "", "0102-a-000000@eu-west-1.amazonses.com 0102-a-000000"},
	} {
		t.Run(name, func(t *testing.T) {
			raw := "From: a@b.example\nMessage-ID: <m@x.example>\nX-Odd: 1\n" + tt.headers + "\n\n" + tt.body + "\n"
			if tt.headers == "" {
				raw = "From: a@b.example\nMessage-ID: <m@x.example>\n\n" + tt.body + "\n"
			}
			in := ToInbound(Parse([]byte(raw), Options{Signer: s}), Arrival{Signer: s})
			if in.Thread != tt.thread || strings.Join(in.References, " ") != tt.refs {
				t.Errorf("thread %q, references %q", in.Thread, in.References)
			}
		})
	}
}
