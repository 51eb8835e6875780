package routing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// Terms remembers by which desks' files the stored clocks were folded.
type Terms interface {
	Terms(ctx context.Context) (string, error)
	SetTerms(ctx context.Context, terms string) error
}

// Retime folds the clocks of every open conversation anew after the desks or calendars have
// changed: a holiday was moved, a term shortened. Whatever is changed meanwhile is folded by
// whoever changes it. If it is interrupted the next start begins again.
type Retime struct {
	Terms  Terms
	Store  Store
	Rows   Rows
	Desks  Desks
	Wake   <-chan struct{} // the calendars were exchanged; may be nil
	Now    func() time.Time
	Logger *slog.Logger
}

// retimeSettle is how long after an exchange somebody may still commit what he has folded by
// the calendars before.
const retimeSettle = 5 * time.Second

// Run brings the clocks up to date if they are not, now and whenever it is woken, until ctx is done.
func (r *Retime) Run(ctx context.Context) error {
	for woken, force := false, false; ; {
		shelf := r.Desks.shelf()
		book := shelf.hung.Load()
		moved, err := r.Once(ctx, force)
		if moved > 0 {
			r.Logger.Info("clocks moved: the desks' files have changed", "conversations", moved)
		}
		var again <-chan time.Time
		switch {
		case err != nil && ctx.Err() == nil:
			r.Logger.Warn("clocks not folded anew", "error", err)
			again = time.After(time.Second)
		case woken:
			woken, force, again = false, true, time.After(retimeSettle)
		default:
			shelf.folded.Store(book)
			force = false
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-r.Wake:
			woken, force = true, false
		case <-again:
		}
	}
}

// Once brings the clocks up to date if the files are others than they were, or in any case if it
// is forced; it returns of how many conversations one has moved.
func (r *Retime) Once(ctx context.Context, force bool) (moved int, err error) {
	terms := r.Desks.terms()
	known, err := r.Terms.Terms(ctx)
	if err != nil || known == terms && !force {
		return 0, err
	}
	q := conversations.Query{
		Status: conversations.LiveStatuses,
		Sort:   conversations.ByCreatedOldest, Limit: 200,
	}
	for {
		q.Now = r.Now()
		page, err := r.Rows.List(ctx, q)
		if err != nil {
			return moved, fmt.Errorf("list open conversations: %w", err)
		}
		for _, c := range page.Items {
			did, err := r.one(ctx, c.ID)
			if err != nil {
				return moved, err
			}
			if did {
				moved++
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return moved, r.Terms.SetTerms(ctx, terms)
		}
	}
}

// one folds one conversation's clocks anew.
func (r *Retime) one(ctx context.Context, id conversations.ID) (moved bool, err error) {
	for {
		c, err := r.Store.Load(ctx, id)
		if err != nil {
			return false, err
		}
		ch, ok := r.Desks.Refold(c, r.Now())
		if !ok {
			return false, nil
		}
		if _, err = r.Store.Commit(ctx, ch); !errors.Is(err, conversations.ErrStale) {
			return err == nil, err
		}
	}
}

// Refold folds a conversation's clocks by these desks; ok is false if none is due at another
// time than it was. It is pure.
func (ds Desks) Refold(before conversations.Conversation, now time.Time) (ch conversations.Change, ok bool) {
	c := before
	c.Clocks = ds.clocksAt(&c, now)
	moved, ok := refolded(before.Clocks, c.Clocks, now)
	if !ok {
		return ch, false
	}
	c.Version++
	return conversations.Change{Before: &before, After: c, Events: []conversations.Event{moved}}, true
}

// meanwhile tells of the clocks of a conversation that somebody changes before Retime has
// come to it: what he keeps is folded by other calendars than what was there. To what is over
// Retime does not come.
func (ds Desks) meanwhile(before *conversations.Conversation, now time.Time) []conversations.Event {
	if s := ds.shelf(); s.folded.Load() == s.hung.Load() && before.Status.Live() {
		return nil
	}
	if moved, ok := refolded(before.Clocks, ds.clocksAt(before, now), now); ok {
		return []conversations.Event{moved}
	}
	return nil
}

// refolded tells which clocks are due at another time than before. One that is paused both
// times is not: when it is due is known once it goes on.
func refolded(before, after []conversations.Clock, now time.Time) (e conversations.Event, ok bool) {
	changes := map[string]conversations.Delta{}
	for _, k := range after {
		i := slices.IndexFunc(before, func(o conversations.Clock) bool { return o.Name == k.Name })
		switch {
		case i < 0:
			changes[k.Name] = conversations.Delta{To: k.DueAt}
		case !k.DueAt.Equal(before[i].DueAt) && (k.State != conversations.Paused || before[i].State != conversations.Paused):
			changes[k.Name] = conversations.Delta{From: before[i].DueAt, To: k.DueAt}
		}
	}
	for _, o := range before {
		if !slices.ContainsFunc(after, func(k conversations.Clock) bool { return k.Name == o.Name }) {
			changes[o.Name] = conversations.Delta{From: o.DueAt}
		}
	}
	return conversations.Event{
		Type: conversations.EventMoved, At: now, By: conversations.System, Why: "the desks' terms or calendars have changed", Changes: changes,
	}, len(changes) > 0
}
