package redisstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/conversations"
)

// unfetched tells whether a message has attachments that are still at the provider.
func unfetched(m *conversations.Message) bool {
	for _, a := range m.Attachments {
		if a.URL != "" && a.ID == "" {
			return true
		}
	}
	return false
}

// Unfetched implements conversations.MediaQueue. Two gateways that take the same
// message at the same instant both fetch it, to the same end.
func (s *Store) Unfetched(ctx context.Context, part, n int, d time.Duration) (ids []conversations.MessageID, next time.Time, err error) {
	return s.takeDue(ctx, s.partitions[part], s.partitions[part].fetch(), n, d)
}

// takeDue gives up to n messages of a sorted set that are due, and puts each off by d,
// so that it comes again if nobody finishes it; next is when the first of the others is.
func (s *Store) takeDue(ctx context.Context, p *partition, key string, n int, d time.Duration) (ids []conversations.MessageID, next time.Time, err error) {
	zs, _, err := get[[]redis.Z](ctx, s, redis.NewZSliceCmd(ctx, "zrange", key, 0, n-1, "withscores"))
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("read %s: %w", key, err)
	}
	now := s.now()
	for _, z := range zs {
		if int64(z.Score) > ms(now) {
			return ids, fromMS(int64(z.Score)), nil
		}
		ref := z.Member.(string)
		if _, err := s.write(ctx, "zadd", key, "xx", ms(now.Add(d)), ref); err != nil {
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

// WantHeard implements conversations.Recordings.
func (s *Store) WantHeard(ctx context.Context, id conversations.MessageID, at time.Time) error {
	conv, _, _ := id.Split()
	p, n, err := s.of(conv)
	if err != nil {
		return err
	}
	if at.IsZero() {
		_, err = s.write(ctx, "zrem", p.unheard(), member(n, id))
	} else {
		_, err = s.write(ctx, "zadd", p.unheard(), ms(at), member(n, id))
	}
	return err
}

// Unheard implements conversations.Recordings.
func (s *Store) Unheard(ctx context.Context, part, n int, d time.Duration) (ids []conversations.MessageID, next time.Time, err error) {
	return s.takeDue(ctx, s.partitions[part], s.partitions[part].unheard(), n, d)
}

// Attach implements conversations.MediaQueue. A file that was added since the message was
// read is still to be fetched.
func (s *Store) Attach(ctx context.Context, id conversations.MessageID, attachments []conversations.Attachment, again time.Time) error {
	return s.revise(ctx, id, "attachments copied", func(m *conversations.Message) (time.Time, bool) {
		known := len(m.Attachments)
		m.Attachments = append(slices.Clone(attachments), m.Attachments[min(len(attachments), known):]...)
		if again.IsZero() && known > len(attachments) && unfetched(m) {
			return s.now(), true
		}
		return again, true
	})
}

// Amend changes a message that is kept: what is known of a call comes in pieces. change
// reports whether there is anything to change; it may be asked more than once.
func (s *Store) Amend(ctx context.Context, id conversations.MessageID, change func(*conversations.Message) bool) error {
	return s.revise(ctx, id, "more became known", func(m *conversations.Message) (time.Time, bool) {
		if !change(m) {
			return time.Time{}, false
		}
		if unfetched(m) {
			return s.now(), true
		}
		return time.Time{}, true
	})
}

// revise changes a message, again if others were quicker; change says when its files are to
// be fetched, zero for never, and whether there is anything to change.
func (s *Store) revise(ctx context.Context, id conversations.MessageID, why string, change func(*conversations.Message) (fetch time.Time, ok bool)) error {
	conv, seq, ok := id.Split()
	if !ok {
		return conversations.ErrNotFound
	}
	p, n, err := s.of(conv)
	if err != nil {
		return err
	}
	for {
		raw, ok, err := get[string](ctx, s, redis.NewStringCmd(ctx, "lindex", p.messages(n), seq-1))
		if err != nil || !ok {
			return errors.Join(err, conversations.ErrNotFound)
		}
		m, err := decodeMessage(id, raw)
		if err != nil {
			return err
		}
		fetch, ok := change(m)
		if !ok {
			return nil
		}
		next, err := encodeMessage(m)
		if err != nil {
			return err
		}
		t := newTx(p.log)
		t.op = opID()
		t.check("head", p.messages(n), raw, num(uint64(seq-1)))
		t.do("LSET", p.messages(n), num(uint64(seq-1)), next)
		if fetch.IsZero() {
			t.do("ZREM", p.fetch(), member(n, id))
		} else {
			t.do("ZADD", p.fetch(), score(ms(fetch)), member(n, id))
		}
		if next != raw {
			e := conversations.Event{Type: conversations.EventMedia, Message: id, At: s.now(), By: conversations.System, Why: why}
			if err := composeEvents(t, p, n, []conversations.Event{e}, false); err != nil {
				return err
			}
		}
		err = s.commit(ctx, t)
		var no *refusal
		if errors.As(err, &no) {
			continue
		}
		if err == nil && !fetch.After(s.now()) { // there is more to fetch, or a recording to be heard
			s.watchers.tell(p, []conversations.Event{{Type: conversations.EventMedia}})
		}
		return err
	}
}
