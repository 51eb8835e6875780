package redisstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// errLeaseLost says that a delivery is no longer the worker's: its lease ran out
// and another has it, or it was settled.
var errLeaseLost = errors.New("the lease is lost")

// Lease hands out up to n deliveries of one partition for the duration d.
func (s *Store) Lease(ctx context.Context, part, n int, d time.Duration) ([]conversations.Delivery, error) {
	p := s.partitions[part]
	now, token := s.now(), s.consumer+"/"+opID()
	args := []any{2 + conversations.Lanes, p.leases(), p.tokens()}
	for l := range conversations.Lanes {
		args = append(args, p.lane(l))
	}
	args = append(args, ms(now), n, ms(now.Add(d)), token)
	v, err := s.run(ctx, leaseScript, func(again bool) []any {
		if again {
			return append(args[:len(args):len(args)], "1")
		}
		return append(args[:len(args):len(args)], "")
	})
	if err != nil {
		return nil, fmt.Errorf("lease: %w", err)
	}
	flat, _ := v.([]any)
	var out []conversations.Delivery
	for i := 0; i+2 < len(flat); i += 3 {
		ref, _ := flat[i].(string)
		id, err := s.fromMember(p, ref)
		if err != nil {
			return nil, err
		}
		attempt, _ := strconv.Atoi(flat[i+1].(string))
		lane, _ := strconv.Atoi(flat[i+2].(string))
		m, head, err := s.loadMessage(ctx, id)
		if errors.Is(err, conversations.ErrNotFound) {
			continue
		}
		if err != nil {
			return out, err
		}
		dl := conversations.Delivery{
			Message: *m, Attempt: attempt, Lane: conversations.Lane(lane),
			Token: token + " " + strconv.Itoa(attempt) + " " + strconv.Itoa(lane), Until: now.Add(d), State: head,
		}
		out = append(out, dl)
	}
	return out, nil
}

// BeginSend notes that a delivery is about to be handed to its provider. After it,
// an interrupted delivery is uncertain; before it, it certainly did not go out.
func (s *Store) BeginSend(ctx context.Context, d *conversations.Delivery) error {
	next := stateOf(&d.Message)
	if next.status >= channels.Sending {
		return s.stillMine(ctx, d)
	}
	next.status = channels.Sending
	if err := s.restate(ctx, d.Message.ID, d.State, next, "", s.fence(d)); err != nil {
		return fmt.Errorf("begin %s: %w", d.Message.ID, err)
	}
	d.Message.Status, d.State = channels.Sending, next.String()
	return nil
}

func (s *Store) stillMine(ctx context.Context, d *conversations.Delivery) error {
	conv, _, _ := d.Message.ID.Split()
	p, n, err := s.of(conv)
	if err != nil {
		return err
	}
	v, _, err := get[string](ctx, s, redis.NewStringCmd(ctx, "hget", p.tokens(), member(n, d.Message.ID)))
	if err == nil && v != d.Token {
		return errLeaseLost
	}
	return err
}

// fence makes a step hold only while the delivery is the worker's own.
func (s *Store) fence(d *conversations.Delivery) func(*tx, *partition, string) {
	return func(t *tx, p *partition, ref string) { t.check("field", p.tokens(), d.Token, ref) }
}

// Settle ends a lease: the message is sent, failed, or waits for another try.
// A receipt that came meanwhile is never undone.
func (s *Store) Settle(ctx context.Context, d conversations.Delivery, o conversations.Outcome) error {
	for {
		m, head, err := s.loadMessage(ctx, d.Message.ID)
		if err != nil {
			return err
		}
		next := stateOf(m)
		if o.ProviderID != "" {
			next.provider = o.ProviderID
		}
		settled := m.Status >= channels.Sent // a receipt was quicker
		if !settled {
			next.status, next.code, next.reason = o.Status, o.Code, o.Reason
		}
		again, left := !o.Again.IsZero() && !settled, "" // what is left of the lease
		if again {
			left = "- " + strconv.Itoa(d.Attempt)
		}
		err = s.restate(ctx, d.Message.ID, head, next, o.Why, func(t *tx, p *partition, ref string) {
			t.check("field", p.tokens(), d.Token, ref)
			t.do("ZREM", p.leases(), ref)
			if awaits(m.Channel, next.status) && next.provider != "" {
				t.do("ZADD", p.awaited(), score(ms(s.now().Add(firstLook))), ref)
			}
			s.prove(t, p, ref, m, next.status)
			if again {
				t.do("HSET", p.tokens(), ref, left)
				t.do("ZADD", p.lane(int(d.Lane)), score(ms(o.Again)), ref)
			} else {
				t.do("HDEL", p.tokens(), ref)
			}
		})
		if next == stateOf(m) && leaves(err, left) {
			err = nil
		}
		if !errors.Is(err, conversations.ErrStale) {
			s.proved(m, next.status)
			return err
		}
	}
}

