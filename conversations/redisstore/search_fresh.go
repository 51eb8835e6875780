package redisstore

import (
	"sync"
	"sync/atomic"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/search"
)

// freshMessage is a message as this gateway wrote it, and what its conversation was found
// by then.
type freshMessage struct {
	number  uint64 // the conversation's
	message int    // its place in the conversation
	version conversations.Revision
	sum     uint64 // search.Sum of the conversation in that version
	named   bool   // the conversation itself is found by who wrote the message
	raw     string // as it is stored; empty: none
	at      uint64 // how many were kept before
}

// freshMessages keeps what this gateway has written until its indexer comes to it, so that
// it is not read again: a table in which each may have one of a few places. It has a bound, in
// messages and in bytes; what finds no room is read from the store.
type freshMessages struct {
	indexers atomic.Int32 // of this gateway; nobody else asks
	mu       sync.Mutex
	kept     uint64
	bytes    int
	of       []freshMessage
}

const (
	freshSlots = 1 << 13
	freshNear  = 4 // places that one message may have
	freshBytes = 1 << 20
	// freshTerm is after how many others one that nobody has asked for gives way.
	freshTerm = 16 * freshSlots
)

// wanted reports whether anybody will ask.
func (f *freshMessages) wanted() bool { return f.indexers.Load() > 0 }

// open is for an indexer that begins; close for one that ends.
func (f *freshMessages) open() { f.indexers.Add(1) }

func (f *freshMessages) close() {
	if f.indexers.Add(-1) == 0 {
		f.clear()
	}
}

func (f *freshMessages) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.of, f.bytes = nil, 0
}

// slots are the places that a message may have.
func (f *freshMessages) slots(number uint64, message int) []freshMessage {
	if f.of == nil {
		f.of = make([]freshMessage, freshSlots)
	}
	first := (number ^ uint64(message)<<32) * 0x9E3779B97F4A7C15 >> 32 % (freshSlots / freshNear) * freshNear
	return f.of[first : first+freshNear]
}

// room is a place for a message, or nil.
func (f *freshMessages) room(number uint64, message int) *freshMessage {
	slots := f.slots(number, message)
	for i := range slots {
		if s := &slots[i]; s.raw == "" || f.kept-s.at > freshTerm {
			return s
		}
	}
	return nil
}

// keep keeps the messages of a change to a conversation that was committed, as they are stored.
func (f *freshMessages) keep(number uint64, ch *conversations.Change, raws []string) {
	sum := search.Sum(&ch.After)
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range ch.Messages {
		m := &ch.Messages[i]
		_, place, _ := m.ID.Split()
		f.kept++
		s := f.room(number, place)
		if s == nil || f.bytes+len(raws[i])-len(s.raw) > freshBytes {
			continue
		}
		f.bytes += len(raws[i]) - len(s.raw)
		*s = freshMessage{number, place, ch.After.Version, sum, search.Names(&ch.After, m), raws[i], f.kept}
	}
}

// take gives a message away, if it is there.
func (f *freshMessages) take(number uint64, message int) (m freshMessage, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	slots := f.slots(number, message)
	for i := range slots {
		if s := &slots[i]; s.raw != "" && s.number == number && s.message == message {
			m, *s = *s, freshMessage{}
			f.bytes -= len(m.raw)
			return m, true
		}
	}
	return m, false
}
