package routing

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"

	"github.com/caravan-desk/caravan/conversations"
)

// serve gives an officer what waits for somebody like him, until he is full.
func (r *Router) serve(ctx context.Context, id conversations.OfficerID) error {
	for another := true; another; {
		var err error
		if another, err = r.serveOne(ctx, id, math.MaxInt64); err != nil {
			return err
		}
	}
	return nil
}

// serveOne gives an officer the first of what waits for somebody like him, if it
// ranks before the limit; it reports whether to look for another.
func (r *Router) serveOne(ctx context.Context, id conversations.OfficerID, limit int64) (another bool, err error) {
	now := r.Now()
	if _, err := r.look(ctx, now); err != nil {
		return false, err
	}
	o, reading, ok := r.duty.officer(id)
	if !ok || o.Load >= o.Capacity {
		return false, nil
	}
	next, ok, err := r.first(ctx, o)
	if err != nil || !ok || next.Rank >= limit {
		return false, err
	}
	weight := takes(o, r.Desks.weightOf(next.Queue))
	switch err := r.Board.Claim(ctx, o, next.ID, next.Queue, weight); {
	case err == nil:
		r.duty.given(o.ID, weight, reading, now)
		return true, r.handOver(ctx, next.ID, &o)
	case errors.Is(err, conversations.ErrTaken):
	case errors.Is(err, conversations.ErrFull) || errors.Is(err, conversations.ErrStale):
		r.duty.forget()
	default:
		return false, err
	}
	return true, nil
}

// first is the head of all the queues that an officer serves and has room for.
func (r *Router) first(ctx context.Context, o conversations.Officer) (conversations.Waiter, bool, error) {
	who := &Officer{Skills: o.Skills, Capacity: o.Capacity, Load: o.Load}
	heads, err := r.Queues.Heads(ctx, r.queues(func(n Need) bool { return n.fits(who) && who.HasRoom(n.Weight) }))
	if err != nil || len(heads) == 0 {
		return conversations.Waiter{}, false, err
	}
	return slices.MinFunc(heads, func(a, b conversations.Waiter) int { return cmp.Compare(a.Rank, b.Rank) }), true, nil
}

// queues are those whose need somebody can meet.
func (r *Router) queues(can func(Need) bool) []string {
	var out []string
	for i := range r.Desks {
		d := &r.Desks[i]
		for _, c := range append([]string{""}, d.Categories...) {
			for _, overflow := range d.offers() {
				n := Need{Desk: d.Name, Category: c, Weight: d.Weight(c), Level: d.Level(c), Overflow: overflow}
				if can(n) {
					out = append(out, n.queue())
				}
			}
		}
	}
	return out
}

// handOver assigns a claimed conversation, or gives the place back if it no
// longer wants anybody.
func (r *Router) handOver(ctx context.Context, id conversations.ID, o *conversations.Officer) error {
	for {
		c, err := r.Store.Load(ctx, id)
		if err != nil && !errors.Is(err, conversations.ErrNotFound) {
			return err
		}
		if err != nil || !c.Status.Live() || c.Assignee != nil {
			r.duty.forget()
			return r.Board.Claimed(ctx, o.ID, id, holds(c, o.ID))
		}
		now := r.Now()
		ch := conversations.Change{Before: &c, After: c}
		take(&ch, o.Ref(), o.Name+" has room and it waited longest of what "+o.Name+" works on", now)
		ch.After.Version++
		r.Desks.Wind(&ch)
		_, err = r.Store.Commit(ctx, ch)
		if err == nil { // whoever saw it unassigned a moment ago may have queued it again
			err = r.Queues.Unwait(ctx, id, queue(c))
			return errors.Join(err, r.Board.Claimed(ctx, o.ID, id, true))
		}
		if !errors.Is(err, conversations.ErrStale) {
			return err
		}
	}
}
