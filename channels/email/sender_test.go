package email

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/caravan-desk/caravan/channels"
)

func testSender(t testing.TB, s *store, cfg SMTP) *Sender {
	t.Helper()
	snd := &Sender{
		Config: Config{Name: "support", Address: "support@caravan.example", DisplayName: "Trace Desk", SMTP: &cfg},
		Signer: testSigner(), Blobs: s, Now: func() time.Time { return time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC) },
	}
	t.Cleanup(func() { _ = snd.Close() })
	return snd
}

func outbound(n string) channels.Outbound {
	return channels.Outbound{
		MessageID: n, Channel: channels.Email, To: channels.Handle{Kind: channels.HandleEmail, Value: "aisha@example.net"},
		Name: "Aisha", Subject: "شحنتك 1086396430", Text: "مرحباً\nشحنتك في الرياض.", Language: "ar",
		InReplyTo: "m1@example.net", References: []string{"m0@example.net"},
	}
}

func TestSendAndRecogniseTheReply(t *testing.T) {
	p := &peer{mechs: []string{sasl.Plain}}
	s := newStore()
	snd := testSender(t, s, SMTP{URL: "smtp://" + p.serve(t, nil, false), Username: "u", Password: "p"})
	snd.Config.PlusAddress = true
	m := outbound("1042-3")
	key, _, _ := s.Put(context.Background(), strings.NewReader("%PDF"))
	m.Attachments = []channels.Attachment{{Blob: key, Name: "بوليصة.pdf", ContentType: "application/pdf"}}
	id, err := snd.Send(context.Background(), m)
	if err != nil {
		t.Fatal(err)
	}
	if want := testSigner().MessageID("1042-3", "caravan.example"); id != want {
		t.Errorf("id %q, want %q", id, want)
	}
	got := Parse(p.mails[0], Options{Signer: testSigner()})
	if got.Kind != KindOwn || got.MessageID != id || got.Subject != m.Subject || got.Reply != m.Text || got.From.Name != "Trace Desk" {
		t.Errorf("%+v", got)
	}
	if strings.Join(got.References, " ") != "m0@example.net m1@example.net" || got.InReplyTo[0] != "m1@example.net" {
		t.Errorf("references %q, in reply to %q", got.References, got.InReplyTo)
	}
	if len(got.Attachments) != 1 || got.Attachments[0].Name != "بوليصة.pdf" || string(got.Attachments[0].Data) != "%PDF" {
		t.Errorf("attachments %+v", got.Attachments)
	}
	if !strings.Contains(got.HTML, `dir="auto"`) || len(got.Warnings) > 0 {
		t.Errorf("html %s, warnings %q", got.HTML, got.Warnings)
	}
	for _, reply := range []string{
		"In-Reply-To: <" + id + ">\nTo: support@caravan.example", "To: " + got.ReplyTo[0].Address,
	} {
		in := ToInbound(Parse([]byte("From: a@example.net\nMessage-ID: <r@x>\n"+reply+"\n\nok"), Options{}), Arrival{Signer: testSigner()})
		if in.Thread != "1042-3" {
			t.Errorf("thread %q from %s", in.Thread, reply)
		}
	}
	if len(p.auths) != 1 || p.auths[0] != "PLAIN u p" {
		t.Errorf("auth %q", p.auths)
	}
}

func TestAutoIsMarked(t *testing.T) {
	p := &peer{}
	snd := testSender(t, newStore(), SMTP{URL: "smtp://" + p.serve(t, nil, false)})
	m := outbound("1042-4")
	m.Auto, m.Subject = true, "Thanks\r\nBcc: everybody@example.net"
	if _, err := snd.Send(context.Background(), m); err != nil {
		t.Fatal(err)
	}
	raw := string(p.mails[0])
	for _, want := range []string{"Auto-Submitted: auto-replied\r\n", "X-Auto-Response-Suppress: All\r\n", "Subject: Thanks Bcc: everybody@example.net\r\n"} {
		if !strings.Contains(strings.ReplaceAll(raw, "  ", " "), want) {
			t.Errorf("no %q in\n%s", want, raw)
		}
	}
	if Parse(p.mails[0], Options{Signer: NewSigner([]byte("another installation"))}).Kind != KindAutoReply {
		t.Error("another installation would answer it")
	}
}

