package redisstore

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

// source is one partition's rows in the wanted order, read a few at a time.
type source struct {
	l      *lister
	p      *partition
	mask   mask
	top    bool // from the beginning, not from the cursor
	limit  int64
	offset int64
	few    []uint64 // all that may be listed, where they are few; nil: read in order
	rows   []row
	done   bool
}

// fewest is how many conversations a filter may leave of one partition for them
// to be looked up one by one; beyond it the order is read, and the filter applied.
const fewest = 512

// newSource makes the source of one partition.
func (l *lister) newSource(i int, want int, top bool) *source {
	p := l.s.partitions[i]
	c := &source{l: l, p: p, mask: l.masks[i], top: top, limit: int64(want/len(l.s.partitions))*2 + 4}
	if !c.mask.all {
		c.few = c.mask.members(fewest)
		c.done = c.few != nil && len(c.few) == 0
	}
	return c
}

// fill reads on where rows have run out, all partitions in one round trip.
func (l *lister) fill(ctx context.Context, srcs []*source) error {
	for {
		var cmds []redis.Cmder
		var asked []*source
		for _, c := range srcs {
			if !c.done && len(c.rows) == 0 {
				cmds, asked = append(cmds, c.command(ctx)), append(asked, c)
			}
		}
		if len(cmds) == 0 {
			return nil
		}
		l.reads++
		if err := l.s.read(ctx, cmds...); err != nil && !errors.Is(err, redis.Nil) {
			return err
		}
		for i, c := range asked {
			if c.few != nil {
				c.takeFew(cmds[i].(*redis.FloatSliceCmd).Val())
			} else {
				c.take(cmds[i].(*redis.ZSliceCmd).Val())
			}
		}
	}
}

// within are the scores to read: at or behind the cursor's, and no later than is asked for.
func (c *source) within() (from, to int64) {
	from, to = math.MinInt64, math.MaxInt64
	if !c.top && c.l.cur.ID != "" {
		if c.l.order.reverse {
			to = c.l.cur.Score
		} else {
			from = c.l.cur.Score
		}
	}
	if c.l.q.Overdue && c.l.order.key == "due" {
		to = min(to, ms(c.l.q.Now)-1)
	}
	return from, to
}

// command asks for the next few rows, or for the scores of the few there are.
func (c *source) command(ctx context.Context) redis.Cmder {
	key := c.p.sorted(c.l.order.key)
	if c.few != nil {
		args := []any{"zmscore", key}
		for _, n := range c.few {
			args = append(args, n)
		}
		return redis.NewFloatSliceCmd(ctx, args...)
	}
	from, to := c.within()
	args := []any{"zrangebyscore", key, bound(from), bound(to)}
	if c.l.order.reverse {
		args = []any{"zrevrangebyscore", key, bound(to), bound(from)}
	}
	return redis.NewZSliceCmd(ctx, append(args, "withscores", "limit", c.offset, c.limit)...)
}

func bound(score int64) string {
	switch score {
	case math.MinInt64:
		return "-inf"
	case math.MaxInt64:
		return "+inf"
	}
	return strconv.FormatInt(score, 10)
}

// takeFew keeps those of the few that are within, in the wanted order: equals as
// the sorted set has them, by their names.
func (c *source) takeFew(scores []float64) {
	from, to := c.within()
	for i, n := range c.few {
		if at := int64(scores[i]); at >= from && at <= to {
			c.rows = append(c.rows, row{c.p, n, at})
			c.mask.gone[n] = true
		}
	}
	slices.SortFunc(c.rows, func(a, b row) int {
		order := cmp.Or(cmp.Compare(a.score, b.score), strings.Compare(num(a.n), num(b.n)))
		if c.l.order.reverse {
			return -order
		}
		return order
	})
	c.done = true
}

// take keeps what may be listed; a row that moved between two readings is there
// once. Few hits make the next reading larger.
func (c *source) take(zs []redis.Z) {
	for _, z := range zs {
		n, err := strconv.ParseUint(z.Member.(string), 10, 53)
		if err == nil && c.mask.has(n) {
			c.rows = append(c.rows, row{c.p, n, int64(z.Score)})
			c.mask.gone[n] = true
		}
	}
	c.done = int64(len(zs)) < c.limit
	c.offset += int64(len(zs))
	if len(c.rows)*4 < len(zs) {
		c.limit = min(c.limit*4, 2000)
	}
}
