package redisstore

import (
	"context"
	"fmt"
	"sort"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// tail reads the end of every log once for all of a gateway's live listeners,
// as long as there are any.
type tail struct {
	s         *Store
	mu        sync.Mutex
	listeners int
	called    chan struct{} // closed, and replaced, when a first listener comes or the last one goes
	ready     chan struct{} // closed once the ends are known; replaced when the tail rests
	ends      []tailEnd
	news      chan struct{} // closed, and replaced, whenever something is added
}

// tailEnd is the latest events of one log, as they stand in it.
type tailEnd struct {
	after  position // everything later is in events
	last   position
	events []tailEvent
}

type tailEvent struct {
	at position
	entry
}

// tailLength is how many events of each log are kept at hand, at least.
const tailLength = 512

func newTail(s *Store) *tail {
	return &tail{
		s: s, called: make(chan struct{}), ready: make(chan struct{}),
		ends: make([]tailEnd, len(s.partitions)+1), news: make(chan struct{}),
	}
}

// Run keeps the live feed going, and the logs short, until ctx is done.
func (s *Store) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	wg.Go(func() { s.keepShort(ctx) })
	for ctx.Err() == nil {
		n, called := s.tail.state()
		if n > 0 {
			s.tail.read(ctx)
			continue
		}
		select {
		case <-called:
		case <-ctx.Done():
		}
	}
	wg.Wait()
	return ctx.Err()
}

// state is how many listen, and what tells when that changes to or from none.
func (t *tail) state() (int, <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.listeners, t.called
}

// listen counts a listener; leave takes him back.
func (t *tail) listen() (ready <-chan struct{}, leave func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.listeners++; t.listeners == 1 {
		t.call()
	}
	return t.ready, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.listeners--; t.listeners == 0 {
			t.call()
		}
	}
}

func (t *tail) call() {
	close(t.called)
	t.called = make(chan struct{})
}

// read reads the logs until nobody listens any more.
func (t *tail) read(ctx context.Context) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if err := t.start(ctx); err != nil {
		t.s.log.Warn("live feed waits", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
		return
	}
	t.mu.Lock()
	close(t.ready)
	t.tell() // to who came while the tail went to rest: the ends have moved
	t.mu.Unlock()
	var wg sync.WaitGroup
	for _, parts := range t.s.shares() {
		wg.Go(func() { t.follow(ctx, parts) })
	}
	for ctx.Err() == nil {
		n, called := t.state()
		if n == 0 {
			break
		}
		select {
		case <-called:
		case <-ctx.Done():
		}
	}
	stop()
	wg.Wait()
	t.mu.Lock()
	t.ready = make(chan struct{})
	t.mu.Unlock()
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
			t.mu.Lock()
			t.ends[i] = tailEnd{after: at, last: at}
			t.mu.Unlock()
		}
	}
	return nil
}

// follow reads some logs as they grow.
func (t *tail) follow(ctx context.Context, parts []int) {
	var last time.Time
	for ctx.Err() == nil {
		args := []any{"xread", "count", logBatch/len(parts) + 1, "block", logBlock.Milliseconds(), "streams"}
		entries, err := t.s.readStreams(ctx, args, t.s.logs(), parts, t.end)
		if err != nil && ctx.Err() == nil {
			t.s.log.Warn("live feed waits", "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(200 * time.Millisecond):
			}
			continue
		}
		if len(entries) > 0 {
			t.add(entries)
			gather(ctx, &last, gatherFeed)
		}
	}
}

// end is where a log has been read to.
func (t *tail) end(part int) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ends[part].last.String()
}

func (t *tail) add(entries []entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, x := range entries {
		end, at := &t.ends[x.part], parsePosition(x.id)
		end.events = append(end.events, tailEvent{at, x})
		end.last = at
		if len(end.events) >= 2*tailLength {
			end.after = end.events[tailLength-1].at
			end.events = append(make([]tailEvent, 0, 2*tailLength), end.events[tailLength:]...)
		}
	}
	t.tell()
}

// tell wakes the listeners; t.mu is held.
func (t *tail) tell() {
	close(t.news)
	t.news = make(chan struct{})
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
		i := sort.Search(len(end.events), func(i int) bool { return at.before(end.events[i].at) })
		return end.events[i:len(end.events):len(end.events)], false, nil
	}
	for from := "(" + at.String(); ; {
		messages, err := t.s.readers.XRangeN(ctx, t.s.logs()[part], from, end.last.String(), logBatch).Result()
		if err != nil {
			return nil, false, fmt.Errorf("read log: %w", err)
		}
		for _, x := range messages {
			out = append(out, tailEvent{parsePosition(x.ID), entryOf(part, x)})
			from = "(" + x.ID
		}
		if more = len(messages) == logBatch; len(out) > 0 || !more {
			return out, more, nil
		}
	}
}

func entryOf(part int, x redis.XMessage) entry {
	value, _ := x.Values["e"].(string)
	return entry{part, x.ID, value}
}
