package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/conversations"
)

// When a clock's next step comes. A conversation whose earliest due time is far is only in
// by:due, which is kept for lists anyway: an ordinary message writes nothing for its alarms.
// The alarm engine reads by:due as far as AlarmLead ahead, once (crossed says how far), and
// puts what it finds among the alarms, each with the exact time of its next step. Whoever
// changes a conversation that is within that reach sets its alarm himself.

// alarmSlack is by how much gateways' clocks may differ, and a write be late.
const alarmSlack = time.Minute

// alarm sets when the next step comes, if the engine may have read past the due time. A
// snooze ends by an alarm alone; it never puts off an earlier one.
func (t *tx) alarm(p *partition, n uint64, after *conversations.Conversation, now time.Time) {
	at := after.Alarm()
	switch due := after.Due(); {
	case at.IsZero():
	case after.Snoozed != nil:
		t.do("ZADD", p.alarms(), "LT", score(ms(at)), num(n))
	case !due.IsZero() && !due.After(now.Add(conversations.AlarmLead+alarmSlack)):
		t.do("ZADD", p.alarms(), score(ms(at)), num(n))
	}
}

// Alarms implements routing.AlarmStore.
func (s *Store) Alarms(ctx context.Context, part int, now time.Time, n int) (conversations.Alarms, error) {
	p := s.partitions[part]
	crossed, _, err := get[string](ctx, s, redis.NewStringCmd(ctx, "get", p.crossed()))
	if err != nil {
		return conversations.Alarms{}, fmt.Errorf("read alarms: %w", err)
	}
	from, _ := strconv.ParseInt(crossed, 10, 64) // none yet: from the beginning
	till := ms(now.Add(conversations.AlarmLead))
	armed := redis.NewZSliceCmd(ctx, "zrange", p.alarms(), 0, n-1, "withscores")
	crossing := redis.NewZSliceCmd(ctx, "zrangebyscore", p.sorted("due"), "("+score(from), score(till), "withscores", "limit", 0, n)
	later := redis.NewZSliceCmd(ctx, "zrangebyscore", p.sorted("due"), "("+score(till), "("+score(dueNever), "withscores", "limit", 0, 1)
	if err := s.read(ctx, armed, crossing, later); err != nil && !errors.Is(err, redis.Nil) {
		return conversations.Alarms{}, fmt.Errorf("read alarms: %w", err)
	}
	due := crossing.Val()
	if len(due) == n && due[0].Score == due[n-1].Score { // all at one instant: then that instant whole
		at := score(int64(due[0].Score))
		all, _, err := get[[]redis.Z](ctx, s, redis.NewZSliceCmd(ctx, "zrangebyscore", p.sorted("due"), at, at, "withscores"))
		if err != nil {
			return conversations.Alarms{}, fmt.Errorf("read alarms: %w", err)
		}
		due, till = all, int64(all[0].Score)
	} else if len(due) == n { // the last instant may go on behind the limit
		last := due[n-1].Score
		for due[len(due)-1].Score == last {
			due = due[:len(due)-1]
		}
		till = int64(due[len(due)-1].Score)
	}
	return s.alarmed(p, now, armed.Val(), due, later.Val(), till), nil
}

// alarmed puts a reading together.
func (s *Store) alarmed(p *partition, now time.Time, armed, crossing, later []redis.Z, till int64) conversations.Alarms {
	var out conversations.Alarms
	seen := map[string]bool{}
	take := func(z redis.Z) {
		member := z.Member.(string)
		if n, err := strconv.ParseUint(member, 10, 53); err == nil && !seen[member] {
			seen[member] = true
			out.IDs = append(out.IDs, conversations.NewID(s.number(p, n)))
		}
	}
	for _, z := range armed {
		if int64(z.Score) > ms(now) {
			out.Next = fromMS(int64(z.Score))
			break
		}
		take(z)
	}
	for _, z := range crossing {
		take(z)
	}
	if len(crossing) > 0 {
		out.Till = fromMS(till)
	}
	if len(later) > 0 {
		if at := fromMS(int64(later[0].Score)).Add(-conversations.AlarmLead); out.Next.IsZero() || at.Before(out.Next) {
			out.Next = at
		}
	}
	return out
}

// Crossed implements routing.AlarmStore.
func (s *Store) Crossed(ctx context.Context, part int, a conversations.Alarms) error {
	if a.Till.IsZero() {
		return nil
	}
	_, err := s.write(ctx, "set", s.partitions[part].crossed(), ms(a.Till))
	return err
}

// Rearm implements routing.AlarmStore.
func (s *Store) Rearm(ctx context.Context, c conversations.Conversation, at time.Time) error {
	p, n, err := s.of(c.ID)
	if err != nil {
		return err
	}
	was := ""
	if c.Version > 0 {
		was = strconv.FormatUint(uint64(c.Version), 10)
	}
	t := newTx(p.log)
	t.check("rev", p.conversation(n), was, "")
	if at.IsZero() {
		t.do("ZREM", p.alarms(), num(n))
	} else {
		t.do("ZADD", p.alarms(), score(ms(at)), num(n))
	}
	err = s.commit(ctx, t)
	var no *refusal
	if errors.As(err, &no) {
		return conversations.ErrStale
	}
	return err
}
