package redisstore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/conversations"
)

// composeCallbacks writes the promises that a change makes, changes or ends.
func composeCallbacks(t *tx, p *partition, ch *conversations.Change) error {
	for i := range ch.Ended {
		if err := composeCallback(t, p, &ch.Ended[i]); err != nil {
			return err
		}
	}
	if ch.Callback == nil {
		return nil
	}
	return composeCallback(t, p, ch.Callback)
}

// composeCallback writes a promise beside its conversation.
func composeCallback(t *tx, p *partition, cb *conversations.Callback) error {
	raw, err := encodeCallback(cb)
	if err != nil {
		return err
	}
	was := ""
	if cb.Version > 1 {
		was = strconv.FormatUint(uint64(cb.Version-1), 10)
	}
	t.check("frev", p.callbacks(), was, string(cb.ID))
	t.do("HSET", p.callbacks(), string(cb.ID), raw)
	t.do("ZADD", p.callbacksDue(), score(ms(cb.DueAt)), string(cb.ID))
	if cb.LookAt == nil {
		t.do("ZREM", p.callbacksLook(), string(cb.ID))
	} else {
		t.do("ZADD", p.callbacksLook(), score(ms(*cb.LookAt)), string(cb.ID))
	}
	return nil
}

// LoadCallback returns one promise.
func (s *Store) LoadCallback(ctx context.Context, id conversations.CallbackID) (conversations.Callback, error) {
	conv, _, _ := strings.Cut(string(id), "-")
	p, _, err := s.of(conversations.ID(conv))
	if err != nil {
		return conversations.Callback{}, err
	}
	raw, ok, err := get[string](ctx, s, redis.NewStringCmd(ctx, "hget", p.callbacks(), string(id)))
	if err != nil {
		return conversations.Callback{}, fmt.Errorf("load call-back %s: %w", id, err)
	}
	if !ok {
		return conversations.Callback{}, conversations.ErrNotFound
	}
	return decodeCallback(id, raw)
}

// callbackCursor is where a page of promises ended.
type callbackCursor struct {
	Due int64  `json:"d"`
	ID  string `json:"i"`
}

// Callbacks lists promises, the next due first.
func (s *Store) Callbacks(ctx context.Context, q conversations.CallbackQuery) (conversations.CallbackPage, error) {
	var from callbackCursor
	if q.Cursor != "" {
		if err := decodeCursor(q.Cursor, &from); err != nil || from.ID == "" {
			return conversations.CallbackPage{}, conversations.ErrCursor
		}
	}
	all, err := s.callbacksAfter(ctx, q, from)
	if err != nil {
		return conversations.CallbackPage{}, err
	}
	slices.SortFunc(all, func(a, b conversations.Callback) int {
		if c := a.DueAt.Compare(b.DueAt); c != 0 {
			return c
		}
		return strings.Compare(string(a.ID), string(b.ID))
	})
	all = slices.DeleteFunc(all, func(cb conversations.Callback) bool {
		return len(q.Status) > 0 && !slices.Contains(q.Status, cb.Status) || q.Conversation != "" && cb.Conversation != q.Conversation ||
			q.Cursor != "" && (ms(cb.DueAt) < from.Due || ms(cb.DueAt) == from.Due && string(cb.ID) <= from.ID)
	})
	page := conversations.CallbackPage{Items: all}
	if len(all) > q.Limit {
		page.Items = all[:q.Limit]
		last := page.Items[q.Limit-1]
		page.Next, err = encodeCursor(callbackCursor{ms(last.DueAt), string(last.ID)})
	}
	return page, err
}

// callbacksAfter reads the promises due from the cursor on, of every partition.
func (s *Store) callbacksAfter(ctx context.Context, q conversations.CallbackQuery, from callbackCursor) ([]conversations.Callback, error) {
	till := "+inf"
	if !q.DueBefore.IsZero() {
		till = "(" + score(ms(q.DueBefore))
	}
	parts := s.partitions
	if q.Conversation != "" {
		p, _, err := s.of(q.Conversation)
		if err != nil {
			return nil, nil //nolint:nilerr // no such conversation has no promises
		}
		parts = []*partition{p}
	}
	cmds := make([]redis.Cmder, len(parts))
	for i, p := range parts {
		cmds[i] = redis.NewStringSliceCmd(ctx, "zrangebyscore", p.callbacksDue(), from.Due, till)
	}
	if err := s.read(ctx, cmds...); err != nil && !errors.Is(err, redis.Nil) {
		return nil, err
	}
	var out []conversations.Callback
	for i, p := range parts {
		ids := cmds[i].(*redis.StringSliceCmd).Val()
		if len(ids) == 0 {
			continue
		}
		some, err := s.callbacksOf(ctx, p, ids)
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	return out, nil
}

// callbacksOf reads promises of one partition.
func (s *Store) callbacksOf(ctx context.Context, p *partition, ids []string) ([]conversations.Callback, error) {
	args := []any{"hmget", p.callbacks()}
	for _, id := range ids {
		args = append(args, id)
	}
	raws, _, err := get[[]any](ctx, s, redis.NewSliceCmd(ctx, args...))
	if err != nil {
		return nil, err
	}
	out := make([]conversations.Callback, 0, len(raws))
	for i, v := range raws {
		raw, ok := v.(string)
		if !ok {
			continue
		}
		cb, err := decodeCallback(conversations.CallbackID(ids[i]), raw)
		if err != nil {
			return nil, err
		}
		out = append(out, cb)
	}
	return out, nil
}

func encodeCursor(v any) (string, error) {
	b, err := json.Marshal(v)
	return base64url.EncodeToString(b), err
}

// decodeCursor reads what encodeCursor wrote; another list's cursor has other fields.
func decodeCursor(raw string, v any) error {
	b, err := base64url.DecodeString(raw)
	if err == nil {
		d := json.NewDecoder(bytes.NewReader(b))
		d.DisallowUnknownFields()
		err = d.Decode(v)
	}
	if err != nil {
		return conversations.ErrCursor
	}
	return nil
}
