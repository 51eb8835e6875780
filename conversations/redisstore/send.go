package redisstore

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"
)

// send runs one pipeline under its own deadline: a caller who gave up must not
// cut short the others. What nobody waits for any more is not sent.
func (b *batcher) send(l *lane, batch []*call) {
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
	node := batch[len(batch)-1].node
	seen := b.sendAll(ctx, node, cmds, b.bundles(ctx, txs))
	var held []*call
	for _, c := range batch {
		if seen.putOff() && c.wrote() {
			held = append(held, c)
		} else {
			c.done <- struct{}{}
		}
	}
	if held != nil && l.disk.hold(held, seen) {
		b.ended.Go(func() { l.disk.release(func() (aof, error) { return see(node) }, b.quit) })
	}
}

// see looks at a server's file.
func see(node *redis.Client) (aof, error) {
	ctx, cancel := context.WithTimeout(context.Background(), replyTerm)
	defer cancel()
	cmd := look(ctx)
	err := node.Process(ctx, cmd)
	return parseAOF(cmd.Val()), err
}

// sendAll runs commands and bundles of transactions in one pipeline, and once more
// those bundles whose script the server does not have; seen is the server's file after it.
func (b *batcher) sendAll(ctx context.Context, node *redis.Client, cmds []redis.Cmder, bundles []*bundle) (seen aof) {
	for _, to := range bundles {
		cmds = append(cmds, to.cmd)
	}
	if len(cmds) > 0 {
		seen = b.execute(ctx, node, cmds)
	}
	cmds = cmds[:0]
	for _, to := range bundles {
		if to.unknown(ctx) {
			cmds = append(cmds, to.cmd)
		}
	}
	if len(cmds) > 0 {
		seen = b.execute(ctx, node, cmds)
	}
	for _, to := range bundles {
		to.settle()
		to.free()
	}
	return seen
}

// execute runs commands on one server; on a cluster it follows those that have moved. After
// writes it looks at the server's file.
func (b *batcher) execute(ctx context.Context, node *redis.Client, cmds []redis.Cmder) (seen aof) {
	switch {
	case slices.ContainsFunc(cmds, redis.Cmder.NoRetry):
		mark, file := b.copies.mark(ctx, node, cmds), look(ctx)
		_ = pipelined(ctx, node, append(append(cmds[:len(cmds):len(cmds)], mark.commands()...), file))
		b.copies.check(ctx, node, mark, cmds)
		if seen = parseAOF(file.Val()); file.Err() != nil && lost(file.Err()) {
			takeBack(cmds, errUnwritten)
		}
	case len(cmds) == 1:
		_ = node.Process(ctx, cmds[0])
	default:
		_ = pipelined(ctx, node, cmds)
	}
	if b.cluster != nil {
		b.follow(ctx, cmds)
	}
	return seen
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
		takeBack(moved, errUnreplicated)
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
