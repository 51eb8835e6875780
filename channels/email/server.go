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
}

// Listen binds the socket, so that a port in use is known before anything starts.
func (s *Server) Listen() (net.Addr, error) {
	l, err := net.Listen("tcp", s.Receive.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen for mail: %w", err)
	}
	s.listener = l
	return l.Addr(), nil
}

// Run serves until ctx ends; deliveries under way then get a moment to finish.
func (s *Server) Run(ctx context.Context) error {
	if s.listener == nil {
		if _, err := s.Listen(); err != nil {
			return err
		}
	}
	_, domain, _ := strings.Cut(s.Intake.Address, "@")
	s.srv = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &delivery{server: s, ctx: ctx}, nil
	}))
	s.srv.LMTP = s.Receive.Protocol == "lmtp"
	s.srv.Domain = domain
	s.srv.MaxMessageBytes = cmp.Or(s.Receive.MaxSize, defaultReceiveSize)
	s.srv.MaxLineLength = int(2 * s.srv.MaxMessageBytes) // programs write bodies as one line
	s.srv.MaxRecipients = maxRecipients
	s.srv.ReadTimeout, s.srv.WriteTimeout = receiveTimeout, receiveTimeout
	s.srv.EnableSMTPUTF8 = true
	s.srv.ErrorLog = log.New(quietLog{s.Log}, "", 0)
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

// quietLog passes on that go-smtp met trouble, not the bytes it met it in.
type quietLog struct{ log *slog.Logger }

func (q quietLog) Write(b []byte) (int, error) {
	q.log.Debug("mail server connection", "event", string(bytes.TrimSpace(b)))
	return len(b), nil
}

// delivery is one SMTP session.
type delivery struct {
	server *Server
	ctx    context.Context
	from   string
	to     []string
}

func (d *delivery) Mail(from string, _ *smtp.MailOptions) error {
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
// into it (RFC 5321 §4.4): Return-Path and Delivered-To.
func (d *delivery) Data(r io.Reader) error {
	body, err := io.ReadAll(r)
	if err != nil {
		if errors.Is(err, smtp.ErrTooLongLine) {
			return smtp.ErrDataTooLarge
		}
		var refused *smtp.SMTPError
		if errors.As(err, &refused) {
			return refused
		}
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 4, 2}, Message: "The mail did not arrive whole"}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(d.ctx), keepTimeout)
	defer cancel()
	if err := d.server.Intake.Take(ctx, io.MultiReader(d.envelope(), bytes.NewReader(body)), time.Time{}); err != nil {
		d.server.Log.Warn("keep mail", "mailbox", d.server.Intake.Account, "error", err)
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "The mail cannot be kept now, try again later"}
	}
	return nil
}

func (d *delivery) envelope() io.Reader {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Return-Path: <%s>\r\n", cleanLine(d.from))
	for _, to := range d.to {
		fmt.Fprintf(&b, "Delivered-To: %s\r\n", cleanLine(to))
	}
	return &b
}
