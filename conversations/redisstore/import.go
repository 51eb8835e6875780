package redisstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/conversations"
)

// ErrNotEmpty says that a store has something already.
var ErrNotEmpty = errors.New("the store is not empty: an import goes into a new one")

// Empty is nil if nothing was ever kept in the store.
func (s *Store) Empty(ctx context.Context) error {
	cmds := []redis.Cmder{redis.NewIntCmd(ctx, "exists", keyOfficers), redis.NewIntCmd(ctx, "exists", keyTokens)}
	for _, p := range s.partitions {
		cmds = append(cmds, redis.NewIntCmd(ctx, "exists", p.sorted("created")), redis.NewIntCmd(ctx, "exists", p.callbacks()))
	}
	if err := s.read(ctx, cmds...); err != nil {
		return err
	}
	for _, c := range cmds {
		if c.(*redis.IntCmd).Val() > 0 {
			return ErrNotEmpty
		}
	}
	return nil
}

const (
	importMost = 500   // values one command writes
	importStep = 20000 // values one step writes; what has more is written in several
)

// Import writes a key as it was exported, in place of what is there. Doing it
// again changes nothing.
func (s *Store) Import(ctx context.Context, x Exported) error {
	if err := s.checkImport(x); err != nil {
		return err
	}
	if x.Expires > 0 && x.Expires <= ms(s.now()) {
		return nil
	}
	key, first := string(x.Key), true
	for step := range slices.Chunk(x.Value, importStep) {
		t := newTx(tagOf(key) + ":log")
		if t.op = opID(); first {
			t.do("DEL", key)
			first = false
		}
		fill(t, x, step)
		if x.Expires > 0 {
			t.do("PEXPIREAT", key, score(x.Expires))
		}
		if err := s.commit(ctx, t); err != nil {
			return fmt.Errorf("import %q: %w", x.Key, err)
		}
	}
	for _, g := range x.Groups {
		_, err := s.write(ctx, "xgroup", "create", key, g.Name, g.After, "mkstream")
		if err != nil && !strings.Contains(err.Error(), "BUSYGROUP") {
			return fmt.Errorf("import %q: %w", x.Key, err)
		}
	}
	return nil
}

// fill adds the commands that write some of a key's values.
func fill(t *tx, x Exported, values []cell) {
	key := string(x.Key)
	if x.Type == "stream" {
		for i := 0; i+1 < len(values); i += 2 {
			t.do("XADD", key, string(values[i]), "e", string(values[i+1]))
		}
		return
	}
	command := map[string]string{"string": "SET", "list": "RPUSH", "set": "SADD", "hash": "HSET", "zset": "ZADD"}[x.Type]
	for chunk := range slices.Chunk(values, importMost) {
		args := make([]string, len(chunk))
		for i, c := range chunk {
			args[i] = string(c)
			if x.Type == "zset" { // the score comes first
				args[i] = string(chunk[i^1])
			}
		}
		t.do(command, key, args...)
	}
}

// checkImport refuses what Export cannot have given.
func (s *Store) checkImport(x Exported) error {
	widths := map[string]int{"string": 1, "list": 1, "set": 1, "hash": 2, "zset": 2, "stream": 2}
	width, known := widths[x.Type]
	switch {
	case !known || !strings.Contains(string(x.Key), "}") || passing.MatchString(string(x.Key)):
		return &conversations.InvalidError{Fields: map[string]string{"key": "is nothing that an export holds"}}
	case len(x.Value)%width != 0 || x.Type == "string" && len(x.Value) != 1:
		return &conversations.InvalidError{Fields: map[string]string{"value": "does not fit its type"}}
	case x.Key != keyMeta:
		return nil
	}
	for i := 0; i+1 < len(x.Value); i += 2 {
		if x.Value[i] == "partitions" && string(x.Value[i+1]) != strconv.Itoa(len(s.partitions)) {
			return &conversations.InvalidError{Fields: map[string]string{"partitions": fmt.Sprintf("are %s there and %d here", x.Value[i+1], len(s.partitions))}}
		}
	}
	return nil
}
