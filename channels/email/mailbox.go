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

// FencedCursor is what a Cursor may also be. SaveAs saves only while holder has
// the lease on the mailbox, in one step with looking; held is false if another
// has it, and then nothing is saved.
type FencedCursor interface {
	SaveAs(ctx context.Context, mailbox, holder string, uidValidity, uid uint32) (held bool, err error)
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
	refusedAttempt = 6 // how patiently to sign in again: servers lock accounts that insist
	defaultPoll    = time.Minute
)

var (
	errHeld      = errors.New("another gateway reads this mailbox") // the normal life of a second gateway
	errLeaseLost = errors.New("the lease on the mailbox was lost")
)

// Mailbox takes in everything that arrives in one IMAP folder, each mail once
// and none left out: it reads by UID from a cursor that moves only past mail
// that is kept, however long either side was away. Fill in the exported
// fields, then Run.
type Mailbox struct {
	IMAP   IMAP
	Intake *Intake
	Cursor Cursor
	Lease  Lease  // nil: this is the only gateway
	Holder string // who we are to the lease, the same after a restart: it need not run out first; empty: by chance
	Log    *slog.Logger
	TLS    *tls.Config // nil: the system's roots

	backoff func(attempt int) time.Duration // nil: backoff; tests are less patient
	round   time.Duration                   // zero: idleRound
	holder  string                          // who we are to the lease

	mu      sync.Mutex
	state   State
	blamed  uint32 // first UID of the fetch that failed last
	blames  int    // how often in a row
	strikes int    // blames before a mail is given up; zero: maxBlames
}

// folder is the IMAP folder that is read.
func (m *Mailbox) folder() string { return cmp.Or(m.IMAP.Mailbox, "INBOX") }

// name is what the cursor and the lease are kept under.
func (m *Mailbox) name() string { return m.Intake.Account + "/" + m.folder() }

// Run reads the mailbox until ctx ends; then it returns nil. Whatever fails is
// tried again, and State tells of it.
func (m *Mailbox) Run(ctx context.Context) error {
	if m.holder = m.Holder; m.holder == "" {
		m.holder = rand.Text()
	}
	attempt := 0
	m.begin()
	for ctx.Err() == nil {
		before := m.State().Kept
		connected, err := m.hold(ctx)
		if ctx.Err() != nil {
			break
		}
		if connected || m.State().Kept > before {
			attempt = 0
		}
		switch {
		case errors.Is(err, errHeld):
			attempt = heldAttempt
			m.standby()
		case errors.Is(err, ErrSignIn):
			attempt = max(attempt, refusedAttempt)
			m.failed(StatusRefused, "read mailbox", err)
		case err != nil:
			m.failed(StatusUnreachable, "read mailbox", err)
		}
		m.pause(ctx, attempt)
		attempt++
	}
	m.status(StatusStopped)
	return nil
}

// hold reads the mailbox while the lease is ours.
func (m *Mailbox) hold(ctx context.Context) (connected bool, err error) {
	if m.Lease == nil {
		return m.session(ctx)
	}
	ok, err := m.Lease.Acquire(ctx, m.name(), m.holder, leaseTTL)
	if err != nil {
		return false, fmt.Errorf("acquire lease: %w", err)
	}
	if !ok {
		return false, errHeld
	}
	outer := ctx
	ctx, cancel := context.WithCancelCause(ctx)
	var renewing sync.WaitGroup
	renewing.Go(func() { m.renew(ctx, cancel) })
	defer func() {
		cancel(nil)
		renewing.Wait()
		rctx, done := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
		defer done()
		if err := m.Lease.Release(rctx, m.name(), m.holder); err != nil {
			m.Log.Warn("release mailbox", "mailbox", m.name(), "error", err)
		}
	}()
	connected, err = m.session(ctx)
	if ctx.Err() != nil && outer.Err() == nil {
		err = errLeaseLost
	}
	return connected, err
}

// renew keeps the lease until ctx ends or it is lost, which it then makes known.
func (m *Mailbox) renew(ctx context.Context, lost context.CancelCauseFunc) {
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
		switch ok, err := m.Lease.Acquire(ctx, m.name(), m.holder, leaseTTL); {
		case err == nil && !ok:
			lost(errLeaseLost)
			return
		case err == nil:
			until = asked.Add(leaseTTL)
		case time.Now().Add(leaseTTL / 3).After(until):
			lost(errLeaseLost)
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
		if ctx.Err() != nil || errors.Is(err, errLeaseLost) {
			return err
		}
		m.failed(StatusConnecting, what, err)
		m.pause(ctx, attempt)
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
