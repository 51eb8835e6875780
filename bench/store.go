package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// store looks into the Redis of a server under test.
type store struct {
	*redis.Client
	pid  int
	logs []string // that the router follows
	says []string // that the search index follows
}

func openStore(ctx context.Context, socket string) (*store, error) {
	c := redis.NewClient(&redis.Options{Network: "unix", Addr: socket, Dialer: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", socket)
	}})
	s := &store{Client: c, logs: []string{"{board}:log"}}
	for p := range 16 {
		s.logs = append(s.logs, fmt.Sprintf("{p%02d}:work", p))
		s.says = append(s.says, fmt.Sprintf("{p%02d}:", p))
	}
	info, err := s.fields(ctx, "server")
	if err != nil {
		return nil, fmt.Errorf("look into redis: %w", err)
	}
	s.pid, err = strconv.Atoi(info["process_id"])
	return s, err
}

// fields reads a section of INFO.
func (s *store) fields(ctx context.Context, section string) (map[string]string, error) {
	raw, err := s.Info(ctx, section).Result()
	out := map[string]string{}
	for line := range strings.Lines(raw) {
		k, v, _ := strings.Cut(strings.TrimSpace(line), ":")
		out[k] = v
	}
	return out, err
}

// used is used_memory in bytes.
func (s *store) used(ctx context.Context) (int64, error) {
	info, err := s.fields(ctx, "memory")
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(info["used_memory"], 10, 64)
}

// behind is how many events the router has not finished: not read, or read and not acknowledged.
func (s *store) behind(ctx context.Context) (int64, error) {
	pipe := s.Pipeline()
	for _, l := range s.logs {
		pipe.XInfoGroups(ctx, l)
	}
	cmds, _ := pipe.Exec(ctx)
	var n int64
	for i, c := range cmds {
		groups, err := c.(*redis.XInfoGroupsCmd).Result()
		if err != nil && strings.Contains(err.Error(), "no such key") {
			continue
		}
		if err != nil {
			return 0, err
		}
		found := false
		for _, g := range groups {
			if g.Name != "router" {
				continue
			}
			if found = true; g.Lag < 0 {
				return 0, fmt.Errorf("%s: redis does not know the router's lag", s.logs[i])
			}
			n += g.Lag + g.Pending
		}
		if !found {
			return 0, fmt.Errorf("%s has no group router", s.logs[i])
		}
	}
	return n, nil
}

// unindexed is how many partitions' logs the search index has not read to their ends.
func (s *store) unindexed(ctx context.Context) (n int64, err error) {
	for _, p := range s.says {
		last, err := s.XRevRangeN(ctx, p+"log", "+", "-", 1).Result()
		if err != nil {
			return 0, err
		}
		at, err := s.Get(ctx, p+"indexed").Result() // its form, what is to be built, the last event, ...
		if err != nil && !errors.Is(err, redis.Nil) {
			return 0, err
		}
		if len(last) > 0 && !slices.Contains(strings.Fields(at), last[0].ID) {
			n++
		}
	}
	return n, nil
}

// none waits until there is nothing left of what is counted.
func none(ctx context.Context, count func(context.Context) (int64, error)) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if n, err := count(ctx); err != nil || n == 0 {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
