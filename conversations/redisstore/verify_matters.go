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
		if len(m.Waiting()) > 0 && m.Next.IsZero() || m.Next.IsZero() == waits[name] {
			a.found(key, "is next looked after at %v with %d reports to tell, stands among those that are: %v", m.Next, len(m.Waiting()), waits[name])
		}
		delete(waits, name)
		return nil
	})
	for name := range waits {
		a.found(p.news(), "has %s, which does not exist", name)
	}
	return err
}
