package redisstore

import (
	"context"
	"iter"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// Live gives every event after last, or from now on if last is "", until ctx is
// done. An event's ID is the place to resume from, over all logs; the first one
// given has no type and only tells where the listener starts.
func (s *Store) Live(ctx context.Context, last conversations.EventID) iter.Seq2[conversations.Event, error] {
	return func(yield func(conversations.Event, error) bool) {
		ready, leave := s.tail.listen()
		defer leave()
		select {
		case <-ready:
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
				for _, x := range events {
					at[part] = x.at
					e, err := s.event(x.entry)
					if err != nil {
						continue // the router has said so
					}
					e.ID = encodePositions(at)
					if !yield(e, nil) {
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
