package email

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-sasl"
)

const (
	defaultConnections = 2
	maxPerConnection   = 100              // mails; some servers count, and end it rudely
	idleLimit          = 20 * time.Second // kept open after a mail; servers allow a minute or more
	smtpTimeout        = 60 * time.Second // for the answer to a command other than the final dot
)

// errClosed is returned by a pool that is closed.
var errClosed = errors.New("sender is closed")

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
	c, err := openSMTP(ctx, addr, tlsConfig, u.Scheme == "smtps")
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = c.raw.Close() })
	defer stop()
	if err = p.secure(ctx, c, tlsConfig); err == nil {
		err = p.signIn(ctx, c)
	}
	if err != nil {
		_ = c.raw.Close()
		return nil, err
	}
	return c, nil
}

// secure starts the TLS that the configuration wants.
func (p *pool) secure(ctx context.Context, c *smtpConn, tlsConfig *tls.Config) error {
	switch {
	case c.secure || p.cfg.StartTLS == TLSNone:
		return nil
	case c.offers("STARTTLS"):
		return c.startTLS(ctx, tlsConfig)
	case p.cfg.StartTLS == TLSRequired:
		return errors.New("the server offers no STARTTLS")
	}
	return nil
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

// signIn authenticates by a token, by PLAIN, or by LOGIN where the server knows
// only that. ErrSignIn if the server refuses it for good.
func (p *pool) signIn(ctx context.Context, c *smtpConn) error {
	if p.cfg.Username == "" {
		return nil
	}
	if !c.secure && p.cfg.StartTLS != TLSNone && !loopback(c.raw.RemoteAddr()) {
		return fmt.Errorf("%w: %w", ErrSignIn, errClearPassword)
	}
	offers := func(mech string) bool {
		return slices.Contains(strings.Fields(strings.ToUpper(c.ext["AUTH"])), mech)
	}
	auth, token := sasl.NewPlainClient("", p.cfg.Username, p.cfg.Password), ""
	if p.cfg.OAuth2 != nil {
		var err error
		if token, err = p.cfg.OAuth2.bearer(ctx); err != nil {
			return err
		}
		auth = newBearerClient(p.cfg.Username, token, offers)
	} else if !offers(sasl.Plain) && offers(sasl.Login) {
		auth = &loginClient{answers: []string{p.cfg.Username, p.cfg.Password}}
	}
	err := c.auth(auth)
	if e := answered(err); e != nil && e.Code/100 == 5 {
		if token != "" {
			p.cfg.OAuth2.forget(token)
		}
		return fmt.Errorf("%w: %w", ErrSignIn, err)
	}
	return wrap("sign in", err)
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
