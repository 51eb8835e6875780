//go:build unix

package redistest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

const slots = 16384 // https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/

// nodeTimeout is how long a node may be silent before the others take it for dead:
// short enough for tests, long enough for a machine that is busy with other tests.
const nodeTimeout = "4000" // ms

// Nodes is a Redis Cluster: three masters that share the slots evenly, and a replica each.
type Nodes struct {
	URL     string   // redis://host:port,host:port,…
	Addrs   []string // of all six
	Servers []*Server

	t testing.TB
}

// Cluster starts six nodes and returns once all six see every slot served and every
// master followed by its replica. Flags go to all nodes.
func Cluster(t testing.TB, flags ...string) *Nodes {
	t.Helper()
	n := &Nodes{t: t}
	flags = append([]string{"--save", "", "--appendonly", "no", "--cluster-enabled", "yes",
		"--cluster-node-timeout", nodeTimeout, "--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1"}, flags...)
	for range 6 {
		s := start(t, append(slices.Clone(flags), "--cluster-port", fmt.Sprint(freePort(t))))
		n.Servers = append(n.Servers, s)
		n.Addrs = append(n.Addrs, s.Addr)
	}
	n.URL = "redis://" + strings.Join(n.Addrs, ",")
	n.form()
	Eventually(t, "cluster forming", func(ctx context.Context) error { return n.healthy(ctx, 3) })
	return n
}

// form introduces the nodes to each other and gives each its part.
func (n *Nodes) form() {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	run := func(s *Server, args ...any) string {
		n.t.Helper()
		answer, err := s.do(ctx, append([]any{"CLUSTER"}, args...)...).Text()
		if err != nil {
			n.t.Fatalf("cluster %v on %s: %v", args, s.Addr, err)
		}
		return answer
	}
	ids := make([]string, len(n.Servers))
	for i, s := range n.Servers {
		ids[i] = run(s, "MYID")
		run(s, "SET-CONFIG-EPOCH", i+1)
		if i < 3 {
			run(s, "ADDSLOTSRANGE", i*slots/3, (i+1)*slots/3-1)
		}
	}
	for _, s := range n.Servers[1:] {
		run(n.Servers[0], "MEET", "127.0.0.1", s.port, s.busPort())
	}
	Eventually(n.t, "cluster nodes meeting", func(ctx context.Context) error {
		for _, s := range n.Servers {
			known, err := s.do(ctx, "CLUSTER", "NODES").Text()
			if err != nil {
				return err
			}
			if strings.Count(known, " connected") != len(n.Servers) || strings.Contains(known, "handshake") {
				return fmt.Errorf("%s knows:\n%s", s.Addr, known)
			}
		}
		return nil
	})
	for i, s := range n.Servers[3:] {
		run(s, "REPLICATE", ids[i])
	}
}

// busPort is the port given with --cluster-port.
func (s *Server) busPort() string { return s.flags[slices.Index(s.flags, "--cluster-port")+1] }

// healthy is nil when every node that runs sees all slots served, and this many
// masters have a replica that has caught up.
func (n *Nodes) healthy(ctx context.Context, followed int) error {
	for _, s := range n.Servers {
		if !s.Running() {
			continue
		}
		about, err := s.do(ctx, "CLUSTER", "INFO").Text()
		if err != nil {
			return err
		}
		if !strings.Contains(about, "cluster_state:ok") || !strings.Contains(about, "cluster_slots_ok:16384") {
			return fmt.Errorf("%s: %s", s.Addr, about)
		}
		role, err := s.do(ctx, "INFO", "replication").Text()
		if err != nil {
			return err
		}
		if strings.Contains(role, "role:master") && strings.Contains(role, "state=online") {
			followed--
		}
	}
	if followed > 0 {
		return fmt.Errorf("%d masters without a replica", followed)
	}
	return nil
}

// Owner is the master that serves the key.
func (n *Nodes) Owner(key string) *Server {
	n.t.Helper()
	var owner *Server
	Eventually(n.t, "finding the owner of "+key, func(ctx context.Context) error {
		client := n.Client()
		defer client.Close()
		master, err := client.MasterForKey(ctx, key)
		if err != nil {
			return err
		}
		for _, s := range n.Servers {
			if s.Addr == master.Options().Addr && s.Running() {
				owner = s
				return nil
			}
		}
		return fmt.Errorf("%s serves it and does not run", master.Options().Addr)
	})
	return owner
}

// KillMaster kills the master that serves the key and returns it once its replica
// has taken its slots over on every node that runs. Heal brings it back, as a replica.
func (n *Nodes) KillMaster(key string) *Server {
	n.t.Helper()
	dead := n.Owner(key)
	dead.Kill()
	Eventually(n.t, "a replica taking over from "+dead.Addr, func(ctx context.Context) error {
		for _, s := range n.Servers {
			if !s.Running() {
				continue
			}
			known, err := s.do(ctx, "CLUSTER", "NODES").Text()
			if err != nil {
				return err
			}
			if !takenOver(known, dead.Addr) {
				return fmt.Errorf("%s knows:\n%s", s.Addr, known)
			}
		}
		return n.healthy(ctx, 0)
	})
	return dead
}

// Heal starts the nodes that are down and waits until three masters have replicas.
func (n *Nodes) Heal() {
	n.t.Helper()
	for _, s := range n.Servers {
		if !s.Running() {
			s.Restart()
		}
	}
	Eventually(n.t, "cluster healing", func(ctx context.Context) error { return n.healthy(ctx, 3) })
}

// takenOver reports whether the node at the address has no slot left in this answer
// to CLUSTER NODES: a line is id, address, flags, master, ping, pong, epoch, link, slots….
func takenOver(nodes, addr string) bool {
	for line := range strings.Lines(nodes) {
		fields := strings.Fields(line)
		if len(fields) > 8 && strings.HasPrefix(fields[1], addr+"@") {
			return false
		}
	}
	return true
}

// Client is a connection to the cluster, closed when the test is over. It asks for the
// map of slots every second: by default go-redis does so once a minute, and a
// connection refused by a dead master does not make it ask sooner.
func (n *Nodes) Client() *redis.ClusterClient {
	c := redis.NewClusterClient(&redis.ClusterOptions{Addrs: n.Addrs, ContextTimeoutEnabled: true,
		ClusterStateReloadInterval: time.Second, DialerRetries: 1})
	n.t.Cleanup(func() { c.Close() })
	return c
}
