package redisstore

import (
	"context"
	"fmt"
	"strconv"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/conversations"
)

// Sharing gives, for each of some references, the conversations that name it, if they are
// more than one. Values are as conversations.Reference has them.
func (s *Store) Sharing(ctx context.Context, references []string) ([][]conversations.ID, error) {
	out := make([][]conversations.ID, len(references))
	several, err := s.several(ctx, references)
	if err != nil {
		return nil, fmt.Errorf("sharing: %w", err)
	}
	var cmds []redis.Cmder
	for _, i := range several {
		for _, p := range s.partitions {
			cmds = append(cmds, redis.NewStringSliceCmd(ctx, "smembers", p.members(groupOfReference(references[i]))))
		}
	}
	if err := s.readAll(ctx, cmds); err != nil {
		return nil, fmt.Errorf("sharing: %w", err)
	}
	for k, i := range several {
		for at, p := range s.partitions {
			for _, member := range cmds[k*len(s.partitions)+at].(*redis.StringSliceCmd).Val() {
				n, err := strconv.ParseUint(member, 10, 53)
				if err != nil {
					return nil, fmt.Errorf("sharing: %w", err)
				}
				out[i] = append(out[i], conversations.NewID(s.number(p, n)))
			}
		}
		if len(out[i]) < 2 {
			out[i] = nil
		}
	}
	return out, nil
}

// several are the places of those references that more than one conversation may name.
// Nearly every number is its conversation's own. One server says so at once for all
// partitions: more than one of them knows it, or one knows it twice. A cluster has them
// in different slots, and is asked for each.
func (s *Store) several(ctx context.Context, references []string) (out []int, err error) {
	_, cluster := s.client.(*redis.ClusterClient)
	var cmds []redis.Cmder
	for i, value := range references {
		if cluster {
			out = append(out, i)
			continue
		}
		exists, union := []any{"exists"}, []any{"sunion"}
		for _, p := range s.partitions {
			key := p.members(groupOfReference(value))
			exists, union = append(exists, key), append(union, key)
		}
		cmds = append(cmds, redis.NewIntCmd(ctx, exists...), redis.NewStringSliceCmd(ctx, union...))
	}
	if err := s.readAll(ctx, cmds); err != nil {
		return nil, err
	}
	for i := 0; i < len(cmds); i += 2 {
		if cmds[i].(*redis.IntCmd).Val() > 1 || len(cmds[i+1].(*redis.StringSliceCmd).Val()) > 1 {
			out = append(out, i/2)
		}
	}
	return out, nil
}
