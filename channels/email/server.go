package email

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

const (
	receiveTimeout     = 5 * time.Minute // silence of a delivering server (RFC 5321 §4.5.3.2)
	keepTimeout        = time.Minute     // for the store to keep one mail; within the peer's 10 minutes
	shutdownTimeout    = 10 * time.Second
	maxRecipients      = 1000
	defaultReceiveSize = 64 << 20
)

// Server takes in mail by SMTP or LMTP (RFC 5321, RFC 2033). The answer after
// DATA is 250 only once the mail is kept, and 451 while the store is away, so
// that the delivering server keeps it in its queue. It relays nothing: every
// recipient it is given is taken for ours. Call Listen, then Run.
type Server struct {
	Receive Receive
	Intake  *Intake
	Log     *slog.Logger

	srv      *smtp.Server
	listener net.Listener
	quiet    time.Duration // zero: receiveTimeout; tests are less patient
}

// Listen binds the socket and reads the certificate, so that what is wrong with
// them is known before anything starts.
func (s *Server) Listen() (net.Addr, error) {
	if err := s.configure(); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", s.Receive.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen for mail: %w", err)
	}
	s.listener = newGuardedListener(l, cmp.Or(s.quiet, receiveTimeout))
	return l.Addr(), nil
}

func (s *Server) configure() error {
	_, domain, _ := strings.Cut(s.Intake.Address, "@")
	srv := smtp.NewServer(smtp.BackendFunc(s.session))
	if s.Receive.Certificate != "" {
		cert, err := newCertFiles(s.Receive.Certificate, s.Receive.PrivateKey)
		if err != nil {
			return err
		}
		srv.TLSConfig = cert.config()
	}
	srv.LMTP = s.Receive.Protocol == "lmtp"
	srv.Domain = domain
	srv.MaxMessageBytes = cmp.Or(s.Receive.MaxSize, defaultReceiveSize)
	srv.MaxLineLength = int(2 * srv.MaxMessageBytes) // programs write bodies as one line; guardedConn bounds commands
	srv.MaxRecipients = maxRecipients
	srv.ReadTimeout, srv.WriteTimeout = receiveTimeout, receiveTimeout
	srv.EnableSMTPUTF8 = true
	srv.ErrorLog = log.New(quietLog{s.Log}, "", 0)
	s.srv = srv
	return nil
}

// Run serves until ctx ends; deliveries under way then get a moment to finish.
func (s *Server) Run(ctx context.Context) error {
	if s.listener == nil {
		if _, err := s.Listen(); err != nil {
			return err
		}
	}
	stop := context.AfterFunc(ctx, func() {
		sctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
		defer cancel()
		if s.srv.Shutdown(sctx) != nil {
			_ = s.srv.Close()
		}
	})
	defer stop()
	if err := s.srv.Serve(s.listener); err != nil && ctx.Err() == nil {
		return fmt.Errorf("serve mail: %w", err)
	}
	return nil
}

// session begins when a peer greets.
func (s *Server) session(c *smtp.Conn) (smtp.Session, error) {
	d := &delivery{server: s}
	d.guard, _ = c.Conn().(*guardedConn)
	if t, ok := c.Conn().(interface{ NetConn() net.Conn }); ok { // below TLS
		d.guard, _ = t.NetConn().(*guardedConn)
	}
	return d, nil
}

// quietLog passes on that go-smtp met trouble, not the bytes it met it in.
type quietLog struct{ log *slog.Logger }

func (q quietLog) Write(b []byte) (int, error) {
	switch {
	case !bytes.HasPrefix(b, []byte("panic")):
		q.log.Debug("mail server connection", "event", "trouble")
	case bytes.Contains(b, []byte("/channels/email.")):
		q.log.Error("mail server connection", "event", "panic")
	default:
		// go-smtp starts to read a chunk (BDAT) in the instant in which its
		// connection ends. It catches that, and nothing was acknowledged.
		q.log.Warn("mail server connection", "event", "panic in go-smtp")
	}
	return len(b), nil
}

// delivery is one SMTP session.
type delivery struct {
	server *Server
	guard  *guardedConn
	known  bool // the peer has signed in
	from   string
	to     []string
}

// AuthMechanisms implements smtp.AuthSession.
func (d *delivery) AuthMechanisms() []string {
	if d.server.Receive.Username == "" {
		return nil
	}
	return []string{sasl.Plain}
}

// Auth implements smtp.AuthSession.
func (d *delivery) Auth(mech string) (sasl.Server, error) {
	r := d.server.Receive
	if r.Username == "" || mech != sasl.Plain {
		return nil, smtp.ErrAuthUnknownMechanism
	}
	return sasl.NewPlainServer(func(_, username, password string) error {
		if !same(username, r.Username) || !same(password, r.Password) {
			return smtp.ErrAuthFailed
		}
		d.known = true
		return nil
	}), nil
}

func (d *delivery) Mail(from string, _ *smtp.MailOptions) error {
	if d.server.Receive.Username != "" && !d.known {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Sign in first"}
	}
	d.from = from
	return nil
}

func (d *delivery) Rcpt(to string, _ *smtp.RcptOptions) error {
	d.to = append(d.to, to)
	return nil
}

func (d *delivery) Reset() { d.from, d.to = "", nil }

func (d *delivery) Logout() error { return nil }

// Data keeps one mail. As the last server on its way we write the envelope
// into it (RFC 5321 §4.4): Return-Path and Delivered-To. What has begun to
// arrive is kept also while we are asked to stop.
func (d *delivery) Data(r io.Reader) error {
	_, chunked := r.(*io.PipeReader)
	f := &flow{r: r, guard: d.guard, chunked: chunked}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	late := time.AfterFunc(time.Hour, cancel) // a peer that trickles
	defer late.Stop()
	f.ended = func() { late.Reset(keepTimeout) }
	err := d.server.Intake.Take(ctx, io.MultiReader(d.envelope(), f), time.Time{})
	if err == nil {
		return nil
	}
	if d.guard != nil {
		d.guard.drain(d.server.srv.MaxMessageBytes)
	}
	return d.refuse(f.err, err)
}

// refuse says what came between: the mail itself, its way here, or the store.
func (d *delivery) refuse(broken, err error) error {
	var refused *smtp.SMTPError
	switch {
	case errors.Is(broken, errSmuggled):
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 5, 2}, Message: "A dot stands alone between bare line ends; end lines by CRLF"}
	case errors.Is(broken, smtp.ErrTooLongLine):
		return smtp.ErrDataTooLarge
	case errors.As(broken, &refused):
		return refused
	case broken != nil:
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 4, 2}, Message: "The mail did not arrive whole"}
	}
	d.server.Log.Warn("keep mail", "mailbox", d.server.Intake.Account, "error", err)
	return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "The mail cannot be kept now, try again later"}
}

func (d *delivery) envelope() io.Reader {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Return-Path: <%s>\r\n", cleanLine(d.from))
	for _, to := range d.to {
		fmt.Fprintf(&b, "Delivered-To: %s\r\n", cleanLine(to))
	}
	return &b
}
