package email

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/emersion/go-smtp"
	"pgregory.net/rapid"

	"github.com/caravan-desk/caravan/channels"
)

func TestSendAsksForNotifications(t *testing.T) {
	p := &peer{dsn: true}
	snd := testSender(t, newStore(), SMTP{URL: "smtp://" + p.serve(t, nil, false)})
	if _, err := snd.Send(context.Background(), outbound("1042-3")); err != nil {
		t.Fatal(err)
	}
	want := []string{"RET=HDRS ENVID=" + testSigner().Token("1042-3") + " SIZE=true", "NOTIFY=[FAILURE DELAY] ORCPT=RFC822;aisha@example.net"}
	if fmt.Sprint(p.opts) != fmt.Sprint(want) {
		t.Errorf("got %q, want %q", p.opts, want)
	}
}

// A refused recipient costs neither the connection nor the next mail.
func TestSendGoesOnAfterARefusal(t *testing.T) {
	p := &peer{}
	no := true
	p.onRcpt = func(*smtp.Conn, string) error {
		if no {
			return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "nobody"}
		}
		return nil
	}
	snd := testSender(t, newStore(), SMTP{URL: "smtp://" + p.serve(t, nil, false)})
	for i := range 5 {
		var e *channels.SendError
		if _, err := snd.Send(context.Background(), outbound("1-1")); !errors.As(err, &e) || e.Code != "5.1.1" {
			t.Fatalf("%d: %v", i, err)
		}
	}
	no = false
	if _, err := snd.Send(context.Background(), outbound("1-2")); err != nil {
		t.Fatal(err)
	}
	if p.conns != 1 || len(p.mails) != 1 {
		t.Errorf("%d connections, %d mails", p.conns, len(p.mails))
	}
}

// scripted answers each group of lines as written, and keeps what it was told.
func scripted(t testing.TB, script []string) (addr string, said func() string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	heard := make(chan string, 1)
	go func() {
		var all strings.Builder
		defer func() { heard <- all.String() }()
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		r := bufio.NewReader(c)
		for _, answer := range script {
			if until, rest, ok := strings.Cut(answer, "|"); ok {
				for {
					line, err := r.ReadString('\n')
					all.WriteString(line)
					if err != nil {
						return
					}
					if strings.HasPrefix(line, until) {
						break
					}
				}
				answer = rest
			}
			if _, err := io.WriteString(c, answer); err != nil {
				return
			}
		}
		for {
			line, err := r.ReadString('\n')
			all.WriteString(line)
			if err != nil || line == "QUIT\r\n" {
				return
			}
		}
	}()
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String(), func() string { return <-heard }
}

func TestSendPipelines(t *testing.T) {
	// Nothing is answered before all of it has been said.
	addr, said := scripted(t, []string{
		"220 hi\r\n", "EHLO|250-x\r\n250 PIPELINING\r\n", "DATA|250 ok\r\n250 ok\r\n354 go\r\n", ".\r\n|250 2.0.0 done\r\n",
	})
	snd := testSender(t, newStore(), SMTP{URL: "smtp://" + addr, StartTLS: TLSNone})
	if _, err := snd.Send(context.Background(), outbound("1-1")); err != nil {
		t.Fatal(err)
	}
	_ = snd.Close()
	if s := said(); !strings.Contains(s, "RCPT TO:<aisha@example.net>\r\nDATA\r\n") {
		t.Errorf("said %q", s)
	}
}

