package redisstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
	// indexRest is how long the indexer rests for each part of a second it worked, but
	// not longer than indexMost: a word that is said a hundred times meanwhile is written
	// once. Once it is later than indexLate it rests only indexHurry times as long.
	indexRest, indexHurry = 16, 4
	indexMost             = 1500 * time.Millisecond
	indexLate             = 10 * time.Second
	// indexBatch is how many events of each log are taken at once.
	indexBatch = 512
)

// Index keeps the search index in step with the log until ctx is done. Before an
// event is indexed, finish is told of it; what finish refuses comes again.
func (s *Store) Index(ctx context.Context, finish func(context.Context, conversations.Event) error) error {
	s.fresh.open()
	defer s.fresh.close()
	var wg sync.WaitGroup
	for _, parts := range s.shares() {
		x := s.indexer(finish)
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
	s       *Store
	parts   []int
	finish  func(context.Context, conversations.Event) error
	places  map[int]indexPlace // as they were seen or written last
	known   knownTerms
	terms   search.Terms
	more    search.Gathering
	message conversations.Message
}

// indexer makes an indexer of some partitions.
func (s *Store) indexer(finish func(context.Context, conversations.Event) error, parts ...int) *indexer {
	return &indexer{s: s, finish: finish, parts: parts, places: map[int]indexPlace{}}
}

// forget is for when somebody else has written the index.
func (x *indexer) forget() {
	clear(x.places)
	x.known = knownTerms{}
	x.s.fresh.clear()
}

func (x *indexer) run(ctx context.Context) {
	pause := indexGather
	for ctx.Err() == nil {
		worked, late, err := x.step(ctx)
		wait := max(indexGather, min(indexRest*worked, indexMost))
		if late {
			wait = max(indexGather, indexHurry*worked)
		}
		switch {
		case err == nil || errors.Is(err, errOvertaken):
			pause = indexGather
		case ctx.Err() == nil:
			x.s.log.Warn("search index waits", "error", err)
			pause = min(2*pause, 5*time.Second)
			wait = pause
		}
		if err != nil {
			x.forget()
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
// long that took without the waiting, and late tells that it happened long ago.
func (x *indexer) step(ctx context.Context) (worked time.Duration, late bool, err error) {
	for _, part := range x.parts {
		if err := x.build(ctx, part); err != nil {
			return 0, false, err
		}
	}
	args := []any{"xread", "count", indexBatch, "block", logBlock.Milliseconds(), "streams"}
	entries, err := x.s.readStreams(ctx, args, x.s.logs(), x.parts, func(part int) string { return x.places[part].at.String() })
	if err != nil {
		return 0, false, err
	}
	begun := time.Now()
	by := map[int][]entry{}
	for _, e := range entries {
		by[e.part] = append(by[e.part], e)
	}
	for part, entries := range by {
		if err := x.add(ctx, part, entries); err != nil {
			return 0, false, err
		}
		late = late || x.places[part].at.before(positionAt(x.s.now().Add(-indexLate)))
	}
	return time.Since(begun), late, nil
}

// CatchUp indexes what there is and returns: Index without waiting for more.
func (s *Store) CatchUp(ctx context.Context, finish func(context.Context, conversations.Event) error) error {
	x := s.indexer(finish)
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
				x.forget()
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
	p := x.s.partitions[part]
	var touched []glanced
	var erased []uint64
	for _, en := range entries {
		if en.value == "" { // trimmed or erased
			continue
		}
		g, ok := glance(en.value)
		if !ok {
			x.s.log.Error("unreadable event skipped", "event", en.id)
			continue
		}
		if g.tellsMore() {
			e, err := x.s.event(en)
			if err != nil {
				x.s.log.Error("unreadable event skipped", "event", en.id, "error", err)
				continue
			}
			if err := x.finish(ctx, e); err != nil {
				return fmt.Errorf("finish %s: %w", e.Type, err)
			}
		}
		switch {
		case g.n == 0 || g.what == conversations.EventStatus:
		case g.what == conversations.EventErased: // again: a crash may have come before it was taken out
			erased = append(erased, g.n)
		default:
			touched = append(touched, g)
		}
	}
	was, err := x.takeOut(ctx, part, erased)
	if err != nil {
		return err
	}
	touched = slices.DeleteFunc(touched, func(g glanced) bool { return slices.Contains(erased, g.n) })
	told, err := x.gather(ctx, p, touched)
	if err != nil {
		return err
	}
	now := was
	now.at = parsePosition(entries[len(entries)-1].id)
	if err := x.s.addToIndex(ctx, p, was, now, x.more.All()); err != nil {
		return err
	}
	now.raw = now.String()
	x.places[part] = now
	x.known.note(told)
	return nil
}

// takeOut takes those out of the index who were erased, and returns how far it goes. What
// they still say stays. It comes before the index moves on: a crash between is made good.
func (x *indexer) takeOut(ctx context.Context, part int, erased []uint64) (indexPlace, error) {
	p, was := x.s.partitions[part], x.places[part]
	if len(erased) == 0 {
		return was, nil
	}
	for _, n := range erased {
		if err := x.s.unindex(ctx, p, n); err != nil {
			return was, err
		}
	}
	place, err := x.s.indexPlace(ctx, p)
	if err == nil && (!place.built || place.at != was.at) {
		err = errOvertaken
	}
	x.known = knownTerms{}
	x.s.fresh.clear()
	return place, err
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
