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

// The board is what officers share: who is on duty, what each has in hand, and
// what waits. It is one slot. Room is a counter that grows whenever an officer
// may take more than before: whoever found nobody free writes "it waits" only if
// Room has not grown meanwhile, so that nothing waits while somebody is free.

// Room returns the counter.
func (s *Store) Room(ctx context.Context) (string, error) {
	v, _, err := get[string](ctx, s, redis.NewStringCmd(ctx, "get", keyRoom))
	return v, err
}

// places are the members of an officer's load that a conversation of a weight
// has: its ID, and ID#2, ID#3… for what it weighs beyond one. So the load's size
// is what the officer has taken of his capacity.
func places(id conversations.ID, from, to int) []string {
	out := make([]string, 0, to)
	for i := from; i <= to; i++ {
		if i == 1 {
			out = append(out, string(id))
		} else {
			out = append(out, string(id)+"#"+strconv.Itoa(i))
		}
	}
	return out
}

// scored puts a score before each member, for ZADD.
func scored(at string, members []string) []string {
	out := make([]string, 0, 2*len(members))
	for _, m := range members {
		out = append(out, at, m)
	}
	return out
}

// Claim takes places of an officer's capacity for a conversation, as many as it
// weighs, if he has them (ErrFull) and is what he was when he was chosen
// (ErrStale). queue is where it waited, if it did; then it must wait there still
// (ErrTaken).
func (s *Store) Claim(ctx context.Context, o conversations.Officer, id conversations.ID, queue string, weight int) error {
	t := newTx(keyBoardLog)
	now := score(ms(s.now()))
	if queue != "" { // a repeat after a lost answer would find the queue left
		done := keyOp(opID())
		t.check("value", done, "", "")
		t.noted(done)
	}
	t.seat(id, &conversations.Seat{Officer: o.ID, Version: o.Version, Capacity: o.Capacity, Weight: weight}, now)
	if queue != "" {
		t.check("member", keyWaiting(queue), string(id), "")
		t.do("ZREM", keyWaiting(queue), string(id))
	}
	t.do("ZADD", keyClaimed, now, string(id)+" "+string(o.ID))
	err := s.commit(ctx, t)
	var no *refusal
	if errors.As(err, &no) || err == nil { // else it may be under way still
		t.free()
	}
	if no != nil && no.kind == "value" {
		return nil
	}
	return refusedByBoard(err)
}

// Seats implements routing.Board. On a cluster the board is in a slot of its own.
func (s *Store) Seats() bool { return s.batch.cluster == nil }

// seat takes places of an officer's capacity for a conversation, if he has them and is
// what he was when he was chosen.
func (t *tx) seat(id conversations.ID, o *conversations.Seat, now string) {
	load := keyLoad(string(o.Officer))
	t.check("frev", keyOfficers, strconv.FormatUint(uint64(o.Version), 10), string(o.Officer))
	t.check("room", load, strconv.Itoa(o.Capacity-o.Weight+1), string(id))
	t.do("ZADD", load, scored(now, places(id, 1, o.Weight))...)
}

// Claimed ends the doubt about a claim: the conversation is assigned, or it is
// not and the place is given back.
func (s *Store) Claimed(ctx context.Context, officer conversations.OfficerID, id conversations.ID, assigned bool) error {
	if assigned {
		return s.Confirm(ctx, map[conversations.ID]conversations.OfficerID{id: officer})
	}
	t := newTx(keyBoardLog)
	t.do("ZREM", keyClaimed, string(id)+" "+string(officer))
	t.do("ZREM", keyLoad(string(officer)), places(id, 1, conversations.MaxWeight)...)
	t.do("INCR", keyRoom)
	return s.boardCommit(ctx, t)
}

// Confirm ends the doubt about claims whose conversations are assigned.
func (s *Store) Confirm(ctx context.Context, claims map[conversations.ID]conversations.OfficerID) error {
	args := append(make([]any, 0, 2+len(claims)), "zrem", keyClaimed)
	for id, officer := range claims {
		args = append(args, string(id)+" "+string(officer))
	}
	_, err := s.write(ctx, args...)
	return err
}

