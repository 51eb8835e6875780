package redisstore

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/conversations"
)

// tail reads the end of every log once for all of a gateway's live listeners.
type tail struct {
	s     *Store
	ready chan struct{} // closed once the ends are known
	mu    sync.Mutex
	ends  []tailEnd
	news  chan struct{} // closed, and replaced, whenever something is added
}

// tailEnd is the latest events of one log.
type tailEnd struct {
	after  position // everything later is in events
	last   position
	events []tailEvent
}

type tailEvent struct {
	at    position
	event conversations.Event
}

// position is a place in one log, as Redis names it.
type position struct{ ms, seq uint64 }

func (p position) String() string {
	return strconv.FormatUint(p.ms, 10) + "-" + strconv.FormatUint(p.seq, 10)
}

func (p position) before(o position) bool { return p.ms < o.ms || p.ms == o.ms && p.seq < o.seq }

func parsePosition(id string) position {
	m, q, _ := strings.Cut(id, "-")
	var p position
	p.ms, _ = strconv.ParseUint(m, 10, 64)
	p.seq, _ = strconv.ParseUint(q, 10, 64)
	return p
}

// tailLength is how many events of each log are kept at hand.
const tailLength = 1024

func newTail(s *Store) *tail {
	return &tail{s: s, ready: make(chan struct{}), ends: make([]tailEnd, len(s.partitions)+1), news: make(chan struct{})}
}

// Run keeps the live feed going, and the logs short, until ctx is done.
func (s *Store) Run(ctx context.Context) error {
	t := s.tail
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		err := t.start(ctx)
		if err == nil {
			break
		}
		s.log.Warn("live feed waits", "error", err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
	close(t.ready)
	var wg sync.WaitGroup
	wg.Go(func() { s.keepShort(ctx) })
	for i, key := range s.logs() {
		wg.Go(func() { t.follow(ctx, i, key) })
	}
	wg.Wait()
	return ctx.Err()
}

// start finds the present ends.
func (t *tail) start(ctx context.Context) error {
	for i, key := range t.s.logs() {
		last, err := t.s.readers.XRevRangeN(ctx, key, "+", "-", 1).Result()
		if err != nil {
			return fmt.Errorf("read log: %w", err)
		}
		if len(last) == 1 {
			at := parsePosition(last[0].ID)
			t.ends[i] = tailEnd{after: at, last: at}
		}
	}
	return nil
}

// follow reads one log as it grows.
func (t *tail) follow(ctx context.Context, part int, key string) {
	for ctx.Err() == nil {
		t.mu.Lock()
		from := t.ends[part].last
		t.mu.Unlock()
		streams, err := t.s.readers.XRead(ctx, &redis.XReadArgs{Streams: []string{key, from.String()}, Count: logBatch, Block: logBlock}).Result()
		if errors.Is(err, redis.Nil) || ctx.Err() != nil {
			continue
		}
		if err != nil {
			t.s.log.Warn("live feed waits", "log", key, "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(200 * time.Millisecond):
			}
			continue
		}
		t.add(part, streams[0].Messages)
	}
}

func (t *tail) add(part int, entries []redis.XMessage) {
	t.mu.Lock()
	defer t.mu.Unlock()
	end := &t.ends[part]
	for _, x := range entries {
		at := parsePosition(x.ID)
		if e, err := t.s.event(part, x); err == nil {
			end.events = append(end.events, tailEvent{at, e})
		}
		end.last = at
	}
	if drop := len(end.events) - tailLength; drop > 0 {
		end.after = end.events[drop-1].at
		end.events = append([]tailEvent(nil), end.events[drop:]...)
	}
	close(t.news)
	t.news = make(chan struct{})
}

// Live gives every event after last, or from now on if last is "", until ctx is
// done. An event's ID is the place to resume from, over all logs; the first one
// given has no type and only tells where the listener starts.
func (s *Store) Live(ctx context.Context, last conversations.EventID) iter.Seq2[conversations.Event, error] {
	return func(yield func(conversations.Event, error) bool) {
		select {
		case <-s.tail.ready:
		case <-ctx.Done():
			return
		}
		at, err := s.tail.resume(last)
		if err != nil {
			yield(conversations.Event{}, err)
			return
		}
		if !yield(conversations.Event{ID: encodePositions(at)}, nil) {
			return
		}
		for ctx.Err() == nil {
			news, behind := s.tail.changed(), false
			for part := range at {
				events, more, err := s.tail.since(ctx, part, at[part])
				behind = behind || more
				if err != nil {
					if !yield(conversations.Event{}, err) {
						return
					}
					continue
				}
				for _, e := range events {
					at[part] = e.at
					e.event.ID = encodePositions(at)
					if !yield(e.event, nil) {
						return
					}
				}
			}
			if behind {
				continue
			}
			select {
			case <-news:
			case <-ctx.Done():
			}
		}
	}
}

func (t *tail) changed() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.news
}

