package redisstore

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// hasOtherWay reports whether a message is looked at again for its receipt.
func hasOtherWay(m *conversations.Message) bool { return m.Send != nil && len(m.Send.Else) > 0 }

// prove brings the list of messages without proof in step with a status: one that failed
// is due at once, one that arrived is done.
func (s *Store) prove(t *tx, p *partition, ref string, m *conversations.Message, status channels.Status) {
	if !hasOtherWay(m) || status == m.Status {
		return
	}
	after := *m
	after.Status = status
	switch {
	case after.Proved():
		t.do("ZREM", p.unproved(), ref)
	case status == channels.Failed:
		t.do("ZADD", p.unproved(), "XX", score(ms(s.now())), ref)
	}
}

// proved wakes who tries the next way, if a status makes that due.
func (s *Store) proved(m *conversations.Message, status channels.Status) {
	if hasOtherWay(m) && status == channels.Failed {
		if p, _, err := s.of(m.Conversation); err == nil {
			s.wakeUnproved(p)
		}
	}
}

func (s *Store) wakeUnproved(p *partition) {
	s.watchers.tell(p, []conversations.Event{{Type: conversations.EventUnproved}})
}

// Unproved implements conversations.Unproved.
func (s *Store) Unproved(ctx context.Context, part, n int, d time.Duration) (ids []conversations.MessageID, next time.Time, err error) {
	p := s.partitions[part]
	zs, _, err := get[[]redis.Z](ctx, s, redis.NewZSliceCmd(ctx, "zrange", p.unproved(), 0, n-1, "withscores"))
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("read unproved: %w", err)
	}
	now := s.now()
	for _, z := range zs {
		if int64(z.Score) > ms(now) {
			return ids, fromMS(int64(z.Score)), nil
		}
		ref := z.Member.(string)
		if _, err := s.write(ctx, "zadd", p.unproved(), "xx", ms(now.Add(d)), ref); err != nil {
			return ids, time.Time{}, err
		}
		id, err := s.fromMember(p, ref)
		if err != nil {
			return ids, time.Time{}, err
		}
		ids = append(ids, id)
	}
	return ids, time.Time{}, nil
}

// LookAgain implements conversations.Unproved.
func (s *Store) LookAgain(ctx context.Context, id conversations.MessageID, at time.Time) error {
	conv, _, _ := id.Split()
	p, n, err := s.of(conv)
	if err != nil {
		return err
	}
	if at.IsZero() {
		_, err = s.write(ctx, "zrem", p.unproved(), member(n, id))
	} else {
		_, err = s.write(ctx, "zadd", p.unproved(), "xx", ms(at), member(n, id))
	}
	return err
}
