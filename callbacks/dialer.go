package callbacks

import (
	"context"
	"errors"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// Run dials until ctx is done; then it lets what was begun finish.
func (d *Dialer) Run(ctx context.Context) error {
	d.open()
	d.Watcher.Watch(conversations.EventCallback, d.changed)
	d.Watcher.Watch(conversations.EventAssigned, d.assigned)
	d.Watcher.Watch(conversations.EventOfficer, d.changed)
	d.Watcher.Watch(conversations.EventConsent, func(int) { d.asked.Store(true); d.wake() })
	d.reclaim(ctx)
	for ctx.Err() == nil {
		next, err := d.Turn(ctx)
		if err != nil && ctx.Err() == nil {
			d.Logger.Warn("dialer waits for the store", "error", err)
			next = d.Now().Add(time.Second)
		}
		d.sleep(ctx, next)
	}
	d.work.Wait()
	return ctx.Err()
}

func (d *Dialer) open() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wakeup = make(chan struct{}, 1)
	d.busy, d.items = map[conversations.CallbackID]bool{}, map[conversations.CallbackID]*item{}
	d.shelves = make([]shelf, d.Partitions)
}

func (d *Dialer) wake() {
	select {
	case d.wakeup <- struct{}{}:
	default:
	}
}

func (d *Dialer) sleep(ctx context.Context, next time.Time) {
	wait := idleTerm
	if !next.IsZero() {
		wait = min(wait, max(0, next.Sub(d.Now())))
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-d.wakeup:
	case <-timer.C:
		if wait == idleTerm { // what other gateways changed is seen now at the latest
			d.doubt()
		}
	}
}

// reclaim makes the attempts that a former life of this gateway was about to place
// due at once: nobody else is at them.
func (d *Dialer) reclaim(ctx context.Context) {
	horizon := d.Now().Add(intentTerm + time.Second)
	for p := range d.Partitions {
		due, _, err := d.Ledger.DueCallbacks(ctx, p, horizon)
		if err != nil {
			d.Logger.Warn("attempts of a former life are looked at later", "error", err)
			return
		}
		for _, cb := range due {
			if !d.interrupted(cb) {
				continue
			}
			_ = d.keep(ctx, cb.ID, "the gateway was interrupted while ringing; the provider is asked", func(cb conversations.Callback, now time.Time) (conversations.Callback, error) {
				if !d.interrupted(cb) {
					return cb, errNothing
				}
				return look(cb, now.Add(firstLook)), nil
			})
		}
	}
}

// interrupted reports whether a former life of this gateway was about to place a
// call. One that the provider was asked about already keeps its own deadlines.
func (d *Dialer) interrupted(cb conversations.Callback) bool {
	a := cb.Live()
	return a != nil && a.Stage == conversations.CallIntended && a.Holder == d.Gateway && a.Outcome == "" && a.Looks == 0
}

// Turn does everything that is due, and says when to look again; zero: when
// something happens.
func (d *Dialer) Turn(ctx context.Context) (next time.Time, err error) {
	now := d.Now()
	if next, err = d.refresh(ctx, now); err != nil {
		return next, err
	}
	if d.asked.Swap(false) {
		d.stop(ctx)
	}
	t := &turn{d: d, now: now, next: next}
	for _, it := range d.queue {
		cb := it.cb.Load()
		switch {
		case cb == nil:
		case cb.Status == conversations.CallbackScheduled && cb.Live() == nil:
			if t.hopeless(cb) || d.isBusy(cb.ID) {
				continue
			}
			if err := t.consider(ctx, it, *cb); err != nil {
				return t.next, err
			}
		default:
			d.do(cb.ID, func(ctx context.Context) { d.attend(ctx, *cb) })
		}
	}
	return t.next, nil
}

// stop hangs up on whoever has just said that he wants to hear nothing more.
func (d *Dialer) stop(ctx context.Context) {
	_, calls, err := d.Lines.HeldLines(ctx)
	if err != nil {
		d.asked.Store(true)
		return
	}
	for attempt := range calls {
		id, n, _ := conversations.SplitAttempt(attempt)
		cb, err := d.Ledger.LoadCallback(ctx, id)
		if err == nil && n == len(cb.Attempts) && cb.Status.Open() {
			_, _ = d.rings(ctx, cb, n) // asks the gate
		}
	}
}

func (d *Dialer) isBusy(id conversations.CallbackID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.busy[id]
}

// do works on one promise in the background, and on none twice at once.
func (d *Dialer) do(id conversations.CallbackID, work func(ctx context.Context)) {
	d.mu.Lock()
	if d.busy[id] {
		d.mu.Unlock()
		return
	}
	d.busy[id] = true
	d.mu.Unlock()
	run := func() {
		defer func() {
			d.mu.Lock()
			delete(d.busy, id)
			d.mu.Unlock()
			d.wake()
		}()
		work(context.Background()) // what was begun is finished; every step has its own deadline
	}
	if d.inline {
		run()
		return
	}
	d.work.Go(run)
}

// keep changes a promise as the house itself; nothing to change is no error.
func (d *Dialer) keep(ctx context.Context, id conversations.CallbackID, why string, change func(conversations.Callback, time.Time) (conversations.Callback, error)) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTerm)
	defer cancel()
	gen := d.generation(id)
	cb, err := d.Keeper.Keep(ctx, id, conversations.System, why, change)
	if err == nil {
		d.note(cb, gen)
	}
	if errors.Is(err, errNothing) {
		return nil
	}
	if err != nil && !errors.Is(err, errGone) {
		d.Logger.Warn("call-back not written", "callback", id, "error", err)
	}
	return err
}

// errGone says that a promise is not any more what a step was decided on.
var errGone = errors.New("somebody else was quicker")

func asSendError(err error) *channels.SendError {
	var e *channels.SendError
	if errors.As(err, &e) {
		return e
	}
	return &channels.SendError{Failure: channels.AnswerLost, Err: err}
}
