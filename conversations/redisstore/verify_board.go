package redisstore

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/conversations"
)

// readIndexes reads all indexes of a partition.
func (a *audit) readIndexes(ctx context.Context, p *partition) (*indexes, error) {
	ix := &indexes{sorted: map[string]map[string]int64{}, facets: map[string][]byte{}, groups: map[string][]string{}}
	for _, name := range []string{"updated", "created", "due"} {
		zs, _, err := get[[]redis.Z](ctx, a.s, redis.NewZSliceCmd(ctx, "zrange", p.sorted(name), 0, -1, "withscores"))
		if err != nil {
			return nil, err
		}
		by := make(map[string]int64, len(zs))
		for _, z := range zs {
			by[z.Member.(string)] = int64(z.Score)
		}
		ix.sorted[name] = by
	}
	err := a.s.scan(ctx, p.prefix+"is:*", func(key string) error {
		raw, _, err := get[string](ctx, a.s, redis.NewStringCmd(ctx, "get", key))
		ix.facets[strings.TrimPrefix(key, p.facet(""))] = []byte(raw)
		return err
	})
	if err != nil {
		return nil, err
	}
	return ix, a.s.scan(ctx, p.prefix+"of:*", func(key string) error {
		members, _, err := get[[]string](ctx, a.s, redis.NewStringSliceCmd(ctx, "smembers", key))
		ix.groups[strings.TrimPrefix(key, p.members(""))] = members
		return err
	})
}

// scan visits all keys of a pattern, on every node.
func (s *Store) scan(ctx context.Context, pattern string, visit func(key string) error) error {
	one := func(ctx context.Context, c *redis.Client) error {
		it := c.Scan(ctx, 0, pattern, 1000).Iterator()
		for it.Next(ctx) {
			if err := visit(it.Val()); err != nil {
				return err
			}
		}
		return it.Err()
	}
	if cluster, ok := s.client.(*redis.ClusterClient); ok {
		gate := make(chan struct{}, 1) // visits come one at a time
		return cluster.ForEachMaster(ctx, func(ctx context.Context, c *redis.Client) error {
			gate <- struct{}{}
			defer func() { <-gate }()
			return one(ctx, c)
		})
	}
	return one(ctx, s.client.(*redis.Client))
}

// compareFacets checks that each bitmap has the bits it should, and no others.
func (a *audit) compareFacets(p *partition, have map[string][]byte, want map[string][]string) {
	for f, members := range want {
		if _, ok := have[f]; !ok {
			a.found(p.facet(f), "is missing, want %d bits", len(members))
		}
	}
	for f, bits := range have {
		should := bitmapOf(want[f])
		for n := uint64(0); n < uint64(max(len(bits), len(should)))*8; n++ {
			if bit(bits, n) != bit(should, n) {
				a.found(p.facet(f), "bit %d is %v", n, bit(bits, n))
			}
		}
	}
}

// board checks officers' loads and queues against the conversations.
func (a *audit) board(ctx context.Context) error {
	officers, err := a.s.Officers(ctx)
	if err != nil {
		return err
	}
	a.Audit.Officers = len(officers)
	held := map[conversations.ID]conversations.OfficerID{}
	for _, o := range officers {
		ids, _, err := get[[]string](ctx, a.s, redis.NewStringSliceCmd(ctx, "zrange", keyLoad(string(o.ID)), 0, -1))
		if err != nil {
			return err
		}
		for _, place := range ids {
			id, _, _ := strings.Cut(place, "#") // a heavy one has several places
			held[conversations.ID(id)] = o.ID
			if a.holders[conversations.ID(id)] != o.ID {
				a.found(keyLoad(string(o.ID)), "counts conversation %s, which is not his", id)
			}
		}
	}
	for id, o := range a.holders {
		if held[id] != o {
			a.found(string(id), "is assigned to %s but not counted against him", o)
		}
	}
	if err := a.lines(ctx); err != nil {
		return err
	}
	queued := map[conversations.ID]int{}
	err = a.s.scan(ctx, keyWaiting("*"), func(key string) error {
		ids, _, err := get[[]string](ctx, a.s, redis.NewStringSliceCmd(ctx, "zrange", key, 0, -1))
		for _, id := range ids {
			queued[conversations.ID(id)]++
			if !a.waiting[conversations.ID(id)] {
				a.found(key, "has conversation %s, which does not wait", id)
			}
		}
		return err
	})
	for id := range a.waiting {
		if n := queued[id]; n != 1 {
			a.found(string(id), "waits for an officer and stands in %s queues", strconv.Itoa(n))
		}
	}
	return err
}

// lines checks that whoever holds a line or a place among the calls at once is an attempt
// that is under way. A place that was just taken has no attempt yet.
func (a *audit) lines(ctx context.Context) error {
	held := redis.NewMapStringStringCmd(ctx, "hgetall", keyLines)
	since := redis.NewZSliceCmd(ctx, "zrange", keyCalls, 0, -1, "withscores")
	if err := a.s.read(ctx, held, since); err != nil {
		return err
	}
	places := map[string]bool{}
	for _, z := range since.Val() {
		attempt := z.Member.(string)
		places[attempt] = true
		id, n, ok := conversations.SplitAttempt(attempt)
		cb, err := a.s.LoadCallback(ctx, id)
		if ok && err != nil && !errors.Is(err, conversations.ErrNotFound) {
			return err
		}
		live := ok && err == nil && len(cb.Attempts) >= n && cb.Attempts[n-1].Live()
		if !live && a.s.now().Sub(fromMS(int64(z.Score))) > linesTerm {
			a.found(keyCalls, "has attempt %s, which is not under way", attempt)
		}
	}
	for line, attempt := range held.Val() {
		if !places[attempt] {
			a.found(keyLines, "%s is held by %s, which has no place among the calls", line, attempt)
		}
	}
	return nil
}

// linesTerm is after how long the dialer itself has given back a place without an attempt.
const linesTerm = time.Minute
