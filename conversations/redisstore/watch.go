package redisstore

import (
	"sync"

	"github.com/caravan-desk/caravan/conversations"
)

// watchers are told of what this gateway itself commits. That is all an engine
// needs to be awake for its own work: what another gateway left undone when it
// died is found by the leases that run out.
type watchers struct {
	mu sync.RWMutex
	on map[conversations.EventType][]func(partition int)
}

// onBoard is the partition of what happens to officers: none.
const onBoard = -1

// Watch calls wake, which must not block, with the partition of every event of a
// type that this gateway commits; -1 for what happens to officers.
func (s *Store) Watch(on conversations.EventType, wake func(partition int)) {
	s.watchers.mu.Lock()
	defer s.watchers.mu.Unlock()
	if s.watchers.on == nil {
		s.watchers.on = map[conversations.EventType][]func(int){}
	}
	s.watchers.on[on] = append(s.watchers.on[on], wake)
}

func (w *watchers) tell(p *partition, events []conversations.Event) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	for i := range events {
		for _, wake := range w.on[events[i].Type] {
			wake(p.index)
		}
	}
}
