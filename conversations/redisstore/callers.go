package redisstore

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// Callers who wait on the line for an officer of a desk stand in order of when they began.
// They are heard of every few seconds; one who is not has rung off.

const (
	// heardTerm is how long a caller who is not heard of keeps his place.
	heardTerm = 90 * time.Second
	// lineKept outlives the last caller of a desk.
	lineKept = time.Hour
)

// StandInLine puts a call (the provider's ID) into a desk's line, or keeps it there, and
// returns how many have stood there for longer.
func (s *Store) StandInLine(ctx context.Context, desk, call string, since time.Time) (ahead int, err error) {
	line, heard := keyCallers(desk), keyHeard(desk)
	gone := redis.NewStringSliceCmd(ctx, "zrangebyscore", heard, "-inf", score(ms(s.now().Add(-heardTerm))))
	if err := s.read(ctx, gone); err != nil {
		return 0, fmt.Errorf("read callers: %w", err)
	}
	t := newTx(keyBoardLog)
	for _, c := range gone.Val() {
		if c != call {
			t.do("ZREM", line, c)
			t.do("ZREM", heard, c)
		}
	}
	t.do("ZADD", line, score(ms(since)), call)
	t.do("ZADD", heard, score(ms(s.now())), call)
	t.do("PEXPIRE", line, term(lineKept))
	t.do("PEXPIRE", heard, term(lineKept))
	if err := s.commit(ctx, t); err != nil {
		return 0, fmt.Errorf("stand in line: %w", err)
	}
	rank := redis.NewIntCmd(ctx, "zrank", line, call)
	if err := s.read(ctx, rank); err != nil {
		return 0, fmt.Errorf("read place: %w", err)
	}
	return int(rank.Val()), nil
}

// LeaveLine takes a call out of a desk's line.
func (s *Store) LeaveLine(ctx context.Context, desk, call string) error {
	t := newTx(keyBoardLog)
	t.do("ZREM", keyCallers(desk), call)
	t.do("ZREM", keyHeard(desk), call)
	if err := s.commit(ctx, t); err != nil {
		return fmt.Errorf("leave line: %w", err)
	}
	return nil
}

// HoldTalk notes that an incoming call (the provider's ID) rings these officers, or has one
// of them, until an instant at most: HeldLines shows their lines as taken. What it held
// before is given back; no lines gives back all of it.
func (s *Store) HoldTalk(ctx context.Context, call string, lines []string, until time.Time) error {
	held := redis.NewStringSliceCmd(ctx, "zrange", keyTalking, 0, -1)
	if err := s.read(ctx, held); err != nil {
		return fmt.Errorf("read talks: %w", err)
	}
	t := newTx(keyBoardLog)
	for _, m := range held.Val() {
		if strings.HasSuffix(m, "|"+call) {
			t.do("ZREM", keyTalking, m)
		}
	}
	t.do("ZREMRANGEBYSCORE", keyTalking, "-inf", score(ms(s.now())))
	for _, l := range lines {
		t.do("ZADD", keyTalking, score(ms(until)), l+"|"+call)
	}
	if err := s.commit(ctx, t); err != nil {
		return fmt.Errorf("hold talk: %w", err)
	}
	return nil
}
