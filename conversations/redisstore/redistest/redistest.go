//go:build unix

// Package redistest gives tests real Redis servers: one (Single), one with
// replicas and sentinels (Sentinel), or a six-node cluster (Cluster), each in a
// temporary folder on random ports of 127.0.0.1 and gone when the test is over,
// even if the test binary is killed. Servers can be killed and restarted in the
// middle of a test, failovers be provoked, and a Proxy loses replies on demand.
// It needs redis-server (Debian: redis-server) or valkey-server on PATH; without
// one a test is skipped, or fails if CI=true.
package redistest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/conversations/redisstore/embedded"
)

// Patience is how long anything here may take before the test fails: generous,
// because a busy machine is slow, and never waited for in full when all is well.
const Patience = 3 * time.Minute

// AOF are the flags of a server that keeps what it acknowledged, as production does.
var AOF = []string{"--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction"}

// program is looked for once, before any test takes PATH away.
var program, installed = embedded.Find()

// Need returns the server program, or skips the test; with CI=true it fails it.
func Need(t testing.TB) string {
	t.Helper()
	if !installed {
		if os.Getenv("CI") == "true" {
			t.Fatal("no redis-server on PATH: install the package redis-server")
		}
		t.Skip("no redis-server on PATH: install the package redis-server to run this test")
	}
	return program
}

// freePort picks a TCP port below Linux's range of ephemeral ports (32768, see
// ip(7)), where no outgoing connection can take it between now and its use.
func freePort(t testing.TB) int {
	t.Helper()
	for range 1000 {
		port := 10000 + rand.IntN(22000)
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			l.Close()
			return port
		}
	}
	t.Fatal("no free port between 10000 and 32000")
	return 0
}

// Eventually asks ready every few milliseconds until it is nil, and fails the test
// with its last error when Patience runs out.
func Eventually(t testing.TB, what string, ready func(ctx context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ready(ctx)
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s: still waiting after %v: %v", what, Patience, err)
		}
	}
}
