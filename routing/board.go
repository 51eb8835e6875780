package routing

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// Board keeps what officers have in hand and what waits for them. A claim is
// one place of an officer's capacity, taken atomically.
type Board interface {
	Room(ctx context.Context) (string, error)
	Claim(ctx context.Context, o conversations.Officer, id conversations.ID, queue string) error
	Claimed(ctx context.Context, officer conversations.OfficerID, id conversations.ID, assigned bool) error
	Hold(ctx context.Context, officer conversations.OfficerID, id conversations.ID) error
	Free(ctx context.Context, officer conversations.OfficerID, id conversations.ID) error
	Wait(ctx context.Context, id conversations.ID, queue string, rank int64, room string) error
	Unwait(ctx context.Context, id conversations.ID, queue string) error
	Heads(ctx context.Context, queues []string) ([]conversations.Waiter, error)
	Doubtful(ctx context.Context, age time.Duration) (map[conversations.ID]conversations.OfficerID, error)
}

// Roster knows the officers.
type Roster interface {
	Officers(ctx context.Context) ([]conversations.Officer, error)
}

// claim is an officer's place taken for a conversation, or the room there was
// when nobody had one.
type claim struct {
	officer *conversations.Officer
	why     string
	room    string
}

func (c *claim) giveBack(ctx context.Context, b Board, id conversations.ID) error {
	if c.officer == nil {
		return nil
	}
	return b.Claimed(ctx, c.officer.ID, id, false)
}

// duty remembers who is on duty, for a moment: every claim on it is checked.
type duty struct {
	mu       sync.Mutex
	officers []conversations.Officer
	since    map[conversations.OfficerID]time.Time // when each was last given something
	room     string
	until    time.Time
}

// dutyTerm is how long the officers' state is remembered.
const dutyTerm = time.Second

func (d *duty) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.until = time.Time{}
}

// given notes a claim, so that the next choice counts it.
func (d *duty) given(id conversations.OfficerID, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.since == nil {
		d.since = map[conversations.OfficerID]time.Time{}
	}
	d.since[id] = now
	for i := range d.officers {
		if d.officers[i].ID == id {
			d.officers[i].Load++
		}
	}
}

// onDuty returns the officers who take new work, and the room there was before
// their state was read.
func (r *Router) onDuty(ctx context.Context, now time.Time) ([]Officer, map[string]conversations.Officer, string, error) {
	d := &r.duty
	d.mu.Lock()
	defer d.mu.Unlock()
	if !now.Before(d.until) {
		room, err := r.Board.Room(ctx)
		if err != nil {
			return nil, nil, "", err
		}
		if d.officers, err = r.Officers.Officers(ctx); err != nil {
			return nil, nil, "", err
		}
		d.room, d.until = room, now.Add(dutyTerm)
	}
	var out []Officer
	docs := make(map[string]conversations.Officer, len(d.officers))
	for _, o := range d.officers {
		if o.Availability != conversations.Available || o.Disabled {
			continue
		}
		docs[string(o.ID)] = o
		out = append(out, Officer{
			ID: string(o.ID), Name: o.Name, Skills: o.Skills, Languages: o.Languages,
			Capacity: o.Capacity, Load: o.Load, Since: d.since[o.ID],
		})
	}
	return out, docs, d.room, nil
}

// claim takes a place for the conversation with the officer who fits best.
func (r *Router) claim(ctx context.Context, c conversations.Conversation, now time.Time) (claim, error) {
	need := Need{Desk: c.Desk, Category: c.Category, Language: c.Language, Priority: string(c.Priority)}
	for {
		officers, docs, room, err := r.onDuty(ctx, now)
		if err != nil {
			return claim{}, err
		}
		to, why, ok := Choose(need, officers, now)
		if !ok {
			return claim{why: why, room: room}, nil
		}
		o := docs[to]
		switch err := r.Board.Claim(ctx, o, c.ID, ""); {
		case err == nil:
			r.duty.given(o.ID, now)
			return claim{officer: &o, why: why}, nil
		case errors.Is(err, conversations.ErrFull) || errors.Is(err, conversations.ErrStale):
			r.duty.forget()
		default:
			return claim{}, err
		}
	}
}

// queue is where a conversation waits: matters that want the same officers wait together.
func queue(c conversations.Conversation) string { return c.Desk + "/" + c.Category }

// rank orders a queue: by priority, then first in, first out.
func rank(c conversations.Conversation) int64 {
	return int64(c.Priority.Rank())*10_000_000_000_000 + c.CreatedAt.UnixMilli()
}

// wait puts the conversation into its queue, unless somebody got room meanwhile:
// then it is routed again.
func (r *Router) wait(ctx context.Context, c conversations.Conversation, room string) error {
	err := r.Board.Wait(ctx, c.ID, queue(c), rank(c), room)
	if errors.Is(err, conversations.ErrStale) {
		r.duty.forget()
	}
	return err
}

