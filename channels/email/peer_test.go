package email

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// peer is a submission server whose answers the test writes.
type peer struct {
	mu     sync.Mutex
	mails  [][]byte
	conns  int
	auths  []string
	onMail func(c *smtp.Conn) error
	onRcpt func(c *smtp.Conn, to string) error
	onData func(c *smtp.Conn) error // after the final dot
	onAuth func() error
	bearer func(token string) error // for XOAUTH2
	dsn    bool
	opts   []string // of MAIL and RCPT, as they came
	mechs  []string
}

type peerSession struct {
	p *peer
	c *smtp.Conn
}

func (s peerSession) Reset()        {}
func (s peerSession) Logout() error { return nil }
func (s peerSession) Mail(_ string, o *smtp.MailOptions) error {
	s.p.mu.Lock()
	s.p.opts = append(s.p.opts, fmt.Sprintf("RET=%s ENVID=%s SIZE=%v", o.Return, o.EnvelopeID, o.Size > 0))
	s.p.mu.Unlock()
	if s.p.onMail != nil {
		return s.p.onMail(s.c)
	}
	return nil
}
func (s peerSession) Rcpt(to string, o *smtp.RcptOptions) error {
	s.p.mu.Lock()
	s.p.opts = append(s.p.opts, fmt.Sprintf("NOTIFY=%v ORCPT=%s;%s", o.Notify, o.OriginalRecipientType, o.OriginalRecipient))
	s.p.mu.Unlock()
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
	if mech == xoauth2 && s.p.bearer != nil {
		return &bearerServer{check: func(token string) bool { return s.p.bearer(token) == nil }}, nil
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
	srv.TLSConfig, srv.EnableDSN = tlsConfig, p.dsn
	if implicit {
		l = tls.NewListener(l, tlsConfig)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close(); <-done })
	return addr
}
