package redisstore

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// errUnreplicated says that a write was done, but that too few replicas told in
// time that they have it: if the server is lost now, so is the write.
var errUnreplicated = errors.New("too few replicas have it")

// replicaTerm is how long replicas have to tell that they have what was written.
const replicaTerm = time.Second

// send runs one pipeline under its own deadline: a caller who gave up must not
// cut short the others. What nobody waits for any more is not sent.
func (b *batcher) send(batch []*call) {
	ctx, cancel := context.WithTimeout(context.Background(), replyTerm+replicaTerm)
	defer cancel()
	cmds := make([]redis.Cmder, 0, len(batch))
	for _, c := range batch {
		if c.gone = c.ctx.Err(); c.gone == nil {
			cmds = append(cmds, c.cmd)
		}
	}
	if len(cmds) > 0 {
		b.execute(ctx, batch[len(batch)-1].node, cmds)
	}
	for _, c := range batch {
		close(c.done)
	}
}

// execute runs commands on one server; on a cluster it follows those that have moved.
func (b *batcher) execute(ctx context.Context, node *redis.Client, cmds []redis.Cmder) {
	switch mark := b.mark(ctx, cmds); {
	case mark != nil:
		_ = pipelined(ctx, node, append(cmds[:len(cmds):len(cmds)], mark...))
		if n, err := mark[1].(*redis.IntCmd).Result(); err != nil || mark[0].Err() != nil || n < int64(b.replicas) {
			unreplicated(cmds)
		}
	case len(cmds) == 1:
		_ = node.Process(ctx, cmds[0])
	default:
		_ = pipelined(ctx, node, cmds)
	}
	if b.cluster != nil {
		b.follow(ctx, cmds)
	}
}

// mark is what follows the writes of a pipeline if replicas must have them: a
// write of its own, and the wait for it. WAIT (redis.io/commands/wait) covers
// what was written on the same connection; behind the mark it covers all that
// the server has told up to here, also the answer that something was done before.
func (b *batcher) mark(ctx context.Context, cmds []redis.Cmder) []redis.Cmder {
	if b.replicas == 0 {
		return nil
	}
	for _, c := range cmds {
		if !c.NoRetry() {
			continue
		}
		key := keyOf(c)
		tag := key[:strings.IndexByte(key, '}')+1]
		return []redis.Cmder{
			newOnce(ctx, "set", keyMark(tag), "1", "px", time.Minute.Milliseconds()),
			redis.NewIntCmd(ctx, "wait", b.replicas, replicaTerm.Milliseconds()),
		}
	}
	return nil
}

// unreplicated takes back the success of the writes among the commands.
func unreplicated(cmds []redis.Cmder) {
	for _, c := range cmds {
		if err := c.Err(); c.NoRetry() && (err == nil || errors.Is(err, redis.Nil)) {
			c.SetErr(errUnreplicated)
		}
	}
}

// follow sends commands that a server refused because their slot is elsewhere
// (MOVED, ASK) through the cluster client, which goes where it is told. Anything
// else that failed makes the client read the map of slots again.
func (b *batcher) follow(ctx context.Context, cmds []redis.Cmder) {
	var moved []redis.Cmder
	for _, c := range cmds {
		switch err := c.Err(); {
		case err == nil || errors.Is(err, redis.Nil):
		case redis.HasErrorPrefix(err, "MOVED") || redis.HasErrorPrefix(err, "ASK"):
			moved = append(moved, c)
		case lost(err):
			b.cluster.ReloadState(ctx)
		}
	}
	if len(moved) == 0 {
		return
	}
	pipe := b.cluster.Pipeline()
	for _, c := range moved {
		_ = pipe.Process(ctx, c)
	}
	_, _ = pipe.Exec(ctx)
	if b.replicas > 0 {
		unreplicated(moved)
	}
}

func pipelined(ctx context.Context, node *redis.Client, cmds []redis.Cmder) error {
	pipe := node.Pipeline()
	for _, c := range cmds {
		_ = pipe.Process(ctx, c)
	}
	_, err := pipe.Exec(ctx)
	return err
}
