package callbacks

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// What is due is held in memory, in the order in which it is served, so that a rush
// of ten thousand promises is not read anew for each call: what this gateway itself
// changes is noted, and a partition is read again only when somebody else changed it.
// It is only a copy: every step is fenced by the promise's version.

// shelf is one partition's promises to be looked at.
type shelf struct {
	read  bool
	gen   uint64    // counts the readings
	news  uint64    // what was changed in the partition, by this gateway's word
	known uint64    // how much of that is in items
	next  time.Time // when the next one is due that is not yet; zero: none
	items []*item
}

// item is one promise that is due.
type item struct {
	cb      atomic.Pointer[conversations.Callback] // nil: it is not due any more
	c       conversations.Conversation             // of Turn alone, as is version
	version conversations.Revision                 // of the promise, when c was loaded; 0: never
}

func (s *shelf) stale(now time.Time) bool {
	return !s.read || s.news != s.known || !s.next.IsZero() && !s.next.After(now)
}

// changed is told that something was changed in a partition; -1 is none of them.
func (d *Dialer) changed(partition int) {
	d.mu.Lock()
	if partition >= 0 && partition < len(d.shelves) {
		d.shelves[partition].news++
	}
	d.mu.Unlock()
	d.wake()
}

// assigned is told that conversations have another officer: that matters only
// where something is due. It costs nothing where nothing is.
func (d *Dialer) assigned(partition int) {
	d.mu.Lock()
	due := partition >= 0 && partition < len(d.shelves) && len(d.shelves[partition].items) > 0
	d.mu.Unlock()
	if due {
		d.changed(partition)
	}
}

// doubt has every partition read again.
func (d *Dialer) doubt() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range d.shelves {
		d.shelves[i].read = false
	}
}

// refresh reads the partitions that somebody else has changed. It leaves in the queue all
// that is due, by the time it was asked for: an attempt does not cost a promise its place.
func (d *Dialer) refresh(ctx context.Context, now time.Time) (next time.Time, err error) {
	fresh := false
	for p := range d.shelves {
		d.mu.Lock()
		s := &d.shelves[p]
		stale, news := s.stale(now), s.news
		if stale {
			s.gen++
		}
		d.mu.Unlock()
		if stale {
			due, at, err := d.Ledger.DueCallbacks(ctx, p, now)
			if err != nil {
				d.doubt()
				return next, err
			}
			d.mu.Lock()
			s.read, s.known, s.next, s.items = true, news, at, d.shelve(s.items, due)
			d.mu.Unlock()
			fresh = true
		}
		d.mu.Lock()
		if !s.next.IsZero() && (next.IsZero() || s.next.Before(next)) {
			next = s.next
		}
		d.mu.Unlock()
	}
	if fresh {
		d.line()
	}
	return next, nil
}

// shelve makes items of what was read, with what is known of them already.
func (d *Dialer) shelve(was []*item, due []conversations.Callback) []*item {
	old := make(map[conversations.CallbackID]*item, len(was))
	for _, it := range was {
		if cb := it.cb.Load(); cb != nil {
			old[cb.ID] = it
			delete(d.items, cb.ID)
		}
	}
	out := make([]*item, len(due))
	for i := range due {
		it := old[due[i].ID]
		if it == nil {
			it = &item{}
		}
		it.version = 0 // its conversation may have changed
		it.cb.Store(&due[i])
		out[i], d.items[due[i].ID] = it, it
	}
	return out
}

// line puts everything that is due in its order.
func (d *Dialer) line() {
	type place struct {
		*item
		cb *conversations.Callback
	}
	var all []place
	for p := range d.shelves { // of which others may write news meanwhile
		for _, it := range d.shelves[p].items {
			if cb := it.cb.Load(); cb != nil {
				all = append(all, place{it, cb})
			}
		}
	}
	slices.SortFunc(all, func(a, b place) int {
		if c := a.cb.RequestedAt.Compare(b.cb.RequestedAt); c != 0 {
			return c
		}
		if c := a.cb.NotBefore.Compare(b.cb.NotBefore); c != 0 {
			return c
		}
		return int(a.cb.Conversation.Number()) - int(b.cb.Conversation.Number())
	})
	d.queue = d.queue[:0]
	for _, p := range all {
		d.queue = append(d.queue, p.item)
	}
}

// note takes a promise into account as this gateway has just changed it, if
// nothing was read since gen.
func (d *Dialer) note(cb conversations.Callback, gen uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := &d.shelves[d.partition(cb.Conversation)]
	it := d.items[cb.ID]
	due := cb.LookAt != nil && !cb.LookAt.After(d.Now())
	if s.gen != gen || due && it == nil {
		return // it is read
	}
	s.known++
	switch {
	case due:
		it.cb.Store(&cb)
		return
	case it != nil:
		it.cb.Store(nil)
		delete(d.items, cb.ID)
	}
	if cb.LookAt != nil && (s.next.IsZero() || cb.LookAt.Before(s.next)) {
		s.next = *cb.LookAt
	}
}

func (d *Dialer) partition(id conversations.ID) int { return int(id.Number() % uint64(d.Partitions)) }

// generation is how often the partition of a conversation was read.
func (d *Dialer) generation(id conversations.CallbackID) uint64 {
	of := conversationOf(id)
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.shelves[d.partition(of)].gen
}
