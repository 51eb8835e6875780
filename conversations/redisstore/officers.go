package redisstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/conversations"
)

// officerRecord is an officer at rest: the document with the password's hash.
type officerRecord struct {
	conversations.Officer
	Secret string `json:"secret,omitempty"`
}

// Officers returns all officers, with their present load, by ID.
func (s *Store) Officers(ctx context.Context) ([]conversations.Officer, error) {
	docs, _, err := get[map[string]string](ctx, s, redis.NewMapStringStringCmd(ctx, "hgetall", keyOfficers))
	if err != nil {
		return nil, fmt.Errorf("load officers: %w", err)
	}
	out := make([]conversations.Officer, 0, len(docs))
	cmds := make([]redis.Cmder, 0, len(docs))
	for id, raw := range docs {
		o, err := decodeOfficer(raw)
		if err != nil {
			return nil, fmt.Errorf("officer %s: %w", id, err)
		}
		out = append(out, o)
	}
	slices.SortFunc(out, func(a, b conversations.Officer) int { return strings.Compare(string(a.ID), string(b.ID)) })
	for _, o := range out {
		cmds = append(cmds, redis.NewIntCmd(ctx, "zcard", keyLoad(string(o.ID))))
	}
	if len(cmds) > 0 {
		if err := s.read(ctx, cmds...); err != nil {
			return nil, err
		}
	}
	for i := range out {
		out[i].Load = int(cmds[i].(*redis.IntCmd).Val())
	}
	return out, nil
}

func decodeOfficer(raw string) (conversations.Officer, error) {
	var r officerRecord
	rev, err := unversioned(raw, &r)
	r.Officer.Version, r.Officer.Password, r.Officer.Load = rev, r.Secret, 0
	return r.Officer, err
}

// Officer returns one officer.
func (s *Store) Officer(ctx context.Context, id conversations.OfficerID) (conversations.Officer, error) {
	cmd, load := redis.NewStringCmd(ctx, "hget", keyOfficers, string(id)), redis.NewIntCmd(ctx, "zcard", keyLoad(string(id)))
	if err := s.read(ctx, cmd, load); err != nil {
		return conversations.Officer{}, fmt.Errorf("load officer: %w", err)
	}
	if errors.Is(cmd.Err(), redis.Nil) {
		return conversations.Officer{}, conversations.ErrNotFound
	}
	o, err := decodeOfficer(cmd.Val())
	o.Load = int(load.Val())
	return o, err
}

// OfficerByEmail returns the officer who signs in with an address.
func (s *Store) OfficerByEmail(ctx context.Context, email string) (conversations.Officer, error) {
	id, ok, err := get[string](ctx, s, redis.NewStringCmd(ctx, "hget", keyEmails, strings.ToLower(email)))
	if err != nil {
		return conversations.Officer{}, fmt.Errorf("load officer: %w", err)
	}
	if !ok {
		return conversations.Officer{}, conversations.ErrNotFound
	}
	return s.Officer(ctx, conversations.OfficerID(id))
}

// SaveOfficer creates an officer (ID "") or changes one.
func (s *Store) SaveOfficer(ctx context.Context, o conversations.Officer) (conversations.Officer, error) {
	t, was, email := newTx(keyBoardLog), "", strings.ToLower(o.Email)
	t.op = opID()
	if o.ID == "" {
		v, err := s.write(ctx, "hincrby", keyMeta, "officers", 1)
		if err != nil {
			return o, fmt.Errorf("number officer: %w", err)
		}
		o.ID, o.Version = conversations.OfficerID("o"+strconv.FormatInt(v.(int64), 10)), 0
		o.CreatedAt = s.now()
		t.check("field", keyEmails, "", email)
		t.do("HSET", keyEmails, email, string(o.ID))
	} else {
		before, err := s.Officer(ctx, o.ID)
		if err != nil {
			return o, err
		}
		was = strconv.FormatUint(uint64(o.Version), 10)
		if old := strings.ToLower(before.Email); old != email {
			t.check("field", keyEmails, "", email)
			t.do("HDEL", keyEmails, old)
			t.do("HSET", keyEmails, email, string(o.ID))
		}
	}
	t.check("frev", keyOfficers, was, string(o.ID))
	o.Version++
	raw, err := versioned(o.Version, officerRecord{o, o.Password})
	if err != nil {
		return o, err
	}
	line, err := encodeEvent(&conversations.Event{Type: conversations.EventOfficer, At: s.now(), By: conversations.System, Why: string(o.ID)})
	if err != nil {
		return o, err
	}
	t.do("HSET", keyOfficers, string(o.ID), raw)
	t.do("INCR", keyRoom)
	t.append(logged("", t.op, line))
	if err = s.commit(ctx, t); err == nil {
		s.watchers.tell(&partition{index: onBoard}, []conversations.Event{{Type: conversations.EventOfficer}})
	}
	var no *refusal
	switch {
	case errors.As(err, &no) && no.kind == "field":
		return o, conversations.ErrTaken
	case errors.As(err, &no):
		return o, conversations.ErrStale
	}
	return o, err
}

