package redisstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/channels"
)

// tallyTerm is how long an hour's count is kept.
const tallyTerm = 400 * 24 * time.Hour

// Sweeps keeps how far a provider's list has been compared, and the hours' counts.
type Sweeps struct {
	Store    *Store
	Provider string // whose list: an account
}

// HoldSweep makes this gateway the only one that sweeps for a while.
func (w Sweeps) HoldSweep(ctx context.Context, ttl time.Duration) (bool, error) {
	return Mailboxes{w.Store}.Acquire(ctx, "sweep "+w.Provider, w.Store.consumer, ttl)
}

// LastSweep is the last comparison; zero if there was none.
func (w Sweeps) LastSweep(ctx context.Context) (last channels.Sweep, err error) {
	raw, ok, err := get[string](ctx, w.Store, redis.NewStringCmd(ctx, "get", keySweep(w.Provider)))
	if err != nil || !ok {
		return last, err
	}
	if err := json.Unmarshal([]byte(raw), &last); err != nil {
		return last, fmt.Errorf("decode sweep: %w", err)
	}
	return last, nil
}

// SaveSweep remembers a comparison and the counts of hours. Saved twice it is saved once.
func (w Sweeps) SaveSweep(ctx context.Context, done channels.Sweep, tallies []channels.Tally) error {
	raw, err := json.Marshal(done)
	if err != nil {
		return err
	}
	t := newTx(keyBoardLog)
	t.do("SET", keySweep(w.Provider), string(raw))
	key := keyTally(w.Provider)
	for _, c := range tallies {
		line, err := json.Marshal(c)
		if err != nil {
			return err
		}
		hour := score(ms(c.Hour))
		t.do("ZREMRANGEBYSCORE", key, hour, hour)
		t.do("ZADD", key, hour, string(line))
	}
	t.do("ZREMRANGEBYSCORE", key, "-inf", score(ms(done.At.Add(-tallyTerm))))
	return w.Store.commit(ctx, t)
}

// Tallies are the counts of up to n hours before an instant, the latest first.
func (w Sweeps) Tallies(ctx context.Context, before time.Time, n int) ([]channels.Tally, error) {
	raws, _, err := get[[]string](ctx, w.Store, redis.NewStringSliceCmd(ctx,
		"zrange", keyTally(w.Provider), "("+score(ms(before)), "-inf", "byscore", "rev", "limit", 0, n))
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, fmt.Errorf("read tallies: %w", err)
	}
	out := make([]channels.Tally, 0, len(raws))
	for _, raw := range raws {
		var t channels.Tally
		if err := json.Unmarshal([]byte(raw), &t); err != nil {
			return nil, fmt.Errorf("decode tally: %w", err)
		}
		out = append(out, t)
	}
	return out, nil
}
