package callbacks

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// missedTerm is how long after we rang him in vain a customer who rings is taken
// to be ringing back.
const missedTerm = 24 * time.Hour

// partedLook is how long after the talk a call of the customer's own is looked at: its
// end is told to others.
const partedLook = 5 * time.Second

// Missed finds the open promise for which a customer was rung in vain; ok is false
// if there is none.
type Missed func(ctx context.Context, number string) (cb conversations.Callback, ok bool, err error)

// Return leads a customer who rings back to the owner of his promise, without a
// menu: his call becomes an attempt of it. ok is false if he was not rung in vain
// of late, or nobody is free to talk; then he is a caller like any other.
func (d *Dialer) Return(ctx context.Context, number, sid string) (r channels.Ring, ok bool, err error) {
	if d.Missed == nil || number == "" {
		return r, false, nil
	}
	cb, ok, err := d.Missed(ctx, number)
	if err != nil || !ok {
		return r, false, err
	}
	if n := len(cb.Attempts); n > 0 && cb.Attempts[n-1].Inbound && cb.Attempts[n-1].CallSID == sid { // asked again
		r, err = d.rings(ctx, cb, n)
		return r, err == nil && !r.Over && r.Second.Number != "", err
	}
	now := d.Now()
	if !rungInVain(cb, now) {
		return r, false, nil
	}
	c, err := d.Ledger.Load(ctx, cb.Conversation)
	if err != nil {
		return r, false, fmt.Errorf("load conversation: %w", err)
	}
	officers, err := d.Officers.Officers(ctx)
	if err != nil {
		return r, false, fmt.Errorf("read officers: %w", err)
	}
	lines, _, err := d.Lines.HeldLines(ctx)
	if err != nil {
		return r, false, err
	}
	asks := cb
	asks.First = conversations.PartyCustomer
	p, _, ok := Choose(asks, c, Scene{Officers: officers, Lines: lines, Now: now})
	if !ok || p.Officer == nil {
		return r, false, nil
	}
	return d.takeBack(ctx, cb, c, p, sid)
}

// takeBack writes the customer's call down as an attempt, with the lines it needs.
func (d *Dialer) takeBack(ctx context.Context, cb conversations.Callback, c conversations.Conversation, p Plan, sid string) (r channels.Ring, ok bool, err error) {
	n := len(cb.Attempts) + 1
	attempt := conversations.AttemptID(cb.ID, n)
	p.First = conversations.PartyCustomer
	switch err := d.Lines.SeizeLines(ctx, attempt, p.Lines, "", d.AtOnce+1); { // who rings waits for no place
	case errors.Is(err, conversations.ErrTaken) || errors.Is(err, conversations.ErrFull):
		return r, false, nil
	case err != nil:
		return r, false, err
	}
	if err := d.Marks.MarkCall(ctx, sid, attempt); err != nil {
		return r, false, err
	}
	var back conversations.Callback
	err = d.keep(ctx, cb.ID, fmt.Sprintf("the customer rings back, and is led to %s", p.Officer.Name), func(was conversations.Callback, now time.Time) (conversations.Callback, error) {
		if was.Version != cb.Version {
			return was, errGone
		}
		back = begin(was, p, d.Gateway, now)
		a := &back.Attempts[n-1]
		a.Inbound, a.CallSID, a.Stage, a.TalkAt = true, sid, conversations.CallTalking, &now
		back.Status = conversations.CallbackConnected
		back = look(back, now.Add(talkLook))
		return back, nil
	})
	if err != nil {
		_ = d.free(ctx, attempt, "")
		return r, false, nil //nolint:nilerr // he is a caller like any other
	}
	return ring(back, n, c, p.Officer), true, nil
}

// rungInVain reports whether the customer was rung for a promise of late, and not reached.
func rungInVain(cb conversations.Callback, now time.Time) bool {
	if cb.Status != conversations.CallbackScheduled || cb.Live() != nil {
		return false
	}
	for _, a := range cb.Attempts {
		if a.Rang && a.Proof == "" && now.Sub(a.At) < missedTerm {
			return true
		}
	}
	return false
}
