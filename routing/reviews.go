package routing

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/caravan-desk/caravan/conversations"
)

// ReviewStore keeps review rounds. Every step may be taken twice, by any gateway.
type ReviewStore interface {
	// KnownReviews are, by desk/round, when the last one was due.
	KnownReviews(ctx context.Context) (map[string]time.Time, error)
	// KnowReview notes since when a round is held.
	KnowReview(ctx context.Context, of string, from time.Time) error
	// BeginReview keeps the document; ErrTaken if it is there.
	BeginReview(ctx context.Context, r conversations.Review) error
	// ListReview lists, once, what is covered in a partition.
	ListReview(ctx context.Context, r conversations.Review, partition int) error
	// EndReview lets nothing more be ticked off in a partition.
	EndReview(ctx context.Context, id conversations.ReviewID, partition int) error
	// CountReview counts what is covered and what was ticked off.
	CountReview(ctx context.Context, r conversations.Review) (conversations.Review, error)
	// SaveReview writes the document over the version before it; ErrStale if it was changed.
	SaveReview(ctx context.Context, r conversations.Review) error
	UnendedReviews(ctx context.Context) ([]conversations.Review, error)
}

// Reviews holds the desks' review rounds: begins each at its instant with a list of what
// it covers, and ends it when the next is due with what nobody looked at. Any number of
// gateways may run it; a step that one left undone is taken by the next that looks.
type Reviews struct {
	Store      ReviewStore
	Desks      Desks
	Partitions int
	Now        func() time.Time
	Logger     *slog.Logger
}

const (
	reviewLook  = 30 * time.Second   // the longest sleep: another gateway may have died within a step
	reviewHands = 4                  // partitions worked on together
	reviewBack  = 7 * 24 * time.Hour // how far back it is noted that a round was not held
)

// Run holds rounds until ctx is done.
func (v *Reviews) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		next, err := v.Once(ctx)
		wait := reviewLook
		switch {
		case err != nil && ctx.Err() == nil:
			v.Logger.Warn("review rounds wait for the store", "error", err)
			wait = time.Second
		case !next.IsZero():
			wait = max(0, min(wait, next.Sub(v.Now())))
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
	return ctx.Err()
}

// Once takes every step that is due; next is when there is another.
func (v *Reviews) Once(ctx context.Context) (next time.Time, err error) {
	soonest := func(at time.Time) {
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	known, err := v.Store.KnownReviews(ctx)
	if err != nil {
		return next, err
	}
	now := v.Now()
	for i := range v.Desks {
		d := &v.Desks[i]
		for k := range d.Rounds {
			r := &d.Rounds[k]
			if err := v.begin(ctx, d, r, known[d.Name+"/"+r.Name], now); err != nil {
				return next, err
			}
			if at, ok := r.Next(now, d.Hours("")); ok {
				soonest(at)
			}
		}
	}
	under, err := v.Store.UnendedReviews(ctx)
	if err != nil {
		return next, err
	}
	for _, r := range under {
		if err := v.step(ctx, r); err != nil && !errors.Is(err, conversations.ErrStale) { // stale: another took the step
			return next, err
		}
		if r.EndsAt.After(now) {
			soonest(r.EndsAt)
		}
	}
	return next, nil
}

// begin begins the round if it is due since the last one was. Those between, which nobody
// could hold, are noted; a round that was never held is held from its next instant on.
func (v *Reviews) begin(ctx context.Context, d *Desk, r *Round, last, now time.Time) error {
	due, ok := r.Last(now, d.Hours(""))
	if last.IsZero() {
		return v.Store.KnowReview(ctx, d.Name+"/"+r.Name, now)
	}
	if !ok || !due.After(last) {
		return nil
	}
	for at, ok := r.Next(latest(last, now.Add(-reviewBack)), d.Hours("")); ok && at.Before(due); at, ok = r.Next(at, d.Hours("")) {
		if err := v.Store.BeginReview(ctx, d.review(r, at, now, conversations.ReviewSkipped)); err != nil && !errors.Is(err, conversations.ErrTaken) {
			return err
		}
	}
	err := v.Store.BeginReview(ctx, d.review(r, due, now, conversations.ReviewOpening))
	if errors.Is(err, conversations.ErrTaken) {
		return nil
	}
	return err
}

// step takes the next step of a review, if it is time. One that covers nothing ends at once.
func (v *Reviews) step(ctx context.Context, r conversations.Review) error {
	if r.State == conversations.ReviewOpening {
		if err := v.each(ctx, func(ctx context.Context, part int) error { return v.Store.ListReview(ctx, r, part) }); err != nil {
			return err
		}
		var err error
		if r, err = v.Store.CountReview(ctx, r); err != nil {
			return err
		}
		if r.Items > 0 {
			r.State = conversations.ReviewOpen
			r.Version++
			if err := v.Store.SaveReview(ctx, r); err != nil {
				return err
			}
		}
	}
	if now := v.Now(); r.Items > 0 && now.Before(r.EndsAt) {
		return nil
	}
	if err := v.each(ctx, func(ctx context.Context, part int) error { return v.Store.EndReview(ctx, r.ID, part) }); err != nil {
		return err
	}
	r, err := v.Store.CountReview(ctx, r)
	if err != nil {
		return err
	}
	ended := v.Now()
	r.State, r.EndedAt, r.Missed = conversations.ReviewEnded, &ended, r.Items-r.Seen
	r.Version++
	return v.Store.SaveReview(ctx, r)
}

// each does something in every partition, some at once.
func (v *Reviews) each(ctx context.Context, do func(ctx context.Context, part int) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(reviewHands)
	for part := range v.Partitions {
		g.Go(func() error { return do(ctx, part) })
	}
	return g.Wait()
}
