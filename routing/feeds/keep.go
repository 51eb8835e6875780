package feeds

import (
	"context"
	"hash/maphash"
	"iter"
	"sync"
)

// Kept is what became of a file's or body's events.
type Kept struct {
	New     int `json:"new"`     // kept
	Known   int `json:"known"`   // they had been kept before, and changed nothing
	Refused int `json:"refused"` // they cannot be read
}

// keepers is how many events are kept at once.
const keepers = 8

// Keep keeps events as they are read, several at once but those of one matter one after
// the other. one keeps an event and tells whether it was known. A line that cannot be
// read is told to refused, which is called from one goroutine at a time. An error of one's
// ends the whole, and is returned with what was kept by then: all of it may be
// given again.
func Keep(ctx context.Context, lines iter.Seq[Line], one func(context.Context, Event) (known bool, err error), refused func(Line)) (Kept, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var mu sync.Mutex
	var kept Kept
	var work sync.WaitGroup
	queues := make([]chan Event, keepers)
	for i := range queues {
		queues[i] = make(chan Event, 16)
		work.Go(func() {
			for e := range queues[i] {
				if ctx.Err() != nil {
					continue
				}
				known, err := one(ctx, e)
				if err != nil {
					cancel(err)
					continue
				}
				mu.Lock()
				if known {
					kept.Known++
				} else {
					kept.New++
				}
				mu.Unlock()
			}
		})
	}
	seed := maphash.MakeSeed()
	for line := range lines {
		if ctx.Err() != nil {
			break
		}
		if line.Err != nil {
			kept.Refused++ // by this goroutine alone
			refused(line)
			continue
		}
		queues[maphash.String(seed, line.Event.Reference.Key())%keepers] <- line.Event
	}
	for _, q := range queues {
		close(q)
	}
	work.Wait()
	return kept, context.Cause(ctx)
}
