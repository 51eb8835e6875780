package redisstore

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"github.com/caravan-desk/caravan/conversations"
)

var base64url = base64.RawURLEncoding

// seenKept is how long what has been shown is kept after the last page.
const seenKept = seenTerm + time.Minute

// filters are the query's conditions as facets; each inner list is an OR.
func filters(q *conversations.Query) [][]string {
	var out [][]string
	one := func(name, value string) {
		if value != "" {
			out = append(out, []string{name + "=" + value})
		}
	}
	one("desk", q.Desk)
	one("category", q.Category)
	one("assignee", q.Assignee)
	one("channel", string(q.Channel))
	one("priority", string(q.Priority))
	one("language", q.Language)
	one("tag", q.Tag)
	if len(q.Status) > 0 {
		out = append(out, statusFacets(q.Status))
	}
	return out
}

func statusFacets(of []conversations.Status) (out []string) {
	for _, st := range of {
		out = append(out, "status="+string(st))
	}
	return out
}

// prepare reads the bitmaps that the query and the cursor need, and marks the
// page before as shown.
func (l *lister) prepare(ctx context.Context) error {
	l.masks = make([]mask, len(l.s.partitions))
	if err := l.remember(ctx); err != nil {
		return err
	}
	fs := filters(&l.q)
	var cmds []redis.Cmder
	for i, p := range l.s.partitions {
		l.masks[i] = mask{all: true, gone: map[uint64]bool{}}
		for _, f := range fs {
			cmds = append(cmds, anyOf(ctx, p, f))
		}
		for _, g := range l.groups() {
			cmds = append(cmds, redis.NewStringSliceCmd(ctx, "smembers", p.members(g)))
		}
		if l.q.Overdue && l.order.key != "due" {
			cmds = append(cmds, l.overdue(ctx, p))
		}
		if l.cur.ID != "" {
			cmds = append(cmds, redis.NewStringCmd(ctx, "getex", p.seen(l.cur.ID), "px", seenKept.Milliseconds()))
			for _, h := range halves {
				cmds = append(cmds, redis.NewStringSliceCmd(ctx, "zrangebyscore", p.sorted("created"), "("+score(l.cur.Start+h.lift), "("+score(h.end)))
			}
		}
	}
	if len(cmds) == 0 {
		return nil
	}
	if err := l.s.read(ctx, cmds...); err != nil && !errors.Is(err, redis.Nil) {
		return err
	}
	l.apply(fs, cmds)
	return nil
}

// narrow makes every mask name what it has, where an order alone bounds it so
// far. Rows are then looked up in one command, under which none can move.
func (l *lister) narrow(ctx context.Context) error {
	var cmds []redis.Cmder
	for i, p := range l.s.partitions {
		if l.masks[i].all {
			cmds = append(cmds, anyOf(ctx, p, statusFacets(conversations.Statuses)))
		}
		if l.q.Overdue && l.order.key == "due" {
			cmds = append(cmds, l.overdue(ctx, p))
		}
	}
	if len(cmds) == 0 {
		return nil
	}
	if err := l.s.read(ctx, cmds...); err != nil {
		return err
	}
	for i := range l.masks {
		if l.masks[i].all {
			l.masks[i].and(union(cmds[0]))
			cmds = cmds[1:]
		}
		if l.q.Overdue && l.order.key == "due" {
			l.masks[i].and(bitmapOf(cmds[0].(*redis.StringSliceCmd).Val()))
			cmds = cmds[1:]
		}
	}
	return nil
}

// anyOf asks for the bitmaps of one filter's values in one command: between two
// a conversation could go from the one to the other, and seem to have neither.
func anyOf(ctx context.Context, p *partition, values []string) redis.Cmder {
	args := []any{"mget"}
	for _, v := range values {
		args = append(args, p.facet(v))
	}
	return redis.NewSliceCmd(ctx, args...)
}

// union joins the bitmaps that anyOf asked for.
func union(cmd redis.Cmder) []byte {
	var maps []string
	for _, v := range cmd.(*redis.SliceCmd).Val() {
		if b, ok := v.(string); ok {
			maps = append(maps, b)
		}
	}
	return or(maps...)
}

// overdue asks for a partition's rows whose clock has run out.
func (l *lister) overdue(ctx context.Context, p *partition) redis.Cmder {
	return redis.NewStringSliceCmd(ctx, "zrangebyscore", p.sorted("due"), "-inf", "("+score(ms(l.q.Now)))
}

// groups are the small sets that the query selects by.
func (l *lister) groups() []string {
	var out []string
	if l.q.Contact != "" {
		out = append(out, groupOfContact(l.q.Contact))
	}
	if l.q.Reference != "" {
		out = append(out, groupOfReference(l.q.Reference))
	}
	return out
}

// apply turns the answers, in the order asked, into masks.
func (l *lister) apply(fs [][]string, cmds []redis.Cmder) {
	str := func() string { v := cmds[0].(*redis.StringCmd).Val(); cmds = cmds[1:]; return v }
	group := func() []byte { v := union(cmds[0]); cmds = cmds[1:]; return v }
	set := func() []byte { v := cmds[0].(*redis.StringSliceCmd).Val(); cmds = cmds[1:]; return bitmapOf(v) }
	for i := range l.masks {
		m := &l.masks[i]
		for _, f := range fs {
			b := group()
			if strings.HasPrefix(f[0], "status=") { // of so many the order is read
				m.among = ones(b)
			}
			m.and(b)
		}
		m.among = cmp.Or(m.among, len(m.bits)*8)
		for range l.groups() {
			m.and(set())
		}
		if l.q.Overdue && l.order.key != "due" {
			m.and(set())
		}
		if l.cur.ID != "" {
			m.hidden = or(str(), string(set()), string(set()))
		}
	}
}

// mostPlaces bounds what a forged cursor can make a partition's bitmap of shown
// rows weigh: 8 MiB.
const mostPlaces = 1 << 26

// remember marks the rows of the page before as shown.
func (l *lister) remember(ctx context.Context) error {
	if l.cur.ID == "" {
		return nil
	}
	args := map[*partition][]uint64{}
	for _, r := range l.cur.Page {
		if r[0] >= uint64(len(l.s.partitions)) || r[1] >= mostPlaces {
			return conversations.ErrCursor
		}
		p := l.s.partitions[r[0]]
		args[p] = append(args[p], r[1])
	}
	var all errgroup.Group
	for p, ns := range args {
		t := newTx(p.log)
		key := p.seen(l.cur.ID)
		for _, n := range ns {
			t.bit(key, num(n), true)
		}
		t.do("PEXPIRE", key, term(seenKept))
		all.Go(func() error { return l.s.commit(ctx, t) })
	}
	return all.Wait()
}
