package redisstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/conversations"
)

// LoadReview returns a review with its counts as they are now, or ErrNotFound.
func (s *Store) LoadReview(ctx context.Context, id conversations.ReviewID) (conversations.Review, error) {
	raw, ok, err := get[string](ctx, s, redis.NewStringCmd(ctx, "hget", keyReviews, string(id)))
	if err != nil {
		return conversations.Review{}, fmt.Errorf("load review: %w", err)
	}
	if !ok {
		return conversations.Review{}, conversations.ErrNotFound
	}
	return s.reviewOf(ctx, raw)
}

// reviewOf decodes a document; what is not settled yet is counted.
func (s *Store) reviewOf(ctx context.Context, raw string) (r conversations.Review, err error) {
	if r.Version, err = unversioned(raw, &r); err != nil {
		return r, fmt.Errorf("review: %w", err)
	}
	if r.State == conversations.ReviewOpening || r.State == conversations.ReviewOpen {
		return s.CountReview(ctx, r)
	}
	return r, nil
}

// CountReview counts what a review covers and what of it was ticked off.
func (s *Store) CountReview(ctx context.Context, r conversations.Review) (conversations.Review, error) {
	items, err := s.ReviewItems(ctx, r.ID)
	if err != nil {
		return r, err
	}
	r.Items, r.Seen, r.Missed, r.Ended = len(items), 0, 0, map[string]int{}
	for _, i := range items {
		if i.Tick != nil {
			r.Seen++
			r.Ended[i.Tick.Outcome]++
		}
	}
	return r, nil
}

// ReviewItems are all that a review covers, the oldest first.
func (s *Store) ReviewItems(ctx context.Context, id conversations.ReviewID) ([]conversations.ReviewItem, error) {
	var cmds []redis.Cmder
	for _, p := range s.partitions {
		cmds = append(cmds, redis.NewStringCmd(ctx, "get", p.review(id)), redis.NewMapStringStringCmd(ctx, "hgetall", p.ticks(id)))
	}
	if err := s.readAll(ctx, cmds); err != nil {
		return nil, fmt.Errorf("read review: %w", err)
	}
	var out []conversations.ReviewItem
	for i, p := range s.partitions {
		list := mask{bits: []byte(cmds[2*i].(*redis.StringCmd).Val())}
		ticks := cmds[2*i+1].(*redis.MapStringStringCmd).Val()
		for _, n := range list.members(0, list.count()) {
			item := conversations.ReviewItem{Conversation: conversations.NewID(s.number(p, n))}
			if raw, ok := ticks[num(n)]; ok {
				var err error
				if item.Tick, err = decodeTick(id, raw); err != nil {
					return nil, err
				}
			}
			out = append(out, item)
		}
	}
	slices.SortFunc(out, func(a, b conversations.ReviewItem) int {
		return cmp.Compare(a.Conversation.Number(), b.Conversation.Number())
	})
	return out, nil
}

// ReviewItem implements conversations.Reviews.
func (s *Store) ReviewItem(ctx context.Context, id conversations.ReviewID, of conversations.ID) (item conversations.ReviewItem, over bool, err error) {
	p, n, err := s.of(of)
	if err != nil {
		return item, false, err
	}
	listed := redis.NewIntCmd(ctx, "getbit", p.review(id), n)
	ticks := redis.NewSliceCmd(ctx, "hmget", p.ticks(id), num(n), fieldEnded)
	if err := s.read(ctx, listed, ticks); err != nil {
		return item, false, fmt.Errorf("read review: %w", err)
	}
	if listed.Val() == 0 {
		return item, false, conversations.ErrNotFound
	}
	item.Conversation = of
	if raw, ok := ticks.Val()[0].(string); ok {
		item.Tick, err = decodeTick(id, raw)
	}
	return item, ticks.Val()[1] != nil, err
}

// UnendedReviews are those that are opening or open, the first to end first.
func (s *Store) UnendedReviews(ctx context.Context) ([]conversations.Review, error) {
	ids, _, err := get[[]string](ctx, s, redis.NewStringSliceCmd(ctx, "zrange", keyReviewsOpen, 0, -1))
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	return s.reviews(ctx, ids)
}

// reviews loads documents as they stand, uncounted; those that are gone are left out.
func (s *Store) reviews(ctx context.Context, ids []string) ([]conversations.Review, error) {
	return documents(ctx, s, keyReviews, ids, func(r *conversations.Review) *conversations.Revision { return &r.Version })
}

// Reviews lists reviews, the latest first. The counts of an open one are as they are now.
func (s *Store) Reviews(ctx context.Context, q conversations.ReviewQuery) (conversations.ReviewPage, error) {
	const step = 200
	var page conversations.ReviewPage
	top, low := "+inf", "-inf"
	if !q.To.IsZero() {
		top = "(" + score(ms(q.To))
	}
	if !q.From.IsZero() {
		low = score(ms(q.From))
	}
	var at int64
	var last string
	if q.Cursor != "" {
		due, id, ok := strings.Cut(q.Cursor, "~")
		n, err := strconv.ParseInt(due, 10, 64)
		if !ok || err != nil || id == "" {
			return page, conversations.ErrCursor
		}
		at, last, top = n, id, due
	}
	for offset := 0; ; offset += step {
		cmd := redis.NewZSliceCmd(ctx, "zrevrangebyscore", keyReviewsDue, top, low, "withscores", "limit", offset, step)
		if err := s.read(ctx, cmd); err != nil && !errors.Is(err, redis.Nil) {
			return page, fmt.Errorf("list reviews: %w", err)
		}
		var ids []string
		for _, z := range cmd.Val() {
			if id := z.Member.(string); last == "" || int64(z.Score) != at || id < last {
				ids = append(ids, id)
			}
		}
		full, err := s.reviewPage(ctx, ids, &q, &page)
		if err != nil || full || len(cmd.Val()) < step {
			return page, err
		}
	}
}

// reviewPage adds what the query selects; full: there may be more behind the page.
func (s *Store) reviewPage(ctx context.Context, ids []string, q *conversations.ReviewQuery, page *conversations.ReviewPage) (full bool, err error) {
	if len(ids) == 0 {
		return false, nil
	}
	found, err := s.reviews(ctx, ids)
	if err != nil {
		return false, err
	}
	for _, r := range found {
		if q.Desk != "" && r.Desk != q.Desk || q.Round != "" && r.Round != q.Round || q.State != "" && r.State != q.State {
			continue
		}
		if len(page.Items) == q.Limit {
			of := page.Items[q.Limit-1]
			page.Next = score(ms(of.DueAt)) + "~" + string(of.ID)
			return true, nil
		}
		if r.State == conversations.ReviewOpening || r.State == conversations.ReviewOpen {
			if r, err = s.CountReview(ctx, r); err != nil {
				return false, err
			}
		}
		page.Items = append(page.Items, r)
	}
	return false, nil
}
