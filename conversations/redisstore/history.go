package redisstore

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/conversations"
)

// History returns a conversation's events, oldest first, after skipping some.
// What was received is told by the messages themselves. An event's ID is its
// conversation, "-e" and its place in what is told, or "-m" and its message's.
func (s *Store) History(ctx context.Context, id conversations.ID, after, limit int) ([]conversations.Event, error) {
	p, n, err := s.of(id)
	if err != nil {
		return nil, err
	}
	lines, raws := redis.NewStringSliceCmd(ctx, "lrange", p.history(n), 0, -1), redis.NewStringSliceCmd(ctx, "lrange", p.messages(n), 0, -1)
	if err := s.read(ctx, lines, raws); err != nil {
		return nil, fmt.Errorf("load history of %s: %w", id, err)
	}
	told := make([]conversations.Event, 0, len(lines.Val()))
	for i, line := range lines.Val() {
		e, err := decodeEvent(id, line)
		if err != nil {
			return nil, fmt.Errorf("history of %s: %w", id, err)
		}
		e.ID = conversations.EventID(fmt.Sprintf("%s-e%d", id, i+1))
		told = append(told, e)
	}
	received, err := arrivals(id, raws.Val())
	if err != nil {
		return nil, err
	}
	all := merge(told, received)
	return all[min(after, len(all)):min(after+limit, len(all))], nil
}

// arrivals are the events that inbound messages tell.
func arrivals(id conversations.ID, raws []string) ([]conversations.Event, error) {
	var out []conversations.Event
	for i, raw := range raws {
		m, err := decodeMessage(conversations.NewMessageID(id, i+1), raw)
		if err != nil {
			return nil, err
		}
		if m.Direction == conversations.In {
			out = append(out, conversations.Event{
				ID:   conversations.EventID(fmt.Sprintf("%s-m%d", id, i+1)),
				Type: conversations.EventReceived, Conversation: id, Message: m.ID, At: m.CreatedAt, By: m.Author,
			})
		}
	}
	return out, nil
}

// merge puts what was received between what else happened. Of one instant, a
// conversation is opened first, then the message received, then the rest.
func merge(told, received []conversations.Event) []conversations.Event {
	out := make([]conversations.Event, 0, len(told)+len(received))
	for len(told) > 0 && len(received) > 0 {
		t, r := told[0], received[0]
		if t.At.Before(r.At) || t.At.Equal(r.At) && t.Type == conversations.EventOpened {
			out, told = append(out, t), told[1:]
		} else {
			out, received = append(out, r), received[1:]
		}
	}
	return append(append(out, told...), received...)
}
