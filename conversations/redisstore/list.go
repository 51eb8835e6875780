package redisstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/conversations"
)

// How a list is read. Each partition gives its best few in the wanted order, and
// the best of all are merged; what is over stands apart in the orders, and is only
// read if it is asked for. Filters are bitmaps, ANDed here. Rows move while
// somebody pages (a new message lifts a conversation), so position alone would
// skip or repeat some: a cursor also names the rows of the page before, and from
// the second page on the rows shown so far are kept as one small bitmap a
// partition. A page is what comes next and was not shown; the last pages are
// what moved away meanwhile, each partition's found in one command, for rows move
// between two as well.

// seenTerm is how long a cursor is good for. What has been shown is kept for
// longer, from each page on.
const seenTerm = 15 * time.Minute

// row is one conversation in an order.
type row struct {
	p     *partition
	n     uint64
	score int64
}

// listCursor is what a cursor carries.
type listCursor struct {
	ID    string      `json:"i"`
	Query uint64      `json:"q"` // fingerprint of what is listed, in which order: a cursor is for that alone
	Start int64       `json:"s"` // when the first page was asked for: what came later is not listed
	At    int64       `json:"a"` // when this cursor was given
	Score int64       `json:"p"` // the last row's
	Tail  bool        `json:"t"` // the order is exhausted: what moved away is being listed
	Page  [][2]uint64 `json:"r"` // the last page's rows: partition and place
}

// List returns one page.
func (s *Store) List(ctx context.Context, q conversations.Query) (conversations.Page, error) {
	cur := listCursor{Start: ms(q.Now), Query: listed(&q)}
	if q.Cursor != "" {
		if err := decodeCursor(q.Cursor, &cur); err != nil || cur.ID == "" || cur.Query != listed(&q) || ms(q.Now)-cur.At > seenTerm.Milliseconds() {
			return conversations.Page{}, conversations.ErrCursor
		}
	}
	l := &lister{s: s, q: q, cur: cur, order: orderOf(q.Sort)}
	rows, more, err := l.page(ctx)
	if err != nil {
		return conversations.Page{}, fmt.Errorf("list: %w", err)
	}
	var page conversations.Page
	if page.Items, err = s.loadRows(ctx, rows); err != nil {
		return conversations.Page{}, fmt.Errorf("list: %w", err)
	}
	if more && len(rows) > 0 {
		page.Next, err = l.next(rows)
	}
	return page, err
}

// listed is a fingerprint of what a query selects and how it orders it.
func listed(q *conversations.Query) uint64 {
	return fingerprint(q.Desk, q.Category, q.Status, q.Assignee, q.Channel, q.Priority, q.Language, q.Reference, q.Contact, q.Tag, q.Overdue, q.Sort)
}

// fingerprint tells questions apart.
func fingerprint(parts ...any) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%#v", parts)
	return h.Sum64()
}

// order is a sorted set and its direction.
type order struct {
	key     string
	reverse bool // greatest first
}

func orderOf(by conversations.Sort) order {
	switch by {
	case conversations.ByCreatedOldest:
		return order{"created", false}
	case conversations.ByCreatedNewest:
		return order{"created", true}
	case conversations.ByDue:
		return order{"due", false}
	}
	return order{"updated", true}
}

// lister makes one page.
type lister struct {
	s     *Store
	q     conversations.Query
	cur   listCursor
	order order
	masks []mask // what may be listed, one a partition
	tail  bool
	reads int  // how often rows were read
	split bool // a partition's rows were read in more than one command
}

// page returns the rows that come next, and whether there may be more.
func (l *lister) page(ctx context.Context) ([]row, bool, error) {
	if err := l.prepare(ctx); err != nil {
		return nil, false, err
	}
	want := l.q.Limit + 1
	walk := l.walk
	if l.cur.Tail {
		walk = l.left
	}
	rows, err := walk(ctx, want)
	if err != nil {
		return nil, false, err
	}
	// Rows may have moved ahead between this page and the first, or between two readings.
	if len(rows) < want && !l.cur.Tail && (l.cur.ID != "" || l.reads > 1 || l.split) {
		moved, err := l.left(ctx, want-len(rows))
		if err != nil {
			return nil, false, err
		}
		l.tail = len(moved) > 0
		rows = append(rows, moved...)
	}
	l.tail = l.tail || l.cur.Tail
	if len(rows) < want {
		return rows, false, nil
	}
	return rows[:l.q.Limit], true, nil
}

