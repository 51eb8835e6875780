package routing

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/caravan-desk/caravan/conversations"
)

// AlarmStore keeps, in each partition, when something next falls due.
type AlarmStore interface {
	// Alarms are the conversations of a partition of which a clock's next step may have come.
	Alarms(ctx context.Context, partition int, now time.Time, n int) (conversations.Alarms, error)
	// Crossed ends a reading: what it gave need not be given again.
	Crossed(ctx context.Context, partition int, a conversations.Alarms) error
	// Rearm sets, or with a zero time takes away, when a conversation is given again. It
	// fails with ErrStale if the conversation is no longer the one that was read.
	Rearm(ctx context.Context, c conversations.Conversation, at time.Time) error
}

// Watcher wakes an engine by what this gateway commits.
type Watcher interface {
	Watch(on conversations.EventType, wake func(partition int))
}

// Alarms takes the steps of clocks' ladders as they fall due, and wakes what was put off. Any number of gateways may
// run it: a step is part of the conversation, and so taken once, whoever is killed when.
type Alarms struct {
	Queue      AlarmStore
	Store      Store
	Watcher    Watcher
	Desks      Desks
	Partitions int
	Now        func() time.Time
	Logger     *slog.Logger
}

const (
	alarmBatch = 256                    // conversations read at once
	alarmHands = 4                      // and worked on together, in each partition
	alarmLook  = 10 * time.Second       // the longest sleep: another gateway may have armed something and died
	alarmCalm  = 200 * time.Millisecond // between two looks because something was committed here
)

// Run rings until ctx is done.
func (a *Alarms) Run(ctx context.Context) error {
	wakes := make([]chan struct{}, a.Partitions)
	for p := range wakes {
		wakes[p] = make(chan struct{}, 1)
	}
	for _, on := range []conversations.EventType{conversations.EventChanged, conversations.EventClassified, conversations.EventCallback} {
		a.Watcher.Watch(on, func(p int) {
			select {
			case wakes[p] <- struct{}{}:
			default:
			}
		})
	}
	var loops sync.WaitGroup
	for p := range wakes {
		loops.Go(func() { a.loop(ctx, p, wakes[p]) })
	}
	loops.Wait()
	return ctx.Err()
}

// loop works through one partition.
func (a *Alarms) loop(ctx context.Context, p int, woken <-chan struct{}) {
	for ctx.Err() == nil {
		page, err := a.Queue.Alarms(ctx, p, a.Now(), alarmBatch)
		if err == nil {
			err = a.ring(ctx, p, page)
		}
		switch {
		case err != nil && ctx.Err() == nil:
			a.Logger.Warn("alarms wait for the store", "error", err)
			page.Next = a.Now().Add(time.Second)
		case len(page.IDs) > 0:
			continue
		}
		a.sleep(ctx, page.Next, woken)
	}
}

// sleep waits until something falls due, or may fall due earlier than was known.
func (a *Alarms) sleep(ctx context.Context, next time.Time, woken <-chan struct{}) {
	wait := alarmLook
	if !next.IsZero() {
		wait = max(0, min(wait, next.Sub(a.Now())))
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	case <-woken:
		timer.Reset(min(wait, alarmCalm))
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
}

// ring sees to a reading, and ends it. One conversation that cannot be seen to does not
// hold up the others.
func (a *Alarms) ring(ctx context.Context, p int, page conversations.Alarms) error {
	var g errgroup.Group
	g.SetLimit(alarmHands)
	for _, id := range page.IDs {
		g.Go(func() error { return a.see(ctx, id) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return a.Queue.Crossed(ctx, p, page)
}

// see takes the steps of one conversation that have come, and says when the next comes.
func (a *Alarms) see(ctx context.Context, id conversations.ID) error {
	for {
		c, err := a.Store.Load(ctx, id)
		if errors.Is(err, conversations.ErrNotFound) {
			return a.Queue.Rearm(ctx, conversations.Conversation{ID: id}, time.Time{})
		}
		if err != nil {
			return err
		}
		if ch, ok := a.Desks.Ring(c, a.Now()); ok {
			c, err = a.Store.Commit(ctx, ch)
		} else {
			c.Clocks = a.Desks.clocksAt(&c, a.Now())
		}
		if err == nil {
			err = a.Queue.Rearm(ctx, c, c.Alarm())
		}
		if !errors.Is(err, conversations.ErrStale) {
			return err
		}
	}
}
