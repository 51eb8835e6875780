package redisstore

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// Terms implements routing.Terms.
func (s *Store) Terms(ctx context.Context) (string, error) {
	v, _, err := get[string](ctx, s, redis.NewStringCmd(ctx, "hget", keyMeta, "terms"))
	if err != nil {
		return "", fmt.Errorf("read terms: %w", err)
	}
	return v, nil
}

// SetTerms implements routing.Terms.
func (s *Store) SetTerms(ctx context.Context, terms string) error {
	_, err := s.write(ctx, "hset", keyMeta, "terms", terms)
	return err
}
