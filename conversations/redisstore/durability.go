package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
)

// Durability says what about the server's settings could lose what was
// acknowledged; nothing if all is well. Settings that the server does not tell
// are named.
func (s *Store) Durability(ctx context.Context) []error {
	one := func(ctx context.Context, c *redis.Client) []error {
		conf, err := c.ConfigGet(ctx, "appendonly").Result()
		if err != nil {
			return []error{fmt.Errorf("the server does not tell its settings (CONFIG): see yourself that appendonly is yes and maxmemory-policy is noeviction")}
		}
		var out []error
		if v := conf["appendonly"]; v != "" && v != "yes" {
			out = append(out, errors.New("appendonly is off: a restart loses everything; set 'appendonly yes'"))
		}
		if conf, err = c.ConfigGet(ctx, "appendfsync").Result(); err == nil && conf["appendfsync"] == "no" {
			out = append(out, errors.New("appendfsync is no: a power cut loses what the system has not written; set 'appendfsync everysec' or 'always'"))
		}
		if conf, err = c.ConfigGet(ctx, "maxmemory-policy").Result(); err == nil && conf["maxmemory-policy"] != "" && !strings.HasPrefix(conf["maxmemory-policy"], "noeviction") {
			out = append(out, fmt.Errorf("maxmemory-policy is %s: a full server forgets messages; set 'maxmemory-policy noeviction'", conf["maxmemory-policy"]))
		}
		return out
	}
	if cluster, ok := s.client.(*redis.ClusterClient); ok {
		found := make(chan []error, 64)
		err := cluster.ForEachMaster(ctx, func(ctx context.Context, c *redis.Client) error {
			var named []error
			for _, e := range one(ctx, c) {
				named = append(named, fmt.Errorf("%s: %w", c.Options().Addr, e))
			}
			found <- named
			return nil
		})
		close(found)
		out := []error{}
		if err != nil {
			out = append(out, err)
		}
		for f := range found {
			out = append(out, f...)
		}
		return out
	}
	return one(ctx, s.client.(*redis.Client))
}
