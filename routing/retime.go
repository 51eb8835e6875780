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
	var again <-chan time.Time
	force := false
	for {
		moved, err := r.Once(ctx, force)
		switch {
		case err != nil && ctx.Err() == nil:
			r.Logger.Warn("clocks not folded anew", "error", err)
			again = time.After(time.Second)
		case moved > 0:
			r.Logger.Info("clocks moved: the desks' files have changed", "conversations", moved)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-r.Wake:
			again, force = time.After(retimeSettle), false
		case <-again:
			again, force = nil, force || err == nil
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
	same := func(a, b conversations.Clock) bool { return a.Name == b.Name && a.DueAt.Equal(b.DueAt) }
	if slices.EqualFunc(before.Clocks, c.Clocks, same) {
		return ch, false
	}
	changes := map[string]conversations.Delta{}
	for _, k := range c.Clocks {
		d := conversations.Delta{To: k.DueAt}
		if i := slices.IndexFunc(before.Clocks, func(o conversations.Clock) bool { return o.Name == k.Name }); i >= 0 {
			d.From = before.Clocks[i].DueAt
		}
		if d.From != d.To {
			changes[k.Name] = d
		}
	}
	c.Version++
	return conversations.Change{Before: &before, After: c, Events: []conversations.Event{{
		Type: conversations.EventMoved, At: now, By: conversations.System, Why: "the desks' terms or calendars have changed", Changes: changes,
	}}}, true
}
