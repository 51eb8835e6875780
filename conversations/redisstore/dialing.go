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

// What the dialer needs beside the promises themselves. Whose telephone is in use,
// and how many calls there are at once, spans partitions and so lies on the board.
// A place there is a claim: the promise tells whether its attempt is really under way.

// lookMost bounds how many promises of one partition are read at once.
const lookMost = 5000

// DueCallbacks returns the promises of one partition that are to be looked at by
// now, and when the next one is; zero if there is none.
func (s *Store) DueCallbacks(ctx context.Context, part int, now time.Time) (due []conversations.Callback, next time.Time, err error) {
	p := s.partitions[part]
	key, at := p.callbacksLook(), score(ms(now))
	ids := redis.NewStringSliceCmd(ctx, "zrangebyscore", key, "-inf", at, "limit", 0, lookMost)
	later := redis.NewZSliceCmd(ctx, "zrangebyscore", key, "("+at, "+inf", "withscores", "limit", 0, 1)
	if err := s.read(ctx, ids, later); err != nil {
		return nil, time.Time{}, fmt.Errorf("read call-backs due: %w", err)
	}
	if z := later.Val(); len(z) > 0 {
		next = fromMS(int64(z[0].Score))
	}
	if len(ids.Val()) == 0 {
		return nil, next, nil
	}
	due, err = s.callbacksOf(ctx, p, ids.Val())
	return due, next, err
}

// rungKept is how long it is remembered that a number was rung: longer than a week.
const rungKept = 8 * 24 * time.Hour

// SeizeLines takes a place among the calls at once, and every line (a customer's
// number, an officer), for an attempt: all of it or nothing. ErrFull: there are
// most calls; ErrTaken: somebody else is on one of the lines, or this attempt
// itself is under way. It notes that number is about to be rung, if not empty.
func (s *Store) SeizeLines(ctx context.Context, attempt string, lines []string, number string, most int) error {
	t := newTx(keyBoardLog)
	now := score(ms(s.now()))
	done := keyOp(opID()) // a repeat after a lost answer would find its own claim
	t.check("value", done, "", "")
	t.noted(done)
	for _, l := range lines {
		t.check("field", keyLines, "", l)
		t.do("HSET", keyLines, l, attempt)
	}
	t.check("room", keyCalls, strconv.Itoa(most), attempt)
	t.do("ZADD", keyCalls, now, attempt)
	if number != "" {
		t.do("ZADD", keyRung(number), now, attempt)
		t.do("PEXPIRE", keyRung(number), term(rungKept))
	}
	err := s.commit(ctx, t)
	var no *refusal
	switch {
	case !errors.As(err, &no):
		return err
	case no.kind == "value":
		return nil
	case no.kind == "room":
		return conversations.ErrFull
	}
	return conversations.ErrTaken
}

// FreeLines gives back what an attempt holds; lines are those it seized. A number
// that was not rung after all is not counted.
func (s *Store) FreeLines(ctx context.Context, attempt string, lines []string, unrung string) error {
	t := newTx(keyBoardLog)
	for _, l := range lines {
		t.check("field", keyLines, attempt, l)
		t.do("HDEL", keyLines, l)
	}
	t.do("ZREM", keyCalls, attempt)
	if unrung != "" {
		t.do("ZREM", keyRung(unrung), attempt)
	}
	err := s.commit(ctx, t)
	var no *refusal
	if errors.As(err, &no) { // given back before
		return nil
	}
	return err
}

