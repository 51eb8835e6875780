package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/search"
)

const (
	// indexGather is the least time between two looks at the logs: what comes
	// meanwhile is indexed together.
	indexGather = 200 * time.Millisecond
	// indexRest is how long the indexer rests for each part of a second it worked:
	// it is in nobody's way when much comes in.
	indexRest = 4
	// indexBatch is how many events of each log are taken at once.
	indexBatch = 256
)

// Index keeps the search index in step with the log until ctx is done. Before an
// event is indexed, finish is told of it; what finish refuses comes again.
func (s *Store) Index(ctx context.Context, finish func(context.Context, conversations.Event) error) error {
	var wg sync.WaitGroup
	for _, parts := range s.shares() {
		x := &indexer{s: s, finish: finish, places: map[int]indexPlace{}}
		for _, part := range parts {
			if part < len(s.partitions) {
				x.parts = append(x.parts, part)
			}
		}
		if len(x.parts) > 0 {
			wg.Go(func() { x.run(ctx) })
		}
	}
	wg.Wait()
	return ctx.Err()
}

// indexer follows some partitions' logs.
type indexer struct {
	s      *Store
	parts  []int
	finish func(context.Context, conversations.Event) error
	places map[int]indexPlace // as they were seen or written last
}

func (x *indexer) run(ctx context.Context) {
	pause := indexGather
	for ctx.Err() == nil {
		worked, err := x.step(ctx)
		wait := max(indexGather, indexRest*worked)
		switch {
		case err == nil || errors.Is(err, errOvertaken):
			pause = indexGather
		case ctx.Err() == nil:
			x.s.log.Warn("search index waits", "error", err)
			pause = min(2*pause, 5*time.Second)
			wait = pause
		}
		if err != nil {
			clear(x.places)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

// step builds what is not built, then waits for news and indexes it; worked is how
// long that took without the waiting.
func (x *indexer) step(ctx context.Context) (worked time.Duration, err error) {
	for _, part := range x.parts {
		if err := x.build(ctx, part); err != nil {
			return 0, err
		}
	}
	args := []any{"xread", "count", indexBatch, "block", logBlock.Milliseconds(), "streams"}
	entries, err := x.s.readStreams(ctx, args, x.s.logs(), x.parts, func(part int) string { return x.places[part].at.String() })
	if err != nil {
		return 0, err
	}
	begun := time.Now()
	by := map[int][]entry{}
	for _, e := range entries {
		by[e.part] = append(by[e.part], e)
	}
	for part, entries := range by {
		if err := x.add(ctx, part, entries); err != nil {
			return 0, err
		}
	}
	return time.Since(begun), nil
}

// CatchUp indexes what there is and returns: Index without waiting for more.
func (s *Store) CatchUp(ctx context.Context, finish func(context.Context, conversations.Event) error) error {
	x := &indexer{s: s, finish: finish, places: map[int]indexPlace{}}
	for part := range s.partitions {
		for {
			if err := x.build(ctx, part); errors.Is(err, errOvertaken) {
				continue
			} else if err != nil {
				return err
			}
			cmd := redis.NewXMessageSliceCmd(ctx, "xrange", s.partitions[part].log, "("+x.places[part].at.String(), "+", "count", indexBatch)
			if err := s.read(ctx, cmd); err != nil && !errors.Is(err, redis.Nil) {
				return fmt.Errorf("read log: %w", err)
			}
			var entries []entry
			for _, m := range cmd.Val() {
				entries = append(entries, entryOf(part, m))
			}
			if len(entries) == 0 {
				break
			}
			err := x.add(ctx, part, entries)
			if errors.Is(err, errOvertaken) {
				clear(x.places)
			} else if err != nil {
				return err
			}
		}
	}
	return nil
}

// build makes a partition's index, unless it is made.
func (x *indexer) build(ctx context.Context, part int) error {
	p := x.s.partitions[part]
	for !x.places[part].built && ctx.Err() == nil {
		place, err := x.s.indexPlace(ctx, p)
		if err == nil && !place.built {
			err = x.s.buildIndex(ctx, p, place, x.finish)
		}
		if err != nil {
			return err
		}
		x.places[part] = place
	}
	return ctx.Err()
}

// add indexes what some events are about.
func (x *indexer) add(ctx context.Context, part int, entries []entry) error {
	p, was := x.s.partitions[part], x.places[part]
	touched, erased := map[uint64]map[conversations.MessageID]bool{}, []uint64(nil)
	for _, en := range entries {
		e, err := x.s.event(en)
		if en.value == "" || err != nil { // trimmed or erased, or the router has said so
			continue
		}
		if err := x.finish(ctx, e); err != nil {
			return fmt.Errorf("finish %s: %w", e.Type, err)
		}
		if e.Type == conversations.EventStatus || e.Conversation == "" {
			continue
		}
		_, n := x.s.split(e.Conversation.Number())
		if e.Type == conversations.EventErased { // again: a crash may have come before it was taken out
			erased = append(erased, n)
			continue
		}
		if touched[n] == nil {
			touched[n] = map[conversations.MessageID]bool{}
		}
		if e.Message != "" {
			touched[n][e.Message] = true
		}
	}
	terms, err := x.s.newTerms(ctx, p, touched)
	if err != nil {
		return err
	}
	now := was
	now.at = parsePosition(entries[len(entries)-1].id)
	if err := x.s.addToIndex(ctx, p, was, now, terms); err != nil {
		return err
	}
	now.raw = now.String()
	x.places[part] = now
	for _, n := range erased {
		if err := x.s.unindex(ctx, p, n); err != nil {
			return err
		}
		delete(x.places, part)
	}
	return nil
}

// newTerms are the terms of conversations and of some of their messages.
func (s *Store) newTerms(ctx context.Context, p *partition, touched map[uint64]map[conversations.MessageID]bool) (map[uint64][]search.Term, error) {
	var cmds []redis.Cmder
	type load struct {
		n    uint64
		id   conversations.MessageID // empty: the conversation itself
		conv conversations.ID
	}
	var loads []load
	sets := make(map[uint64]*search.Terms, len(touched))
	for n, messages := range touched {
		id := conversations.NewID(s.number(p, n))
		sets[n] = search.NewTerms()
		cmds, loads = append(cmds, redis.NewStringCmd(ctx, "get", p.conversation(n))), append(loads, load{n: n, conv: id})
		for mid := range messages {
			_, seq, _ := mid.Split()
			cmds, loads = append(cmds, redis.NewStringCmd(ctx, "lindex", p.messages(n), seq-1)), append(loads, load{n, mid, id})
		}
	}
	if len(cmds) == 0 {
		return nil, nil
	}
	if err := s.read(ctx, cmds...); err != nil && !errors.Is(err, redis.Nil) {
		return nil, fmt.Errorf("load what is to be indexed: %w", err)
	}
	erased := map[uint64]bool{}
	for i, l := range loads {
		raw := cmds[i].(*redis.StringCmd).Val()
		switch {
		case raw == "":
		case l.id == "":
			c, err := s.decoded(l.conv, raw)
			if err != nil {
				return nil, err
			}
			erased[l.n] = c.Erased
			sets[l.n].Conversation(c)
		default:
			m, err := decodeMessage(l.id, raw)
			if err != nil {
				return nil, err
			}
			sets[l.n].Message(m)
		}
	}
	out := make(map[uint64][]search.Term, len(sets))
	for n, t := range sets {
		if !erased[n] {
			out[n] = t.All()
		}
	}
	return out, nil
}

// indexBehind reports whether a partition's log has events that its index lacks,
// and of which conversations.
func (s *Store) indexBehind(ctx context.Context, p *partition, place indexPlace) (map[uint64]bool, error) {
	out := map[uint64]bool{}
	for from := place.at.String(); ; {
		cmd := redis.NewXMessageSliceCmd(ctx, "xrange", p.log, "("+from, "+", "count", logBatch)
		if err := s.read(ctx, cmd); err != nil && !errors.Is(err, redis.Nil) {
			return nil, fmt.Errorf("read log: %w", err)
		}
		for _, m := range cmd.Val() {
			value, _ := m.Values["e"].(string)
			var n uint64
			if head, _, ok := strings.Cut(value, "\t"); ok {
				if _, err := fmt.Sscan(head, &n); err == nil {
					out[n] = true
				}
			}
			from = m.ID
		}
		if len(cmd.Val()) < logBatch {
			return out, nil
		}
	}
}
