package redisstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/conversations"
)

const (
	bulkChunk = 500                 // rows written in one step
	bulkKept  = 90 * 24 * time.Hour // how long rows are kept after the last was done: they name people
)

// CreateBulk keeps a bulk message and its rows. It can be seen when it is whole;
// one that was created before under its ID gives ErrTaken.
func (s *Store) CreateBulk(ctx context.Context, b conversations.Bulk, rows []conversations.BulkRow) error {
	switch _, err := s.LoadBulk(ctx, b.ID); {
	case err == nil:
		return conversations.ErrTaken
	case !errors.Is(err, conversations.ErrNotFound):
		return err
	}
	counts := map[conversations.RowState]int{}
	for part := range slices.Chunk(rows, bulkChunk) {
		t := newTx(keyBoardLog)
		docs, todo := make([]string, 0, 2*len(part)), []string{}
		for _, r := range part {
			raw, err := versioned(r.Version, r)
			if err != nil {
				return err
			}
			counts[r.State]++
			row := strconv.Itoa(r.N)
			if docs = append(docs, row, raw); r.State == conversations.RowPending {
				todo = append(todo, row, row)
			}
		}
		t.do("HSET", keyBulkRows(b.ID), docs...)
		if len(todo) > 0 {
			t.do("ZADD", keyBulkTodo(b.ID), todo...)
		}
		if err := s.commit(ctx, t); err != nil {
			return fmt.Errorf("create bulk: %w", err)
		}
	}
	t := newTx(keyBoardLog)
	for state, n := range counts {
		t.do("HSET", keyBulkCount(b.ID), string(state), strconv.Itoa(n))
	}
	b.Total, b.Counts = len(rows), nil
	return s.saveBulk(ctx, t, b)
}

// ChangeBulk writes a bulk message over the version before it, and tells the log;
// ErrStale if that is not what is stored.
func (s *Store) ChangeBulk(ctx context.Context, b conversations.Bulk) error {
	t := newTx(keyBoardLog)
	if b.Status == conversations.BulkCanceled || b.Status == conversations.BulkCompleted {
		t.do("PEXPIRE", keyBulkRows(b.ID), term(bulkKept))
	}
	return s.saveBulk(ctx, t, b)
}

func (s *Store) saveBulk(ctx context.Context, t *tx, b conversations.Bulk) error {
	counts := b.Counts
	b.Counts = nil
	raw, err := versioned(b.Version, b)
	if err != nil {
		return err
	}
	b.Counts = counts
	t.op = opID()
	t.check("frev", keyBulks, was(b.Version), string(b.ID))
	t.do("HSET", keyBulks, string(b.ID), raw)
	if err := tellBulk(t, b, s.now()); err != nil {
		return err
	}
	err = s.commit(ctx, t)
	var no *refusal
	if errors.As(err, &no) {
		return conversations.ErrStale
	}
	if err != nil {
		return fmt.Errorf("save bulk: %w", err)
	}
	return nil
}

// TellBulk tells the live feed how far a bulk message is.
func (s *Store) TellBulk(ctx context.Context, b conversations.Bulk) error {
	t := newTx(keyBoardLog)
	t.op = opID()
	if err := tellBulk(t, b, s.now()); err != nil {
		return err
	}
	return s.commit(ctx, t)
}

func tellBulk(t *tx, b conversations.Bulk, now time.Time) error {
	e := conversations.Event{Type: conversations.EventBulk, At: now, By: b.By, Changes: map[string]conversations.Delta{
		"bulk": {To: b.ID}, "name": {To: b.Name}, "status": {To: b.Status}, "total": {To: b.Total},
	}}
	for state, n := range b.Counts {
		e.Changes[string(state)] = conversations.Delta{To: n}
	}
	line, err := encodeEvent(&e)
	if err != nil {
		return err
	}
	t.append(logged("", t.op, line))
	return nil
}

// LoadBulk returns a bulk message with its counts, or ErrNotFound.
func (s *Store) LoadBulk(ctx context.Context, id conversations.BulkID) (conversations.Bulk, error) {
	doc, counts := redis.NewStringCmd(ctx, "hget", keyBulks, string(id)), redis.NewMapStringStringCmd(ctx, "hgetall", keyBulkCount(id))
	if err := s.read(ctx, doc, counts); err != nil {
		return conversations.Bulk{}, fmt.Errorf("load bulk: %w", err)
	}
	if doc.Val() == "" {
		return conversations.Bulk{}, conversations.ErrNotFound
	}
	return decodeBulk(doc.Val(), counts.Val())
}

