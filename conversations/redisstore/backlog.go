package redisstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/conversations"
)

// Backlog counts what waits, also in the given queues for officers: one reading of some
// dozen counters for each partition, however much is in the store.
func (s *Store) Backlog(ctx context.Context, queues []string) (conversations.Backlog, error) {
	now := s.now()
	out := conversations.Backlog{Unserved: make(map[string]int, len(queues))}
	var cmds []redis.Cmder
	var take []func()
	count := func(add func(n int), args ...any) {
		cmd := redis.NewIntCmd(ctx, args...)
		cmds, take = append(cmds, cmd), append(take, func() { add(int(cmd.Val())) })
	}
	for _, p := range s.partitions {
		for l := range conversations.Lanes {
			count(func(n int) { out.Outbox[l] += n }, "zcount", p.lane(l), "-inf", ms(now))
			first := redis.NewZSliceCmd(ctx, "zrange", p.lane(l), 0, 0, "withscores")
			cmds, take = append(cmds, first), append(take, func() {
				for _, z := range first.Val() {
					out.Oldest[l] = max(out.Oldest[l], now.Sub(fromMS(int64(z.Score))))
				}
			})
		}
		count(func(n int) { out.Leased += n }, "zcard", p.leases())
		count(func(n int) { out.Overdue += n }, "zcount", p.sorted("due"), "-inf", ms(now))
		count(func(n int) { out.Promises += n }, "zcard", p.callbacksLook())
		count(func(n int) { out.Files += n }, "zcard", p.fetch())
		count(func(n int) { out.Receipts += n }, "zcard", p.unproved())
	}
	for _, q := range queues {
		count(func(n int) { out.Unserved[q] = n }, "zcard", keyWaiting(q))
	}
	if err := s.read(ctx, cmds...); err != nil && !errors.Is(err, redis.Nil) {
		return out, fmt.Errorf("count what waits: %w", err)
	}
	for _, f := range take {
		f()
	}
	return out, nil
}
