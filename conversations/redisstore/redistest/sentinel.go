//go:build unix

package redistest

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	sentinelConfig = "sentinel.conf" // sentinels rewrite it, so each has its own
	masterName     = "caravan"
)

// Sentinels is a master with two replicas, watched by three sentinels that take a
// silent master for dead after one second. A server accepts writes only while a
// replica follows it (min-replicas-to-write 1), so that a failover loses nothing
// that was acknowledged more than a moment before.
type Sentinels struct {
	URL        string   // redis://sentinel,sentinel,sentinel/0?sentinel_master=caravan
	Addrs      []string // of the sentinels
	MasterName string
	Servers    []*Server // the three data servers, in no particular role
	Watchers   []*Server // the three sentinels

	t testing.TB
}

// Sentinel starts the six processes and returns once every sentinel knows all others and
// the master accepts writes. Flags go to the three data servers.
func Sentinel(t testing.TB, flags ...string) *Sentinels {
	t.Helper()
	s := &Sentinels{t: t, MasterName: masterName}
	common := append([]string{"--save", "", "--appendonly", "no", "--min-replicas-to-write", "1",
		"--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1"}, flags...)
	master := start(t, common)
	s.Servers = append(s.Servers, master)
	for range 2 {
		replica := prepare(t, common)
		replica.follows = master.port
		replica.place()
		s.Servers = append(s.Servers, replica)
	}
	s.awaitWritable(master)
	for range 3 {
		w := s.watch(master)
		s.Watchers = append(s.Watchers, w)
		s.Addrs = append(s.Addrs, w.Addr)
	}
	s.URL = "redis://" + strings.Join(s.Addrs, ",") + "/0?sentinel_master=" + masterName
	Eventually(t, "sentinels finding one another", s.complete)
	return s
}

// watch starts one sentinel.
func (s *Sentinels) watch(master *Server) *Server {
	s.t.Helper()
	w := prepare(s.t, nil)
	config := fmt.Sprintf("sentinel monitor %[1]s 127.0.0.1 %[2]d 2\n"+
		"sentinel down-after-milliseconds %[1]s 3000\n"+
		"sentinel failover-timeout %[1]s 5000\n"+
		"sentinel parallel-syncs %[1]s 2\n", masterName, master.port)
	if err := os.WriteFile(filepath.Join(w.Dir, sentinelConfig), []byte(config), 0o600); err != nil {
		s.t.Fatal(err)
	}
	w.place()
	return w
}

// complete is nil when every sentinel knows the master, both replicas and both others.
func (s *Sentinels) complete(ctx context.Context) error {
	for _, w := range s.Watchers {
		about, err := w.do(ctx, "INFO", "sentinel").Text()
		if err != nil {
			return err
		}
		if !strings.Contains(about, "status=ok") || !strings.Contains(about, "slaves=2,sentinels=3") {
			return fmt.Errorf("sentinel %s: %s", w.Addr, about)
		}
	}
	return nil
}

// Master is the server that all sentinels that run agree on.
func (s *Sentinels) Master() *Server {
	s.t.Helper()
	var master *Server
	Eventually(s.t, "sentinels agreeing on a master", func(ctx context.Context) (err error) {
		master, err = s.agreed(ctx)
		return err
	})
	return master
}

func (s *Sentinels) agreed(ctx context.Context) (*Server, error) {
	named := make(map[string]bool)
	for _, w := range s.Watchers {
		if !w.Running() {
			continue
		}
		host, err := w.do(ctx, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", masterName).StringSlice()
		if err != nil {
			return nil, err
		}
		named[net.JoinHostPort(host[0], host[1])] = true
	}
	for _, server := range s.Servers {
		if named[server.Addr] && len(named) == 1 {
			return server, nil
		}
	}
	return nil, fmt.Errorf("sentinels name %v", named)
}

// Failover kills the master, waits until another server has taken over and accepts
// writes, and starts the killed one again, as its replica. It returns the new master.
func (s *Sentinels) Failover() *Server {
	s.t.Helper()
	old := s.Master()
	old.Kill()
	var master *Server
	Eventually(s.t, "sentinels promoting a replica", func(ctx context.Context) error {
		var err error
		if master, err = s.agreed(ctx); err == nil && master == old {
			return fmt.Errorf("%s is still the master", old.Addr)
		}
		return err
	})
	old.follows = master.port // else it comes back as a master, and a sentinel takes 8 s to correct that
	old.Restart()
	s.awaitWritable(master)
	return master
}

// awaitWritable waits until the server is a master that two replicas follow.
func (s *Sentinels) awaitWritable(server *Server) {
	s.t.Helper()
	Eventually(s.t, "replicas following "+server.Addr, func(ctx context.Context) error {
		about, err := server.do(ctx, "INFO", "replication").Text()
		if err != nil {
			return err
		}
		if !strings.Contains(about, "role:master") || strings.Count(about, "state=online") != 2 {
			return fmt.Errorf("replication: %s", about)
		}
		return nil
	})
}
