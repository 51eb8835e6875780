package redisstore

import (
	"context"
	"fmt"
	"strconv"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/conversations"
)

// Sharing gives the conversations that name each of some references, as References'
// Value has them. It asks every partition, all in one round trip.
func (s *Store) Sharing(ctx context.Context, references []string) ([][]conversations.ID, error) {
	cmds := make([]redis.Cmder, 0, len(references)*len(s.partitions))
	for _, value := range references {
		for _, p := range s.partitions {
			cmds = append(cmds, redis.NewStringSliceCmd(ctx, "smembers", p.members(groupOfReference(value))))
		}
	}
	if err := s.readAll(ctx, cmds); err != nil {
		return nil, fmt.Errorf("sharing: %w", err)
	}
	out := make([][]conversations.ID, len(references))
	for i, c := range cmds {
		p := s.partitions[i%len(s.partitions)]
		for _, member := range c.(*redis.StringSliceCmd).Val() {
			n, err := strconv.ParseUint(member, 10, 53)
			if err != nil {
				return nil, fmt.Errorf("sharing: %s: %w", member, err)
			}
			at := i / len(s.partitions)
			out[at] = append(out[at], conversations.NewID(s.number(p, n)))
		}
	}
	return out, nil
}
