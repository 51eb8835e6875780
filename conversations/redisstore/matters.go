package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/conversations"
)

// A matter lives in the partition that its reference hashes to, which is seldom
// that of the conversations about it: what they are told is claimed in their own.

// LoadMatter returns what is reported of a reference, or ErrNotFound.
func (s *Store) LoadMatter(ctx context.Context, r conversations.Reference) (conversations.Matter, error) {
	raw, ok, err := get[string](ctx, s, redis.NewStringCmd(ctx, "get", s.home(r.Key()).matter(r.Key())))
	if err != nil {
		return conversations.Matter{}, fmt.Errorf("load %s: %w", r.Kind, err)
	}
	if !ok {
		return conversations.Matter{}, conversations.ErrNotFound
	}
	var m conversations.Matter
	m.Version, err = unversioned(raw, &m)
	return m, err
}

// SaveMatter writes a matter over the version before it (ErrStale if that is not
// what is stored), puts it among those with news if it has Next, and tells the log.
func (s *Store) SaveMatter(ctx context.Context, m conversations.Matter, events ...conversations.Event) error {
	p := s.home(m.Key())
	raw, err := versioned(m.Version, m)
	if err != nil {
		return err
	}
	was := ""
	if m.Version > 1 {
		was = strconv.FormatUint(uint64(m.Version-1), 10)
	}
	t := newTx(p.log)
	t.op = opID()
	t.update(p.matter(m.Key()), was, raw)
	if m.Next.IsZero() {
		t.do("ZREM", p.news(), m.Key())
	} else {
		t.do("ZADD", p.news(), score(ms(m.Next)), m.Key())
	}
	for i := range events {
		line, err := encodeBrief(&events[i])
		if err != nil {
			return err
		}
		t.append(logged("", t.op, line))
	}
	err = s.commit(ctx, t)
	var no *refusal
	if errors.As(err, &no) { // without events the log does not know our own writing, whose answer was lost
		stored, _, rerr := get[string](ctx, s, redis.NewStringCmd(ctx, "get", p.matter(m.Key())))
		if rerr != nil || stored != raw {
			return conversations.ErrStale
		}
		err = nil
	}
	if err != nil {
		return fmt.Errorf("save %s: %w", m.Kind, err)
	}
	s.watchers.tell(p, events)
	return nil
}

// News takes up to n matters with news that is due for the duration d: others find
// them again after that. next is when there is more to do; zero if nothing waits.
// Two gateways that take the same at the same instant both tell it, to the same end.
func (s *Store) News(ctx context.Context, part, n int, d time.Duration) (refs []conversations.Reference, next time.Time, err error) {
	p := s.partitions[part]
	zs, _, err := get[[]redis.Z](ctx, s, redis.NewZSliceCmd(ctx, "zrange", p.news(), 0, n-1, "withscores"))
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("read news: %w", err)
	}
	now := s.now()
	for _, z := range zs {
		if int64(z.Score) > ms(now) {
			return refs, fromMS(int64(z.Score)), nil
		}
		key := z.Member.(string)
		if _, err := s.write(ctx, "zadd", p.news(), "xx", ms(now.Add(d)), key); err != nil {
			return refs, time.Time{}, err
		}
		kind, value, _ := strings.Cut(key, ":")
		refs = append(refs, conversations.Reference{Kind: kind, Value: value})
	}
	return refs, time.Time{}, nil
}
