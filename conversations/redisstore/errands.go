package redisstore

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/conversations"
)

// errand is an errand's name within its partition: place of the conversation, kind,
// name, of, place; what else is wanted stands in the conversation.
func errand(n uint64, e *conversations.Errand) string {
	return strings.Join([]string{num(n), string(e.Kind), e.Name, e.Of, strconv.Itoa(e.Place)}, "\t")
}

func (s *Store) errandOf(p *partition, member string) (conversations.Errand, error) {
	f := strings.Split(member, "\t")
	if len(f) != 5 {
		return conversations.Errand{}, fmt.Errorf("an errand of %s has %d fields", p.prefix, len(f))
	}
	n, err := strconv.ParseUint(f[0], 10, 53)
	place, err2 := strconv.Atoi(f[4])
	if err != nil || err2 != nil {
		return conversations.Errand{}, fmt.Errorf("bad errand in %s", p.prefix)
	}
	return conversations.Errand{
		Conversation: conversations.NewID(s.number(p, n)), Kind: conversations.ErrandKind(f[1]), Name: f[2], Of: f[3], Place: place,
	}, nil
}

// composeErrands adds a change's errands to it.
func composeErrands(t *tx, p *partition, n uint64, errands []conversations.Errand) {
	for i := range errands {
		t.do("ZADD", p.errands(), score(ms(errands[i].At)), errand(n, &errands[i]))
	}
}

// Errands implements conversations.Errands.
func (s *Store) Errands(ctx context.Context, part, n int, d time.Duration) (due []conversations.Errand, next time.Time, err error) {
	p, now := s.partitions[part], s.now()
	zs, _, err := get[[]redis.Z](ctx, s, redis.NewZSliceCmd(ctx, "zrange", p.errands(), 0, n-1, "withscores"))
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("read errands: %w", err)
	}
	for _, z := range zs {
		if int64(z.Score) > ms(now) {
			return due, fromMS(int64(z.Score)), nil
		}
		member := z.Member.(string)
		if _, err := s.write(ctx, "zadd", p.errands(), "xx", ms(now.Add(d)), member); err != nil {
			return due, time.Time{}, err
		}
		e, err := s.errandOf(p, member)
		if err != nil {
			return due, time.Time{}, err
		}
		due = append(due, e)
	}
	return due, time.Time{}, nil
}

// EndErrand implements conversations.Errands.
func (s *Store) EndErrand(ctx context.Context, e conversations.Errand) error {
	p, n, err := s.of(e.Conversation)
	if err != nil {
		return err
	}
	_, err = s.write(ctx, "zrem", p.errands(), errand(n, &e))
	return err
}
