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

// Log gives events to a group of followers, each event to one of them.
type Log interface {
	Follow(ctx context.Context, group string, handle func(context.Context, []conversations.Event) error) error
}

// Store is where the Router reads and writes conversations.
type Store interface {
	Recent(ctx context.Context, id conversations.ID) (conversations.Conversation, error)
	Load(ctx context.Context, id conversations.ID) (conversations.Conversation, error)
	RecentMessage(ctx context.Context, id conversations.MessageID) (conversations.Message, error)
	Commit(ctx context.Context, c conversations.Change) (conversations.Conversation, error)
}

// Router follows the log: it understands what came in, and sees to it that
// every live conversation has an officer or waits in order for one. Handling an
// event twice changes nothing more.
type Router struct {
	Log        Log
	Store      Store
	Board      Board
	Queues     Queues
	Officers   Roster
	Classifier *Classifier
	Desks      Desks
	Timezone   *time.Location
	Now        func() time.Time
	Logger     *slog.Logger

	duty duty
}

// atOnce is how many conversations of one batch are worked on together.
const atOnce = 8

// Run follows the log until ctx is done.
func (r *Router) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	wg.Go(func() { r.resolve(ctx) })
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
	return away
}

// conversation handles the events of one conversation, or of the officers (no ID).
func (r *Router) conversation(ctx context.Context, id conversations.ID, events []conversations.Event) error {
	if id == "" {
		for _, e := range events {
			r.duty.forget()
			if err := r.serve(ctx, conversations.OfficerID(e.Why)); err != nil {
				return err
			}
		}
		return nil
	}
	w := work{id: id}
	for _, e := range events {
		switch {
		case e.Type == conversations.EventReceived:
			w.unread = append(w.unread, e.Message)
		case own(e):
		case e.Type == conversations.EventAssigned, e.Type == conversations.EventUnassigned, e.Type == conversations.EventChanged:
			w.moved = true
			if err := r.account(ctx, e); err != nil {
				return fmt.Errorf("conversation %s: %w", id, err)
			}
		}
	}
	if len(w.unread) == 0 && !w.moved {
		return nil
	}
	if err := r.route(ctx, &w); err != nil {
		return fmt.Errorf("conversation %s: %w", id, err)
	}
	return nil
}

// own reports whether the event is what the Router itself did.
func own(e conversations.Event) bool {
	return e.By.Type == conversations.BySystem && (e.Type == conversations.EventAssigned || e.Type == conversations.EventClassified)
}

// work is what is to be done for one conversation.
type work struct {
	id     conversations.ID
	unread []conversations.MessageID
	moved  bool // somebody changed it by hand, or the customer reopened it
	mine   claim
}

// route understands what is unread and gives the conversation to somebody. A
// decision made on an old state is made again.
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
	for _, mid := range w.unread {
		m, err := r.Store.RecentMessage(ctx, mid)
		if err != nil {
			return err
		}
		if human(m) {
			r.understand(&ch, m, now)
		}
	}
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
		ch.After.Clocks = r.Desks.Clockwork()(ch.After)
		if _, err := r.Store.Commit(ctx, ch); err != nil {
			return err
		}
	}
	return r.settle(ctx, before, ch.After, w, wants)
}

// settle brings the board in step with what was decided.
func (r *Router) settle(ctx context.Context, before, after conversations.Conversation, w *work, wanted bool) error {
	if w.left(before, after) {
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

// left reports whether the conversation may stand in a queue that is not its own
// any more. One that was never understood stands in none.
func (w *work) left(before, after conversations.Conversation) bool {
	if before.Category == "" && !w.moved {
		return false
	}
	taken := after.Assignee != nil && (before.Assignee == nil || w.moved)
	return taken || queue(before) != queue(after) || w.moved && !after.Status.Live()
}

// understand folds one message into the change.
func (r *Router) understand(ch *conversations.Change, m conversations.Message, now time.Time) {
	u := r.Classifier.Classify(Text{ID: string(m.ID), Channel: m.Channel, Subject: m.Subject, Body: m.Text, From: m.From}, now, r.Timezone)
	folded := r.Desks.Fold(ch.After, m, u, now)
	ch.After, ch.Events = folded.After, append(ch.Events, folded.Events...)
	wish := Wish(ch.After, m, u, now)
	if wish == nil || ch.Callback != nil {
		return
	}
	promised, err := conversations.Promise(ch.After, *wish, conversations.System, now)
	if err != nil { // no number is known: an officer sees the wish in the words
		return
	}
	ch.After, ch.Callback, ch.Claim = promised.After, promised.Callback, promised.Claim
	ch.Events = append(ch.Events, promised.Events...)
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
