package redisstore

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// logKept is how long events stay in the logs for listeners who come back. A
	// conversation's own history is kept apart, and for ever.
	logKept = 48 * time.Hour
	// trimEvery is how often the logs are trimmed.
	trimEvery = time.Hour
)

// positionAt is the first place in a log at an instant of Redis's own clock.
func positionAt(t time.Time) position { return position{ms: uint64(max(0, t.UnixMilli()))} }

// keepShort trims the logs until ctx is done.
func (s *Store) keepShort(ctx context.Context) {
	tick := time.NewTicker(trimEvery)
	defer tick.Stop()
	for {
		if err := s.Trim(ctx, time.Now().Add(-logKept)); err != nil && ctx.Err() == nil {
			s.log.Warn("logs not trimmed", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Trim forgets the events before an instant, in every log, except those that are
// not indexed; and what all groups of followers have finished.
func (s *Store) Trim(ctx context.Context, before time.Time) error {
	var errs []error
	note := func(key string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("trim %s: %w", key, err))
		}
	}
	for _, p := range s.partitions {
		cut, err := s.unindexed(ctx, p, positionAt(before))
		if err == nil {
			_, err = s.write(ctx, "xtrim", p.log, "minid", cut.String())
		}
		note(p.log, err)
		note(p.work, s.trimFollowed(ctx, p.work, positionAt(before), true))
	}
	note(keyBoardLog, s.trimFollowed(ctx, keyBoardLog, positionAt(before), false))
	return errors.Join(errs...)
}

// trimFollowed forgets what a stream has before a place, except what a group has not
// finished; with all it forgets whatever every group has finished, if there are any.
func (s *Store) trimFollowed(ctx context.Context, key string, cut position, all bool) error {
	if n, err := s.client.XLen(ctx, key).Result(); err != nil || n == 0 {
		return err
	}
	groups, err := s.client.XInfoGroups(ctx, key).Result()
	if err != nil {
		return err
	}
	old := cut
	if all && len(groups) > 0 {
		cut = position{ms: math.MaxInt64}
	}
	for _, g := range groups {
		at, err := s.finished(ctx, key, g)
		if err != nil {
			return err
		}
		if !at.before(cut) {
			continue
		}
		if cut = at; !at.before(old) {
			continue
		}
		waits, err := s.client.XRangeN(ctx, key, "("+at.String(), "("+old.String(), 1).Result()
		if err != nil {
			return err
		}
		if len(waits) > 0 {
			s.log.Warn("log kept longer for readers who lag", "log", key, "group", g.Name)
		}
	}
	_, err = s.write(ctx, "xtrim", key, "minid", cut.String())
	return err
}

// unindexed is the place from which on the search index of a partition still needs
// its log, if that is before cut.
func (s *Store) unindexed(ctx context.Context, p *partition, cut position) (position, error) {
	place, err := s.indexPlace(ctx, p)
	if err == nil && place.next >= 0 && place.raw != "" && place.at.before(cut) {
		cut = place.at
	}
	return cut, err
}

// finished is the place before which a group has finished everything.
func (s *Store) finished(ctx context.Context, key string, g redis.XInfoGroup) (position, error) {
	if g.Pending == 0 {
		return parsePosition(g.LastDeliveredID), nil
	}
	p, err := s.client.XPending(ctx, key, g.Name).Result()
	if err != nil {
		return position{}, err
	}
	if p.Count == 0 {
		return parsePosition(g.LastDeliveredID), nil
	}
	return parsePosition(p.Lower), nil
}
