package redisstore

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// copies sees to it that a write counts only when the replicas have it too: a
// master may die with what it acknowledged, or be deposed without knowing, and be
// replaced by one that never had it. docs/decisions/0005-replicas.md says what
// that guarantees and what it does not.
type copies struct {
	on bool

	mu      sync.Mutex
	want    map[string]int                 // by server: how many were in sync at the last look
	fellows map[string]map[string]*replica // by the history they share, then by address
}

// replica is one that a master had in sync at some time.
type replica struct {
	seen  time.Time // in sync
	asked time.Time // what has become of it
	rules bool      // it is a master itself now
}

const (
	// replicaTerm is how long replicas have to tell that they have what was written.
	replicaTerm = time.Second
	// askTerm is how long a missing replica has to tell what has become of it, and
	// askAgain how long its answer is good for.
	askTerm  = 300 * time.Millisecond
	askAgain = time.Second
	// forgetAfter is when a missing replica counts as gone for good.
	forgetAfter = 5 * time.Minute
)

// errUnreplicated says that a write was done, but that replicas which may
// replace the server do not have it: if it is lost now, so is the write.
var errUnreplicated = errors.New("replicas do not have it")

func newCopies(on bool) *copies {
	return &copies{on: on, want: map[string]int{}, fellows: map[string]map[string]*replica{}}
}

// mark is what follows the writes of a pipeline: a write of its own, the wait
// for it, and a look at who follows. WAIT (redis.io/commands/wait) covers what was
// written on the same connection; behind a write it covers all that the server
// has told up to here, also the answer that something was done before.
type mark struct {
	set  once
	wait *redis.IntCmd
	info *redis.StringCmd
}

// commands are none for nil.
func (m *mark) commands() []redis.Cmder {
	if m == nil {
		return nil
	}
	return []redis.Cmder{m.set, m.wait, m.info}
}

// mark is nil if there is nothing to wait for.
func (c *copies) mark(ctx context.Context, node *redis.Client, cmds []redis.Cmder) *mark {
	if !c.on {
		return nil
	}
	for _, cmd := range cmds {
		if !cmd.NoRetry() {
			continue
		}
		tag := tagOf(keyOf(cmd))
		return &mark{
			set:  newOnce(ctx, "set", keyMark(tag), "1", "px", time.Minute.Milliseconds()),
			wait: redis.NewIntCmd(ctx, "wait", c.wanted(ctx, node), replicaTerm.Milliseconds()),
			info: redis.NewStringCmd(ctx, "info", "replication"),
		}
	}
	return nil
}

// wanted is how many replicas a server had in sync when it was looked at last.
func (c *copies) wanted(ctx context.Context, node *redis.Client) int {
	addr := node.Options().Addr
	c.mu.Lock()
	n, ok := c.want[addr]
	c.mu.Unlock()
	if ok {
		return n
	}
	info, err := node.Info(ctx, "replication").Result()
	if err != nil {
		return 1
	}
	_, insync := parseReplication(info)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.want[addr] = len(insync)
	return len(insync)
}

// check takes back the success of the writes unless all replicas in sync have
// them, and none that is missing has become a master. Nothing is checked without a mark.
func (c *copies) check(ctx context.Context, node *redis.Client, m *mark, cmds []redis.Cmder) {
	if m == nil {
		return
	}
	n, err := m.wait.Result()
	info, err2 := m.info.Result()
	if errors.Join(err, err2, m.set.Err()) != nil {
		takeBack(cmds, errUnreplicated)
		return
	}
	history, insync := parseReplication(info)
	c.mu.Lock()
	c.want[node.Options().Addr] = len(insync)
	missing := c.look(history, insync)
	c.mu.Unlock()
	if n < int64(len(insync)) || c.deposed(ctx, node, history, missing) {
		takeBack(cmds, errUnreplicated)
	}
}

// look notes who is in sync, and returns who was and is not.
func (c *copies) look(history string, insync []string) (missing []string) {
	now := time.Now()
	fellows := c.fellows[history]
	if fellows == nil {
		fellows = map[string]*replica{}
		c.fellows[history] = fellows
	}
	for _, addr := range insync {
		fellows[addr] = &replica{seen: now}
	}
	for addr, r := range fellows {
		switch {
		case now.Sub(r.seen) > forgetAfter:
			delete(fellows, addr)
		case r.seen != now:
			missing = append(missing, addr)
		}
	}
	return missing
}

// deposed asks missing replicas what has become of them. One that is a master
// has replaced the server, which does not know it yet. Who does not answer is dead.
func (c *copies) deposed(ctx context.Context, node *redis.Client, history string, missing []string) bool {
	for _, addr := range missing {
		c.mu.Lock()
		r := c.fellows[history][addr]
		ask := r != nil && time.Since(r.asked) > askAgain
		c.mu.Unlock()
		rules := ask && isMaster(ctx, node, addr)
		c.mu.Lock()
		if ask {
			r.asked, r.rules = time.Now(), rules
		}
		rules = r != nil && r.rules
		c.mu.Unlock()
		if rules {
			return true
		}
	}
	return false
}

// isMaster asks a server, reached as another one is, whether it is a master (redis.io/commands/role).
func isMaster(ctx context.Context, like *redis.Client, addr string) bool {
	o := like.Options()
	c := redis.NewClient(&redis.Options{
		Addr: addr, Username: o.Username, Password: o.Password, TLSConfig: o.TLSConfig, Protocol: o.Protocol,
		MaxRetries: -1, DialerRetries: 1, PoolSize: 1, DialTimeout: askTerm, ReadTimeout: askTerm, WriteTimeout: askTerm,
		MaintNotificationsConfig: o.MaintNotificationsConfig,
	})
	defer c.Close()
	role, err := c.Do(ctx, "role").Slice()
	return err == nil && len(role) > 0 && role[0] == "master"
}

// takeBack takes back the success of the writes among the commands.
func takeBack(cmds []redis.Cmder, why error) {
	for _, c := range cmds {
		if succeeded(c) {
			c.SetErr(why)
		}
	}
}

// succeeded reports whether a command is a write, and was done.
func succeeded(cmd redis.Cmder) bool {
	err := cmd.Err()
	return cmd.NoRetry() && (err == nil || errors.Is(err, redis.Nil))
}
