package redisstore

import (
	"context"
	"errors"
	"strconv"

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
	rows   []row
	done   bool
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
			c.take(cmds[i].(*redis.ZSliceCmd).Val())
		}
	}
}

// command asks for the next few rows at or behind the cursor's score.
func (c *source) command(ctx context.Context) *redis.ZSliceCmd {
	from, to := "-inf", "+inf"
	if !c.top && c.l.cur.ID != "" {
		from = strconv.FormatInt(c.l.cur.Score, 10)
		if c.l.order.reverse {
			from, to = "-inf", from
		}
	}
	if c.l.q.Overdue && c.l.order.key == "due" {
		to = "(" + score(ms(c.l.q.Now))
	}
	args := []any{"zrangebyscore", c.p.sorted(c.l.order.key), from, to}
	if c.l.order.reverse {
		args = []any{"zrevrangebyscore", c.p.sorted(c.l.order.key), to, from}
	}
	return redis.NewZSliceCmd(ctx, append(args, "withscores", "limit", c.offset, c.limit)...)
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
