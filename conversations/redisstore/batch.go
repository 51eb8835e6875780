package redisstore

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// batcher sends commands that come at the same time in one pipeline: one write
// and one read for all of them, on both sides. Each server has a lane of its own,
// so that one that hangs holds up no other.
type batcher struct {
	client  *redis.Client        // one server, or the master that Sentinel names
	cluster *redis.ClusterClient // or a cluster
	copies  *copies

	mu    sync.Mutex
	lanes map[string]*lane // by the server's address
	quit  chan struct{}
	ended sync.WaitGroup
}

// call is one command on its way; done gets one word when it has its answer.
type call struct {
	ctx   context.Context
	until time.Time // after which it is not sent any more
	node  *redis.Client
	cmd   redis.Cmder
	tx    *tx   // in place of a command: a transaction for commit.lua
	again bool  // it may have been applied already
	alone bool  // it must not be merged with others
	err   error // why a command was not sent, or how a transaction ended
	done  chan struct{}
}

// calls are those that somebody waited for to the end: nobody else has them.
var calls = sync.Pool{New: func() any { return &call{done: make(chan struct{}, 1)} }}

var errClosed = errors.New("the store is closed")

func newBatcher(client redis.UniversalClient, replicated bool) *batcher {
	b := &batcher{copies: newCopies(replicated), lanes: map[string]*lane{}, quit: make(chan struct{})}
	switch c := client.(type) {
	case *redis.ClusterClient:
		b.cluster = c
	case *redis.Client:
		b.client = c
	}
	return b
}

// close ends the lanes; a call that follows fails.
func (b *batcher) close() {
	b.mu.Lock()
	close(b.quit)
	b.mu.Unlock()
	b.ended.Wait()
}

// do sends one command, not later than until, and waits for its answer. A caller
// who stops waiting does not stop a command that is under way, and must not read
// it any more.
func (b *batcher) do(ctx context.Context, until time.Time, cmd redis.Cmder) error {
	c, err := b.submit(ctx, until, call{cmd: cmd})
	if err == nil {
		err = b.wait(ctx, c)
	}
	if err != nil {
		return err
	}
	return cmd.Err()
}

// apply commits a transaction, not later than until. A failed check is a *refusal.
func (b *batcher) apply(ctx context.Context, until time.Time, t *tx, again, alone bool) error {
	c, err := b.submit(ctx, until, call{tx: t, again: again, alone: alone})
	if err != nil {
		return err
	}
	return b.wait(ctx, c)
}

// many sends several commands and waits for all answers; errors stay in the
// commands. When it returns an error of ctx, commands may still be under way.
func (b *batcher) many(ctx context.Context, until time.Time, cmds []redis.Cmder) error {
	type pending struct {
		*call
		of redis.Cmder
	}
	sent := make([]pending, 0, len(cmds))
	for _, cmd := range cmds {
		c, err := b.submit(ctx, until, call{cmd: cmd})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			cmd.SetErr(err)
			continue
		}
		sent = append(sent, pending{c, cmd})
	}
	for _, c := range sent {
		err := b.wait(ctx, c.call)
		if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			c.of.SetErr(err)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// submit puts a call into a lane of the server that has its key.
func (b *batcher) submit(ctx context.Context, until time.Time, what call) (*call, error) {
	node := b.client
	if b.cluster != nil {
		var err error
		if node, err = b.cluster.MasterForKey(ctx, what.key()); err != nil {
			return nil, err
		}
	}
	lane, err := b.lane(node.Options().Addr)
	if err != nil {
		return nil, err
	}
	select {
	case lane.room <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-b.quit:
		return nil, errClosed
	}
	c := calls.Get().(*call)
	what.ctx, what.until, what.node, what.done = ctx, until, node, c.done
	*c = what
	lane.put(c)
	return c, nil
}

func (b *batcher) wait(ctx context.Context, c *call) error {
	select {
	case <-c.done:
		err := c.err
		*c = call{done: c.done}
		calls.Put(c)
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-b.quit:
		return errClosed
	}
}

// lane is where calls for a server wait.
func (b *batcher) lane(addr string) (*lane, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if l, ok := b.lanes[addr]; ok {
		return l, nil
	}
	select {
	case <-b.quit:
		return nil, errClosed
	default:
	}
	l := newLane()
	b.lanes[addr] = l
	for range pipelines {
		b.ended.Go(func() { l.run(b.quit, b.send) })
	}
	return l, nil
}

// wrote reports whether the server answered to a write, be it that there is nothing to do:
// it may have been done just now.
func (c *call) wrote() bool {
	if c.tx == nil {
		return c.err == nil && succeeded(c.cmd)
	}
	var no *refusal
	return c.err == nil || errors.As(c.err, &no)
}

// fail takes back the success of a write.
func (c *call) fail(err error) {
	if c.tx != nil {
		c.err = err
	} else {
		c.cmd.SetErr(err)
	}
}

// key is a key of the call.
func (c *call) key() string {
	if c.tx != nil {
		return c.tx.log
	}
	return keyOf(c.cmd)
}

// keyOf is a command's (first) key.
func keyOf(cmd redis.Cmder) string {
	args, at := cmd.Args(), 1
	if name, _ := args[0].(string); name == "evalsha" || name == "eval" {
		at = 3
	}
	key, _ := args[at].(string)
	return key
}
