package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/conversations"
)

// A review round's document is on the board. What it covers is listed in each partition,
// at one instant, as a bitmap that never changes; who ticked off what is a hash beside it,
// with two fields of its own: + when the list was made, ! when the round ended. A tick is
// part of the change of its conversation, so it counts exactly if ! is not there yet.

const (
	reviewKept  = 93 * 24 * time.Hour // a quarter of a year
	emptyKept   = time.Hour           // of a partition in which nothing is covered
	fieldListed = "+"
	fieldEnded  = "!"
)

// BeginReview keeps the document of a review; ErrTaken if it is there.
func (s *Store) BeginReview(ctx context.Context, r conversations.Review) error {
	r.Version = 1
	raw, err := versioned(r.Version, r)
	if err != nil {
		return err
	}
	old, _, err := get[[]string](ctx, s, redis.NewStringSliceCmd(ctx, "zrangebyscore", keyReviewsDue, "-inf", score(ms(r.DueAt.Add(-reviewKept))), "limit", 0, 100))
	if err != nil && !errors.Is(err, redis.Nil) {
		return fmt.Errorf("begin review: %w", err)
	}
	t := newTx(keyBoardLog)
	t.op = opID()
	t.check("frev", keyReviews, "", string(r.ID))
	t.do("HSET", keyReviews, string(r.ID), raw)
	t.do("ZADD", keyReviewsDue, score(ms(r.DueAt)), string(r.ID))
	t.do("HSET", keyReviewsLast, r.Desk+"/"+r.Round, score(ms(r.DueAt)))
	if r.State == conversations.ReviewOpening {
		t.do("ZADD", keyReviewsOpen, score(ms(r.EndsAt)), string(r.ID))
	}
	for _, id := range old {
		t.do("HDEL", keyReviews, id)
		t.do("ZREM", keyReviewsDue, id)
	}
	err = s.commit(ctx, t)
	var no *refusal
	if errors.As(err, &no) {
		return conversations.ErrTaken
	}
	if err != nil {
		return fmt.Errorf("begin review: %w", err)
	}
	return nil
}

// ListReview lists what a review covers in a partition, now, if that has not been done.
func (s *Store) ListReview(ctx context.Context, r conversations.Review, part int) error {
	p := s.partitions[part]
	keys := []any{p.log, p.ticks(r.ID), p.review(r.ID), p.ticks(r.ID) + ":scratch"}
	args := []any{ms(s.now()), reviewKept.Milliseconds()}
	for _, group := range covered(r) {
		for _, f := range group {
			keys = append(keys, p.facet(f.String()))
		}
		args = append(args, len(group))
	}
	_, err := s.run(ctx, reviewScript, func(bool) []any { return append(append([]any{len(keys)}, keys...), args...) })
	if err != nil {
		return fmt.Errorf("list review: %w", err)
	}
	return nil
}

// covered is what a review covers as groups of facets: it has one of each.
func covered(r conversations.Review) [][]facet {
	out := [][]facet{{{"desk", r.Desk}}, {}}
	for _, st := range conversations.Statuses {
		if st.Live() {
			out[1] = append(out[1], facet{"status", string(st)})
		}
	}
	var of []facet
	for _, st := range r.Covers.Statuses {
		of = append(of, facet{"status", string(st)})
	}
	for _, tag := range r.Covers.Tags {
		of = append(of, facet{"tag", tag})
	}
	if len(of) > 0 {
		out = append(out, of)
	}
	if len(r.Covers.Categories) > 0 {
		var any []facet
		for _, c := range r.Covers.Categories {
			any = append(any, facet{"category", c})
		}
		out = append(out, any)
	}
	if r.Covers.Unassigned {
		out = append(out, []facet{{"assignee", "none"}})
	}
	return out
}

