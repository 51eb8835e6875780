package redisstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/conversations"
)

const (
	// logBlock is how long one read of an idle log waits.
	logBlock = 2 * time.Second
	// logBatch is how many events are taken at once.
	logBatch = 1024
	// abandonedAfter is when events that a reader took and did not finish go to
	// another; a store of a test may be quicker.
	abandonedAfter = 15 * time.Second
)

// A partition has two streams. Its log tells everything; whoever wants to know reads
// it. What of that leaves work to do (conversations.Event.Work) stands in {p}:work once
// more, and is given out to consumer groups: a group costs the server more for each
// event than writing it does, and of most events nobody has to do anything.

// logs are the streams that tell everything: the partitions' and the board's, which comes last.
func (s *Store) logs() []string { return s.logKeys }

// works are the streams that are followed, in the same places; the board has one for both.
func (s *Store) works() []string { return s.workKeys }

func (s *Store) nameLogs() {
	for _, p := range s.partitions {
		s.logKeys, s.workKeys = append(s.logKeys, p.log), append(s.workKeys, p.work)
	}
	s.logKeys, s.workKeys = append(s.logKeys, keyBoardLog), append(s.workKeys, keyBoardLog)
}

// Follow gives every event that leaves work to do to handle, once for all gateways that
// follow as the same group, each gateway's share of a partition in order; an event that
// handle did not finish (it returned an error, or the gateway died) is given again. It
// blocks until ctx is done.
func (s *Store) Follow(ctx context.Context, group string, handle func(context.Context, []conversations.Event) error) error {
	var wg sync.WaitGroup
	for _, parts := range s.shares() {
		f := follower{s: s, group: group, parts: parts, handle: handle}
		wg.Go(func() { f.run(ctx) })
	}
	wg.Wait()
	return ctx.Err()
}

// shares are the logs that are read together: on one server all of them in one
// command; on a cluster each by itself, for they are in different slots.
func (s *Store) shares() [][]int {
	var all []int
	var each [][]int
	for i := range s.logs() {
		all, each = append(all, i), append(each, []int{i})
	}
	if _, cluster := s.client.(*redis.ClusterClient); cluster {
		return each
	}
	return [][]int{all}
}

// follower reads some logs for a group, and survives whatever the server does.
type follower struct {
	s      *Store
	group  string
	parts  []int
	handle func(context.Context, []conversations.Event) error
}

// entry is one event of one log.
type entry struct {
	part  int
	id    string
	value string // empty: trimmed meanwhile
}

func (f *follower) run(ctx context.Context) {
	pause := 10 * time.Millisecond
	unfinished := true // there may be events that this reader took before and did not finish
	var swept, last time.Time
	for ctx.Err() == nil {
		if now := time.Now(); now.Sub(swept) > f.s.abandoned {
			f.takeOver(ctx)
			swept, unfinished = now, true
		}
		from := ">"
		if unfinished {
			from = "0"
		}
		entries, err := f.read(ctx, from)
		if err == nil {
			if err = f.deliver(ctx, entries); err == nil {
				unfinished = unfinished && len(entries) > 0
				pause = 10 * time.Millisecond
				gather(ctx, &last, gatherWork)
				continue
			}
		}
		unfinished = true
		if strings.Contains(err.Error(), "NOGROUP") {
			err = f.create(ctx)
		}
		if err != nil && ctx.Err() == nil {
			f.s.log.Warn("log reader waits", "group", f.group, "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(pause):
				pause = min(2*pause, time.Second)
			}
		}
	}
}

const (
	// gatherFeed is the least time between two reads of a log that has news all the
	// time, for listeners: what comes meanwhile is read together.
	gatherFeed = 4 * time.Millisecond
	// gatherWork is the same for followers, who have to say what they have finished, too.
	gatherWork = 8 * time.Millisecond
)

// gather waits until some time after the last read. The first event after a
// quiet time never waits.
func gather(ctx context.Context, last *time.Time, term time.Duration) {
	if wait := term - time.Since(*last); wait > 0 {
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
	*last = time.Now()
}

func (f *follower) create(ctx context.Context) error {
	keys := f.s.works()
	for _, part := range f.parts {
		err := f.s.readers.XGroupCreateMkStream(ctx, keys[part], f.group, "0").Err()
		if err != nil && !strings.HasPrefix(err.Error(), "BUSYGROUP") {
			return err
		}
	}
	return nil
}

// onceStreams is a reading that go-redis must not repeat by itself: what the lost
// answer held would wait for the next sweep.
type onceStreams struct{ *redis.XStreamSliceCmd }

// NoRetry implements redis.Cmder.
func (onceStreams) NoRetry() bool { return true }

// read takes the next events of all the follower's logs, or with "0" those it
// took before and did not finish.
func (f *follower) read(ctx context.Context, from string) ([]entry, error) {
	args := []any{"xreadgroup", "group", f.group, f.s.consumer, "count", logBatch/len(f.parts) + 1}
	if from == ">" {
		args = append(args, "block", logBlock.Milliseconds())
	}
	return f.s.readStreams(ctx, append(args, "streams"), f.s.works(), f.parts, func(int) string { return from })
}

// readStreams completes and runs a command that reads some of the streams from given places.
func (s *Store) readStreams(ctx context.Context, args []any, keys []string, parts []int, from func(part int) string) ([]entry, error) {
	first := len(args)
	for _, part := range parts {
		args = append(args, keys[part])
	}
	for _, part := range parts {
		args = append(args, from(part))
	}
	cmd := redis.NewXStreamSliceCmd(ctx, args...)
	cmd.SetFirstKeyPos(int8(first))
	err := s.readers.Process(ctx, onceStreams{cmd})
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read log: %w", err)
	}
	var out []entry
	for _, stream := range cmd.Val() {
		part := slices.Index(keys, stream.Stream)
		for _, x := range stream.Messages {
			out = append(out, entryOf(part, x))
		}
	}
	return out, nil
}

// takeOver claims what a dead reader left.
func (f *follower) takeOver(ctx context.Context) {
	keys := f.s.works()
	for _, part := range f.parts {
		err := f.s.readers.XAutoClaimJustID(ctx, &redis.XAutoClaimArgs{
			Stream: keys[part], Group: f.group, Consumer: f.s.consumer, MinIdle: f.s.abandoned, Start: "0", Count: 1000,
		}).Err()
		if err != nil && ctx.Err() == nil && !strings.Contains(err.Error(), "NOGROUP") {
			f.s.log.Warn("log reader cannot take over", "log", keys[part], "error", err)
		}
	}
}

// deliver hands a batch over and acknowledges it.
func (f *follower) deliver(ctx context.Context, entries []entry) error {
	if len(entries) == 0 {
		return nil
	}
	events := make([]conversations.Event, 0, len(entries))
	done := make(map[int][]any, len(f.parts))
	for _, x := range entries {
		done[x.part] = append(done[x.part], x.id)
		if x.value == "" {
			continue
		}
		e, err := f.s.event(x)
		if err != nil {
			f.s.log.Error("unreadable event skipped", "event", x.id, "error", err)
			continue
		}
		events = append(events, e)
	}
	if len(events) > 0 {
		if err := f.handle(ctx, events); err != nil {
			return fmt.Errorf("handle events: %w", err)
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), replyTerm) // what is handled is handled
	defer cancel()
	keys := f.s.works()
	pipe := f.s.readers.Pipeline()
	for part, ids := range done {
		pipe.Do(ctx, append([]any{"xack", keys[part], f.group}, ids...)...)
	}
	_, err := pipe.Exec(ctx)
	return err
}
