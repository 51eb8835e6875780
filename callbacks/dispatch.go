package callbacks

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// turn is one pass of the dialer over what is due.
type turn struct {
	d     *Dialer
	now   time.Time
	next  time.Time
	scene *Scene
	full  bool // nothing more can be placed in this turn
	taken bool // every officer is on a call
	loads int
}

// mostLoads bounds how many conversations one turn reads.
const mostLoads = 200

func (t *turn) again(at time.Time) {
	if t.next.IsZero() || at.Before(t.next) {
		t.next = at
	}
}

// hopeless reports whether a promise need not be considered in this turn: nothing
// more can be placed, or nobody is free to talk and it is not nearly due.
func (t *turn) hopeless(cb *conversations.Callback) bool {
	return t.full || t.taken && t.now.Before(cb.DueAt.Add(-aloneBefore))
}

// consider places the next attempt of a promise, if it may be made now.
func (t *turn) consider(ctx context.Context, it *item, cb conversations.Callback) error {
	if n := len(cb.Attempts); n > 0 && cb.Attempts[n-1].Disposition == wantsOfficer {
		t.d.do(cb.ID, func(ctx context.Context) { t.d.hand(ctx, cb) })
		return nil
	}
	if err := t.look(ctx); err != nil {
		return err
	}
	c, ok, err := t.facts(ctx, it, cb)
	if err != nil || !ok {
		return err
	}
	plan, w, ok := Choose(cb, c, *t.scene)
	if !ok {
		t.taken = t.taken || w.All
		if w.Busy {
			t.again(t.now.Add(blockTerm)) // the end of another gateway's call is not told
		}
		if !w.At.IsZero() {
			t.again(w.At)
		}
		return nil
	}
	if same, err := t.samePerson(ctx, it, c); err != nil || !same {
		return err
	}
	put, err := t.postponed(ctx, cb, c)
	if err != nil || put {
		return err
	}
	wait, taken, err := t.d.Pacer.Pace(ctx, "voice", gap(t.d.PerSecond), 1, 0)
	if err != nil {
		return err
	}
	if !taken {
		t.full = true
		t.again(t.now.Add(wait))
		return nil
	}
	return t.place(ctx, cb, c, plan, w.Why)
}

// gap keeps a little more than the pace between two calls: what is measured at the
// other end is late by a different amount each time.
func gap(perSecond float64) time.Duration {
	return time.Duration(float64(time.Second) / perSecond * 1.05).Round(time.Millisecond)
}

// look reads who is there and who is on a call, once a turn.
func (t *turn) look(ctx context.Context) error {
	if t.scene != nil {
		return nil
	}
	officers, err := t.d.Officers.Officers(ctx)
	if err != nil {
		return fmt.Errorf("read officers: %w", err)
	}
	lines, calls, err := t.d.Lines.HeldLines(ctx)
	if err != nil {
		return err
	}
	if t.d.heal(ctx, lines, calls, t.now) {
		if lines, calls, err = t.d.Lines.HeldLines(ctx); err != nil {
			return err
		}
	}
	stopped, err := t.d.stopped(ctx, t.now)
	if err != nil {
		return err
	}
	t.scene = &Scene{Officers: officers, Lines: maps.Clone(lines), Stopped: stopped, Now: t.now}
	if t.scene.Lines == nil {
		t.scene.Lines = map[string]string{}
	}
	if len(calls) >= t.d.AtOnce {
		t.full = true
		t.again(t.now.Add(blockTerm))
	}
	return nil
}

// facts gives a promise's conversation, as it was when the promise was last changed.
func (t *turn) facts(ctx context.Context, it *item, cb conversations.Callback) (conversations.Conversation, bool, error) {
	if t.full {
		return conversations.Conversation{}, false, nil
	}
	if it.version == cb.Version {
		return it.c, true, nil
	}
	if t.loads++; t.loads > mostLoads {
		t.again(t.now)
		return conversations.Conversation{}, false, nil
	}
	c, err := t.d.Ledger.Load(ctx, cb.Conversation)
	if errors.Is(err, conversations.ErrNotFound) || err == nil && c.Erased {
		t.d.abandon(ctx, cb, "its conversation is no more")
		return c, false, nil
	}
	if err != nil {
		return c, false, fmt.Errorf("load conversation: %w", err)
	}
	it.c, it.version = c, cb.Version
	return c, true, nil
}

// abandon cancels a promise that cannot be kept.
func (d *Dialer) abandon(ctx context.Context, cb conversations.Callback, why string) {
	_ = d.keep(ctx, cb.ID, why, func(cb conversations.Callback, now time.Time) (conversations.Callback, error) {
		if !cb.Status.Open() {
			return cb, errNothing
		}
		return cb.Closed(conversations.CallbackCanceled, now), nil
	})
}

