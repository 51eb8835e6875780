package redisstore

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/conversations"
)

// unlog deletes what the log tells of a conversation, but for what an erasure says:
// the router frees its officer by that, also if the same erasure is asked for again
// before he has read it.
func (s *Store) unlog(ctx context.Context, p *partition, n uint64) (removed int, err error) {
	if _, err := s.unlogOne(ctx, p.work, n); err != nil { // copies
		return 0, err
	}
	return s.unlogOne(ctx, p.log, n)
}

func (s *Store) unlogOne(ctx context.Context, key string, n uint64) (removed int, err error) {
	kept := map[string]bool{} // operations; what one writes stands together, the erasure first
	erasure := eventCodes[conversations.EventErased] + "\t"
	for from := "-"; ; {
		cmd := redis.NewXMessageSliceCmd(ctx, "xrange", key, from, "+", "count", 1000)
		if err := s.read(ctx, cmd); err != nil && !errors.Is(err, redis.Nil) {
			return removed, err
		}
		del := []any{"xdel", key}
		for _, x := range cmd.Val() {
			value, _ := x.Values["e"].(string)
			f := strings.SplitN(value, "\t", 3)
			if len(f) == 3 && f[0] == num(n) {
				kept[f[1]] = kept[f[1]] || strings.HasPrefix(f[2], erasure)
				if !kept[f[1]] {
					del = append(del, x.ID)
				}
			}
			from = "(" + x.ID
		}
		if len(del) > 2 {
			if _, err := s.write(ctx, del...); err != nil {
				return removed, err
			}
			removed += len(del) - 2
		}
		if len(cmd.Val()) < 1000 {
			return removed, nil
		}
	}
}

// Vanish implements conversations.Erasure.
func (s *Store) Vanish(ctx context.Context, k conversations.Contact, now time.Time) (silent int, err error) {
	present, err := s.Contact(ctx, k.ID)
	if err != nil {
		return 0, err
	}
	seen := map[string]bool{}
	for _, h := range append(slices.Clone(k.Handles), present.Handles...) {
		home, key := s.home(h.Key()), h.Key()
		if seen[key] {
			continue
		}
		seen[key] = true
		if _, err := s.write(ctx, "hdel", home.handles(digest(key)), key); err != nil {
			return silent, err
		}
		kept, err := s.anonymiseConsent(ctx, key)
		if err != nil {
			return silent, err
		}
		if kept {
			silent++
		}
		s.places.drop(key)
	}
	if err := s.eraseRows(ctx, append(slices.Clone(k.Handles), present.Handles...)); err != nil {
		return silent, err
	}
	for {
		gone := conversations.Contact{ID: k.ID, Version: present.Version + 1, CreatedAt: present.CreatedAt, UpdatedAt: now, Erased: true}
		err := s.SaveContact(ctx, gone)
		if !errors.Is(err, conversations.ErrStale) {
			return silent, err
		}
		if present, err = s.Contact(ctx, k.ID); err != nil || present.Erased {
			return silent, err
		}
	}
}
