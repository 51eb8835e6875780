package redisstore

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/redis/go-redis/v9"
)

// spans are the parts of the order that hold what the query asks for. When something is due
// is not lifted, so what is over is only apart there where it is never due.
func (l *lister) spans() []span {
	live, over := len(l.q.Status) == 0, len(l.q.Status) == 0
	for _, st := range l.q.Status {
		live, over = live || st.Live(), over || !st.Live()
	}
	switch {
	case l.order.key == "due" && over:
		return whole[:]
	case !over:
		return halves[:1]
	case !live:
		return halves[1:]
	}
	return halves[:]
}

// source is rows of one partition in the wanted order: of one span, read a few at a time, or
// of all spans, looked up where they are few.
type source struct {
	l        *lister
	p        *partition
	mask     mask
	spans    []span
	from, to int64 // instants that are wanted
	has      int   // how many the mask has
	want     int   // how many hits to read for
	limit    int   // how many rows are read for them
	offset   int
	few      []uint64 // all that may be listed; nil: read in order
	rows     []row
	done     bool
}

const (
	// fewest is how many conversations of one partition are looked up one by one, whatever
	// reading the order would cost, where a row must not slip away between two readings.
	fewest = 512
	// mostFew is how many are looked up at most, once reading the order has found too little.
	mostFew = 4096
	// mostRows is how many rows of an order are read at once.
	mostRows = 2000
)

// newSources makes the sources of all partitions, from the cursor on or from the top.
func (l *lister) newSources(want int, top bool) (out []*source) {
	hits := want/len(l.s.partitions) + 4
	all := source{l: l, spans: l.spans(), want: hits, limit: hits}
	all.from, all.to = l.within(top)
	for i, p := range l.s.partitions {
		all.p, all.mask = p, l.masks[i]
		out = append(out, all.split(top)...)
	}
	return out
}

// split is the sources of one partition: one if its rows are looked up, else one a span.
func (c source) split(top bool) []*source {
	if !c.mask.all {
		if c.has = c.mask.count(); c.has == 0 {
			return nil
		}
		// Were the hits spread evenly, so many rows would be read for those that are wanted.
		rows := c.want * max(1, c.mask.among/c.has)
		if c.has <= rows || top && c.has <= fewest {
			c.few = c.mask.members(0, c.has)
			return []*source{&c}
		}
		c.limit = min(rows, mostRows)
	}
	if len(c.spans) == 1 {
		return []*source{&c}
	}
	c.l.split = true
	out := make([]*source, len(c.spans))
	for j := range c.spans {
		half := c
		half.spans = c.spans[j : j+1]
		if over := c.spans[j].lift > 0; over == c.l.order.reverse {
			half.limit = 2 // what is over is older: mostly all that is wanted is in the other half
		}
		out[j] = &half
	}
	return out
}

// within are the instants to list: at or behind the cursor's, and no later than is asked for.
func (l *lister) within(top bool) (from, to int64) {
	to = 2 * overLift
	if !top && l.cur.ID != "" {
		if l.order.reverse {
			to = l.cur.Score
		} else {
			from = l.cur.Score
		}
	}
	if l.q.Overdue && l.order.key == "due" {
		to = min(to, ms(l.q.Now)-1)
	}
	return from, to
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
	s := c.spans[0]
	name, from, to := "zrangebyscore", c.from+s.lift, min(c.to+s.lift, s.end-1)
	if c.l.order.reverse {
		name, from, to = "zrevrangebyscore", to, from
	}
	return redis.NewZSliceCmd(ctx, name, key, score(from), score(to), "withscores", "limit", c.offset, c.limit)
}

// instant is what a score says, if it is in one of the source's spans.
func (c *source) instant(score int64) (at int64, ok bool) {
	for _, s := range c.spans {
		if score >= s.lift && score < s.end {
			return score - s.lift, true
		}
	}
	return 0, false
}

// takeFew keeps those of the few that are within, in the wanted order.
func (c *source) takeFew(scores []float64) {
	for i, n := range c.few {
		if at, ok := c.instant(int64(scores[i])); ok && at >= c.from && at <= c.to && !c.mask.gone[n] {
			c.rows = append(c.rows, row{c.p, n, at})
			c.mask.gone[n] = true
		}
	}
	slices.SortFunc(c.rows, c.l.compare)
	c.done = true
}

// take keeps what may be listed; a row that moved between two readings is there
// once. Few hits make the next reading larger; if more rows have been read than there are
// hits at all, those that are left are looked up.
func (c *source) take(zs []redis.Z) {
	var at int64
	for _, z := range zs {
		n, err := strconv.ParseUint(z.Member.(string), 10, 53)
		at = int64(z.Score) - c.spans[0].lift
		if err == nil && c.mask.has(n) {
			c.rows = append(c.rows, row{c.p, n, at})
			c.mask.gone[n] = true
		}
	}
	c.done = len(zs) < c.limit
	c.offset += len(zs)
	if len(c.rows)*2 < c.want {
		c.limit = min(c.limit*4, mostRows)
	}
	if c.done || c.mask.all || c.offset <= c.has || c.has > mostFew {
		return
	}
	c.few = c.mask.members(0, c.has)
	if c.l.order.reverse { // what stands before was read
		c.to = min(c.to, at)
	} else {
		c.from = max(c.from, at)
	}
}
