package search

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// Index is the store's index of what was said.
type Index interface {
	// Index keeps it in step with the log until ctx is done. finish is told of each
	// event before; what it refuses comes again.
	Index(ctx context.Context, finish func(context.Context, conversations.Event) error) error
}

// Lease makes one gateway of several do what one is enough for.
type Lease interface {
	Acquire(ctx context.Context, name, holder string, ttl time.Duration) (bool, error)
	Release(ctx context.Context, name, holder string) error
}

// Indexer keeps the search index, in one gateway at a time. Two at once would do
// no harm: the store takes each event from one of them.
type Indexer struct {
	Index  Index
	Lease  Lease
	Holder string // names this gateway's life among all others
	Finish func(context.Context, conversations.Event) error
	Logger *slog.Logger
}

const (
	leaseName  = "search"
	leaseTerm  = 15 * time.Second
	leaseEvery = 5 * time.Second
)

// Run indexes until ctx is done.
func (x *Indexer) Run(ctx context.Context) error {
	tick := time.NewTicker(leaseEvery)
	defer tick.Stop()
	var stop func()
	for ctx.Err() == nil {
		held, err := x.Lease.Acquire(ctx, leaseName, x.Holder, leaseTerm)
		switch {
		case err != nil && ctx.Err() == nil:
			x.Logger.Warn("search index: lease", "error", err)
		case held && stop == nil:
			stop = x.start(ctx)
		case !held && stop != nil:
			stop()
			stop = nil
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
	if stop != nil {
		stop()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = x.Lease.Release(ctx, leaseName, x.Holder) // it would run out by itself
	}
	return ctx.Err()
}

// start indexes beside; the function it returns stops that.
func (x *Indexer) start(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := x.Index.Index(ctx, x.Finish); err != nil && !errors.Is(err, context.Canceled) {
			x.Logger.Error("search index stopped", "error", err)
		}
	}()
	return func() { cancel(); <-done }
}