func TestSendReadsOddServers(t *testing.T) {
	for _, tt := range []struct {
		name   string
		script []string
		want   channels.Failure
		code   string
	}{
		{"wants the mail of a refused recipient", []string{"220 hi\r\n", "EHLO|250-x\r\n250 PIPELINING\r\n", "DATA|250 ok\r\n550 5.1.1 nobody\r\n354 go\r\n"}, channels.Permanent, "5.1.1"},
		{"knows no EHLO", []string{"220 hi\r\n", "EHLO|502 what\r\n", "HELO|250 hi\r\n", "MAIL|250 ok\r\n", "RCPT|450 4.2.0 greylisted\r\n"}, channels.Temporary, "4.2.0"},
		{"goes away in DATA", []string{"220 hi\r\n", "EHLO|250 x\r\n", "MAIL|250 ok\r\n", "RCPT|250 ok\r\n", "DATA|354 go\r\n", ".\r\n|421 4.3.0 bye\r\n"}, channels.Temporary, "4.3.0"},
		{"answers nonsense", []string{"220 hi\r\n", "EHLO|250 x\r\n", "MAIL|hello there\r\n"}, channels.Temporary, ""},
		{"answers without end", []string{"220 hi\r\n", "EHLO|" + strings.Repeat("250-x\r\n", 20_000)}, channels.Temporary, ""},
		{"injects before TLS", []string{"220 hi\r\n", "EHLO|250-x\r\n250 STARTTLS\r\n", "STARTTLS|220 go\r\n250 injected\r\n"}, channels.Temporary, ""},
		{"takes no more than 100 bytes", []string{"220 hi\r\n", "EHLO|250-x\r\n250 SIZE 100\r\n"}, channels.Permanent, "5.3.4"},
		{"Microsoft 365: too fast", []string{"220 hi\r\n", "EHLO|250 x\r\n", "MAIL|432 4.3.2 Concurrent connections limit exceeded\r\n"}, channels.Throttled, "4.3.2"},
		{"Microsoft 365: enough", []string{"220 hi\r\n", "EHLO|250 x\r\n", "MAIL|250 ok\r\n", "RCPT|250 ok\r\n", "DATA|354 go\r\n", ".\r\n|554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException\r\n"}, channels.Throttled, "5.2.0"},
		{"Gmail: enough", []string{"220 hi\r\n", "EHLO|250 x\r\n", "MAIL|250 ok\r\n", "RCPT|550 5.4.5 Daily user sending limit exceeded\r\n"}, channels.Throttled, "5.4.5"},
		{"busy at the door", []string{"421 4.7.0 Too many connections\r\n"}, channels.Throttled, "4.7.0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			addr, _ := scripted(t, tt.script)
			snd := testSender(t, newStore(), SMTP{URL: "smtp://" + addr})
			_, err := snd.Send(context.Background(), outbound("1-1"))
			var e *channels.SendError
			if !errors.As(err, &e) || e.Failure != tt.want || e.Code != tt.code {
				t.Errorf("%v", err)
			}
			if e != nil && (e.Failure == channels.Throttled) != (e.RetryAfter > 0) {
				t.Errorf("retry after %v", e.RetryAfter)
			}
		})
	}
}

// What goes onto the wire comes off it again.
func TestDotted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{".", "..", "\r\n", "a", "\r\n.", "\n.", "\r"})).Draw(t, "raw"), "")
		wire := dotted([]byte(raw))
		if n := bytes.Count(append([]byte("\r\n"), wire...), []byte("\r\n.\r\n")); n != 1 || !bytes.HasSuffix(append([]byte("\r\n"), wire...), []byte("\r\n.\r\n")) {
			t.Fatalf("%q ends %d times on the wire: %q", raw, n, wire)
		}
	})
}

func TestDKIM(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaPublic, _ := x509.MarshalPKIXPublicKey(&rsaKey.PublicKey)
	for name, tt := range map[string]struct {
		key    any
		record string
	}{
		"rsa":     {rsaKey, "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(rsaPublic)},
		"ed25519": {private, "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)},
	} {
		t.Run(name, func(t *testing.T) {
			der, err := x509.MarshalPKCS8PrivateKey(tt.key)
			if err != nil {
				t.Fatal(err)
			}
			p := &peer{}
			snd := testSender(t, newStore(), SMTP{
				URL:  "smtp://" + p.serve(t, nil, false),
				DKIM: &DKIM{Selector: "s1", PrivateKey: string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))},
			})
			if _, err := snd.Send(context.Background(), outbound("1042-3")); err != nil {
				t.Fatal(err)
			}
			verify := func(raw []byte) error {
				checks, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
					if name != "s1._domainkey.caravan.example" {
						return nil, fmt.Errorf("asked for %s", name)
					}
					return []string{tt.record}, nil
				}})
				if err != nil || len(checks) != 1 {
					return fmt.Errorf("%d signatures: %w", len(checks), err)
				}
				return checks[0].Err
			}
			if err := verify(p.mails[0]); err != nil {
				t.Error(err)
			}
			if verify(append([]byte("Subject: Another\r\n"), p.mails[0]...)) == nil {
				t.Error("a second subject goes unnoticed")
			}
		})
	}
	if _, err := (DKIM{Selector: "s", PrivateKey: "x"}).sign(nil, "a@b"); err == nil {
		t.Error("a key of nothing signs")
	}
}

