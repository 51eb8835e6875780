package reports

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/caravan-desk/caravan/conversations"
)

// Source is where conversations come from; the store is one.
type Source interface {
	List(ctx context.Context, q conversations.Query) (conversations.Page, error)
	History(ctx context.Context, id conversations.ID, after, limit int) ([]conversations.Event, error)
	Callbacks(ctx context.Context, q conversations.CallbackQuery) (conversations.CallbackPage, error)
	Load(ctx context.Context, id conversations.ID) (conversations.Conversation, error)
	Reviews(ctx context.Context, q conversations.ReviewQuery) (conversations.ReviewPage, error)
	ReviewItems(ctx context.Context, id conversations.ReviewID) ([]conversations.ReviewItem, error)
}

const (
	pageOf   = 200
	together = 64     // conversations read at once; the store asks for them in few pipelines
	longest  = 10_000 // events of one conversation that are looked at
)

// Cases reads every conversation that may have something to tell since from: those to
// which something happened, and those that still want something.
func Cases(ctx context.Context, s Source, desk string, from, now time.Time) ([]Case, error) {
	recent := conversations.Query{Sort: conversations.ByUpdated, Desk: desk, Limit: pageOf, Now: now}
	live := recent
	for _, status := range conversations.Statuses {
		if status.Live() {
			live.Status = append(live.Status, status)
		}
	}
	out, err := cases(ctx, s, recent, func(c *conversations.Conversation) (take, stop bool) {
		old := c.UpdatedAt.Before(from)
		return !old, old
	})
	if err != nil {
		return nil, err
	}
	older, err := cases(ctx, s, live, func(c *conversations.Conversation) (take, stop bool) { return c.UpdatedAt.Before(from), false })
	if err != nil {
		return nil, err
	}
	return rounds(ctx, s, append(out, older...), desk, from, now)
}

// cases goes through a list until take says to stop.
func cases(ctx context.Context, s Source, q conversations.Query, take func(*conversations.Conversation) (take, stop bool)) ([]Case, error) {
	var out []Case
	for {
		page, err := s.List(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("list conversations: %w", err)
		}
		var rows []*conversations.Conversation
		end := page.Next == ""
		for _, c := range page.Items {
			wanted, stop := take(c)
			if wanted {
				rows = append(rows, c)
			}
			if stop {
				end = true
				break
			}
		}
		read, err := read(ctx, s, rows, q.Now)
		if err != nil {
			return nil, err
		}
		if out = append(out, read...); end {
			return out, nil
		}
		q.Cursor = page.Next
	}
}

// read folds a page of conversations, many at once.
func read(ctx context.Context, s Source, rows []*conversations.Conversation, now time.Time) ([]Case, error) {
	out := make([]Case, len(rows))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(together)
	for i, c := range rows {
		g.Go(func() error {
			events, err := s.History(ctx, c.ID, 0, longest)
			if err != nil {
				return fmt.Errorf("conversation %s: %w", c.ID, err)
			}
			var calls conversations.CallbackPage
			if c.Issued > 0 {
				if calls, err = s.Callbacks(ctx, conversations.CallbackQuery{Conversation: c.ID, Limit: pageOf}); err != nil {
					return fmt.Errorf("conversation %s: %w", c.ID, err)
				}
			}
			out[i] = Fold(*c, events, calls.Items, now)
			return nil
		})
	}
	return out, g.Wait()
}
