package redisstore

import (
	"context"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// batcher sends commands that come at the same time in one pipeline: one write
// and one read for all of them, on both sides. A lone command goes out at once.
type batcher struct {
	client redis.UniversalClient
	calls  chan *call
	done   sync.WaitGroup
}

// call is one command on its way; done is closed when it has its answer.
type call struct {
	cmd  redis.Cmder
	done chan struct{}
}

const (
	batchLanes = 2   // pipelines under way at once
	batchSize  = 128 // commands in one pipeline
)

func newBatcher(client redis.UniversalClient) *batcher {
	b := &batcher{client: client, calls: make(chan *call, batchLanes*batchSize)}
	for range batchLanes {
		b.done.Go(b.loop)
	}
	return b
}

// close ends the lanes; no call may follow.
func (b *batcher) close() {
	close(b.calls)
	b.done.Wait()
}

// do sends one command and waits for its answer. A caller who stops waiting
// does not stop the command.
func (b *batcher) do(ctx context.Context, cmd redis.Cmder) error {
	c := &call{cmd: cmd, done: make(chan struct{})}
	select {
	case b.calls <- c:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-c.done:
		return cmd.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// many sends several commands and waits for all answers; errors stay in the commands.
func (b *batcher) many(ctx context.Context, cmds []redis.Cmder) error {
	calls := make([]*call, len(cmds))
	for i, cmd := range cmds {
		calls[i] = &call{cmd: cmd, done: make(chan struct{})}
		select {
		case b.calls <- calls[i]:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for _, c := range calls {
		select {
		case <-c.done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (b *batcher) loop() {
	var batch []*call
	for c := range b.calls {
		batch = append(batch[:0], c)
		for more := true; more && len(batch) < batchSize; {
			select {
			case c, ok := <-b.calls:
				if more = ok; ok {
					batch = append(batch, c)
				}
			default:
				more = false
			}
		}
		b.send(batch)
	}
}

// send runs one pipeline under its own deadline: a caller who gave up must not
// cut short the others.
func (b *batcher) send(batch []*call) {
	ctx, cancel := context.WithTimeout(context.Background(), replyTerm+time.Second)
	defer cancel()
	if len(batch) == 1 {
		_ = b.client.Process(ctx, batch[0].cmd)
	} else {
		pipe := b.client.Pipeline()
		for _, c := range batch {
			_ = pipe.Process(ctx, c.cmd)
		}
		_, _ = pipe.Exec(ctx)
	}
	for _, c := range batch {
		close(c.done)
	}
}
