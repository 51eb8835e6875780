package redisstore

import (
	"context"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/conversations"
)

// reviews checks that what was ticked off in reviews is covered by them, and that in one
// that has ended what was seen and what was missed make up the whole.
func (a *audit) reviews(ctx context.Context) error {
	kept := score(ms(a.s.now().Add(-reviewKept)))
	ids, _, err := get[[]string](ctx, a.s, redis.NewStringSliceCmd(ctx, "zrangebyscore", keyReviewsDue, kept, "+inf"))
	if err != nil {
		return err
	}
	for _, id := range ids {
		found, err := a.s.reviews(ctx, []string{id})
		if err != nil {
			return err
		}
		if len(found) == 0 {
			a.found(keyReviewsDue, "has %s, which does not exist", id)
			continue
		}
		r := found[0]
		counted, err := a.s.CountReview(ctx, r)
		if err != nil {
			return err
		}
		if r.State == conversations.ReviewEnded && (counted.Items != r.Items || counted.Seen != r.Seen || r.Seen+r.Missed != r.Items) {
			a.found(keyReviews, "%s says %d of %d were seen and %d missed, counted are %d of %d", id, r.Seen, r.Items, r.Missed, counted.Seen, counted.Items)
		}
		if err := a.ticks(ctx, r.ID, counted.Seen); err != nil {
			return err
		}
	}
	return nil
}

// ticks counts what was ticked off, covered or not.
func (a *audit) ticks(ctx context.Context, id conversations.ReviewID, covered int) error {
	ticked := 0
	for _, p := range a.s.partitions {
		fields, _, err := get[[]string](ctx, a.s, redis.NewStringSliceCmd(ctx, "hkeys", p.ticks(id)))
		if err != nil {
			return err
		}
		for _, f := range fields {
			if f != fieldListed && f != fieldEnded {
				ticked++
			}
		}
	}
	if ticked != covered {
		a.found(string(id), "%d were ticked off, and only %d of them are covered", ticked, covered)
	}
	return nil
}
