package redisstore

import (
	"context"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/conversations"
)

// matters checks that a matter stands among those with news exactly if it has some.
func (a *audit) matters(ctx context.Context, p *partition) error {
	zs, _, err := get[[]string](ctx, a.s, redis.NewStringSliceCmd(ctx, "zrange", p.news(), 0, -1))
	if err != nil {
		return err
	}
	waits := make(map[string]bool, len(zs))
	for _, key := range zs {
		waits[key] = true
	}
	err = a.s.scan(ctx, p.matter("*"), func(key string) error {
		name := strings.TrimPrefix(key, p.matter(""))
		raw, ok, err := get[string](ctx, a.s, redis.NewStringCmd(ctx, "get", key))
		if err != nil || !ok {
			return err
		}
		var m conversations.Matter
		if _, err := unversioned(raw, &m); err != nil {
			a.found(key, "%v", err)
			return nil
		}
		a.Matters++
		if m.Key() != name || a.s.home(name) != p {
			a.found(key, "holds %s", m.Key())
		}
		if news := len(m.Waiting()) > 0; news != waits[name] {
			a.found(key, "has news: %v, stands among those that have: %v", news, waits[name])
		}
		delete(waits, name)
		return nil
	})
	for name := range waits {
		a.found(p.news(), "has %s, which does not exist", name)
	}
	return err
}
