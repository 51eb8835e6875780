package callbacks

import (
	"context"
	"errors"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// attend looks after a promise of which no news came in time: a call under way, or
// the end of a promise that is still to be told.
func (d *Dialer) attend(ctx context.Context, cb conversations.Callback) {
	a, n := cb.Live(), len(cb.Attempts)
	switch {
	case a == nil && cb.Status == conversations.CallbackBroken && cb.ToldAt == nil:
		d.tell(ctx, cb)
	case a == nil:
		_ = d.keep(ctx, cb.ID, "nothing is left to be done", func(cb conversations.Callback, _ time.Time) (conversations.Callback, error) {
			if cb.Live() != nil || cb.Status.Open() || cb.LookAt == nil {
				return cb, errNothing
			}
			cb.LookAt = nil
			return cb, nil
		})
	case a.CallSID == "":
		d.find(ctx, cb, n)
	default:
		d.ask(ctx, cb, n)
	}
}

// tell says in writing that the customer could not be reached.
func (d *Dialer) tell(ctx context.Context, cb conversations.Callback) {
	if d.Teller != nil {
		call, cancel := context.WithTimeout(ctx, writeTerm)
		defer cancel()
		if err := d.Teller.Missed(call, cb); err != nil {
			d.Logger.Warn("customer not told of a broken promise yet", "callback", cb.ID, "error", err)
			_ = d.later(ctx, cb, len(cb.Attempts), "he could not be told yet", time.Minute)
			return
		}
	}
	_ = d.keep(ctx, cb.ID, "told in writing that we could not reach him, and a supervisor", func(cb conversations.Callback, now time.Time) (conversations.Callback, error) {
		if cb.Status != conversations.CallbackBroken || cb.ToldAt != nil {
			return cb, errNothing
		}
		cb.ToldAt, cb.LookAt = &now, nil
		return cb, nil
	})
}

// find asks the provider about an attempt whose call nobody knows: it was
// interrupted, or the answer was lost. Twice not found counts as not placed, and
// then the same attempt is placed.
func (d *Dialer) find(ctx context.Context, cb conversations.Callback, n int) {
	r, err := d.rings(ctx, cb, n)
	if err != nil {
		d.Logger.Warn("attempt not looked after yet", "callback", cb.ID, "error", err)
		_ = d.later(ctx, cb, n, "", endLook)
		return
	}
	call, cancel := context.WithTimeout(ctx, callTerm)
	defer cancel()
	sid, found, err := d.Caller.Find(call, r)
	a := cb.Attempts[n-1]
	switch {
	case err != nil && d.Now().Sub(a.At) > goneTerm:
		d.finish(ctx, cb, n, "the provider cannot tell whether it rang", givenUp)
	case err != nil:
		d.Logger.Warn("provider cannot tell of a call yet", "callback", cb.ID, "error", err)
		_ = d.later(ctx, cb, n, "", min(5*time.Minute, max(secondLook, d.Now().Sub(a.At))))
	case found:
		d.place(ctx, cb.ID, n, sid, "the provider has the call")
	case a.Looks == 0:
		_ = d.later(ctx, cb, n, "the provider does not have the call; it is asked once more", secondLook)
	case !wanted(cb, n) || !cb.Status.Open():
		d.finish(ctx, cb, n, "it was never placed, and is not wanted any more", func(cb conversations.Callback, n int, now time.Time) conversations.Callback {
			cb = cb.Clone()
			cb.Attempts[n-1].Outcome, cb.Attempts[n-1].Party = conversations.CallFailed, cb.Attempts[n-1].First
			return end(cb, n, now)
		})
	default:
		wait, taken, err := d.Pacer.Pace(call, "voice", gap(d.PerSecond), 1, 0)
		if err != nil || !taken {
			_ = d.later(ctx, cb, n, "", max(wait, blockTerm))
			return
		}
		d.placeAgain(ctx, cb, n, r)
	}
}

// placeAgain places a call that is known not to have been placed.
func (d *Dialer) placeAgain(ctx context.Context, was conversations.Callback, n int, r channels.Ring) {
	var begun conversations.Callback
	err := d.keep(ctx, was.ID, "the provider does not have the call: it is placed now", func(cb conversations.Callback, now time.Time) (conversations.Callback, error) {
		if cb.Version != was.Version {
			return cb, errGone
		}
		cb = cb.Clone()
		a := &cb.Attempts[n-1]
		a.Holder, a.Looks, a.Outcome = d.Gateway, 0, ""
		begun = look(cb, now.Add(intentTerm))
		return begun, nil
	})
	if err == nil {
		d.ring(ctx, begun, n, r)
	}
}

// ask asks the provider how a call stands of which no news came.
func (d *Dialer) ask(ctx context.Context, cb conversations.Callback, n int) {
	a := cb.Attempts[n-1]
	call, cancel := context.WithTimeout(ctx, callTerm)
	defer cancel()
	if !wanted(cb, n) {
		d.hangUp(ctx, cb.ID, a.CallSID)
	}
	state, err := d.Caller.Look(call, a.CallSID)
	age := d.Now().Sub(a.At)
	switch {
	case err != nil && (age > talkTerm || age > goneTerm && a.TalkAt == nil):
		d.finish(ctx, cb, n, "the provider can tell nothing of the call", givenUp)
	case err != nil:
		d.Logger.Warn("provider cannot tell of a call yet", "callback", cb.ID, "error", err)
		_ = d.later(ctx, cb, n, "", endLook)
	case state.Status != "":
		news := channels.News{Attempt: conversations.AttemptID(cb.ID, n), SID: a.CallSID}
		if state.Machine && a.First == conversations.PartyCustomer {
			news.Kind = channels.NewsMachine
			_, _ = d.Hear(ctx, news)
		}
		news.Kind, news.Status, news.Seconds = channels.NewsEnded, state.Status, state.Seconds
		_, _ = d.Hear(ctx, news)
	case state.Answered && a.Stage == conversations.CallPlaced:
		_, _ = d.Hear(ctx, channels.News{Attempt: conversations.AttemptID(cb.ID, n), SID: a.CallSID, Kind: channels.NewsAnswered})
	default:
		wait := endLook
		if a.Stage == conversations.CallTalking {
			wait = talkLook
		}
		_ = d.later(ctx, cb, n, "", wait)
	}
}

// later puts off the next look at an attempt, and counts a look in vain if why says so.
func (d *Dialer) later(ctx context.Context, was conversations.Callback, n int, why string, wait time.Duration) error {
	return d.keep(ctx, was.ID, why, func(cb conversations.Callback, now time.Time) (conversations.Callback, error) {
		if cb.Version != was.Version {
			return cb, errNothing
		}
		cb = cb.Clone()
		if why != "" && n > 0 {
			cb.Attempts[n-1].Looks++
		}
		return look(cb, now.Add(wait)), nil
	})
}

// finish ends an attempt, unless news of it came meanwhile.
func (d *Dialer) finish(ctx context.Context, was conversations.Callback, n int, why string, how func(conversations.Callback, int, time.Time) conversations.Callback) {
	err := d.keep(ctx, was.ID, why, func(cb conversations.Callback, now time.Time) (conversations.Callback, error) {
		if cb.Version != was.Version {
			return cb, errGone
		}
		return how(cb, n, now), nil
	})
	if err == nil {
		_ = d.free(ctx, conversations.AttemptID(was.ID, n), "")
	}
}

func (d *Dialer) hangUp(ctx context.Context, id conversations.CallbackID, sid string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTerm)
	defer cancel()
	if err := d.Caller.HangUp(ctx, sid); err != nil {
		d.Logger.Info("call not hung up", "callback", id, "error", err) // mostly it has ended already
	}
}