func TestThreadIndex(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	a, b := threadIndex("", "m0@example.net", now), threadIndex("", "m0@example.net", now.Add(time.Hour))
	if a[:28] != b[:28] || a == b || threadIndex("", "other@example.net", now)[:28] == a[:28] {
		t.Errorf("%s, %s", a, b)
	}
	// [MS-OXOMSG] 2.2.1.3: the head of the mail answered, and five bytes more.
	theirs := append([]byte{1, 0xd5, 0x01, 0x02, 0x03, 0x04}, bytes.Repeat([]byte{7}, 16)...)
	for range 3 {
		next, err := base64.StdEncoding.DecodeString(threadIndex(base64.StdEncoding.EncodeToString(theirs), "x", now))
		if err != nil || len(next) != len(theirs)+5 || !bytes.HasPrefix(next, theirs) {
			t.Fatalf("%x answered by %x %v", theirs, next, err)
		}
		theirs = next
	}
	for _, bad := range []string{"!", "AQID", base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, 5000))} {
		if got := threadIndex(bad, "m0@example.net", now); got != a {
			t.Errorf("%.10s… gives %s", bad, got)
		}
	}
	for in, want := range map[string]string{"Re: RE: Fwd: Parcel": "Parcel", "رد: شحنة": "شحنة", "Report: x": "Report: x", "AW: [2] x": "[2] x", "": ""} {
		if got := threadTopic(in); got != want {
			t.Errorf("topic of %q is %q", in, got)
		}
	}
}

// What is quoted below an answer is taken for that when the answer is answered.
func TestQuotedIsTrimmed(t *testing.T) {
	for _, language := range []string{"en", "ar", "ms", ""} {
		m := outbound("1042-3")
		m.Language, m.Text = language, "Your parcel is in Riyadh."
		m.Quoted = &channels.Quoted{From: "Aisha", At: time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC), Text: "Where is it?\n\n> older"}
		l := letter{Outbound: m, From: testSender(t, newStore(), SMTP{}).from(), Signer: testSigner(), Date: time.Now()}
		got := Parse(composed(l), Options{})
		if got.Reply != m.Text || !strings.Contains(got.Text, "Where is it?") || !strings.Contains(got.HTML, "<blockquote") {
			t.Errorf("%q: new %q in %q", language, got.Reply, got.Text)
		}
	}
}

func TestComposeFoldsLongFields(t *testing.T) {
	m := outbound("1042-3")
	m.Subject = strings.Repeat("x", 3000)
	m.Attachments = []channels.Attachment{{Name: strings.Repeat("بوليصة", 100) + ".pdf", ContentType: "application/pdf"}}
	for i := range 60 {
		m.References = append(m.References, fmt.Sprintf("%d.%s@example.net", i, strings.Repeat("r", 40)))
	}
	raw := composed(letter{Outbound: m, From: testSender(t, newStore(), SMTP{}).from(), Signer: testSigner(), Date: time.Now(), Files: [][]byte{[]byte("x")}})
	for _, l := range strings.Split(string(raw), "\r\n") {
		if len(l) > 998 {
			t.Errorf("a line of %d bytes: %.60s…", len(l), l)
		}
	}
	if got := Parse(raw, Options{}); len(got.References) != maxReferences || len(got.Warnings) > 0 || !strings.HasSuffix(got.Attachments[0].Name, ".pdf") {
		t.Errorf("%d references, warnings %q, %+v", len(got.References), got.Warnings, got.Attachments)
	}
}

func composed(l letter) []byte {
	var draft bytes.Buffer
	compose(l, &draft)
	return draft.Bytes()
}
