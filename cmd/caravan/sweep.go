package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/channels/twilio"
	"github.com/caravan-desk/caravan/channels/twilio/reconcile"
	"github.com/caravan-desk/caravan/conversations/redisstore"
)

// sweeps is the comparison of Twilio's list with ours: what was done, and the engine that does it.
type sweeps struct {
	redisstore.Sweeps
	engine *reconcile.Reconciler
}

// Sweep implements inbox.Reconciliation.
func (s sweeps) Sweep(ctx context.Context) error { return s.engine.Sweep(ctx) }

// reconcile adds the comparison of Twilio's list with ours.
func (a *app) reconcile(client *twilio.Client) {
	t := a.cfg.Twilio
	if t.Reconcile == 0 {
		a.log.Info("twilio's list of messages is not compared with ours: twilio.reconcile is 0")
		return
	}
	a.sweeps = &sweeps{Sweeps: redisstore.Sweeps{Store: a.store.Store, Provider: t.AccountSID}}
	a.sweeps.engine = reconcile.New(reconcile.Reconciler{
		Provider: client, Ledger: a.store, Progress: a.sweeps.Sweeps, Receiver: a.intake, Receipts: a.intake,
		Account: t.AccountSID, Every: t.Reconcile, Now: now, Logger: a.log,
	})
	a.engines = append(a.engines, engine{"reconciliation", a.sweeps.engine.Run})
}

// verifyTallies tells what the provider's list says of the last hours; wrong is
// how many of them lack something.
func verifyTallies(ctx context.Context, w io.Writer, s redisstore.Sweeps, at time.Time) (wrong int, err error) {
	const hours = 31 * 24
	last, err := s.LastSweep(ctx)
	if err != nil || last.At.IsZero() {
		return 0, err
	}
	tallies, err := s.Tallies(ctx, at.Add(time.Hour), hours)
	if err != nil {
		return 0, err
	}
	var sum channels.Tally
	for _, t := range tallies {
		sum.Received, sum.Stored, sum.Threaded = sum.Received+t.Received, sum.Stored+t.Stored, sum.Threaded+t.Threaded
		if !t.Whole() {
			wrong++
			fmt.Fprintf(w, "hour of %s: the provider received %d, stored are %d, in conversations %d\n", t.Hour.Format(time.RFC3339), t.Received, t.Stored, t.Threaded)
		}
	}
	fmt.Fprintf(w, "provider's list compared until %s; in %d whole hours received %d, stored %d, in conversations %d\n",
		last.Until.Format(time.RFC3339), len(tallies), sum.Received, sum.Stored, sum.Threaded)
	return wrong, nil
}
