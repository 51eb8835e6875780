package simulator

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/emersion/go-smtp"
)

// Account is a mailbox of the company: what `email:` in the configuration names.
type Account struct {
	Address, Username, Password string
}

// MailConfig is all that a Mail needs. Everything has a default.
type MailConfig struct {
	Accounts []Account // empty: one, support@caravan.example
	Listen   string    // host to listen on; empty: 127.0.0.1, free ports
	Now      func() time.Time
	Logger   *slog.Logger
}

// MailFaults makes the mail server misbehave.
type MailFaults struct {
	KillAfterData Chance // the message is kept, then the connection dies before the 250
	RefuseRcpt    Chance // 451 to RCPT
	RefuseData    Chance // 451 after DATA; nothing is kept
}

// Mail is an IMAP and SMTP server for the company's mailboxes, and the mailboxes
// of everybody else in the world. What the company submits by SMTP lands in the
// customer's mailbox; what a customer sends is appended to the company's INBOX.
// Local parts with a will of their own: nobody@ is refused for good (550), busy@
// for now (451), bounces@ is accepted and then comes back as a delivery report.
type Mail struct {
	now      func() time.Time
	log      *slog.Logger
	accounts []Account
	imap     *imapserver.Server
	smtp     *smtp.Server
	imapLn   *connListener
	smtpLn   *connListener
	users    map[string]*imapmemserver.User // by lower-case address
	epoch    uint32                         // UIDVALIDITY base: a new one each start
	serving  sync.WaitGroup

	mu       sync.Mutex
	faults   MailFaults
	draw     *faultSource
	outbox   []Letter
	boxes    map[string][]Letter // customers' mailboxes by lower-case address
	onChange func()
}

// NewMail starts both servers.
func NewMail(cfg MailConfig) (*Mail, error) {
	if len(cfg.Accounts) == 0 {
		cfg.Accounts = []Account{{Address: "support@caravan.example", Username: "support@caravan.example", Password: "support"}}
	}
	fill(&cfg.Listen, "127.0.0.1")
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	m := &Mail{now: cfg.Now, log: cfg.Logger, accounts: cfg.Accounts, users: map[string]*imapmemserver.User{},
		boxes: map[string][]Letter{}, draw: newFaultSource(Faults{}), onChange: func() {},
		epoch: uint32(time.Now().Unix())} //nolint:gosec // wraps in 2106; any value serves
	store := imapmemserver.New()
	for _, a := range cfg.Accounts {
		u := imapmemserver.NewUser(a.Username, a.Password)
		if err := u.Create("INBOX", nil); err != nil {
			return nil, fmt.Errorf("create mailbox: %w", err)
		}
		store.AddUser(u)
		m.users[strings.ToLower(a.Address)] = u
	}
	if err := m.listen(cfg.Listen); err != nil {
		return nil, err
	}
	m.serve()
	return m, nil
}

func (m *Mail) listen(host string) error {
	imapLn, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return fmt.Errorf("listen for IMAP: %w", err)
	}
	smtpLn, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return errors.Join(fmt.Errorf("listen for SMTP: %w", err), imapLn.Close())
	}
	m.imapLn, m.smtpLn = newConnListener(imapLn), newConnListener(smtpLn)
	return nil
}

func (m *Mail) serve() {
	quiet := slog.NewLogLogger(m.log.Handler(), slog.LevelDebug)
	m.imap = imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return &imapSession{mail: m}, nil, nil
		},
		Caps:         imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapIMAP4rev2: {}, imap.CapIdle: {}, imap.CapUIDPlus: {}, imap.CapMove: {}},
		InsecureAuth: true,
		Logger:       quiet,
	})
	m.smtp = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &smtpSession{mail: m, conn: c}, nil }))
	m.smtp.Domain = "mail.caravan.example"
	m.smtp.AllowInsecureAuth = true
	m.smtp.EnableSMTPUTF8 = true
	m.smtp.MaxMessageBytes = 32 << 20
	m.smtp.ErrorLog = quiet
	m.serving.Go(func() { _ = m.imap.Serve(m.imapLn) }) // returns when Close closes the listener
	m.serving.Go(func() { _ = m.smtp.Serve(m.smtpLn) })
}

// IMAPURL and SMTPURL are what goes into the configuration (no TLS: starttls none).
func (m *Mail) IMAPURL() string { return "imap://" + m.imapLn.Addr().String() }

// SMTPURL is the submission server; it wants the account's credentials.
func (m *Mail) SMTPURL() string { return "smtp://" + m.smtpLn.Addr().String() }

// Accounts returns the company's mailboxes with their credentials.
func (m *Mail) Accounts() []Account { return m.accounts }

// SetFaults replaces the faults.
func (m *Mail) SetFaults(f MailFaults) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.faults = f
}

// hit draws a fault.
func (m *Mail) hit(pick func(*MailFaults) *Chance) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return draw(pick(&m.faults), m.draw.rnd)
}

// CutConnections breaks every IMAP and SMTP connection, as a restart of the server does.
func (m *Mail) CutConnections() {
	m.imapLn.cut()
	m.smtpLn.cut()
}

// Close stops both servers and waits for their connections to end.
func (m *Mail) Close() error {
	err := errors.Join(m.imap.Close(), m.smtp.Close())
	// A server that is closed before its goroutine began to serve does not know its listener yet.
	_, _ = m.imapLn.Close(), m.smtpLn.Close()
	m.CutConnections()
	m.serving.Wait()
	m.imapLn.wait()
	m.smtpLn.wait()
	return err
}

// connListener remembers its connections, so that they can be cut and waited for.
type connListener struct {
	net.Listener
	mu   sync.Mutex
	open map[net.Conn]struct{}
	wg   sync.WaitGroup
}

func newConnListener(ln net.Listener) *connListener {
	return &connListener{Listener: ln, open: map[net.Conn]struct{}{}}
}

func (l *connListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	tracked := &trackedConn{Conn: c, from: l}
	l.open[tracked] = struct{}{}
	l.wg.Add(1)
	return tracked, nil
}

func (l *connListener) cut() {
	l.mu.Lock()
	conns := make([]net.Conn, 0, len(l.open))
	for c := range l.open {
		conns = append(conns, c)
	}
	l.mu.Unlock()
	for _, c := range conns {
		_ = c.Close() // it may be closed already
	}
}

func (l *connListener) wait() { l.wg.Wait() }

type trackedConn struct {
	net.Conn
	from *connListener
	once sync.Once
}

func (c *trackedConn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() {
		c.from.mu.Lock()
		delete(c.from.open, c)
		c.from.mu.Unlock()
		c.from.wg.Done()
	})
	return err
}
