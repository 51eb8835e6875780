package routing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// Rows lists conversations.
type Rows interface {
	List(ctx context.Context, q conversations.Query) (conversations.Page, error)
}

// shiftLook is the longest time between two looks at the shifts: another gateway may have
// been told of a change of an officer's, and died.
const shiftLook = time.Minute

// shifts serves officers as their shifts begin, and hands over what they leave as they end.
// It looks at how things are, not at what changed: what a gateway that died left undone is
// done by the next look of any other.
func (r *Router) shifts(ctx context.Context) {
	for ctx.Err() == nil {
		next, err := r.shiftsOnce(ctx)
		if err != nil && ctx.Err() == nil {
			r.Logger.Warn("shifts not looked at", "error", err)
			next = time.Second
		}
		timer := time.NewTimer(next)
		select {
		case <-timer.C:
		case <-r.roster:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// shiftsOnce brings every officer who has a shift in step with it; it returns how long it is
// until the next one begins or ends.
func (r *Router) shiftsOnce(ctx context.Context) (next time.Duration, err error) {
	officers, err := r.Officers.Officers(ctx)
	if err != nil {
		return 0, err
	}
	now := r.Now()
	next = shiftLook
	off, left := map[conversations.OfficerID]bool{}, map[conversations.OfficerID]bool{}
	for _, o := range officers {
		if o.Disabled {
			left[o.ID] = true
			continue
		}
		c := r.Desks.Calendar(o.Shift)
		if o.Shift == "" || c == nil {
			continue
		}
		if at, _, ok := c.Next(now); ok {
			next = min(next, at.Sub(now))
		}
		off[o.ID] = !c.Open(now)
	}
	r.duty.home(off, left)
	for _, o := range officers {
		home, has := off[o.ID]
		switch {
		case left[o.ID] && o.Load > 0:
			err = errors.Join(err, r.relieve(ctx, o, o.Name+" does not work here any more"))
		case has && home && o.Load > 0:
			err = errors.Join(err, r.relieve(ctx, o, o.Name+"'s shift has ended"))
		case has && !home:
			err = errors.Join(err, r.serve(ctx, o.ID))
		}
	}
	return max(next, time.Millisecond), err
}

// relieve hands over what an officer has in hand who has gone.
func (r *Router) relieve(ctx context.Context, o conversations.Officer, why string) error {
	q := conversations.Query{
		Assignee: string(o.ID), Status: conversations.LiveStatuses,
		Sort: conversations.ByCreatedOldest, Limit: 200,
	}
	for {
		q.Now = r.Now()
		page, err := r.Rows.List(ctx, q)
		if err != nil {
			return fmt.Errorf("list what %s has: %w", o.ID, err)
		}
		for _, c := range page.Items {
			if err := r.release(ctx, c.ID, o.ID, why); err != nil {
				return err
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return nil
		}
	}
}

// release takes a conversation from an officer who has gone. The event that tells of it
// gives it to the next.
func (r *Router) release(ctx context.Context, id conversations.ID, from conversations.OfficerID, why string) error {
	for {
		c, err := r.Store.Load(ctx, id)
		if err != nil || !holds(c, from) {
			return err
		}
		ch, ok := r.Desks.HandOver(c, r.duty.hasLeft(from), why, r.Now())
		if !ok {
			return nil
		}
		if _, err = r.Store.Commit(ctx, ch); !errors.Is(err, conversations.ErrStale) {
			return err
		}
	}
}

// gone is a customer writing to an officer who has gone: it is handed over. While nobody who
// has a shift is off it, nothing is looked up; and who has left for good can only have what his
// customer has opened again.
func (r *Router) gone(ctx context.Context, id conversations.ID, opened bool) error {
	if !r.duty.anyoneHome(opened) {
		return nil
	}
	c, err := r.Store.Recent(ctx, id)
	switch {
	case err != nil || c.Assignee == nil:
		return err
	case r.duty.hasLeft(c.Assignee.ID):
		return r.release(ctx, id, c.Assignee.ID, "the customer wrote, and "+c.Assignee.Name+" does not work here any more")
	case r.duty.atHome(c.Assignee.ID):
		return r.release(ctx, id, c.Assignee.ID, "the customer wrote, and "+c.Assignee.Name+" is off shift")
	}
	return nil
}

// Away reports whether an officer is off his shift, or has left for good: what his customers
// write then is for the Router to look at (conversations.Intake.Away).
func (r *Router) Away(id conversations.OfficerID) bool {
	d := &r.duty
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.off[id] || d.left[id]
}

// home notes who is off his shift, and who has left for good.
func (d *duty) home(off, left map[conversations.OfficerID]bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.off, d.left, d.anyOff = off, left, false
	for _, home := range off {
		d.anyOff = d.anyOff || home
	}
	d.until = time.Time{} // who is on duty has changed
}

func (d *duty) anyoneHome(opened bool) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.anyOff || opened && len(d.left) > 0
}

func (d *duty) hasLeft(id conversations.OfficerID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.left[id]
}

func (d *duty) atHome(id conversations.OfficerID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.off[id]
}
