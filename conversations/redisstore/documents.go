package redisstore

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/conversations"
)

// documents reads what versioned wrote under some fields of a hash; those that are
// gone are left out.
func documents[T any](ctx context.Context, s *Store, key string, fields []string, version func(*T) *conversations.Revision) ([]T, error) {
	args := []any{"hmget", key}
	for _, f := range fields {
		args = append(args, f)
	}
	raws, _, err := get[[]any](ctx, s, redis.NewSliceCmd(ctx, args...))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", key, err)
	}
	out := make([]T, 0, len(raws))
	for _, v := range raws {
		raw, ok := v.(string)
		if !ok {
			continue
		}
		var doc T
		rev, err := unversioned(raw, &doc)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		*version(&doc) = rev
		out = append(out, doc)
	}
	return out, nil
}