// account keeps officers' loads in step with what an event says.
func (r *Router) account(ctx context.Context, e conversations.Event) error {
	c, err := r.Store.Load(ctx, e.Conversation)
	if err != nil {
		return err
	}
	if err := r.requeue(ctx, c, e.Changes); err != nil {
		return err
	}
	if _, moved := e.Changes["status"]; moved && e.By.Type == conversations.ByCustomer && c.Assignee != nil && c.Status.Live() {
		return r.takeUp(ctx, c)
	}
	var holder conversations.OfficerID
	if c.Assignee != nil && c.Status.Live() {
		holder = c.Assignee.ID
	}
	for _, id := range involved(e, c) {
		if id == holder {
			err = r.Board.Hold(ctx, id, c.ID)
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
	if queue(was) == queue(c) {
		return nil
	}
	return r.Board.Unwait(ctx, c.ID, queue(was))
}

// takeUp gives a reopened conversation back to the officer who had it, if he is
// on duty and has room; else to whoever fits.
func (r *Router) takeUp(ctx context.Context, c conversations.Conversation) error {
	now := r.Now()
	_, docs, _, err := r.onDuty(ctx, now)
	if err != nil {
		return err
	}
	if o, on := docs[string(c.Assignee.ID)]; on {
		err = r.Board.Claim(ctx, o, c.ID, "")
		if err == nil {
			return r.Board.Claimed(ctx, o.ID, c.ID, true)
		}
		r.duty.forget()
		if !errors.Is(err, conversations.ErrFull) && !errors.Is(err, conversations.ErrStale) {
			return err
		}
	}
	ch := conversations.Change{Before: &c, After: c, Events: []conversations.Event{{
		Type: conversations.EventUnassigned, At: now, By: conversations.System,
		Why:     "reopened, and " + c.Assignee.Name + " is not on duty or has no room",
		Changes: map[string]conversations.Delta{"assignee": {From: c.Assignee}},
	}}}
	ch.After.Version++
	ch.After.Assignee, ch.After.Times.Assigned = nil, time.Time{}
	ch.After.Clocks = r.Desks.Clockwork()(ch.After)
	_, err = r.Store.Commit(ctx, ch)
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
		add(officerIn(d.From))
		add(officerIn(d.To))
	}
	if _, ok := e.Changes["status"]; ok && c.Assignee != nil {
		add(c.Assignee.ID)
	}
	return out
}

// officerIn reads an officer out of an event's value, which may have been through JSON.
func officerIn(v any) conversations.OfficerID {
	switch o := v.(type) {
	case *conversations.OfficerRef:
		if o != nil {
			return o.ID
		}
	case map[string]any:
		id, _ := o["id"].(string)
		return conversations.OfficerID(id)
	}
	return ""
}

// serve gives an officer what waits for somebody like him, until he is full.
func (r *Router) serve(ctx context.Context, id conversations.OfficerID) error {
	for {
		now := r.Now()
		_, docs, _, err := r.onDuty(ctx, now)
		if err != nil {
			return err
		}
		o, ok := docs[string(id)]
		if !ok || o.Load >= o.Capacity {
			return nil
		}
		next, ok, err := r.first(ctx, o)
		if err != nil || !ok {
			return err
		}
		switch err := r.Board.Claim(ctx, o, next.ID, next.Queue); {
		case err == nil:
			r.duty.given(o.ID, now)
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
	heads, err := r.Board.Heads(ctx, queues)
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
			return r.Board.Claimed(ctx, o.ID, id, c.Assignee != nil && c.Assignee.ID == o.ID)
		}
		now := r.Now()
		ch := conversations.Change{Before: &c, After: c}
		take(&ch, o.Ref(), o.Name+" has room and it waited longest of what "+o.Name+" works on", now)
		ch.After.Version++
		ch.After.Clocks = r.Desks.Clockwork()(ch.After)
		_, err = r.Store.Commit(ctx, ch)
		if err == nil {
			return r.Board.Claimed(ctx, o.ID, id, true)
		}
		if !errors.Is(err, conversations.ErrStale) {
			return err
		}
	}
}

const (
	doubtAge   = 10 * time.Second // a claim that nobody confirmed for so long was left by a crash
	doubtEvery = 5 * time.Second
)

// resolve ends the doubt about claims that a crash left between claiming and assigning.
func (r *Router) resolve(ctx context.Context) {
	tick := time.NewTicker(doubtEvery)
	defer tick.Stop()
	for {
		if err := r.resolveOnce(ctx); err != nil && ctx.Err() == nil {
			r.Logger.Warn("claims not checked", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (r *Router) resolveOnce(ctx context.Context) error {
	claims, err := r.Board.Doubtful(ctx, doubtAge)
	if err != nil {
		return err
	}
	for id, officer := range claims {
		c, err := r.Store.Load(ctx, id)
		if err != nil && !errors.Is(err, conversations.ErrNotFound) {
			return err
		}
		held := err == nil && c.Assignee != nil && c.Assignee.ID == officer && c.Status.Live()
		if err := r.Board.Claimed(ctx, officer, id, held); err != nil {
			return err
		}
		r.duty.forget()
		if err := r.serve(ctx, officer); err != nil {
			return err
		}
		if err == nil && c.Status.Live() && c.Assignee == nil && c.ID != "" {
			if err := r.route(ctx, &work{id: id, moved: true}); err != nil {
				return err
			}
		}
	}
	return nil
}
