package redisstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// firstLook is how long after a message went its receipts should be there.
const firstLook = 2 * time.Minute

// awaits reports whether the provider has more to say of a message in this status.
// A mail's receipts are bounces, which no list tells of.
func awaits(k channels.Kind, s channels.Status) bool {
	switch k {
	case channels.SMS:
		return s == channels.Sent
	case channels.WhatsApp:
		return s == channels.Sent || s == channels.Delivered
	}
	return false
}

// Awaited gives up to n messages whose receipts are to be asked about by now.
func (s *Store) Awaited(ctx context.Context, now time.Time, n int) ([]channels.Awaited, error) {
	var out []channels.Awaited
	for _, p := range s.partitions {
		for found := 0; len(out) < n; {
			refs, _, err := get[[]string](ctx, s, redis.NewStringSliceCmd(ctx, "zrangebyscore", p.awaited(), "-inf", ms(now), "limit", found, n-len(out)))
			if err != nil {
				return nil, fmt.Errorf("read awaited: %w", err)
			}
			if len(refs) == 0 {
				break
			}
			list, err := s.awaitedOf(ctx, p, refs)
			if err != nil {
				return nil, err
			}
			found += len(list)
			out = append(out, list...)
		}
	}
	return out, nil
}

// awaitedOf loads messages, and ends the wait of those that nothing more is to be heard of.
func (s *Store) awaitedOf(ctx context.Context, p *partition, refs []string) ([]channels.Awaited, error) {
	var out []channels.Awaited
	for _, ref := range refs {
		id, err := s.fromMember(p, ref)
		if err != nil {
			return nil, err
		}
		m, _, err := s.loadMessage(ctx, id)
		if errors.Is(err, conversations.ErrNotFound) || err == nil && (!awaits(m.Channel, m.Status) || m.ProviderID == "") {
			if err := s.AwaitAgain(ctx, string(id), time.Time{}); err != nil {
				return nil, err
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, channels.Awaited{MessageID: string(id), ProviderID: m.ProviderID, Channel: m.Channel, Status: m.Status, Sent: m.CreatedAt})
	}
	return out, nil
}

// AwaitAgain says when to ask about a message again; zero: never.
func (s *Store) AwaitAgain(ctx context.Context, messageID string, at time.Time) error {
	id, _, ok := conversations.MessageID(messageID).Split()
	if !ok {
		return conversations.ErrNotFound
	}
	p, n, err := s.of(id)
	if err != nil {
		return err
	}
	ref := member(n, conversations.MessageID(messageID))
	if at.IsZero() {
		_, err = s.write(ctx, "zrem", p.awaited(), ref)
	} else {
		_, err = s.write(ctx, "zadd", p.awaited(), "xx", ms(at), ref)
	}
	if err != nil {
		return fmt.Errorf("await %s: %w", messageID, err)
	}
	return nil
}

// readAll is read for any number of commands, of which some may find nothing.
func (s *Store) readAll(ctx context.Context, cmds []redis.Cmder) error {
	if len(cmds) == 0 {
		return nil
	}
	if err := s.read(ctx, cmds...); err != nil && !errors.Is(err, redis.Nil) {
		return err
	}
	return nil
}