func decodeBulk(raw string, counts map[string]string) (b conversations.Bulk, err error) {
	if b.Version, err = unversioned(raw, &b); err != nil {
		return b, fmt.Errorf("bulk: %w", err)
	}
	b.Counts = map[conversations.RowState]int{}
	for state, n := range counts {
		if b.Counts[conversations.RowState(state)], err = strconv.Atoi(n); err != nil {
			return b, fmt.Errorf("bulk %s: count: %w", b.ID, err)
		}
	}
	return b, nil
}

// Bulks returns all bulk messages, the latest first.
func (s *Store) Bulks(ctx context.Context) ([]conversations.Bulk, error) {
	docs, _, err := get[map[string]string](ctx, s, redis.NewMapStringStringCmd(ctx, "hgetall", keyBulks))
	if err != nil {
		return nil, fmt.Errorf("load bulks: %w", err)
	}
	var ids []string
	var cmds []redis.Cmder
	for id := range docs {
		ids = append(ids, id)
		cmds = append(cmds, redis.NewMapStringStringCmd(ctx, "hgetall", keyBulkCount(conversations.BulkID(id))))
	}
	if err := s.readAll(ctx, cmds); err != nil {
		return nil, err
	}
	out := make([]conversations.Bulk, len(ids))
	for i, id := range ids {
		if out[i], err = decodeBulk(docs[id], cmds[i].(*redis.MapStringStringCmd).Val()); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(out, func(a, b conversations.Bulk) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}

// PendingRows are the next up to n recipients without an outcome.
func (s *Store) PendingRows(ctx context.Context, id conversations.BulkID, n int) ([]conversations.BulkRow, error) {
	places, _, err := get[[]string](ctx, s, redis.NewStringSliceCmd(ctx, "zrange", keyBulkTodo(id), 0, n-1))
	if err != nil || len(places) == 0 {
		return nil, err
	}
	rows, err := s.bulkRows(ctx, id, places)
	return slices.DeleteFunc(rows, func(r conversations.BulkRow) bool { // another was quicker between the two readings
		return r.State != conversations.RowPending
	}), err
}

// BulkRows are the recipients from a place on, in the list's order.
func (s *Store) BulkRows(ctx context.Context, id conversations.BulkID, from, n int) ([]conversations.BulkRow, error) {
	places := make([]string, n)
	for i := range places {
		places[i] = strconv.Itoa(from + i)
	}
	return s.bulkRows(ctx, id, places)
}

func (s *Store) bulkRows(ctx context.Context, id conversations.BulkID, places []string) ([]conversations.BulkRow, error) {
	return documents(ctx, s, keyBulkRows(id), places, func(r *conversations.BulkRow) *conversations.Revision { return &r.Version })
}

// SaveRow writes a recipient's next state over the version that was read; ErrStale
// if somebody else was quicker. One that has its outcome is pending no more.
func (s *Store) SaveRow(ctx context.Context, id conversations.BulkID, was, next conversations.BulkRow) error {
	next.Version = was.Version + 1
	raw, err := versioned(next.Version, next)
	if err != nil {
		return err
	}
	place := strconv.Itoa(next.N)
	t := newTx(keyBoardLog)
	t.check("frev", keyBulkRows(id), strconv.FormatUint(uint64(was.Version), 10), place)
	t.do("HSET", keyBulkRows(id), place, raw)
	if was.State != next.State {
		t.do("ZREM", keyBulkTodo(id), place)
		t.do("HINCRBY", keyBulkCount(id), string(was.State), "-1")
		t.do("HINCRBY", keyBulkCount(id), string(next.State), "1")
	}
	err = s.commit(ctx, t)
	var no *refusal
	switch {
	case errors.As(err, &no) && no.have == raw: // our own writing, whose answer was lost
		return nil
	case errors.As(err, &no):
		return conversations.ErrStale
	case err != nil:
		return fmt.Errorf("save recipient: %w", err)
	}
	return nil
}

// Queued is how many messages of a lane wait to be sent.
func (s *Store) Queued(ctx context.Context, lane conversations.Lane) (int, error) {
	cmds := make([]redis.Cmder, len(s.partitions))
	for i, p := range s.partitions {
		cmds[i] = redis.NewIntCmd(ctx, "zcard", p.lane(int(lane)))
	}
	if err := s.readAll(ctx, cmds); err != nil {
		return 0, err
	}
	n := 0
	for _, c := range cmds {
		n += int(c.(*redis.IntCmd).Val())
	}
	return n, nil
}

// HoldBulk makes this gateway the only one at work on a bulk message for a while.
func (s *Store) HoldBulk(ctx context.Context, id conversations.BulkID, ttl time.Duration) (bool, error) {
	return Mailboxes{s}.Acquire(ctx, "bulk "+string(id), s.consumer, ttl)
}