// next is the cursor behind rows.
func (l *lister) next(rows []row) (string, error) {
	c := listCursor{ID: l.cur.ID, Query: l.cur.Query, Start: l.cur.Start, At: ms(l.q.Now), Score: rows[len(rows)-1].score, Tail: l.tail}
	if c.ID == "" {
		c.ID = opID()
	}
	for _, r := range rows {
		c.Page = append(c.Page, [2]uint64{uint64(r.p.index), r.n})
	}
	return encodeCursor(c)
}

// walk lists what comes next in the order.
func (l *lister) walk(ctx context.Context, want int) ([]row, error) {
	return l.merge(ctx, want, false)
}

// left lists, from the top, what was created by the time of the first page and
// has not been shown. Fewer than wanted are all there are.
func (l *lister) left(ctx context.Context, want int) ([]row, error) {
	if err := l.narrow(ctx); err != nil {
		return nil, err
	}
	return l.merge(ctx, want, true)
}

// merge takes the partitions' next rows, the best of all first.
func (l *lister) merge(ctx context.Context, want int, top bool) ([]row, error) {
	srcs := l.newSources(want, top)
	var out []row
	for {
		if err := l.fill(ctx, srcs); err != nil {
			return nil, err
		}
		var best *source
		for _, c := range srcs {
			if len(c.rows) == 0 {
				if !c.done {
					best = nil
					break
				}
				continue
			}
			if best == nil || l.compare(c.rows[0], best.rows[0]) < 0 {
				best = c
			}
		}
		if best == nil {
			if l.dry(srcs) {
				return out, nil
			}
			continue
		}
		out = append(out, best.rows[0])
		best.rows = best.rows[1:]
		if len(out) == want {
			return out, nil
		}
	}
}

func (l *lister) dry(srcs []*source) bool {
	return !slices.ContainsFunc(srcs, func(c *source) bool { return !c.done || len(c.rows) > 0 })
}

// compare orders rows; equals follow by partition, and within one as Redis orders them.
func (l *lister) compare(a, b row) int {
	at := cmp.Compare(a.score, b.score)
	if at == 0 && a.p == b.p {
		at = strings.Compare(num(a.n), num(b.n))
	}
	if l.order.reverse {
		at = -at
	}
	return cmp.Or(at, cmp.Compare(a.p.index, b.p.index))
}

// loadRows reads the rows' conversations, one command a partition.
func (s *Store) loadRows(ctx context.Context, rows []row) ([]*conversations.Conversation, error) {
	keys := make([][]any, len(s.partitions))
	where := make([][]int, len(s.partitions))
	for i, r := range rows {
		if keys[r.p.index] == nil {
			keys[r.p.index] = []any{"mget"}
		}
		keys[r.p.index] = append(keys[r.p.index], r.p.conversation(r.n))
		where[r.p.index] = append(where[r.p.index], i)
	}
	var cmds []redis.Cmder
	var of []int
	for p, args := range keys {
		if args != nil {
			cmds, of = append(cmds, redis.NewSliceCmd(ctx, args...)), append(of, p)
		}
	}
	out := make([]*conversations.Conversation, len(rows))
	if len(cmds) == 0 {
		return out[:0], nil
	}
	if err := s.read(ctx, cmds...); err != nil && !errors.Is(err, redis.Nil) {
		return nil, err
	}
	for i, c := range cmds {
		for j, v := range c.(*redis.SliceCmd).Val() {
			raw, ok := v.(string)
			if !ok {
				continue
			}
			at := where[of[i]][j]
			conv, err := s.decoded(conversations.NewID(s.number(rows[at].p, rows[at].n)), raw)
			if err != nil {
				return nil, err
			}
			out[at] = conv
		}
	}
	return slices.DeleteFunc(out, func(c *conversations.Conversation) bool { return c == nil || c.Erased }), nil
}
