package routing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// Log gives the events that leave work to do (Event.Work) to a group of followers, each
// event to one of them.
type Log interface {
	Follow(ctx context.Context, group string, handle func(context.Context, []conversations.Event) error) error
}

// Store is where the Router reads and writes conversations.
type Store interface {
	Recent(ctx context.Context, id conversations.ID) (conversations.Conversation, error)
	Load(ctx context.Context, id conversations.ID) (conversations.Conversation, error)
	Commit(ctx context.Context, c conversations.Change) (conversations.Conversation, error)
}

// Router follows the log and sees to it that every live conversation has an
// officer or waits in order for one. Handling an event twice changes nothing more.
type Router struct {
	Log      Log
	Store    Store
	Board    Board
	Queues   Queues
	Officers Roster
	Rows     Rows
	Sharers  Sharers // nil: nobody looks for later contacts about the same
	Desks    Desks
	Now      func() time.Time
	Logger   *slog.Logger

	duty      duty
	confirmed confirmed
	roster    chan struct{} // an officer was changed
}

// atOnce is how many conversations of one batch are worked on together.
const atOnce = 32

// Run follows the log until ctx is done.
func (r *Router) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	r.roster = make(chan struct{}, 1)
	wg.Go(func() { r.resolve(ctx) })
	wg.Go(func() { r.shifts(ctx) })
	wg.Go(func() { r.confirm(ctx) })
	err := r.Log.Follow(ctx, "router", r.handle)
	wg.Wait()
	return err
}

// handle works through a batch: each conversation's events in order, different
// conversations together.
func (r *Router) handle(ctx context.Context, events []conversations.Event) error {
	var order []conversations.ID
	byID := map[conversations.ID][]conversations.Event{}
	for _, e := range events {
		if byID[e.Conversation] == nil {
			order = append(order, e.Conversation)
		}
		byID[e.Conversation] = append(byID[e.Conversation], e)
	}
	slots, errs := make(chan struct{}, atOnce), make(chan error, len(order))
	for _, id := range order {
		slots <- struct{}{}
		go func() {
			defer func() { <-slots }()
			errs <- r.conversation(ctx, id, byID[id])
		}()
	}
	var away error
	for range order {
		switch err := <-errs; {
		case errors.Is(err, channels.ErrUnavailable) || ctx.Err() != nil:
			away = errors.Join(away, err)
		case err != nil:
			r.Logger.Error("conversation not routed", "error", err)
		}
	}
	switch err := r.repeats(ctx, events); {
	case errors.Is(err, channels.ErrUnavailable) || ctx.Err() != nil:
		away = errors.Join(away, err)
	case err != nil:
		r.Logger.Error("later contacts not marked", "error", err)
	}
	return away
}

// conversation handles the events of one conversation, or of the officers (no ID).
func (r *Router) conversation(ctx context.Context, id conversations.ID, events []conversations.Event) error {
	if id == "" {
		for _, e := range events {
			if e.Type != conversations.EventOfficer {
				continue
			}
			r.duty.forget()
			select {
			case r.roster <- struct{}{}:
			default:
			}
			if err := r.serve(ctx, conversations.OfficerID(e.Why)); err != nil {
				return err
			}
		}
		return nil
	}
	w, away := work{id: id}, false
	for _, e := range events {
		switch {
		case e.Type == conversations.EventReceived:
			w.wanted, away = w.wanted || e.Unassigned, away || e.Unattended
		case moves[e.Type] && e.Work() && !r.aside(ctx, e):
			w.moved = true
			if err := r.account(ctx, e); err != nil {
				return fmt.Errorf("conversation %s: %w", id, err)
			}
		}
	}
	if away && !w.wanted {
		if err := r.gone(ctx, id, w.moved); err != nil && !errors.Is(err, conversations.ErrNotFound) {
			return fmt.Errorf("conversation %s: %w", id, err)
		}
	}
	if !w.wanted && !w.moved {
		return nil
	}
	if err := r.route(ctx, &w); err != nil {
		return fmt.Errorf("conversation %s: %w", id, err)
	}
	return nil
}