// Hold counts a conversation against an officer who was given it by hand,
// whatever his capacity, with exactly its weight.
func (s *Store) Hold(ctx context.Context, officer conversations.OfficerID, id conversations.ID, weight int) error {
	t := newTx(keyBoardLog)
	if lighter := places(id, weight+1, conversations.MaxWeight); len(lighter) > 0 {
		t.do("ZREM", keyLoad(string(officer)), lighter...)
	}
	t.do("ZADD", keyLoad(string(officer)), scored(score(ms(s.now())), places(id, 1, weight))...)
	t.do("INCR", keyRoom)
	t.do("ZREM", keyClaimed, string(id)+" "+string(officer))
	return s.boardCommit(ctx, t)
}

// Free gives an officer's place back.
func (s *Store) Free(ctx context.Context, officer conversations.OfficerID, id conversations.ID) error {
	t := newTx(keyBoardLog)
	t.do("ZREM", keyLoad(string(officer)), places(id, 1, conversations.MaxWeight)...)
	t.do("INCR", keyRoom)
	return s.boardCommit(ctx, t)
}

// Wait puts a conversation into a queue, if nobody has got room since room was
// read (ErrStale). rank orders the queue, the least first.
func (s *Store) Wait(ctx context.Context, id conversations.ID, queue string, rank int64, room string) error {
	t, done := newTx(keyBoardLog), keyOp(opID())
	t.check("value", keyRoom, room, "")
	t.do("ZADD", keyWaiting(queue), score(rank), string(id))
	t.noted(done)
	err := s.commit(ctx, t)
	var no *refusal
	if errors.As(err, &no) && no.late { // an answer was lost: it waited, and may have been served since
		if _, waited, lost := get[string](ctx, s, redis.NewStringCmd(ctx, "get", done)); waited || lost != nil {
			return lost
		}
	}
	return refusedByBoard(err)
}

// Unwait takes a conversation out of a queue.
func (s *Store) Unwait(ctx context.Context, id conversations.ID, queue string) error {
	_, err := s.write(ctx, "zrem", keyWaiting(queue), string(id))
	return err
}

// Heads returns the first of each queue that has one.
func (s *Store) Heads(ctx context.Context, queues []string) ([]conversations.Waiter, error) {
	cmds := make([]redis.Cmder, len(queues))
	for i, q := range queues {
		cmds[i] = redis.NewZSliceCmd(ctx, "zrange", keyWaiting(q), 0, 0, "withscores")
	}
	if len(cmds) == 0 {
		return nil, nil
	}
	if err := s.read(ctx, cmds...); err != nil && !errors.Is(err, redis.Nil) {
		return nil, fmt.Errorf("read queues: %w", err)
	}
	var out []conversations.Waiter
	for i, c := range cmds {
		for _, z := range c.(*redis.ZSliceCmd).Val() {
			out = append(out, conversations.Waiter{ID: conversations.ID(z.Member.(string)), Queue: queues[i], Rank: int64(z.Score)})
		}
	}
	return out, nil
}

// Doubtful returns claims older than age that nobody has confirmed: a gateway
// died between claiming and assigning.
func (s *Store) Doubtful(ctx context.Context, age time.Duration) (map[conversations.ID]conversations.OfficerID, error) {
	till := score(ms(s.now().Add(-age)))
	members, _, err := get[[]string](ctx, s, redis.NewStringSliceCmd(ctx, "zrangebyscore", keyClaimed, "-inf", till))
	if err != nil {
		return nil, fmt.Errorf("read claims: %w", err)
	}
	out := map[conversations.ID]conversations.OfficerID{}
	for _, m := range members {
		id, officer, _ := strings.Cut(m, " ")
		out[conversations.ID(id)] = conversations.OfficerID(officer)
	}
	return out, nil
}

func (s *Store) boardCommit(ctx context.Context, t *tx) error {
	return refusedByBoard(s.commit(ctx, t))
}

// refusedByBoard turns a failed check into what it means.
func refusedByBoard(err error) error {
	var no *refusal
	if !errors.As(err, &no) {
		return err
	}
	switch no.kind {
	case "room":
		return conversations.ErrFull
	case "member":
		return conversations.ErrTaken
	}
	return conversations.ErrStale
}
