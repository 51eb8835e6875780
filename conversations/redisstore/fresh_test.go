package redisstore

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/caravan-desk/caravan/conversations"
)

// KeepFresh has what is written kept for the indexer, as while Index runs.
func (s *Store) KeepFresh() { s.fresh.open() }

// Fresh is how many messages wait for the indexer.
func (s *Store) Fresh() (n int) {
	s.fresh.mu.Lock()
	defer s.fresh.mu.Unlock()
	for i := range s.fresh.of {
		if s.fresh.of[i].raw != "" {
			n++
		}
	}
	return n
}

// TestFreshIsWhatWasKept: a message comes back as it was kept last, once, or not at all.
func TestFreshIsWhatWasKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var f freshMessages
		kept := map[conversations.MessageID]string{}
		bytes := 0
		t.Repeat(map[string]func(*rapid.T){
			"keep": func(t *rapid.T) {
				n := rapid.Uint64Range(1, 5).Draw(t, "conversation")
				c := conversations.NewID(n)
				id := conversations.NewMessageID(c, rapid.IntRange(1, 5).Draw(t, "message"))
				if kept[id] != "" {
					return // a place in a conversation is given out once
				}
				raw := rapid.StringN(1, 40, -1).Draw(t, "raw")
				f.keep(n, &conversations.Change{After: conversations.Conversation{ID: c, Version: 7}, Messages: []conversations.Message{{ID: id}}}, []string{raw})
				kept[id] = raw
			},
			"take": func(t *rapid.T) {
				c := rapid.Uint64Range(1, 5).Draw(t, "conversation")
				place := rapid.IntRange(1, 5).Draw(t, "message")
				id := conversations.NewMessageID(conversations.NewID(c), place)
				m, ok := f.take(c, place)
				if ok && (m.raw != kept[id] || m.version != 7) {
					t.Fatalf("%s comes back as %q, want %q", id, m.raw, kept[id])
				}
				delete(kept, id)
			},
			"clear": func(t *rapid.T) { f.clear(); clear(kept) },
			"": func(t *rapid.T) {
				bytes = 0
				for _, s := range f.of {
					bytes += len(s.raw)
				}
				if bytes != f.bytes {
					t.Fatalf("counts %d bytes, has %d", f.bytes, bytes)
				}
			},
		})
	})
}

// TestFreshHasABound: the first stay until they are taken or too old, and the bytes have an end.
func TestFreshHasABound(t *testing.T) {
	var f freshMessages
	keep := func(n uint64, raw string) {
		c := conversations.NewID(n)
		f.keep(n, &conversations.Change{After: conversations.Conversation{ID: c}, Messages: []conversations.Message{{ID: conversations.NewMessageID(c, 1)}}}, []string{raw})
	}
	keep(1, "first")
	for n := range uint64(freshTerm - 1) {
		keep(2+n, "x")
	}
	if _, ok := f.take(1, 1); !ok {
		t.Error("what waits gave way")
	}
	keep(1, "first")
	for n := range uint64(freshTerm + freshSlots) {
		keep(1<<20+n, "y")
	}
	if m, ok := f.take(1, 1); ok {
		t.Errorf("%q stays for ever", m.raw)
	}
	f.clear()
	big := fmt.Sprintf("%*s", freshBytes/8, "")
	for n := range uint64(20) {
		keep(n, big)
	}
	if f.bytes != freshBytes {
		t.Errorf("keeps %d bytes, want %d", f.bytes, freshBytes)
	}
}
