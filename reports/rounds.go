package reports

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/caravan-desk/caravan/conversations"
)

// Looked is that a review round covered a conversation.
type Looked struct {
	Desk, Round string
	At          time.Time           // when the round was due
	Tick        *conversations.Tick // nil: nobody looked
}

// rounds adds to the cases which rounds of the desk (of all if empty), due since from and
// over by now, covered them. A conversation that is on another desk by now becomes a case too.
func rounds(ctx context.Context, s Source, cases []Case, desk string, from, now time.Time) ([]Case, error) {
	place := make(map[conversations.ID]int, len(cases))
	for i := range cases {
		place[cases[i].Conversation.ID] = i
	}
	q := conversations.ReviewQuery{Desk: desk, State: conversations.ReviewEnded, From: from, Limit: pageOf}
	for {
		page, err := s.Reviews(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("list rounds: %w", err)
		}
		for _, r := range page.Items {
			if r.Items == 0 {
				continue
			}
			items, err := s.ReviewItems(ctx, r.ID)
			if err != nil {
				return nil, fmt.Errorf("round %s: %w", r.ID, err)
			}
			for _, i := range items {
				if _, ok := place[i.Conversation]; !ok {
					place[i.Conversation] = len(cases)
					cases = append(cases, Case{Conversation: conversations.Conversation{ID: i.Conversation}})
				}
				k := &cases[place[i.Conversation]]
				k.Looked = append(k.Looked, Looked{r.Desk, r.Round, r.DueAt, i.Tick})
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return cases, complete(ctx, s, cases, now)
		}
	}
}

// complete folds the cases of which only the rounds are known. Of somebody who was erased
// nothing else is.
func complete(ctx context.Context, s Source, cases []Case, now time.Time) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(together)
	for i := range cases {
		if k := &cases[i]; k.Opened.IsZero() {
			g.Go(func() error {
				c, err := s.Load(ctx, k.Conversation.ID)
				if errors.Is(err, conversations.ErrNotFound) || c.Erased {
					return nil
				}
				if err != nil {
					return fmt.Errorf("conversation %s: %w", k.Conversation.ID, err)
				}
				of, err := read(ctx, s, []*conversations.Conversation{&c}, now)
				if err == nil {
					of[0].Looked = k.Looked
					*k = of[0]
				}
				return err
			})
		}
	}
	return g.Wait()
}

// looked makes a point of each round that covered the conversation.
func looked(value func(seen bool) (float64, bool)) func(*Case) []Point {
	return func(k *Case) []Point {
		var out []Point
		for _, l := range k.Looked {
			v, ok := value(l.Tick != nil)
			if !ok {
				continue
			}
			p := Point{At: l.At, Value: v, Desk: l.Desk, Round: l.Round}
			if l.Tick != nil {
				p.Officer = l.Tick.By.ID
			}
			out = append(out, p)
		}
		return out
	}
}

func coveredByRound(bool) (float64, bool)   { return 1, true }
func seenInRound(seen bool) (float64, bool) { return yes(seen), true }
func missedByRound(seen bool) (float64, bool) {
	return 1, !seen
}
