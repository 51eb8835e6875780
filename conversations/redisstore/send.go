package redisstore

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
)

// send runs one pipeline under its own deadline: a caller who gave up must not
// cut short the others. What nobody waits for any more is not sent.
func (b *batcher) send(batch []*call) {
	ctx, cancel := context.WithTimeout(context.Background(), replyTerm+replicaTerm)
	defer cancel()
	var txs []*call
	cmds, now := make([]redis.Cmder, 0, len(batch)), time.Now()
	for _, c := range batch {
		if c.err = c.ctx.Err(); c.err == nil && now.After(c.until) {
			c.err = context.DeadlineExceeded
		}
		switch {
		case c.err != nil:
		case c.tx != nil:
			txs = append(txs, c)
		default:
			cmds = append(cmds, c.cmd)
		}
	}
	b.sendAll(ctx, batch[len(batch)-1].node, cmds, b.bundles(ctx, txs))
	for _, c := range batch {
		c.done <- struct{}{}
	}
}

// sendAll runs commands and bundles of transactions in one pipeline, and once more
// those bundles whose script the server does not have.
func (b *batcher) sendAll(ctx context.Context, node *redis.Client, cmds []redis.Cmder, bundles []*bundle) {
	for _, to := range bundles {
		cmds = append(cmds, to.cmd)
	}
	if len(cmds) > 0 {
		b.execute(ctx, node, cmds)
	}
	cmds = cmds[:0]
	for _, to := range bundles {
		if to.unknown(ctx) {
			cmds = append(cmds, to.cmd)
		}
	}
	if len(cmds) > 0 {
		b.execute(ctx, node, cmds)
	}
	for _, to := range bundles {
		to.settle()
		to.free()
	}
}

// execute runs commands on one server; on a cluster it follows those that have moved.
func (b *batcher) execute(ctx context.Context, node *redis.Client, cmds []redis.Cmder) {
	switch mark := b.copies.mark(ctx, node, cmds); {
	case mark != nil:
		_ = pipelined(ctx, node, append(cmds[:len(cmds):len(cmds)], mark.commands()...))
		b.copies.check(ctx, node, mark, cmds)
	case len(cmds) == 1:
		_ = node.Process(ctx, cmds[0])
	default:
		_ = pipelined(ctx, node, cmds)
	}
	if b.cluster != nil {
		b.follow(ctx, cmds)
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
	if b.copies.on {
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
