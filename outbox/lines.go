package outbox

import (
	"sync"

	"github.com/caravan-desk/caravan/conversations"
)

// lines keep the messages of one conversation one behind the other: they go as
// they were written, and while the provider is asked about one, no other of the same
// words can be taken for it.
type lines struct {
	mu   sync.Mutex
	last map[conversations.ID]chan struct{}
}

// join queues up; before is closed when it is one's turn (nil: at once), and leave
// lets the next one go.
func (l *lines) join(id conversations.ID) (before <-chan struct{}, leave func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last == nil {
		l.last = map[conversations.ID]chan struct{}{}
	}
	before = l.last[id]
	mine := make(chan struct{})
	l.last[id] = mine
	return before, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.last[id] == mine {
			delete(l.last, id)
		}
		close(mine)
	}
}
