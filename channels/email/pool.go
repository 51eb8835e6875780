package email

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

const (
	defaultConnections = 2
	maxPerConnection   = 100              // mails; some servers count, and end it rudely
	idleLimit          = 20 * time.Second // kept open after a mail; servers allow a minute or more
	smtpTimeout        = 60 * time.Second // for the answer to a command other than the final dot
)

// errClosed is returned by a pool that is closed.
var errClosed = errors.New("sender is closed")

// smtpConn is a signed-in connection to the submission server.
type smtpConn struct {
	*smtp.Client
	raw  net.Conn
	sent int         // mails accepted on it
	idle *time.Timer // closes it, while it waits in the pool
}

// pool keeps a few connections open between mails.
type pool struct {
	cfg   SMTP
	tls   *tls.Config
	slots chan struct{} // one per connection that may be in use

	mu     sync.Mutex
	idle   []*smtpConn
	closed bool
}

func newPool(cfg SMTP, tlsConfig *tls.Config) *pool {
	return &pool{cfg: cfg, tls: tlsConfig, slots: make(chan struct{}, cmp.Or(cfg.Connections, defaultConnections))}
}

// get waits for a turn and returns a connection, an idle one if there is one.
func (p *pool) get(ctx context.Context) (*smtpConn, error) {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	c, err := p.reuse()
	if c == nil && err == nil {
		c, err = p.dial(ctx)
	}
	if err != nil {
		<-p.slots
	}
	return c, err
}

// reuse takes an idle connection whose time has not run out.
func (p *pool) reuse() (*smtpConn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, errClosed
	}
	for n := len(p.idle); n > 0; n = len(p.idle) {
		c := p.idle[n-1]
		p.idle = p.idle[:n-1]
		if c.idle.Stop() {
			return c, nil
		}
	}
	return nil, nil
}

// put gives a connection back; one that failed is not used again.
func (p *pool) put(c *smtpConn, healthy bool) {
	p.mu.Lock()
	keep := healthy && !p.closed && c.sent < maxPerConnection
	if keep {
		c.idle = time.AfterFunc(idleLimit, func() { _ = c.raw.Close() })
		p.idle = append(p.idle, c)
	}
	p.mu.Unlock()
	if !keep {
		c.end(healthy)
	}
	<-p.slots
}

// end closes a connection, politely if the server still listens.
func (c *smtpConn) end(polite bool) {
	if polite {
		c.CommandTimeout = releaseTimeout
		_ = c.Quit()
	}
	_ = c.raw.Close()
}

func (p *pool) close() {
	p.mu.Lock()
	idle := p.idle
	p.idle, p.closed = nil, true
	p.mu.Unlock()
	for _, c := range idle {
		if c.idle.Stop() {
			c.end(true)
		}
	}
}

// dial connects, secures and signs in.
func (p *pool) dial(ctx context.Context) (*smtpConn, error) {
	u, err := url.Parse(p.cfg.URL)
	if err != nil {
		return nil, fmt.Errorf("read smtp.url: %w", err)
	}
	tlsConfig := p.tls.Clone()
	if tlsConfig == nil {
		tlsConfig = &tls.Config{}
	}
	tlsConfig.ServerName = cmp.Or(tlsConfig.ServerName, u.Hostname())
	addr := u.Host
	if u.Port() == "" {
		addr = net.JoinHostPort(u.Hostname(), map[string]string{"smtps": "465", "smtp": "587"}[u.Scheme])
	}
	c, secure, err := p.connect(ctx, u.Scheme == "smtps", addr, tlsConfig)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = c.raw.Close() })
	defer stop()
	if err := p.signIn(c, secure); err != nil {
		_ = c.raw.Close()
		return nil, err
	}
	return c, nil
}

// connect opens a connection with the TLS that the configuration wants.
func (p *pool) connect(ctx context.Context, implicit bool, addr string, tlsConfig *tls.Config) (c *smtpConn, secure bool, err error) {
	if c, err = open(ctx, addr, tlsConfig, implicit, false); err != nil {
		return nil, false, err
	}
	if implicit || p.cfg.StartTLS == TLSNone {
		return c, implicit, nil
	}
	offered, _ := c.Extension("STARTTLS")
	_ = c.raw.Close() // go-smtp starts TLS on a fresh connection only
	switch {
	case offered:
		c, err = open(ctx, addr, tlsConfig, false, true)
		return c, true, err
	case p.cfg.StartTLS == TLSRequired:
		return nil, false, errors.New("the server offers no STARTTLS")
	}
	c, err = open(ctx, addr, tlsConfig, false, false)
	return c, false, err
}

// open dials and greets.
func open(ctx context.Context, addr string, tlsConfig *tls.Config, implicit, startTLS bool) (*smtpConn, error) {
	raw, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = raw.Close() })
	defer stop()
	watchdog := time.AfterFunc(smtpTimeout, func() { _ = raw.Close() })
	defer watchdog.Stop()
	var client *smtp.Client
	switch {
	case implicit:
		client = smtp.NewClient(tls.Client(raw, tlsConfig))
	case startTLS:
		client, err = smtp.NewClientStartTLS(raw, tlsConfig)
	default:
		client = smtp.NewClient(raw)
	}
	if err == nil {
		client.CommandTimeout, client.SubmissionTimeout = smtpTimeout, submitTimeout
		err = client.Hello(helloName(raw))
	}
	if err != nil {
		_ = raw.Close()
		return nil, fmt.Errorf("greet: %w", err)
	}
	return &smtpConn{Client: client, raw: raw}, nil
}

// helloName is an address literal (RFC 5321 §4.1.3): it is true everywhere.
func helloName(c net.Conn) string {
	host, _, err := net.SplitHostPort(c.LocalAddr().String())
	ip := net.ParseIP(host)
	switch {
	case err != nil || ip == nil:
		return "localhost"
	case ip.To4() == nil:
		return "[IPv6:" + ip.String() + "]"
	}
	return "[" + ip.String() + "]"
}

// signIn authenticates by PLAIN, or LOGIN where the server knows only that.
func (p *pool) signIn(c *smtpConn, secure bool) error {
	if p.cfg.Username == "" {
		return nil
	}
	if !secure && p.cfg.StartTLS != TLSNone && !loopback(c.raw.RemoteAddr()) {
		return errClearPassword
	}
	auth := sasl.NewPlainClient("", p.cfg.Username, p.cfg.Password)
	if !c.SupportsAuth(sasl.Plain) && c.SupportsAuth(sasl.Login) {
		auth = &loginClient{answers: []string{p.cfg.Username, p.cfg.Password}}
	}
	if err := c.Auth(auth); err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	return nil
}

// loginClient is AUTH LOGIN, which no standard describes: it answers the first
// challenge with the name and the second with the password, whatever they say.
type loginClient struct{ answers []string }

func (l *loginClient) Start() (mech string, ir []byte, err error) { return sasl.Login, nil, nil }

func (l *loginClient) Next([]byte) ([]byte, error) {
	if len(l.answers) == 0 {
		return nil, sasl.ErrUnexpectedServerChallenge
	}
	answer := l.answers[0]
	l.answers = l.answers[1:]
	return []byte(answer), nil
}