// Token returns what a secret's hash stands for.
func (s *Store) Token(ctx context.Context, hash string) (conversations.Token, error) {
	token, session := redis.NewStringCmd(ctx, "hget", keyTokens, hash), redis.NewStringCmd(ctx, "get", keySession(hash))
	if err := s.read(ctx, token, session); err != nil {
		return conversations.Token{}, fmt.Errorf("load token: %w", err)
	}
	raw := token.Val() + session.Val()
	if raw == "" {
		return conversations.Token{}, conversations.ErrNotFound
	}
	var t conversations.Token
	if err := json.Unmarshal([]byte(raw), &t); err != nil {
		return conversations.Token{}, fmt.Errorf("decode token: %w", err)
	}
	if !t.ExpiresAt.IsZero() && !s.now().Before(t.ExpiresAt) {
		return conversations.Token{}, conversations.ErrNotFound
	}
	return t, nil
}

// SaveToken keeps a token; one that expires goes by itself.
func (s *Store) SaveToken(ctx context.Context, hash string, t conversations.Token) error {
	b, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("encode token: %w", err)
	}
	args := []any{"hset", keyTokens, hash, string(b)}
	if !t.ExpiresAt.IsZero() {
		args = []any{"set", keySession(hash), string(b), "pxat", ms(t.ExpiresAt)}
	}
	_, err = s.write(ctx, args...)
	return err
}

// DeleteToken forgets a token.
func (s *Store) DeleteToken(ctx context.Context, hash string) error {
	if _, err := s.write(ctx, "hdel", keyTokens, hash); err != nil {
		return err
	}
	_, err := s.write(ctx, "del", keySession(hash))
	return err
}

const (
	onceReserved = 15 * time.Second // how long an unfinished answer keeps its key: longer than a request may take
	onceKept     = 24 * time.Hour   // how long a finished answer is given again
)

// Begin reserves an idempotency key, or gives the answer kept under it. At rest
// a reservation is "?" and its owner, an answer "=" and the answer.
func (s *Store) Begin(ctx context.Context, key string) (saved []byte, done bool, err error) {
	k := keyIdempotency(digest(key))
	mine := "?" + opID()
	t := newTx(keyBoardLog)
	t.check("value", k, "", "")
	t.do("SET", k, mine, "PX", term(onceReserved))
	err = s.commit(ctx, t)
	var no *refusal
	if !errors.As(err, &no) {
		return nil, false, err
	}
	if answer, ok := strings.CutPrefix(no.have, "="); ok {
		return []byte(answer), true, nil
	}
	if no.have == mine { // our own reservation, whose answer was lost
		return nil, false, nil
	}
	return nil, false, conversations.ErrTaken
}

// Finish keeps the answer under its key; nil gives the key free.
func (s *Store) Finish(ctx context.Context, key string, answer []byte) error {
	k := keyIdempotency(digest(key))
	args := []any{"set", k, "=" + string(answer), "px", onceKept.Milliseconds()}
	if answer == nil {
		args = []any{"del", k}
	}
	_, err := s.write(ctx, args...)
	return err
}
