package redisstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/conversations"
)

// Unchanged implements conversations.Aged.
func (s *Store) Unchanged(ctx context.Context, part int, since, until time.Time) ([]conversations.Aging, error) {
	p, from := s.partitions[part], int64(0)
	if !since.IsZero() {
		from = ms(since) + 1
	}
	var cmds []redis.Cmder
	for _, h := range halves {
		cmds = append(cmds, redis.NewZSliceCmd(ctx, "zrangebyscore", p.sorted("updated"), score(from+h.lift), score(ms(until)+h.lift), "withscores"))
	}
	if err := s.read(ctx, cmds...); err != nil && !errors.Is(err, redis.Nil) {
		return nil, fmt.Errorf("look for what is unchanged: %w", err)
	}
	var out []conversations.Aging
	for i, h := range halves {
		for _, z := range cmds[i].(*redis.ZSliceCmd).Val() {
			member, _ := z.Member.(string)
			n, err := strconv.ParseUint(member, 10, 53)
			if err != nil {
				return nil, fmt.Errorf("bad member %q in %s", member, p.sorted("updated"))
			}
			out = append(out, conversations.Aging{ID: conversations.NewID(s.number(p, n)), At: fromMS(int64(z.Score) - h.lift)})
		}
	}
	slices.SortStableFunc(out, func(a, b conversations.Aging) int { return a.At.Compare(b.At) })
	return out, nil
}

func retained(kind string, part int) string { return kind + " " + strconv.Itoa(part) }

// Retained implements conversations.Aged.
func (s *Store) Retained(ctx context.Context, kind string, part int) (time.Time, error) {
	raw, ok, err := get[string](ctx, s, redis.NewStringCmd(ctx, "hget", keyRetention, retained(kind, part)))
	if err != nil || !ok {
		return time.Time{}, err
	}
	at, err := strconv.ParseInt(raw, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("bad value %q in %s", raw, keyRetention)
	}
	return fromMS(at), nil
}

// SaveRetained implements conversations.Aged.
func (s *Store) SaveRetained(ctx context.Context, kind string, part int, at time.Time) error {
	_, err := s.write(ctx, "hset", keyRetention, retained(kind, part), ms(at))
	return err
}

// Expire implements conversations.Aged.
func (s *Store) Expire(ctx context.Context, id conversations.MessageID, edit func(m *conversations.Message) (why string)) (changed bool, err error) {
	return s.amend(ctx, conversations.EventExpired, id, edit)
}
