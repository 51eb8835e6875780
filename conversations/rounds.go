package conversations

import (
	"context"
	"sync"
	"time"
)

// Rounds work off what falls due in each partition of the store: at its instant, and at
// once when this gateway commits something of the kind. What another gateway left when
// it died is found when its hold on it runs out.
type Rounds struct {
	Partitions int
	Watcher    Watcher
	On         []EventType // that may make something due at once
	// Take does what is due in a partition: how much there was, and when there is more; zero if nothing waits.
	Take func(ctx context.Context, partition int) (n int, next time.Time, err error)
	Now  func() time.Time
}

const (
	roundsIdle  = 30 * time.Second // the longest sleep of a partition without news
	roundsPause = time.Second      // before a store that is away is asked again
)

// Run goes its rounds until ctx is done.
func (r *Rounds) Run(ctx context.Context) error {
	wakes := make([]chan struct{}, r.Partitions)
	for p := range wakes {
		wakes[p] = make(chan struct{}, 1)
	}
	for _, on := range r.On {
		r.Watcher.Watch(on, func(p int) {
			select {
			case wakes[p] <- struct{}{}:
			default:
			}
		})
	}
	var wg sync.WaitGroup
	for p := range wakes {
		wg.Go(func() { r.loop(ctx, p, wakes[p]) })
	}
	wg.Wait()
	return ctx.Err()
}

func (r *Rounds) loop(ctx context.Context, p int, wake chan struct{}) {
	for ctx.Err() == nil {
		n, next, err := r.Take(ctx, p)
		if n > 0 && err == nil {
			continue
		}
		wait := roundsIdle
		switch {
		case err != nil:
			wait = roundsPause
		case !next.IsZero():
			wait = min(wait, max(0, next.Sub(r.Now())))
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}
