package email

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/caravan-desk/caravan/channels"
)

// peer is a submission server whose answers the test writes.
type peer struct {
	mu      sync.Mutex
	mails   [][]byte
	conns   int
	auths   []string
	onMail  func(c *smtp.Conn) error
	onRcpt  func(c *smtp.Conn, to string) error
	onData  func(c *smtp.Conn) error // after the final dot
	onAuth  func() error
	mechs   []string
	session *smtp.Conn
}

type peerSession struct {
	p *peer
	c *smtp.Conn
}

func (s peerSession) Reset()        {}
func (s peerSession) Logout() error { return nil }
func (s peerSession) Mail(string, *smtp.MailOptions) error {
	if s.p.onMail != nil {
		return s.p.onMail(s.c)
	}
	return nil
}
func (s peerSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.p.onRcpt != nil {
		return s.p.onRcpt(s.c, to)
	}
	return nil
}
func (s peerSession) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.p.onData != nil {
		if err := s.p.onData(s.c); err != nil {
			return err
		}
	}
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	s.p.mails = append(s.p.mails, b)
	return nil
}
func (s peerSession) AuthMechanisms() []string { return s.p.mechs }
func (s peerSession) Auth(mech string) (sasl.Server, error) {
	check := func(_, user, pass string) error {
		s.p.mu.Lock()
		defer s.p.mu.Unlock()
		s.p.auths = append(s.p.auths, mech+" "+user+" "+pass)
		if s.p.onAuth != nil {
			return s.p.onAuth()
		}
		return nil
	}
	if mech == sasl.Login {
		return &loginServer{check: check}, nil
	}
	return sasl.NewPlainServer(check), nil
}

// loginServer is the server's side of AUTH LOGIN.
type loginServer struct {
	step  int
	user  string
	check func(_, user, pass string) error
}

