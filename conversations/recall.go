package conversations

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Recall is what a customer's message says about a call that he is promised already.
type Recall struct {
	CallbackRequest      // the time he wants instead
	Soon            bool // as soon as allowed, where he names none
	Off             bool // he need not be called
}

// Promises are read when a message is about one.
type Promises interface {
	LoadCallback(ctx context.Context, id CallbackID) (Callback, error)
}

// elsewhen reports whether r asks for another time than the promise's.
func (r *Recall) elsewhen(cb Callback, now time.Time) bool {
	if r.At.IsZero() {
		return r.Soon && cb.NotBefore.After(now.Add(time.Minute))
	}
	return r.At.Sub(cb.NotBefore).Abs() > time.Minute
}

// recall makes what a message says about promises that are open part of the change that
// keeps it: another time renegotiates the newest of them, a word that he need not be called
// cancels them all.
func (t *Intake) recall(ctx context.Context, ch *Change, by Author, now time.Time) error {
	r := ch.Recall
	if r == nil || t.Promises == nil {
		return nil
	}
	for n := ch.After.Issued; n > 0; n-- {
		cb, err := t.Promises.LoadCallback(ctx, ch.After.CallbackID(n))
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return fmt.Errorf("load call-back: %w", err)
		}
		switch {
		case !cb.Status.Open() || cb.Spoken != nil:
		case r.Off:
			ch.join(Keep(ch.After, cb, cb.Closed(CallbackCanceled, now), by, r.Why, now))
		case !r.elsewhen(cb, now):
			return nil
		default:
			next, err := Renegotiate(ch.After, cb, r.CallbackRequest, by, now)
			if err == nil {
				ch.join(next)
			}
			return nil // a time that cannot be is left to an officer
		}
	}
	return nil
}

// join makes what another decision does to promises part of this one.
func (ch *Change) join(o Change) {
	version := ch.After.Version // one change, one version
	ch.After = o.After
	ch.After.Version = version
	if ch.Callback != nil {
		ch.Ended = append(ch.Ended, *ch.Callback)
	}
	ch.Callback, ch.Ended, ch.Events = o.Callback, append(ch.Ended, o.Ended...), append(ch.Events, o.Events...)
}
