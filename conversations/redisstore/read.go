package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// Load returns a conversation as it is stored now.
func (s *Store) Load(ctx context.Context, id conversations.ID) (conversations.Conversation, error) {
	c, err := s.load(ctx, id)
	if err != nil {
		return conversations.Conversation{}, err
	}
	return *c, nil
}

// load is Load; others read the same value.
func (s *Store) load(ctx context.Context, id conversations.ID) (*conversations.Conversation, error) {
	p, n, err := s.of(id)
	if err != nil {
		return nil, err
	}
	raw, ok, err := get[string](ctx, s, redis.NewStringCmd(ctx, "get", p.conversation(n)))
	if err != nil {
		return nil, fmt.Errorf("load conversation %s: %w", id, err)
	}
	if !ok {
		return nil, conversations.ErrNotFound
	}
	return s.decoded(id, raw)
}

// decoded decodes a document, or returns the value decoded from the same bytes before.
func (s *Store) decoded(id conversations.ID, raw string) (*conversations.Conversation, error) {
	if hit, ok := s.recent.get(id.Number()); ok && hit.raw == raw {
		return hit.conv, nil
	}
	c, err := decodeConversation(id, raw)
	if err != nil {
		return nil, err
	}
	s.remember(id, raw, c)
	return c, nil
}

// remember keeps a conversation as it was seen last: few decoded, many as they are stored.
func (s *Store) remember(id conversations.ID, raw string, c *conversations.Conversation) {
	number := id.Number()
	s.recent.put(number, cached{raw: raw, conv: c})
	s.seen.put(number, raw)
}

func (s *Store) forget(id conversations.ID) {
	number := id.Number()
	s.recent.drop(number)
	s.seen.drop(number)
}

// Recent is Load, but possibly an older state; a commit finds that out.
func (s *Store) Recent(ctx context.Context, id conversations.ID) (conversations.Conversation, error) {
	c, err := s.Known(ctx, id)
	if err != nil {
		return conversations.Conversation{}, err
	}
	return *c, nil
}

// Known implements conversations.Arrivals.
func (s *Store) Known(ctx context.Context, id conversations.ID) (*conversations.Conversation, error) {
	number := id.Number()
	if hit, ok := s.recent.get(number); ok {
		return hit.conv, nil
	}
	if raw, ok := s.seen.get(number); ok { // what is made of it now is what will be remembered
		return decodeConversation(id, raw)
	}
	return s.load(ctx, id)
}

// LoadMessage returns one message.
func (s *Store) LoadMessage(ctx context.Context, id conversations.MessageID) (conversations.Message, error) {
	m, _, err := s.loadMessage(ctx, id)
	if err != nil {
		return conversations.Message{}, err
	}
	return *m, nil
}

// loadMessage also returns the message's state as stored, for comparison.
func (s *Store) loadMessage(ctx context.Context, id conversations.MessageID) (*conversations.Message, string, error) {
	conv, seq, ok := id.Split()
	if !ok {
		return nil, "", conversations.ErrNotFound
	}
	p, n, err := s.of(conv)
	if err != nil {
		return nil, "", err
	}
	raw, ok, err := get[string](ctx, s, redis.NewStringCmd(ctx, "lindex", p.messages(n), seq-1))
	if err != nil {
		return nil, "", fmt.Errorf("load message %s: %w", id, err)
	}
	if !ok {
		return nil, "", conversations.ErrNotFound
	}
	m, err := decodeMessage(id, raw)
	head, _, _ := strings.Cut(raw, "\n")
	return m, head, err
}

// Messages returns a conversation's messages, oldest first, after skipping some.
func (s *Store) Messages(ctx context.Context, id conversations.ID, after, limit int) ([]conversations.Message, error) {
	p, n, err := s.of(id)
	if err != nil {
		return nil, err
	}
	raws, _, err := get[[]string](ctx, s, redis.NewStringSliceCmd(ctx, "lrange", p.messages(n), after, after+limit-1))
	if err != nil {
		return nil, fmt.Errorf("load messages of %s: %w", id, err)
	}
	out := make([]conversations.Message, 0, len(raws))
	for i, raw := range raws {
		m, err := decodeMessage(conversations.NewMessageID(id, after+i+1), raw)
		if err != nil {
			return nil, err
		}
		out = append(out, *m)
	}
	return out, nil
}

// Apply implements conversations.Receipts: of two statuses the greater wins,
// whatever their order. What is not understood stands with the message.
func (s *Store) Apply(ctx context.Context, r channels.Receipt) error {
	if err := s.applyStatus(ctx, r); err != nil || len(r.Fields) == 0 {
		return err
	}
	_, err := s.amend(ctx, conversations.EventStatus, conversations.MessageID(r.MessageID), func(m *conversations.Message) string {
		if m.Send == nil { // erased meanwhile
			return ""
		}
		return m.Puzzle(r.Fields)
	})
	return err
}

func (s *Store) applyStatus(ctx context.Context, r channels.Receipt) error {
	id := conversations.MessageID(r.MessageID)
	for {
		m, head, err := s.loadMessage(ctx, id)
		if errors.Is(err, conversations.ErrNotFound) {
			return channels.ErrUnknownMessage
		}
		if err != nil {
			return err
		}
		if m.Direction != conversations.Out || m.Send == nil {
			return channels.ErrUnknownMessage
		}
		next := stateOf(m)
		if next.provider == "" {
			next.provider = r.ProviderID
		}
		if r.Status > m.Status {
			next.status, next.code, next.reason = r.Status, r.Code, r.Reason
		}
		if next == stateOf(m) {
			return nil
		}
		err = s.restate(ctx, id, head, next, "", func(t *tx, p *partition, ref string) {
			if !awaits(m.Channel, next.status) {
				t.do("ZREM", p.awaited(), ref)
			}
			s.prove(t, p, ref, m, next.status)
		})
		if !errors.Is(err, conversations.ErrStale) {
			s.proved(m, next.status)
			return err
		}
	}
}

// restate replaces a message's state, if it is still what it was. more adds
// further checks and writes to the same step.
func (s *Store) restate(ctx context.Context, id conversations.MessageID, was string, next state, why string, more func(*tx, *partition, string)) error {
	conv, seq, _ := id.Split()
	p, n, err := s.of(conv)
	if err != nil {
		return err
	}
	raw, ok, err := get[string](ctx, s, redis.NewStringCmd(ctx, "lindex", p.messages(n), seq-1))
	if err != nil {
		return fmt.Errorf("load message %s: %w", id, err)
	}
	if !ok {
		return conversations.ErrNotFound
	}
	head, body, _ := strings.Cut(raw, "\n")
	if head != was {
		return conversations.ErrStale
	}
	t := newTx(p.log)
	t.op = opID()
	if more != nil {
		more(t, p, member(n, id))
	}
	if next.String() != was {
		t.check("head", p.messages(n), was+"\n", num(uint64(seq-1)))
		t.do("LSET", p.messages(n), num(uint64(seq-1)), next.String()+"\n"+body)
		e := conversations.Event{
			Type: conversations.EventStatus, Message: id, At: s.now(), By: conversations.System, Why: why,
			Changes: map[string]conversations.Delta{"status": {To: next.status.String()}},
		}
		if next.reason != "" {
			e.Why = next.reason
		}
		if err := composeEvents(t, p, n, []conversations.Event{e}, false); err != nil {
			return err
		}
	}
	err = s.commit(ctx, t)
	var no *refusal
	if errors.As(err, &no) {
		if no.kind == "field" {
			return fmt.Errorf("%w: %w", errLeaseLost, no)
		}
		return conversations.ErrStale
	}
	return err
}
