package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
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
	logBatch = 256
	// abandonedAfter is when events that a reader took and did not finish go to another.
	abandonedAfter = 15 * time.Second
)

// logs are the streams: the partitions' and the board's, which comes last.
func (s *Store) logs() []string {
	keys := make([]string, 0, len(s.partitions)+1)
	for _, p := range s.partitions {
		keys = append(keys, p.log)
	}
	return append(keys, keyBoardLog)
}

// Follow gives every event to handle, once for all gateways that follow as the
// same group, each gateway's share of a partition in order; an event that handle
// did not finish (it returned an error, or the gateway died) is given again. It
// blocks until ctx is done.
func (s *Store) Follow(ctx context.Context, group string, handle func(context.Context, []conversations.Event) error) error {
	var wg sync.WaitGroup
	for i, key := range s.logs() {
		wg.Go(func() { s.followOne(ctx, i, key, group, handle) })
	}
	wg.Wait()
	return ctx.Err()
}

// followOne follows one stream and survives whatever the server does.
func (s *Store) followOne(ctx context.Context, part int, key, group string, handle func(context.Context, []conversations.Event) error) {
	from, pause := "0", 10*time.Millisecond // first what this reader took before and did not finish
	var swept time.Time
	for ctx.Err() == nil {
		if now := time.Now(); now.Sub(swept) > abandonedAfter {
			s.takeOver(ctx, key, group)
			swept, from = now, "0"
		}
		entries, err := s.readGroup(ctx, key, group, from)
		if err == nil && len(entries) > 0 {
			err = s.deliver(ctx, part, key, group, entries, handle)
		}
		switch {
		case err == nil && len(entries) == 0:
			from = ">"
			fallthrough
		case err == nil:
			pause = 10 * time.Millisecond
			continue
		case strings.Contains(err.Error(), "NOGROUP"):
			err = s.createGroup(ctx, key, group)
		}
		if err != nil && ctx.Err() == nil {
			from = "0"
			s.log.Warn("log reader waits", "log", key, "group", group, "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(pause):
				pause = min(2*pause, time.Second)
			}
		}
	}
}

func (s *Store) createGroup(ctx context.Context, key, group string) error {
	err := s.readers.XGroupCreateMkStream(ctx, key, group, "0").Err()
	if err != nil && strings.HasPrefix(err.Error(), "BUSYGROUP") {
		return nil
	}
	return err
}

// onceStreams is a reading that go-redis must not repeat by itself: what the lost
// answer held would wait for the next sweep.
type onceStreams struct{ *redis.XStreamSliceCmd }

// NoRetry implements redis.Cmder.
func (onceStreams) NoRetry() bool { return true }

func (s *Store) readGroup(ctx context.Context, key, group, from string) ([]redis.XMessage, error) {
	args := []any{"xreadgroup", "group", group, s.consumer, "count", logBatch}
	if from == ">" {
		args = append(args, "block", logBlock.Milliseconds())
	}
	args = append(args, "streams", key, from)
	cmd := redis.NewXStreamSliceCmd(ctx, args...)
	cmd.SetFirstKeyPos(int8(len(args) - 2))
	err := s.readers.Process(ctx, onceStreams{cmd})
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read log: %w", err)
	}
	if streams := cmd.Val(); len(streams) > 0 {
		return streams[0].Messages, nil
	}
	return nil, nil
}

// takeOver claims what a dead reader left.
func (s *Store) takeOver(ctx context.Context, key, group string) {
	err := s.readers.XAutoClaimJustID(ctx, &redis.XAutoClaimArgs{
		Stream: key, Group: group, Consumer: s.consumer, MinIdle: abandonedAfter, Start: "0", Count: 1000,
	}).Err()
	if err != nil && ctx.Err() == nil && !strings.Contains(err.Error(), "NOGROUP") {
		s.log.Warn("log reader cannot take over", "log", key, "error", err)
	}
}

// deliver hands a batch over and acknowledges it.
func (s *Store) deliver(ctx context.Context, part int, key, group string, entries []redis.XMessage, handle func(context.Context, []conversations.Event) error) error {
	events, ids := make([]conversations.Event, 0, len(entries)), make([]string, 0, len(entries))
	for _, x := range entries {
		ids = append(ids, x.ID)
		if len(x.Values) == 0 { // trimmed meanwhile
			continue
		}
		e, err := s.event(part, x)
		if err != nil {
			s.log.Error("unreadable event skipped", "log", key, "event", x.ID, "error", err)
			continue
		}
		events = append(events, e)
	}
	if len(events) > 0 {
		if err := handle(ctx, events); err != nil {
			return fmt.Errorf("handle events: %w", err)
		}
	}
	return s.readers.XAck(ctx, key, group, ids...).Err()
}

// event reads a stream's entry.
func (s *Store) event(part int, x redis.XMessage) (conversations.Event, error) {
	line, _ := x.Values["e"].(string)
	var id conversations.ID
	if c, _ := x.Values["c"].(string); c != "" && part < len(s.partitions) {
		n, err := strconv.ParseUint(c, 10, 53)
		if err != nil {
			return conversations.Event{}, fmt.Errorf("conversation %q: %w", c, err)
		}
		id = conversations.NewID(s.number(s.partitions[part], n))
	}
	e, err := decodeEvent(id, line)
	e.ID = conversations.EventID(x.ID)
	return e, err
}
