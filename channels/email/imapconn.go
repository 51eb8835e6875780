package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
)

const (
	dialTimeout    = 30 * time.Second
	commandTimeout = 60 * time.Second // silence while an answer is owed
	idleRound      = 2 * time.Minute  // in IDLE before looking all the same: servers forget to tell
	reselect       = 9 * time.Minute  // with one folder selected, before its UIDVALIDITY is checked again
)

// errClearPassword is returned rather than showing a password to the network.
var errClearPassword = errors.New("the server offers no TLS; set starttls: none to send the password in the clear")

// quietConn ends a connection that has been silent for too long. go-imap sets
// deadlines of its own, and none at all where it waits for an answer, so its
// wishes are ignored and every read and write gets a limit of ours.
type quietConn struct {
	net.Conn
	limit atomic.Int64 // nanoseconds
}

func newQuietConn(c net.Conn, limit time.Duration) *quietConn {
	q := &quietConn{Conn: c}
	q.limit.Store(int64(limit))
	return q
}

// setLimit changes the silence allowed, also for the read that is waiting now.
func (q *quietConn) setLimit(d time.Duration) {
	q.limit.Store(int64(d))
	_ = q.Conn.SetReadDeadline(time.Now().Add(d))
}

func (q *quietConn) Read(b []byte) (int, error) {
	if err := q.Conn.SetReadDeadline(time.Now().Add(time.Duration(q.limit.Load()))); err != nil {
		return 0, err
	}
	return q.Conn.Read(b)
}

func (q *quietConn) Write(b []byte) (int, error) {
	if err := q.Conn.SetWriteDeadline(time.Now().Add(commandTimeout)); err != nil {
		return 0, err
	}
	return q.Conn.Write(b)
}

func (q *quietConn) SetDeadline(time.Time) error      { return nil }
func (q *quietConn) SetReadDeadline(time.Time) error  { return nil }
func (q *quietConn) SetWriteDeadline(time.Time) error { return nil }

// imapConn is a signed-in IMAP connection that ends with its context.
type imapConn struct {
	*imapclient.Client
	quiet *quietConn
	stop  func() bool
}

// dialIMAP connects and signs in. news, if not nil, hears of new mail.
func dialIMAP(ctx context.Context, cfg IMAP, tlsConfig *tls.Config, news chan<- struct{}) (*imapConn, error) {
	c, secure, err := connectIMAP(ctx, cfg, tlsConfig, news)
	if err != nil {
		return nil, err
	}
	if !secure && cfg.StartTLS != TLSNone && !loopback(c.quiet.RemoteAddr()) {
		c.close()
		return nil, fmt.Errorf("%w: %w", ErrSignIn, errClearPassword)
	}
	if err := c.signIn(ctx, cfg); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// signIn shows a token or a password. ErrSignIn if the server refuses it for
// another reason than that it is busy (RFC 5530).
func (c *imapConn) signIn(ctx context.Context, cfg IMAP) error {
	token := ""
	if cfg.OAuth2 != nil {
		var err error
		if token, err = cfg.OAuth2.bearer(ctx); err != nil {
			return err
		}
	}
	err := c.within(commandTimeout, func() error {
		switch {
		case token != "":
			return c.Authenticate(newBearerClient(cfg.Username, token, func(mech string) bool { return c.Caps().Has(imap.AuthCap(mech)) }))
		case c.Caps().Has(imap.CapLoginDisabled) && c.Caps().Has(imap.AuthCap(sasl.Plain)):
			return c.Authenticate(sasl.NewPlainClient("", cfg.Username, cfg.Password))
		}
		return c.Login(cfg.Username, cfg.Password).Wait()
	})
	var no *imap.Error
	if err == nil || !errors.As(err, &no) {
		return wrap("sign in", err)
	}
	if token != "" {
		cfg.OAuth2.forget(token)
	}
	switch no.Code {
	case imap.ResponseCodeUnavailable, imap.ResponseCodeInUse, imap.ResponseCodeLimit, imap.ResponseCodeServerBug:
		return wrap("sign in", err)
	}
	return fmt.Errorf("%w: %w", ErrSignIn, err)
}

// wrap names what was being done, if it failed.
func wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// connectIMAP opens the connection with the TLS that the configuration wants.
func connectIMAP(ctx context.Context, cfg IMAP, tlsConfig *tls.Config, news chan<- struct{}) (c *imapConn, secure bool, err error) {
	u, err := url.Parse(cfg.URL)
	if err != nil {
		return nil, false, fmt.Errorf("read imap.url: %w", err)
	}
	if tlsConfig = tlsConfig.Clone(); tlsConfig == nil {
		tlsConfig = &tls.Config{}
	}
	if tlsConfig.ServerName == "" {
		tlsConfig.ServerName = u.Hostname()
	}
	opts := &imapclient.Options{TLSConfig: tlsConfig, UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(d *imapclient.UnilateralDataMailbox) {
			if d.NumMessages != nil && news != nil {
				select {
				case news <- struct{}{}:
				default:
				}
			}
		},
	}}
	addr := u.Host
	if u.Port() == "" {
		addr = net.JoinHostPort(u.Hostname(), map[string]string{"imaps": "993", "imap": "143"}[u.Scheme])
	}
	if u.Scheme == "imaps" {
		c, err = openIMAP(ctx, addr, func(q *quietConn) (*imapclient.Client, error) {
			t := tls.Client(q, tlsConfig)
			if err := t.HandshakeContext(ctx); err != nil {
				return nil, fmt.Errorf("tls: %w", err)
			}
			return imapclient.New(t, opts), nil
		})
		return c, true, err
	}
	startTLS := func(q *quietConn) (*imapclient.Client, error) { return imapclient.NewStartTLS(q, opts) }
	if cfg.StartTLS == TLSRequired {
		c, err = openIMAP(ctx, addr, startTLS)
		return c, true, err
	}
	c, err = openIMAP(ctx, addr, func(q *quietConn) (*imapclient.Client, error) { return imapclient.New(q, opts), nil })
	if err != nil || cfg.StartTLS == TLSNone || !c.Caps().Has(imap.CapStartTLS) {
		return c, false, err
	}
	c.close()
	c, err = openIMAP(ctx, addr, startTLS)
	return c, true, err
}

// openIMAP dials and waits for the greeting.
func openIMAP(ctx context.Context, addr string, start func(*quietConn) (*imapclient.Client, error)) (*imapConn, error) {
	raw, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	quiet := newQuietConn(raw, commandTimeout)
	stop := context.AfterFunc(ctx, func() { _ = raw.Close() })
	watchdog := time.AfterFunc(commandTimeout, func() { _ = raw.Close() })
	defer watchdog.Stop()
	client, err := start(quiet)
	if err == nil {
		c := &imapConn{Client: client, quiet: quiet, stop: stop}
		if err = client.WaitGreeting(); err == nil {
			return c, nil
		}
		c.close()
		return nil, fmt.Errorf("greeting: %w", err)
	}
	stop()
	_ = raw.Close()
	return nil, err
}

// within runs a command and closes the connection if it is not done in time.
func (c *imapConn) within(d time.Duration, f func() error) error {
	t := time.AfterFunc(d, func() { _ = c.quiet.Close() })
	defer t.Stop()
	return f()
}

func (c *imapConn) close() {
	c.stop()
	_ = c.quiet.Close()
	_ = c.Client.Close()
}

// loopback reports whether a peer is this machine.
func loopback(a net.Addr) bool {
	host, _, err := net.SplitHostPort(a.String())
	if err != nil {
		return strings.HasPrefix(a.Network(), "unix")
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
