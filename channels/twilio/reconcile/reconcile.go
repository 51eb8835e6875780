// Package reconcile compares Twilio's own list of messages with ours, at start and
// every few minutes, and heals what webhooks did not bring: a customer's message that
// never reached us is received as if it had, and a receipt that got lost is asked for.
// Each full hour is counted: what Twilio received, what is stored, what stands in a
// conversation. Twilio delivers an inbound webhook once and does not try again after a
// 5xx, so without this an outage loses messages for good. Start with Reconciler.Run.
package reconcile

import (
	"context"

	"fmt"
	"log/slog"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/channels/twilio"
)

// Provider is Twilio's side; *twilio.Client is one.
type Provider interface {
	ListSent(ctx context.Context, from, to time.Time, yield func(twilio.Message) bool) error
	FetchMessage(ctx context.Context, sid string) (m twilio.Message, found bool, err error)
	ListMedia(ctx context.Context, sid string) ([]channels.Attachment, error)
}

// Ledger is our side.
type Ledger interface {
	// Kept says of each item whether we have it.
	Kept(ctx context.Context, items []channels.Inbound) ([]channels.Kept, error)
	// Awaited gives up to n messages whose receipts are to be asked about by now.
	Awaited(ctx context.Context, now time.Time, n int) ([]channels.Awaited, error)
	// AwaitAgain says when to ask about a message again; zero: never.
	AwaitAgain(ctx context.Context, messageID string, at time.Time) error
}

// Progress is what the next sweep, here or on another gateway, goes on from.
type Progress interface {
	// HoldSweep makes this gateway the only one that sweeps for a while.
	HoldSweep(ctx context.Context, ttl time.Duration) (bool, error)
	LastSweep(ctx context.Context) (channels.Sweep, error)
	SaveSweep(ctx context.Context, s channels.Sweep, tallies []channels.Tally) error
}

// Reconciler is the engine.
type Reconciler struct {
	Provider Provider
	Ledger   Ledger
	Progress Progress
	Receiver channels.Receiver
	Receipts channels.ReceiptRecorder
	Account  string        // whose list it is
	Every    time.Duration // between two sweeps
	Grace    time.Duration // how long a webhook may take: what is younger is left to it
	Now      func() time.Time
	Logger   *slog.Logger

	ask chan chan<- error
}

// DefaultGrace is as long as Twilio tries one webhook, and some.
// https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
const DefaultGrace = 20 * time.Second

const (
	overlap    = 15 * time.Minute // looked at again: lists settle late, clocks differ
	slice      = time.Hour        // looked at in one go after a long outage
	longest    = 7 * 24 * time.Hour
	settleTerm = 10 * time.Minute // after an hour's end, until it is counted
	holdTerm   = 10 * time.Minute // a sweep may take this long, or another gateway takes over
	chunk      = 500              // items compared in one step
	budget     = 1000             // single questions to the provider in one sweep
	askFor     = 72 * time.Hour   // a message without a final receipt is asked about so long
)

// New makes a Reconciler that can be asked to Sweep.
func New(r Reconciler) *Reconciler {
	r.ask = make(chan chan<- error)
	if r.Grace == 0 {
		r.Grace = DefaultGrace
	}
	return &r
}

// Run sweeps at once, then every so often, until ctx is done. What was too young to
// be judged is looked at again as soon as it is not.
func (r *Reconciler) Run(ctx context.Context) error {
	var asked chan<- error
	for ctx.Err() == nil {
		young, err := r.sweep(ctx, r.Every)
		if err != nil && ctx.Err() == nil {
			r.Logger.Warn("provider's list not compared", "error", err)
		}
		if asked != nil {
			asked <- err
		}
		soon, wait := r.Grace+time.Second, r.Every
		if err != nil {
			wait = min(wait, soon)
		}
		if len(young) > 0 && soon < wait {
			if asked = r.rest(ctx, soon); asked != nil {
				continue
			}
			if err := r.look(ctx, young); err != nil && ctx.Err() == nil {
				r.Logger.Warn("late webhooks not looked for", "error", err)
			}
			wait -= soon
		}
		asked = r.rest(ctx, wait)
	}
	return ctx.Err()
}

// rest waits; it returns early if somebody asks for a sweep.
func (r *Reconciler) rest(ctx context.Context, d time.Duration) (asked chan<- error) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case asked = <-r.ask:
	case <-ctx.Done():
	}
	return asked
}

// Sweep makes Run sweep now, and waits until it has.
func (r *Reconciler) Sweep(ctx context.Context) error {
	done := make(chan error, 1)
	select {
	case r.ask <- done:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// sweep compares once; young are messages that were too young to be judged.
func (r *Reconciler) sweep(ctx context.Context, every time.Duration) (young []twilio.Message, err error) {
	held, err := r.Progress.HoldSweep(ctx, max(holdTerm, 2*every))
	if err != nil || !held {
		return nil, err
	}
	last, err := r.Progress.LastSweep(ctx)
	if err != nil {
		return nil, err
	}
	s := pass{r: r, now: r.Now(), status: map[string]twilio.Message{}, done: channels.Sweep{Tallied: last.Tallied}}
	if err := s.inbound(ctx, last); err != nil {
		return s.young, err
	}
	if err := s.receipts(ctx); err != nil {
		return s.young, err
	}
	s.done.At = s.now
	if s.done.Healed+s.done.Receipts > 0 {
		r.Logger.Warn("webhooks were missed; healed", "messages", s.done.Healed, "receipts", s.done.Receipts)
	}
	if err := r.Progress.SaveSweep(ctx, s.done, s.tallies); err != nil {
		return s.young, fmt.Errorf("save progress: %w", err)
	}
	return s.young, nil
}

// look judges the messages that were too young.
func (r *Reconciler) look(ctx context.Context, young []twilio.Message) error {
	s := pass{r: r, now: r.Now()}
	if _, _, err := s.compare(ctx, young); err != nil || s.done.Healed == 0 {
		return err
	}
	r.Logger.Warn("webhooks were missed; healed", "messages", s.done.Healed)
	last, err := r.Progress.LastSweep(ctx)
	if err != nil {
		return err
	}
	last.Healed += s.done.Healed
	return r.Progress.SaveSweep(ctx, last, nil)
}
