package redisstore

import (
	"context"
	"time"

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
	return s.takeDue(ctx, s.partitions[part], s.partitions[part].unproved(), n, d)
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