// HeldLines returns who holds which line (an attempt, or an incoming call), and since when each attempt has its
// place among the calls at once.
func (s *Store) HeldLines(ctx context.Context) (lines map[string]string, calls map[string]time.Time, err error) {
	held := redis.NewMapStringStringCmd(ctx, "hgetall", keyLines)
	since := redis.NewZSliceCmd(ctx, "zrange", keyCalls, 0, -1, "withscores")
	talks := redis.NewStringSliceCmd(ctx, "zrangebyscore", keyTalking, "("+score(ms(s.now())), "+inf")
	if err := s.read(ctx, held, since, talks); err != nil {
		return nil, nil, fmt.Errorf("read lines: %w", err)
	}
	if lines = held.Val(); lines == nil {
		lines = map[string]string{}
	}
	for _, t := range talks.Val() {
		if line, call, ok := strings.Cut(t, "|"); ok && lines[line] == "" {
			lines[line] = call
		}
	}
	calls = make(map[string]time.Time, len(since.Val()))
	for _, z := range since.Val() {
		calls[z.Member.(string)] = fromMS(int64(z.Score))
	}
	return lines, calls, nil
}

// RungSince counts how often a number was rung at or after each of some instants.
func (s *Store) RungSince(ctx context.Context, number string, since ...time.Time) ([]int, error) {
	cmds := make([]redis.Cmder, len(since))
	for i, at := range since {
		cmds[i] = redis.NewIntCmd(ctx, "zcount", keyRung(number), score(ms(at)), "+inf")
	}
	if err := s.read(ctx, cmds...); err != nil && !errors.Is(err, redis.Nil) {
		return nil, fmt.Errorf("count rings: %w", err)
	}
	out := make([]int, len(since))
	for i, c := range cmds {
		out[i] = int(c.(*redis.IntCmd).Val())
	}
	return out, nil
}

// offeredKept is how long it is remembered what became of a customer who took a call.
const offeredKept = 24 * time.Hour

// NoteOffered notes that a customer took an attempt's call at an instant, and whether he was
// connected to an officer. Noted again, the last word counts.
func (s *Store) NoteOffered(ctx context.Context, attempt string, at time.Time, connected bool) error {
	t := newTx(keyBoardLog)
	old := score(ms(s.now().Add(-offeredKept)))
	for _, key := range []string{keyOffered, keyAbandoned} {
		if key == keyAbandoned && connected {
			t.do("ZREM", key, attempt)
		} else {
			t.do("ZADD", key, score(ms(at)), attempt)
		}
		t.do("ZREMRANGEBYSCORE", key, "-inf", "("+old)
		t.do("PEXPIRE", key, term(offeredKept))
	}
	if err := s.commit(ctx, t); err != nil {
		return fmt.Errorf("note who was offered an officer: %w", err)
	}
	return nil
}

// AbandonedSince counts the customers who took a call at or after an instant, and those of
// them who were connected to nobody.
func (s *Store) AbandonedSince(ctx context.Context, since time.Time) (abandoned, offered int, err error) {
	lost := redis.NewIntCmd(ctx, "zcount", keyAbandoned, score(ms(since)), "+inf")
	all := redis.NewIntCmd(ctx, "zcount", keyOffered, score(ms(since)), "+inf")
	if err := s.read(ctx, lost, all); err != nil {
		return 0, 0, fmt.Errorf("count abandoned calls: %w", err)
	}
	return int(lost.Val()), int(all.Val()), nil
}

// callKept is how long it is remembered whose a provider's call is.
const callKept = 48 * time.Hour

// MarkCall notes that a provider's call is an attempt's.
func (s *Store) MarkCall(ctx context.Context, sid, attempt string) error {
	if _, err := s.write(ctx, "set", keyCall(sid), attempt, "px", callKept.Milliseconds()); err != nil {
		return fmt.Errorf("mark call: %w", err)
	}
	return nil
}

// CallOf returns the attempt that a provider's call is of; "" if nobody has noted it.
func (s *Store) CallOf(ctx context.Context, sid string) (string, error) {
	v, _, err := get[string](ctx, s, redis.NewStringCmd(ctx, "get", keyCall(sid)))
	return v, err
}

// Consumer names this gateway among its like; the same after a restart.
func (s *Store) Consumer() string { return s.consumer }