func (l *loginServer) Next(response []byte) ([]byte, bool, error) {
	l.step++
	switch l.step {
	case 1:
		return []byte("Username:"), false, nil
	case 2:
		l.user = string(response)
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check("", l.user, string(response))
}

// serve runs the peer and returns its address.
func (p *peer) serve(t testing.TB, tlsConfig *tls.Config, implicit bool) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	srv := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.conns++
		return peerSession{p, c}, nil
	}))
	srv.Domain, srv.AllowInsecureAuth, srv.EnableSMTPUTF8 = "mx.example", true, true
	srv.ErrorLog = log.New(io.Discard, "", 0)
	srv.TLSConfig = tlsConfig
	if implicit {
		l = tls.NewListener(l, tlsConfig)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close(); <-done })
	return addr
}

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
	if got.Kind != KindOwn || got.MessageID != id || got.Subject != m.Subject || got.Text != m.Text || got.From.Name != "Trace Desk" {
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
	for _, h := range []string{"\r\nReply-To: ", "dir=\"rtl\""} {
		if whole := string(p.mails[0]); h[0] == '\r' && !strings.Contains(whole, h) {
			t.Errorf("no %q in\n%s", h, whole)
		}
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
		if want = cmp.Or(want); !strings.Contains(raw, want) && !strings.Contains(raw, strings.ReplaceAll(want, "Thanks ", "Thanks  ")) {
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

func certificate(t testing.TB) (server, client *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, &tls.Config{RootCAs: roots}
}

func TestSendTLSPolicy(t *testing.T) {
	server, client := certificate(t)
	tests := []struct {
		name     string
		offers   *tls.Config
		implicit bool
		starttls string
		trusts   *tls.Config
		ok       bool
	}{
		{"smtps", server, true, "", client, true},
		{"smtps untrusted", server, true, "", nil, false},
		{"required", server, false, TLSRequired, client, true},
		{"required, not offered", nil, false, TLSRequired, client, false},
		{"opportunistic, offered", server, false, TLSOpportunistic, client, true},
		{"opportunistic, untrusted", server, false, TLSOpportunistic, nil, false},
		{"opportunistic, not offered", nil, false, TLSOpportunistic, client, true},
		{"none", server, false, TLSNone, nil, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := &peer{}
			scheme := "smtp://"
			if tt.implicit {
				scheme = "smtps://"
			}
			snd := testSender(t, newStore(), SMTP{URL: scheme + p.serve(t, tt.offers, tt.implicit), StartTLS: tt.starttls})
			snd.TLS = tt.trusts
			if _, err := snd.Send(context.Background(), outbound("1-1")); (err == nil) != tt.ok {
				t.Error(err)
			}
		})
	}
}

func TestServerKeepsBefore250(t *testing.T) {
	for _, protocol := range []string{"smtp", "lmtp"} {
		t.Run(protocol, func(t *testing.T) {
			s := newStore()
			srv := &Server{Receive: Receive{Listen: "127.0.0.1:0", Protocol: protocol, MaxSize: 5000}, Intake: testIntake(s), Log: quiet()}
			addr, err := srv.Listen()
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			done := make(chan error, 1)
			go func() { done <- srv.Run(ctx) }()
			defer func() {
				cancel()
				if err := <-done; err != nil {
					t.Error(err)
				}
			}()
			deliver := func(raw []byte) error {
				conn, err := net.Dial("tcp", addr.String())
				if err != nil {
					t.Fatal(err)
				}
				c := smtp.NewClient(conn)
				if protocol == "lmtp" {
					c = smtp.NewClientLMTP(conn)
				}
				defer c.Close()
				if err := c.SendMail("bounce@example.net", []string{"support+1042-3.x@caravan.example", "info@caravan.example"}, bytes.NewReader(raw)); err != nil {
					return err
				}
				return c.Quit()
			}
			if err := deliver(testMail(1)); err != nil {
				t.Fatal(err)
			}
			in, ok := s.kept["mail-1@example.net"]
			if !ok || in.To != "support@caravan.example" || in.Fields["Return-Path"] != "<bounce@example.net>" {
				t.Errorf("kept %v: %+v", ok, in)
			}
			if raw := string(s.blobs[in.Raw]); !strings.Contains(raw, "Delivered-To: info@caravan.example\r\n") || !strings.HasSuffix(raw, string(testMail(1))) {
				t.Errorf("raw %q", raw)
			}
			if err := deliver(testMail(1)); err != nil || len(s.kept) != 1 {
				t.Errorf("the same mail again: %v, %d kept", err, len(s.kept))
			}
			s.mu.Lock()
			s.fail = func() error { return channels.ErrUnavailable }
			s.mu.Unlock()
			if err := deliver(testMail(2)); answeredAny(err) != 451 {
				t.Errorf("store away: %v", err)
			}
			s.mu.Lock()
			s.fail = nil
			s.mu.Unlock()
			if err := deliver(append(testMail(3), bytes.Repeat([]byte("x"), 6000)...)); answeredAny(err) != 552 {
				t.Errorf("too large: %v", err)
			}
			if err := deliver(testMail(2)); err != nil || len(s.kept) != 2 {
				t.Errorf("store back: %v, %d kept", err, len(s.kept))
			}
		})
	}
}

// answeredAny is the code in an SMTP or LMTP answer.
func answeredAny(err error) int {
	if e := answered(err); e != nil {
		return e.Code
	}
	return 0
}

func TestFind(t *testing.T) {
	cfg, user := memServer(t, nil)
	testFind(t, &cfg, func(raw []byte) { put(t, user, "Sent", raw) })
	snd := testSender(t, newStore(), SMTP{})
	if _, _, err := snd.Find(context.Background(), outbound("1-1")); !errors.Is(err, errCannotTell) {
		t.Errorf("without imap: %v", err)
	}
}

// testFind tells apart: found, not found, and no way to know.
func testFind(t *testing.T, cfg *IMAP, file func(raw []byte)) {
	t.Helper()
	p := &peer{}
	snd := testSender(t, newStore(), SMTP{URL: "smtp://" + p.serve(t, nil, false)})
	snd.Config.IMAP = cfg
	ctx := context.Background()
	m := outbound("1042-3")
	if _, found, err := snd.Find(ctx, m); !errors.Is(err, errCannotTell) || found {
		t.Errorf("nothing is filed: %v %v", found, err)
	}
	if _, err := snd.Send(ctx, outbound("1042-1")); err != nil {
		t.Fatal(err)
	}
	file(p.mails[0])
	if _, found, err := snd.Find(ctx, m); err != nil || found {
		t.Errorf("another is filed: %v %v", found, err)
	}
	id, err := snd.Send(ctx, m)
	if err != nil {
		t.Fatal(err)
	}
	file(p.mails[1])
	if got, found, err := snd.Find(ctx, m); err != nil || !found || got != id {
		t.Errorf("it is filed: %q %v %v", got, found, err)
	}
}
