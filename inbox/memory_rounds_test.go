package inbox

import (
	"cmp"
	"context"
	"slices"

	"github.com/caravan-desk/caravan/conversations"
)

// held is a review round of the store in memory.
type held struct {
	review conversations.Review
	items  []conversations.ReviewItem
}

// tick notes what a change ticks off.
func (s *memory) tick(ch conversations.Change) {
	if ch.Tick == nil {
		return
	}
	for i, item := range s.rounds[ch.Tick.Review].items {
		if item.Conversation == ch.After.ID {
			s.rounds[ch.Tick.Review].items[i].Tick = ch.Tick
		}
	}
}

func (s *memory) LoadReview(_ context.Context, id conversations.ReviewID) (conversations.Review, error) {
	h, err := found(s, s.rounds, id)
	if err != nil {
		return conversations.Review{}, err
	}
	h.review.Items = len(h.items)
	return h.review, nil
}

func (s *memory) ReviewItem(_ context.Context, id conversations.ReviewID, of conversations.ID) (conversations.ReviewItem, bool, error) {
	h, err := found(s, s.rounds, id)
	if err != nil {
		return conversations.ReviewItem{}, false, err
	}
	i := slices.IndexFunc(h.items, func(i conversations.ReviewItem) bool { return i.Conversation == of })
	if i < 0 {
		return conversations.ReviewItem{}, false, conversations.ErrNotFound
	}
	return h.items[i], h.review.State == conversations.ReviewEnded, nil
}

func (s *memory) ReviewItems(_ context.Context, id conversations.ReviewID) ([]conversations.ReviewItem, error) {
	h, err := found(s, s.rounds, id)
	if err != nil {
		return nil, err
	}
	return slices.Clone(h.items), nil
}

func (s *memory) Reviews(_ context.Context, q conversations.ReviewQuery) (conversations.ReviewPage, error) {
	leave, err := s.enter()
	defer leave()
	var page conversations.ReviewPage
	if q.Cursor != "" {
		return page, cmp.Or(err, conversations.ErrCursor)
	}
	for _, h := range s.rounds {
		due := h.review.DueAt
		if (q.Desk == "" || q.Desk == h.review.Desk) && (q.State == "" || q.State == h.review.State) &&
			!due.Before(q.From) && (q.To.IsZero() || due.Before(q.To)) {
			page.Items = append(page.Items, h.review)
		}
	}
	return page, err
}