func TestSendErrors(t *testing.T) {
	kill := func(c *smtp.Conn) error { _ = c.Conn().Close(); return errors.New("gone") }
	say := func(code int, x smtp.EnhancedCode) func(*smtp.Conn) error {
		return func(*smtp.Conn) error { return &smtp.SMTPError{Code: code, EnhancedCode: x, Message: "no"} }
	}
	rcpt := func(f func(*smtp.Conn) error) func(*smtp.Conn, string) error {
		return func(c *smtp.Conn, _ string) error { return f(c) }
	}
	tests := []struct {
		name string
		peer *peer
		want channels.Failure
		code string
	}{
		{"mail 4xx", &peer{onMail: say(421, smtp.EnhancedCode{4, 3, 2})}, channels.Temporary, "4.3.2"},
		{"mail 5xx", &peer{onMail: say(550, smtp.EnhancedCode{5, 7, 1})}, channels.Permanent, "5.7.1"},
		{"sign in wanted", &peer{onMail: say(530, smtp.EnhancedCode{5, 7, 0})}, channels.Temporary, "5.7.0"},
		{"mail killed", &peer{onMail: kill}, channels.Temporary, ""},
		{"rcpt 4xx", &peer{onRcpt: rcpt(say(450, smtp.EnhancedCode{4, 2, 0}))}, channels.Temporary, "4.2.0"},
		{"rcpt 5xx", &peer{onRcpt: rcpt(say(550, smtp.EnhancedCode{5, 1, 1}))}, channels.Permanent, "5.1.1"},
		{"rcpt killed", &peer{onRcpt: rcpt(kill)}, channels.Temporary, ""},
		{"data 4xx", &peer{onData: say(452, smtp.EnhancedCode{4, 3, 1})}, channels.Temporary, "4.3.1"},
		{"data 5xx", &peer{onData: say(554, smtp.EnhancedCode{5, 6, 0})}, channels.Permanent, "5.6.0"},
		{"killed after data", &peer{onData: kill}, channels.AnswerLost, ""},
		{"signed in by LOGIN", &peer{mechs: []string{sasl.Login}, onMail: say(550, smtp.EnhancedCode{5, 7, 1})}, channels.Permanent, "5.7.1"},
		{"password refused", &peer{mechs: []string{sasl.Login}, onAuth: func() error { return smtp.ErrAuthFailed }}, channels.Temporary, "5.7.8"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := SMTP{URL: "smtp://" + tt.peer.serve(t, nil, false)}
			if tt.peer.mechs != nil {
				cfg.Username, cfg.Password = "u", "p"
			}
			_, err := testSender(t, newStore(), cfg).Send(context.Background(), outbound("1-1"))
			var e *channels.SendError
			if !errors.As(err, &e) || e.Failure != tt.want || e.Code != tt.code {
				t.Errorf("%v (%T)", err, err)
			}
		})
	}
	t.Run("nobody listens", func(t *testing.T) {
		l, _ := net.Listen("tcp", "127.0.0.1:0")
		_ = l.Close()
		_, err := testSender(t, newStore(), SMTP{URL: "smtp://" + l.Addr().String()}).Send(context.Background(), outbound("1-1"))
		var e *channels.SendError
		if !errors.As(err, &e) || e.Failure != channels.Temporary {
			t.Error(err)
		}
	})
	t.Run("cancelled after data", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		block := make(chan struct{})
		p := &peer{onData: func(*smtp.Conn) error { cancel(); <-block; return nil }}
		_, err := testSender(t, newStore(), SMTP{URL: "smtp://" + p.serve(t, nil, false)}).Send(ctx, outbound("1-1"))
		close(block)
		var e *channels.SendError
		if !errors.As(err, &e) || e.Failure != channels.AnswerLost {
			t.Error(err)
		}
	})
	t.Run("no address", func(t *testing.T) {
		m := outbound("1-1")
		m.To.Value = "nobody\r\nBcc: x@example.net"
		_, err := testSender(t, newStore(), SMTP{URL: "smtp://127.0.0.1:1"}).Send(context.Background(), m)
		var e *channels.SendError
		if !errors.As(err, &e) || e.Failure != channels.Permanent {
			t.Error(err)
		}
	})
}

func TestPoolReusesAndReplacesConnections(t *testing.T) {
	p := &peer{}
	snd := testSender(t, newStore(), SMTP{URL: "smtp://" + p.serve(t, nil, false), StartTLS: TLSNone})
	send := func(n string) {
		t.Helper()
		if _, err := snd.Send(context.Background(), outbound(n)); err != nil {
			t.Fatal(err)
		}
	}
	send("1-1")
	send("1-2")
	if p.conns != 1 {
		t.Errorf("%d connections for two mails", p.conns)
	}
	snd.pool.mu.Lock()
	_ = snd.pool.idle[0].raw.Close() // as a server does that has waited long enough
	snd.pool.mu.Unlock()
	send("1-3")
	if p.conns != 2 || len(p.mails) != 3 {
		t.Errorf("%d connections, %d mails", p.conns, len(p.mails))
	}
	_ = snd.Close()
	if _, err := snd.Send(context.Background(), outbound("1-4")); !errors.Is(err, errClosed) {
		t.Errorf("after close: %v", err)
	}
}

func TestDirection(t *testing.T) {
	for _, tt := range []struct{ language, text, want string }{
		{"ar", "1086396430 is here", "rtl"}, {"ar-SA", "", "rtl"}, {"en", "مرحبا", "ltr"}, {"ms", "Selamat", "ltr"},
		{"", "123 – مرحبا DHL", "rtl"}, {"", "DHL مرحبا", "ltr"}, {"", "", "ltr"},
	} {
		if got := direction(tt.language, tt.text); got != tt.want {
			t.Errorf("direction(%q, %q) = %s", tt.language, tt.text, got)
		}
	}
	raw := serialize(alternatives(letter{Signer: testSigner(), Outbound: channels.Outbound{Text: "مرحبا", Language: "ar"}}))
	var page string
	w := &walker{seen: map[string]bool{}}
	h, body := w.header(raw, true)
	parts, _ := w.split(parseMedia(h.Get("Content-Type")).params["boundary"], body)
	for _, p := range parts {
		ph, pb := w.header(body[p.start:p.end], false)
		page = string(w.decode(ph, pb))
	}
	if !strings.Contains(page, `<html lang="ar" dir="rtl">`) {
		t.Errorf("no direction in\n%s", page)
	}
}
