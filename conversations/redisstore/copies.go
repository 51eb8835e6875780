package redisstore

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// copies sees to it that a write counts only when replicas have it too: a master
// may die with what it acknowledged and be replaced by one that never had it. It
// wants as many as there are, up to a number: where a master is alone, nobody can
// replace it without its data, and refusing customers would lose more.
// docs/decisions/replicas.md says what that guarantees and what it does not.
type copies struct {
	wanted int

	mu    sync.Mutex
	known map[string]connected // by the master's address
}

// connected is how many replicas followed a master, and when that was asked.
type connected struct {
	n  int
	at time.Time
}

// mark is what follows the writes of a pipeline.
type mark struct {
	set, wait redis.Cmder
	want      int64
}

const (
	// replicaTerm is how long replicas have to tell that they have what was written.
	replicaTerm = time.Second
	// connectedTerm is how long an answer to how many there are is good for.
	connectedTerm = time.Second
)

// errUnreplicated says that a write was done, but that too few replicas told in
// time that they have it: if the server is lost now, so is the write.
var errUnreplicated = errors.New("too few replicas have it")

func newCopies(wanted int) *copies { return &copies{wanted: wanted, known: map[string]connected{}} }

// mark is a write of its own and the wait for it, if there are writes among the
// commands and replicas to wait for. WAIT (redis.io/commands/wait) covers what was
// written on the same connection; behind the mark it covers all that the server
// has told up to here, also the answer that something was done before.
func (c *copies) mark(ctx context.Context, node *redis.Client, cmds []redis.Cmder) *mark {
	if c.wanted == 0 {
		return nil
	}
	for _, cmd := range cmds {
		if !cmd.NoRetry() {
			continue
		}
		n := min(c.wanted, c.connected(ctx, node))
		if n == 0 {
			return nil
		}
		key := keyOf(cmd)
		tag := key[:strings.IndexByte(key, '}')+1]
		return &mark{
			set:  newOnce(ctx, "set", keyMark(tag), "1", "px", time.Minute.Milliseconds()),
			wait: redis.NewIntCmd(ctx, "wait", n, replicaTerm.Milliseconds()),
			want: int64(n),
		}
	}
	return nil
}

// connected is how many replicas follow a master (redis.io/commands/role).
func (c *copies) connected(ctx context.Context, node *redis.Client) int {
	addr := node.Options().Addr
	c.mu.Lock()
	known, ok := c.known[addr]
	c.mu.Unlock()
	if ok && time.Since(known.at) < connectedTerm {
		return known.n
	}
	role, err := node.Do(ctx, "role").Slice()
	if err != nil || len(role) < 3 {
		return c.wanted
	}
	replicas, _ := role[2].([]any)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known[addr] = connected{len(replicas), time.Now()}
	return len(replicas)
}

// check takes back the success of the writes if the mark tells that too few have them.
func (c *copies) check(node *redis.Client, m *mark, cmds []redis.Cmder) {
	n, err := m.wait.(*redis.IntCmd).Result()
	if err == nil && m.set.Err() == nil && n >= m.want {
		return
	}
	unreplicated(cmds)
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.known, node.Options().Addr) // one of them may be gone
}

// unreplicated takes back the success of the writes among the commands.
func unreplicated(cmds []redis.Cmder) {
	for _, c := range cmds {
		if err := c.Err(); c.NoRetry() && (err == nil || errors.Is(err, redis.Nil)) {
			c.SetErr(errUnreplicated)
		}
	}
}