// rings is what the provider is told of an attempt, as things stand now.
func (d *Dialer) rings(ctx context.Context, cb conversations.Callback, n int) (channels.Ring, error) {
	ctx, cancel := context.WithTimeout(ctx, writeTerm)
	defer cancel()
	c, err := d.Ledger.Load(ctx, cb.Conversation)
	if err != nil {
		return channels.Ring{}, err
	}
	var officer *conversations.Officer
	if ref := cb.Attempts[n-1].Officer; ref != nil {
		o, err := d.Officers.Officer(ctx, ref.ID)
		if err != nil && !errors.Is(err, conversations.ErrNotFound) {
			return channels.Ring{}, err
		}
		officer = &o
	}
	r := ring(cb, n, c, officer)
	if d.Gate != nil && !r.Over && cb.Status.Open() && errors.Is(d.Gate(ctx, cb, c), conversations.ErrOptedOut) {
		d.abandon(ctx, cb, "the customer does not want to be rung")
		r.Over = true
	}
	return r, nil
}

// free gives back what an attempt holds. unrung is the number if it did not ring.
func (d *Dialer) free(ctx context.Context, attempt, unrung string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTerm)
	defer cancel()
	held, _, err := d.Lines.HeldLines(ctx)
	if err != nil {
		return err
	}
	var lines []string
	for l, by := range held {
		if by == attempt {
			lines = append(lines, l)
		}
	}
	err = d.Lines.FreeLines(ctx, attempt, lines, unrung)
	d.wake()
	return err
}

// heal gives back lines whose attempt is not under way: a gateway died between
// taking them and writing the attempt down, or between writing down its end and
// giving them back. It reports whether it did.
func (d *Dialer) heal(ctx context.Context, lines map[string]string, calls map[string]time.Time, now time.Time) (some bool) {
	if now.Sub(d.healed) < doubtTerm/3 {
		return false
	}
	d.healed = now
	for attempt, since := range calls {
		id, n, ok := conversations.SplitAttempt(attempt)
		if now.Sub(since) < doubtTerm {
			continue
		}
		cb, err := d.Ledger.LoadCallback(ctx, id)
		if ok && err != nil && !errors.Is(err, conversations.ErrNotFound) {
			continue
		}
		if ok && err == nil && len(cb.Attempts) >= n && cb.Attempts[n-1].Live() {
			continue
		}
		if ok && err == nil && len(cb.Attempts) >= n {
			d.count(ctx, cb, n)
		}
		unrung := ""
		if ok && len(cb.Attempts) < n {
			unrung = cb.Phone
		}
		some = d.free(ctx, attempt, unrung) == nil || some
	}
	return some
}