// postponed asks whether the customer may be rung now; if not, the promise is put
// to when he may.
func (t *turn) postponed(ctx context.Context, cb conversations.Callback, c conversations.Conversation) (bool, error) {
	if t.d.Gate != nil {
		switch err := t.d.Gate(ctx, cb, c); {
		case errors.Is(err, conversations.ErrOptedOut):
			t.d.abandon(ctx, cb, "the customer does not want to be rung")
			return true, nil
		case err != nil:
			return true, err
		}
	}
	at, why := t.now, ""
	if t.d.Window != nil {
		at, why = t.d.Window(ctx, cb, c, t.now)
	}
	if !at.After(t.now) && t.d.Limits != nil {
		over, word, err := t.over(ctx, cb.Phone)
		if err != nil {
			return true, err
		}
		if over {
			at, why = t.now.Add(time.Hour), word
		}
	}
	if !at.After(t.now) {
		return false, nil
	}
	return true, t.d.keep(ctx, cb.ID, why, func(was conversations.Callback, _ time.Time) (conversations.Callback, error) {
		if was.Version != cb.Version {
			return was, errNothing
		}
		if late := at.After(was.DueAt.Add(lateTerm)); late && len(was.Attempts) > 0 || was.Spoken != nil && at.After(was.DueAt) {
			was.Status = conversations.CallbackBroken
			return look(was, t.now), nil
		}
		return look(was, at), nil
	})
}

// over reports whether the number was rung as often as is allowed, and says so.
func (t *turn) over(ctx context.Context, number string) (bool, string, error) {
	day, week := t.d.Limits(number)
	n, err := t.d.Lines.RungSince(ctx, number, t.now.Add(-24*time.Hour), t.now.Add(-7*24*time.Hour))
	if err != nil {
		return false, "", err
	}
	word := fmt.Sprintf("the customer was rung %d times in a day and %d times in a week: no more is allowed", n[0], n[1])
	return day > 0 && n[0] >= day || week > 0 && n[1] >= week, word, nil
}

// place takes the lines, writes the attempt down, and only then asks the provider.
func (t *turn) place(ctx context.Context, cb conversations.Callback, c conversations.Conversation, p Plan, why string) error {
	d, n := t.d, len(cb.Attempts)+1
	attempt := conversations.AttemptID(cb.ID, n)
	ctx, cancel := context.WithTimeout(ctx, claimTerm)
	defer cancel()
	switch err := d.Lines.SeizeLines(ctx, attempt, p.Lines, cb.Phone, d.AtOnce); {
	case errors.Is(err, conversations.ErrFull):
		t.full = true
		fallthrough
	case errors.Is(err, conversations.ErrTaken):
		t.again(t.now.Add(blockTerm))
		return nil
	case err != nil:
		return err
	}
	for _, l := range p.Lines {
		t.scene.Lines[l] = attempt
	}
	var begun conversations.Callback
	err := d.keep(ctx, cb.ID, fmt.Sprintf("call %d: %s first; %s", n, p.First, why), func(was conversations.Callback, now time.Time) (conversations.Callback, error) {
		if was.Version != cb.Version {
			return was, errGone
		}
		begun = begin(was, p, d.Gateway, now)
		return begun, nil
	})
	if errors.Is(err, errGone) { // certainly not written
		return d.free(ctx, attempt, cb.Phone)
	}
	if err != nil {
		return err // perhaps it is written: then it is looked at when its time comes
	}
	if d.Now().Sub(begun.Attempts[n-1].At) > placeTerm {
		return nil
	}
	d.do(cb.ID, func(ctx context.Context) { d.ring(ctx, begun, n, ring(begun, n, c, p.Officer)) })
	return nil
}

// ring asks the provider to place an attempt's call, and writes down what it said.
func (d *Dialer) ring(ctx context.Context, cb conversations.Callback, n int, r channels.Ring) {
	call, cancel := context.WithTimeout(ctx, callTerm)
	defer cancel()
	sid, err := d.Caller.Ring(call, r)
	if err == nil {
		d.place(ctx, cb.ID, n, sid, "the provider rings")
		return
	}
	e := asSendError(err)
	d.Logger.Warn("call not placed", "callback", cb.ID, "attempt", n, "failure", e.Failure.String(), "code", e.Code)
	err = d.keep(ctx, cb.ID, "the provider did not place the call: "+reason(e), func(cb conversations.Callback, now time.Time) (conversations.Callback, error) {
		return unplaced(cb, n, e, now)
	})
	if err == nil && e.Failure != channels.AnswerLost {
		_ = d.free(ctx, r.Attempt, cb.Phone)
	}
}

// place writes down the provider's ID of an attempt's call.
func (d *Dialer) place(ctx context.Context, id conversations.CallbackID, n int, sid, why string) {
	mark, cancel := context.WithTimeout(ctx, writeTerm)
	defer cancel()
	if err := d.Marks.MarkCall(mark, sid, conversations.AttemptID(id, n)); err != nil {
		d.Logger.Warn("call not marked", "callback", id, "error", err)
	}
	_ = d.keep(ctx, id, why, func(cb conversations.Callback, now time.Time) (conversations.Callback, error) {
		return placed(cb, n, sid, now)
	})
}

// reason is a failure in words for an officer.
func reason(e *channels.SendError) string {
	switch {
	case e.Failure == channels.AnswerLost:
		return "its answer was lost, and it will be asked"
	case e.Reason != "":
		return e.Reason
	case e.Code != "":
		return "error " + e.Code
	}
	return e.Failure.String()
}