// moves are the events after which a conversation may want another officer, or stand in another queue.
var moves = map[conversations.EventType]bool{
	conversations.EventAssigned: true, conversations.EventUnassigned: true,
	conversations.EventChanged: true, conversations.EventClassified: true, conversations.EventRule: true,
}

// aside reports whether an event has told only what else a message was understood to say,
// of a conversation that somebody has: the queue that it would wait in is the same, and
// nobody's load is another. That it was understood so with a message that nobody had is
// told by the message.
func (r *Router) aside(ctx context.Context, e conversations.Event) bool {
	if e.Type != conversations.EventClassified {
		return false
	}
	for _, field := range [...]string{"desk", "category", "overflow", "status", "assignee"} {
		if _, ok := e.Changes[field]; ok {
			return false
		}
	}
	c, err := r.Store.Recent(ctx, e.Conversation)
	return err == nil && c.Version >= e.Version && c.Assignee != nil
}

// work is what is to be done for one conversation.
type work struct {
	id     conversations.ID
	wanted bool // a message came, and nobody had the conversation
	moved  bool // somebody changed it, or a message of the customer's did
	mine   claim
}

// route gives the conversation to somebody. A decision made on an old state is
// made again.
func (r *Router) route(ctx context.Context, w *work) error {
	load := r.Store.Recent
	if w.moved {
		load = r.Store.Load
	}
	for {
		before, err := load(ctx, w.id)
		if errors.Is(err, conversations.ErrNotFound) {
			return r.end(ctx, w.mine, w.id, false)
		}
		if err != nil {
			return err
		}
		err = r.decide(ctx, before, w)
		if !errors.Is(err, conversations.ErrStale) {
			return err
		}
		load = r.Store.Load
	}
}

// decide makes the decision once, on before, and commits it.
func (r *Router) decide(ctx context.Context, before conversations.Conversation, w *work) error {
	now := r.Now()
	ch := conversations.Change{Before: &before, After: before}
	wants := ch.After.Status.Live() && ch.After.Assignee == nil
	if wants && w.mine.officer == nil { // also if it waits: a crash may have come before it was queued
		var err error
		if w.mine, err = r.claim(ctx, ch.After, now); err != nil {
			return err
		}
	}
	if wants && w.mine.officer != nil {
		take(&ch, w.mine.officer.Ref(), w.mine.why, now)
	}
	if len(ch.Events) > 0 {
		ch.After.Version = before.Version + 1
		r.Desks.Wind(&ch)
		if _, err := r.Store.Commit(ctx, ch); err != nil {
			return err
		}
	}
	return r.settle(ctx, before, ch.After, w, wants)
}

// settle brings the board in step with what was decided.
func (r *Router) settle(ctx context.Context, before, after conversations.Conversation, w *work, wanted bool) error {
	if w.left(after) {
		if err := r.Queues.Unwait(ctx, before.ID, queue(before)); err != nil {
			return err
		}
	}
	if w.mine.officer != nil {
		return r.end(ctx, w.mine, before.ID, holds(after, w.mine.officer.ID))
	}
	if wanted {
		return r.wait(ctx, after, w.mine.room)
	}
	return nil
}

// left reports whether the conversation may stand in a queue though it does not
// wait any more. Its first message finds it in none.
func (w *work) left(after conversations.Conversation) bool {
	return (w.moved || after.Messages > 1) && (after.Assignee != nil || !after.Status.Live())
}

// take assigns the conversation within a change.
func take(ch *conversations.Change, to *conversations.OfficerRef, why string, now time.Time) {
	c := &ch.After
	ch.Events = append(ch.Events, conversations.Event{
		Type: conversations.EventAssigned, At: now, By: conversations.System, Why: why,
		Changes: map[string]conversations.Delta{"assignee": {From: c.Assignee, To: to}},
	})
	c.Assignee, c.Times.Assigned = to, now
}