// EndReview lets nothing more be ticked off in a partition.
func (s *Store) EndReview(ctx context.Context, id conversations.ReviewID, part int) error {
	p := s.partitions[part]
	list, _, err := get[int64](ctx, s, redis.NewIntCmd(ctx, "exists", p.review(id)))
	if err != nil {
		return fmt.Errorf("end review: %w", err)
	}
	t := newTx(p.log)
	t.check("field", p.ticks(id), "", fieldEnded)
	t.do("HSET", p.ticks(id), fieldEnded, score(ms(s.now())))
	if list == 0 {
		t.do("PEXPIRE", p.ticks(id), term(emptyKept))
	}
	err = s.commit(ctx, t)
	var no *refusal
	if errors.As(err, &no) { // it has ended
		return nil
	}
	return err
}

// composeTick adds a tick to the change of its conversation.
func composeTick(t *tx, p *partition, n uint64, tick *conversations.Tick) {
	key := p.ticks(tick.Review)
	t.check("field", key, "", fieldEnded)
	t.check("field", key, "", num(n))
	t.do("HSET", key, num(n), strings.Join([]string{
		tick.Outcome, strconv.FormatInt(ms(tick.At), 10), string(tick.By.ID), tick.By.Name,
	}, "\t"))
}

func decodeTick(id conversations.ReviewID, raw string) (*conversations.Tick, error) {
	f := strings.SplitN(raw, "\t", 4)
	if len(f) < 4 {
		return nil, fmt.Errorf("review %s: a tick has %d fields", id, len(f))
	}
	at, err := strconv.ParseInt(f[1], 10, 64)
	if err != nil {
		return nil, fmt.Errorf("review %s: a tick: %w", id, err)
	}
	return &conversations.Tick{Review: id, Outcome: f[0], At: fromMS(at), By: conversations.OfficerRef{ID: conversations.OfficerID(f[2]), Name: f[3]}}, nil
}

// SaveReview writes a review over the version before it, and tells the log; ErrStale if
// that is not what is stored.
func (s *Store) SaveReview(ctx context.Context, r conversations.Review) error {
	raw, err := versioned(r.Version, r)
	if err != nil {
		return err
	}
	e := conversations.Event{Type: conversations.EventRound, At: s.now(), By: conversations.System, Changes: map[string]conversations.Delta{
		"round": {To: r.ID}, "desk": {To: r.Desk}, "title": {To: r.Title}, "state": {To: r.State}, "items": {To: r.Items},
	}}
	if r.State == conversations.ReviewEnded {
		e.Changes["seen"], e.Changes["missed"] = conversations.Delta{To: r.Seen}, conversations.Delta{To: r.Missed}
	}
	line, err := encodeEvent(&e)
	if err != nil {
		return err
	}
	t := newTx(keyBoardLog)
	t.op = opID()
	t.check("frev", keyReviews, was(r.Version), string(r.ID))
	t.do("HSET", keyReviews, string(r.ID), raw)
	if r.State == conversations.ReviewEnded {
		t.do("ZREM", keyReviewsOpen, string(r.ID))
	}
	t.append(logged("", t.op, line))
	err = s.commit(ctx, t)
	var no *refusal
	if errors.As(err, &no) {
		return conversations.ErrStale
	}
	if err != nil {
		return fmt.Errorf("save review: %w", err)
	}
	return nil
}

// KnownReviews are, by desk/round, when the last one was due.
func (s *Store) KnownReviews(ctx context.Context) (map[string]time.Time, error) {
	raws, _, err := get[map[string]string](ctx, s, redis.NewMapStringStringCmd(ctx, "hgetall", keyReviewsLast))
	if err != nil {
		return nil, fmt.Errorf("read reviews: %w", err)
	}
	out := map[string]time.Time{}
	for of, raw := range raws {
		at, err := strconv.ParseInt(raw, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("review %s: %w", of, err)
		}
		out[of] = fromMS(at)
	}
	return out, nil
}

// KnowReview notes that a round of a desk is held from an instant on.
func (s *Store) KnowReview(ctx context.Context, of string, from time.Time) error {
	_, err := s.write(ctx, "hsetnx", keyReviewsLast, of, ms(from))
	return err
}
