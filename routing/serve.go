package routing

import (
	"context"
	"errors"
	"slices"

	"github.com/caravan-desk/caravan/conversations"
)

// serve gives an officer what waits for somebody like him, until he is full.
func (r *Router) serve(ctx context.Context, id conversations.OfficerID) error {
	for {
		now := r.Now()
		if _, err := r.look(ctx, now); err != nil {
			return err
		}
		o, reading, ok := r.duty.officer(id)
		if !ok || o.Load >= o.Capacity {
			return nil
		}
		next, ok, err := r.first(ctx, o)
		if err != nil || !ok {
			return err
		}
		switch err := r.Board.Claim(ctx, o, next.ID, next.Queue); {
		case err == nil:
			r.duty.given(o.ID, reading, now)
			if err := r.handOver(ctx, next.ID, &o); err != nil {
				return err
			}
		case errors.Is(err, conversations.ErrTaken):
		case errors.Is(err, conversations.ErrFull) || errors.Is(err, conversations.ErrStale):
			r.duty.forget()
		default:
			return err
		}
	}
}

// first is the head of all the queues that an officer serves.
func (r *Router) first(ctx context.Context, o conversations.Officer) (conversations.Waiter, bool, error) {
	can := Officer{Skills: o.Skills}
	var queues []string
	for _, d := range r.Desks {
		for _, c := range append([]string{""}, d.Categories...) {
			if can.Can(d.Name, c) {
				queues = append(queues, d.Name+"/"+c)
			}
		}
	}
	heads, err := r.Queues.Heads(ctx, queues)
	if err != nil || len(heads) == 0 {
		return conversations.Waiter{}, false, err
	}
	return slices.MinFunc(heads, func(a, b conversations.Waiter) int { return int(a.Rank - b.Rank) }), true, nil
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
		ch.After.Clocks = r.Desks.Clockwork()(ch.After)
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