// leaves reports whether a lease that is lost is as an earlier try of the same
// settlement left it. That try tells nothing in the log if nothing about the message changed.
func leaves(err error, left string) bool {
	var no *refusal
	return errors.Is(err, errLeaseLost) && errors.As(err, &no) && no.late && no.have == left
}

// NextReady is when the next delivery of a partition is ready, or the next lease
// runs out; zero if nothing waits.
func (s *Store) NextReady(ctx context.Context, part int) (time.Time, error) {
	p := s.partitions[part]
	keys := []string{p.leases()}
	for l := range conversations.Lanes {
		keys = append(keys, p.lane(l))
	}
	cmds := make([]redis.Cmder, len(keys))
	for i, k := range keys {
		cmds[i] = redis.NewZSliceCmd(ctx, "zrange", k, 0, 0, "withscores")
	}
	if err := s.read(ctx, cmds...); err != nil {
		return time.Time{}, err
	}
	var due []int64
	for _, c := range cmds {
		for _, z := range c.(*redis.ZSliceCmd).Val() {
			due = append(due, int64(z.Score))
		}
	}
	if len(due) == 0 {
		return time.Time{}, nil
	}
	return fromMS(slices.Min(due)), nil
}

// Claims reports whether another message of the same conversation already has
// the provider's ID: then the provider's copy is not the one looked for.
func (s *Store) Claims(ctx context.Context, providerID, messageID string) (bool, error) {
	id, _, ok := conversations.MessageID(messageID).Split()
	if !ok {
		return false, conversations.ErrNotFound
	}
	const last = 100
	p, n, err := s.of(id)
	if err != nil {
		return false, err
	}
	raws, _, err := get[[]string](ctx, s, redis.NewStringSliceCmd(ctx, "lrange", p.messages(n), -last, -1))
	if err != nil {
		return false, err
	}
	for _, raw := range raws {
		if m, err := decodeMessage(conversations.MessageID(messageID), raw); err == nil && m.Direction == conversations.Out && m.ProviderID == providerID {
			return true, nil
		}
	}
	return false, nil
}

// Pace takes a turn of a sender that has one each gap, and at most burst of them
// saved up. It returns how long to wait for it; taken is false, and no turn is
// taken, if that is longer than most.
func (s *Store) Pace(ctx context.Context, sender string, gap time.Duration, burst int, most time.Duration) (wait time.Duration, taken bool, err error) {
	args := []any{1, keyPace(sender), ms(s.now()), gap.Milliseconds(), burst, most.Milliseconds()}
	v, err := s.run(ctx, paceScript, func(bool) []any { return args })
	if err != nil {
		return 0, false, fmt.Errorf("pace: %w", err)
	}
	answer := fmt.Sprint(v)
	n, err := strconv.ParseInt(strings.TrimPrefix(answer, "-"), 10, 64)
	return time.Duration(n) * time.Millisecond, !strings.HasPrefix(answer, "-"), err
}

// Reclaim makes the leases of this gateway's former life run out at once: a
// gateway that starts under a name is the only one of that name.
func (s *Store) Reclaim(ctx context.Context) error {
	for _, p := range s.partitions {
		held, _, err := get[map[string]string](ctx, s, redis.NewMapStringStringCmd(ctx, "hgetall", p.tokens()))
		if err != nil {
			return fmt.Errorf("reclaim leases: %w", err)
		}
		for ref, token := range held {
			if holder, _, _ := strings.Cut(token, " "); !strings.HasPrefix(holder, s.consumer+"/") || len(holder) != len(s.consumer)+1+opLength {
				continue
			}
			t := newTx(p.log)
			t.check("field", p.tokens(), token, ref)
			t.do("ZADD", p.leases(), "0", ref)
			err := s.commit(ctx, t)
			var no *refusal
			if err != nil && !errors.As(err, &no) {
				return fmt.Errorf("reclaim leases: %w", err)
			}
		}
	}
	return nil
}

// Partitions is how many there are.
func (s *Store) Partitions() int { return len(s.partitions) }
