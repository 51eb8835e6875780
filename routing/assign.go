package routing

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// Assign gives a new conversation to the officer who fits best within the change
// that opens it, unless somebody waits: then the Router sees to it in order, once it
// reads of it. What it returns is to be told what became of the change.
func (r *Router) Assign(ctx context.Context, ch *conversations.Change, now time.Time) (func(error), error) {
	nothing := func(error) {}
	if !ch.After.Status.Live() || ch.After.Assignee != nil {
		return nothing, nil
	}
	if _, err := r.look(ctx, now); err != nil {
		return nil, err
	}
	if r.duty.crowded() {
		return nothing, nil
	}
	need := r.Desks.need(ch.After)
	o, reading, why, ok := r.duty.choose(need, now)
	if !ok {
		r.duty.crowd()
		return nothing, nil
	}
	weight := takes(o, need.Weight)
	if r.Board.Seats() {
		r.duty.given(o.ID, weight, reading, now)
		take(ch, o.Ref(), why, now)
		ch.Seat = &conversations.Seat{Officer: o.ID, Version: o.Version, Capacity: o.Capacity, Weight: weight}
		return r.seated, nil
	}
	switch err := r.Board.Claim(ctx, o, ch.After.ID, "", weight); {
	case errors.Is(err, conversations.ErrFull) || errors.Is(err, conversations.ErrStale):
		r.duty.forget()
		return nothing, nil
	case err != nil:
		return nil, err
	}
	r.duty.given(o.ID, weight, reading, now)
	take(ch, o.Ref(), why, now)
	id := ch.After.ID
	return func(err error) { r.assigned(context.WithoutCancel(ctx), claim{officer: &o}, id, err) }, nil
}

// seated hears what became of a change that takes an officer's places itself: if it was not
// made, he has more room than he was thought to have.
func (r *Router) seated(err error) {
	if err != nil {
		r.duty.forget()
	}
}

// assigned ends the doubt about a claim that Assign made. What nobody knows, nobody
// ends: resolve looks at the conversation later.
func (r *Router) assigned(ctx context.Context, c claim, id conversations.ID, err error) {
	var dup *conversations.DuplicateError
	var moved *conversations.MovedError
	switch {
	case err == nil:
		r.confirmed.add(id, c.officer.ID)
	case errors.Is(err, conversations.ErrStale) || errors.As(err, &dup) || errors.As(err, &moved):
		if err := r.end(ctx, c, id, false); err != nil {
			r.Logger.Warn("a claim stays in doubt", "error", err)
		}
	}
}

// confirmEvery is how long confirmations are gathered: far less than doubtAge.
const confirmEvery = 100 * time.Millisecond

// confirmed are claims whose conversations have been assigned.
type confirmed struct {
	mu     sync.Mutex
	claims map[conversations.ID]conversations.OfficerID
}

func (c *confirmed) add(id conversations.ID, officer conversations.OfficerID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.claims == nil {
		c.claims = map[conversations.ID]conversations.OfficerID{}
	}
	c.claims[id] = officer
}

// take empties it.
func (c *confirmed) take() map[conversations.ID]conversations.OfficerID {
	c.mu.Lock()
	defer c.mu.Unlock()
	claims := c.claims
	c.claims = nil
	return claims
}

// confirm tells the board of them, many at once, until ctx is done.
func (r *Router) confirm(ctx context.Context) {
	tick := time.NewTicker(confirmEvery)
	defer tick.Stop()
	for over := false; !over; {
		select {
		case <-ctx.Done():
			over = true
		case <-tick.C:
		}
		claims := r.confirmed.take()
		if len(claims) == 0 {
			continue
		}
		if err := r.Board.Confirm(context.WithoutCancel(ctx), claims); err != nil { // resolve ends their doubt
			r.Logger.Warn("claims not confirmed", "claims", len(claims), "error", err)
		}
	}
}
