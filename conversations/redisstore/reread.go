package redisstore

import (
	"context"
	"errors"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/conversations"
)

// Reread lets edit change what a message says, and writes it with a word in the
// history that tells why. edit may be called again, on the message as it is then;
// when it returns an empty why, nothing is written. ErrNotFound.
func (s *Store) Reread(ctx context.Context, id conversations.MessageID, edit func(m *conversations.Message) (why string)) (changed bool, err error) {
	return s.amend(ctx, conversations.EventReread, id, edit)
}

// amend is Reread, told as what it is.
func (s *Store) amend(
	ctx context.Context, what conversations.EventType, id conversations.MessageID, edit func(m *conversations.Message) (why string),
) (changed bool, err error) {
	conv, seq, ok := id.Split()
	if !ok {
		return false, conversations.ErrNotFound
	}
	p, n, err := s.of(conv)
	if err != nil {
		return false, err
	}
	for {
		raw, ok, err := get[string](ctx, s, redis.NewStringCmd(ctx, "lindex", p.messages(n), seq-1))
		if err != nil || !ok {
			return false, errors.Join(err, conversations.ErrNotFound)
		}
		m, err := decodeMessage(id, raw)
		if err != nil {
			return false, err
		}
		why := edit(m)
		if why == "" {
			return false, nil
		}
		next, err := encodeMessage(m)
		if err != nil {
			return false, err
		}
		t := newTx(p.log)
		t.op = opID()
		t.check("head", p.messages(n), raw, num(uint64(seq-1)))
		t.do("LSET", p.messages(n), num(uint64(seq-1)), next)
		e := conversations.Event{Type: what, Message: id, At: s.now(), By: conversations.System, Why: why}
		if err := composeEvents(t, p, n, []conversations.Event{e}, false); err != nil {
			return false, err
		}
		err = s.commit(ctx, t)
		var no *refusal
		if !errors.As(err, &no) {
			return err == nil, err
		}
	}
}
