package routing

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// account keeps officers' loads in step with what an event says. It looks again
// until the conversation stands still: another gateway may be at a later event.
func (r *Router) account(ctx context.Context, e conversations.Event) error {
	for seen := conversations.Revision(0); ; {
		c, err := r.Store.Load(ctx, e.Conversation)
		if err != nil || c.Version == seen {
			return err
		}
		seen = c.Version
		if err := r.requeue(ctx, c, e.Changes); err != nil {
			return err
		}
		if _, moved := e.Changes["status"]; moved && e.By.Type == conversations.ByCustomer && c.Assignee != nil && c.Status.Live() {
			err = r.takeUp(ctx, c)
		} else {
			err = r.count(ctx, e, c)
		}
		if err != nil {
			return err
		}
	}
}

// count brings the loads of whoever an event is about in step with c.
func (r *Router) count(ctx context.Context, e conversations.Event, c conversations.Conversation) error {
	for _, id := range involved(e, c) {
		var err error
		if holds(c, id) {
			if given(e, id) || reweighed(e) {
				err = r.Board.Hold(ctx, id, c.ID, r.Desks.of(c.Desk).Weight(c.Category))
			}
		} else if err = r.Board.Free(ctx, id, c.ID); err == nil {
			r.duty.forget()
			err = r.serve(ctx, id)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// given reports whether the event itself gave the conversation to the officer, or
// made him busy with it again. If it did not, and he has it all the same, a later
// event did, and will be counted in its turn.
func given(e conversations.Event, id conversations.OfficerID) bool {
	if d, ok := e.Changes["assignee"]; ok && conversations.OfficerIn(d.To) == id {
		return true
	}
	var to conversations.Status
	switch v := e.Changes["status"].To.(type) {
	case conversations.Status:
		to = v
	case string:
		to = conversations.Status(v)
	}
	return to != "" && to.Live() && e.By.Type != conversations.ByCustomer
}

// reweighed reports whether an event may have changed what the conversation weighs.
func reweighed(e conversations.Event) bool {
	_, desk := e.Changes["desk"]
	_, category := e.Changes["category"]
	return (desk || category) && (e.Type == conversations.EventChanged || e.Type == conversations.EventRule)
}

// requeue takes a conversation out of the queue it was in before its desk,
// category or priority changed by hand.
func (r *Router) requeue(ctx context.Context, c conversations.Conversation, changes map[string]conversations.Delta) error {
	was := c
	if d, ok := changes["desk"].From.(string); ok {
		was.Desk = d
	}
	if d, ok := changes["category"].From.(string); ok {
		was.Category = d
	}
	if d, ok := changes["overflow"].From.(string); ok {
		was.Overflow = d
	}
	if queue(was) == queue(c) {
		return nil
	}
	return r.Queues.Unwait(ctx, c.ID, queue(was))
}

// takeUp gives a reopened conversation back to the officer who had it, if he is
// on duty and has room; else to whoever fits.
func (r *Router) takeUp(ctx context.Context, c conversations.Conversation) error {
	now := r.Now()
	if _, err := r.look(ctx, now); err != nil {
		return err
	}
	if o, _, on := r.duty.officer(c.Assignee.ID); on {
		err := r.Board.Claim(ctx, o, c.ID, "", takes(o, r.Desks.of(c.Desk).Weight(c.Category)))
		if err == nil {
			now, err := r.Store.Load(ctx, c.ID)
			if err != nil {
				return err
			}
			return r.end(ctx, claim{officer: &o}, c.ID, holds(now, o.ID))
		}
		r.duty.forget()
		if errors.Is(err, conversations.ErrStale) { // he was changed a moment ago
			return r.takeUpAgain(ctx, c.ID)
		}
		if !errors.Is(err, conversations.ErrFull) {
			return err
		}
	}
	ch := conversations.Change{Before: &c, After: c, Events: []conversations.Event{{
		Type: conversations.EventUnassigned, At: now, By: conversations.System,
		Why:     "reopened, and " + c.Assignee.Name + " is not on duty or has no room: he watches it",
		Changes: map[string]conversations.Delta{"assignee": {From: c.Assignee}},
	}}}
	ch.After.Version++
	ch.After.Watchers = watched(c)
	ch.After.Assignee, ch.After.Times.Assigned, ch.After.Times.Released = nil, time.Time{}, now
	r.Desks.Wind(&ch)
	_, err := r.Store.Commit(ctx, ch)
	if errors.Is(err, conversations.ErrStale) {
		return r.takeUpAgain(ctx, c.ID)
	}
	return err
}

// takeUpAgain is takeUp on the present state.
func (r *Router) takeUpAgain(ctx context.Context, id conversations.ID) error {
	c, err := r.Store.Load(ctx, id)
	if err != nil || c.Assignee == nil || !c.Status.Live() {
		return err
	}
	return r.takeUp(ctx, c)
}

// involved lists the officers whose load an event may have changed.
func involved(e conversations.Event, c conversations.Conversation) []conversations.OfficerID {
	var out []conversations.OfficerID
	add := func(id conversations.OfficerID) {
		if id != "" && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	if d, ok := e.Changes["assignee"]; ok {
		add(conversations.OfficerIn(d.From))
		add(conversations.OfficerIn(d.To))
	}
	if _, ok := e.Changes["status"]; (ok || reweighed(e)) && c.Assignee != nil {
		add(c.Assignee.ID)
	}
	return out
}
