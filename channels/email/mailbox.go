package email

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	mrand "math/rand/v2"
	"sync"
	"time"
)

// Cursor remembers how far a mailbox has been read. Zeroes mean: not yet.
type Cursor interface {
	Load(ctx context.Context, mailbox string) (uidValidity, uid uint32, err error)
	Save(ctx context.Context, mailbox string, uidValidity, uid uint32) error
}

// Lease lets one gateway of many read a mailbox. Acquire takes or renews it for
// ttl; false means that another holds it. Two holders at once, after a pause of
// one, do no harm: a kept mail is claimed once, and the cursor only ever passes kept mail.
type Lease interface {
	Acquire(ctx context.Context, name, holder string, ttl time.Duration) (bool, error)
	Release(ctx context.Context, name, holder string) error
}

const (
	leaseTTL       = 30 * time.Second
	releaseTimeout = 5 * time.Second
	backoffFirst   = time.Second
	backoffMost    = time.Minute
	heldAttempt    = 3 // how patiently to ask for a lease that another holds
	defaultPoll    = time.Minute
)

// errHeld is the normal life of a second gateway.
var errHeld = errors.New("another gateway reads this mailbox")

// State is how a mailbox is doing, for /readyz and the officers' page.
type State struct {
	Connected  bool
	LastError  string // of the last failure, kept until the next success
	ErrorAt    time.Time
	LastMailAt time.Time // when the last mail was kept
}

// Mailbox takes in everything that arrives in one IMAP folder, each mail once
// and none left out: it reads by UID from a cursor that moves only past mail
// that is kept, however long either side was away. Fill in the exported
// fields, then Run.
type Mailbox struct {
	IMAP   IMAP
	Intake *Intake
	Cursor Cursor
	Lease  Lease // nil: this is the only gateway
	Log    *slog.Logger
	TLS    *tls.Config // nil: the system's roots

	backoff func(attempt int) time.Duration // nil: backoff; tests are less patient
	round   time.Duration                   // zero: idleRound

	mu      sync.Mutex
	state   State
	blamed  uint32 // first UID of the fetch that failed last
	blames  int    // how often in a row
	strikes int    // blames before a mail is given up; zero: maxBlames
}

// State is a snapshot.
func (m *Mailbox) State() State {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state
}

func (m *Mailbox) update(f func(*State)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f(&m.state)
}

// folder is the IMAP folder that is read.
func (m *Mailbox) folder() string { return cmp.Or(m.IMAP.Mailbox, "INBOX") }

// name is what the cursor and the lease are kept under.
func (m *Mailbox) name() string { return m.Intake.Account + "/" + m.folder() }

// Run reads the mailbox until ctx ends; then it returns nil. Whatever fails is
// tried again, and State tells of it.
func (m *Mailbox) Run(ctx context.Context) error {
	holder := rand.Text()
	attempt := 0
	for ctx.Err() == nil {
		before := m.State().LastMailAt
		connected, err := m.hold(ctx, holder)
		m.update(func(s *State) { s.Connected = false })
		if ctx.Err() != nil {
			break
		}
		switch {
		case errors.Is(err, errHeld):
			attempt = heldAttempt
			m.update(func(s *State) { s.LastError = "" })
		case err != nil:
			m.failed("read mailbox", err)
		}
		if connected || m.State().LastMailAt.After(before) {
			attempt = 0
		}
		m.pause(ctx, attempt)
		attempt++
	}
	return nil
}

// hold reads the mailbox while the lease is ours.
func (m *Mailbox) hold(ctx context.Context, holder string) (connected bool, err error) {
	if m.Lease == nil {
		return m.session(ctx)
	}
	ok, err := m.Lease.Acquire(ctx, m.name(), holder, leaseTTL)
	if err != nil {
		return false, fmt.Errorf("acquire lease: %w", err)
	}
	if !ok {
		return false, errHeld
	}
	outer := ctx
	ctx, cancel := context.WithCancel(ctx)
	var renewing sync.WaitGroup
	renewing.Go(func() { defer cancel(); m.renew(ctx, holder) })
	defer func() {
		cancel()
		renewing.Wait()
		rctx, done := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
		defer done()
		if err := m.Lease.Release(rctx, m.name(), holder); err != nil {
			m.Log.Warn("release mailbox", "mailbox", m.name(), "error", err)
		}
	}()
	connected, err = m.session(ctx)
	if ctx.Err() != nil && outer.Err() == nil {
		err = errors.New("the lease on the mailbox was lost")
	}
	return connected, err
}

// renew keeps the lease until ctx ends or it is lost.
func (m *Mailbox) renew(ctx context.Context, holder string) {
	tick := time.NewTicker(leaseTTL / 3)
	defer tick.Stop()
	until := time.Now().Add(leaseTTL)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		asked := time.Now()
		switch ok, err := m.Lease.Acquire(ctx, m.name(), holder, leaseTTL); {
		case err == nil && !ok:
			return
		case err == nil:
			until = asked.Add(leaseTTL)
		case time.Now().Add(leaseTTL / 3).After(until):
			return
		}
	}
}

// insist repeats f until it succeeds or ctx ends. It is how intake waits for a
// store that is away: the same mail again, never the next one.
func (m *Mailbox) insist(ctx context.Context, what string, f func() error) error {
	for attempt := 0; ; attempt++ {
		err := f()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		m.failed(what, err)
		m.pause(ctx, attempt)
	}
}

// failed makes a failure visible; a repeated one is logged once.
func (m *Mailbox) failed(what string, err error) {
	text := what + ": " + err.Error()
	same := m.State().LastError == text
	m.update(func(s *State) { s.LastError, s.ErrorAt = text, m.Intake.Now() })
	if !same {
		m.Log.Warn(what, "mailbox", m.name(), "error", err)
	}
}

// pause waits before the next attempt, or until ctx ends.
func (m *Mailbox) pause(ctx context.Context, attempt int) {
	wait := backoff
	if m.backoff != nil {
		wait = m.backoff
	}
	t := time.NewTimer(wait(attempt))
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// backoff doubles from a second to a minute, with jitter of a half, so that
// many mailboxes do not return to a server at once.
func backoff(attempt int) time.Duration {
	d := min(backoffFirst<<min(attempt, 10), backoffMost)
	return d/2 + mrand.N(d/2+1)
}