// resume is where a listener starts. One who was away for longer than the logs
// are kept gets ErrCursor: he must read everything again.
func (t *tail) resume(last conversations.EventID) ([]position, error) {
	if last != "" {
		at, err := decodePositions(last, len(t.ends))
		if err == nil && gone(at) {
			err = conversations.ErrCursor
		}
		return at, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	at := make([]position, len(t.ends))
	for i := range t.ends {
		at[i] = t.ends[i].last
	}
	return at, nil
}

// gone reports whether events behind a place may have been trimmed: its latest
// event is older than what is kept. Who has seen none has missed none.
func gone(at []position) bool {
	var top position
	for _, p := range at {
		if top.before(p) {
			top = p
		}
	}
	return top != position{} && top.before(positionAt(time.Now().Add(-logKept)))
}

// since returns what one log has after a position: from memory, or from Redis,
// and not all at once, for a listener who was away for long.
func (t *tail) since(ctx context.Context, part int, at position) (out []tailEvent, more bool, err error) {
	t.mu.Lock()
	end := t.ends[part]
	t.mu.Unlock()
	if !at.before(end.last) {
		return nil, false, nil
	}
	if !at.before(end.after) {
		i := 0
		for i < len(end.events) && !at.before(end.events[i].at) {
			i++
		}
		return end.events[i:len(end.events):len(end.events)], false, nil
	}
	for from := "(" + at.String(); ; {
		entries, err := t.s.readers.XRangeN(ctx, t.s.logs()[part], from, end.last.String(), logBatch).Result()
		if err != nil {
			return nil, false, fmt.Errorf("read log: %w", err)
		}
		for _, x := range entries {
			if e, err := t.s.event(part, x); err == nil {
				out = append(out, tailEvent{parsePosition(x.ID), e})
			}
			from = "(" + x.ID
		}
		if more = len(entries) == logBatch; len(out) > 0 || !more {
			return out, more, nil
		}
	}
}

// encodePositions writes a place in all logs: the greatest ms, then for each log
// how far behind it is, and the sequence number.
func encodePositions(at []position) conversations.EventID {
	var top uint64
	for _, p := range at {
		top = max(top, p.ms)
	}
	b := binary.AppendUvarint(nil, top)
	for _, p := range at {
		b = binary.AppendUvarint(b, top-p.ms)
		b = binary.AppendUvarint(b, p.seq)
	}
	return conversations.EventID(base64url.EncodeToString(b))
}

func decodePositions(id conversations.EventID, n int) ([]position, error) {
	b, err := base64url.DecodeString(string(id))
	if err != nil {
		return nil, conversations.ErrCursor
	}
	bad := false
	next := func() uint64 {
		v, k := binary.Uvarint(b)
		if k <= 0 {
			bad = true
			return 0
		}
		b = b[k:]
		return v
	}
	top := next()
	at := make([]position, n)
	for i := range at {
		behind := next()
		bad = bad || behind > top
		at[i] = position{top - behind, next()}
	}
	if bad || len(b) > 0 {
		return nil, conversations.ErrCursor
	}
	return at, nil
}
