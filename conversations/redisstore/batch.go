package redisstore

import (
	"context"
	"errors"
	"sync"

	"github.com/redis/go-redis/v9"
)

// batcher sends commands that come at the same time in one pipeline: one write
// and one read for all of them, on both sides. A lone command goes out at once.
// Each server has lanes of its own, so that one that hangs holds up no other.
type batcher struct {
	client  *redis.Client        // one server, or the master that Sentinel names
	cluster *redis.ClusterClient // or a cluster
	copies  *copies

	mu    sync.Mutex
	lanes map[string]chan *call // by the server's address
	quit  chan struct{}
	ended sync.WaitGroup
}

// call is one command on its way; done is closed when it has its answer.
type call struct {
	ctx  context.Context
	node *redis.Client
	cmd  redis.Cmder
	done chan struct{}
	gone error // its caller had left before it was sent
}

const (
	batchLanes = 2   // pipelines under way at once, to one server
	batchSize  = 128 // commands in one pipeline
)

var errClosed = errors.New("the store is closed")

func newBatcher(client redis.UniversalClient, replicated bool) *batcher {
	b := &batcher{copies: newCopies(replicated), lanes: map[string]chan *call{}, quit: make(chan struct{})}
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

// do sends one command and waits for its answer. A caller who stops waiting
// does not stop a command that is under way, and must not read it any more.
func (b *batcher) do(ctx context.Context, cmd redis.Cmder) error {
	c, err := b.submit(ctx, cmd)
	if err == nil {
		err = b.wait(ctx, c)
	}
	if err != nil {
		return err
	}
	return cmd.Err()
}

// many sends several commands and waits for all answers; errors stay in the
// commands. When it returns an error of ctx, commands may still be under way.
func (b *batcher) many(ctx context.Context, cmds []redis.Cmder) error {
	calls := make([]*call, 0, len(cmds))
	for _, cmd := range cmds {
		c, err := b.submit(ctx, cmd)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			cmd.SetErr(err)
			continue
		}
		calls = append(calls, c)
	}
	for _, c := range calls {
		if err := b.wait(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// submit puts a command into a lane of the server that has its key.
func (b *batcher) submit(ctx context.Context, cmd redis.Cmder) (*call, error) {
	node := b.client
	if b.cluster != nil {
		var err error
		if node, err = b.cluster.MasterForKey(ctx, keyOf(cmd)); err != nil {
			return nil, err
		}
	}
	lane, err := b.lane(node.Options().Addr)
	if err != nil {
		return nil, err
	}
	c := &call{ctx: ctx, node: node, cmd: cmd, done: make(chan struct{})}
	select {
	case lane <- c:
		return c, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-b.quit:
		return nil, errClosed
	}
}

func (b *batcher) wait(ctx context.Context, c *call) error {
	select {
	case <-c.done:
		return c.gone
	case <-ctx.Done():
		return ctx.Err()
	case <-b.quit:
		return errClosed
	}
}

// lane is the queue of commands for a server.
func (b *batcher) lane(addr string) (chan *call, error) {
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
	l := make(chan *call, batchLanes*batchSize)
	b.lanes[addr] = l
	for range batchLanes {
		b.ended.Go(func() { b.loop(l) })
	}
	return l, nil
}

func (b *batcher) loop(lane chan *call) {
	var batch []*call
	for {
		select {
		case c := <-lane:
			batch = append(batch[:0], c)
		case <-b.quit:
			return
		}
		for more := true; more && len(batch) < batchSize; {
			select {
			case c := <-lane:
				batch = append(batch, c)
			default:
				more = false
			}
		}
		b.send(batch)
	}
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
