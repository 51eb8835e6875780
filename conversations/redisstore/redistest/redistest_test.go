//go:build unix

package redistest_test

import (
	"context"
	"net"
	"testing"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/caravan-desk/caravan/conversations/redisstore/redistest"
)

func TestMain(m *testing.M) {
	// A go-redis pool whose server died looks for it once a second, and notices only then that it was closed.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"))
}

func TestSingleKeepsAcrossKillWithAOF(t *testing.T) {
	s := redistest.Single(t, redistest.AOF...)
	c := s.Client()
	must(t, c.Set(t.Context(), "a", "1", 0).Err())
	s.Kill()
	if err := c.Ping(t.Context()).Err(); err == nil {
		t.Fatal("a killed server answered")
	}
	s.Restart()
	if got, err := c.Get(t.Context(), "a").Result(); err != nil || got != "1" {
		t.Fatalf("after kill and restart: %q, %v", got, err)
	}
	s.Stop()
	s.Restart()
	if got, err := c.Get(t.Context(), "a").Result(); err != nil || got != "1" {
		t.Fatalf("after stop and restart: %q, %v", got, err)
	}
}

func TestSentinelFailover(t *testing.T) {
	s := redistest.Sentinel(t)
	c := redis.NewFailoverClient(&redis.FailoverOptions{MasterName: s.MasterName, SentinelAddrs: s.Addrs, MaxRetries: -1})
	defer c.Close()
	must(t, c.Set(t.Context(), "a", "1", 0).Err())
	must(t, c.Wait(t.Context(), 2, redistest.Patience).Err())
	before := s.Master()
	after := s.Failover()
	if before == after {
		t.Fatal("the master is the one that was killed")
	}
	redistest.Eventually(t, "the client finding the new master", func(ctx context.Context) error { return c.Ping(ctx).Err() })
	if got, err := c.Get(t.Context(), "a").Result(); err != nil || got != "1" {
		t.Fatalf("after failover: %q, %v", got, err)
	}
	must(t, c.Set(t.Context(), "b", "2", 0).Err())
}

func TestClusterKillMaster(t *testing.T) {
	n := redistest.Cluster(t)
	c := n.Client()
	must(t, c.Set(t.Context(), "{p00}a", "1", 0).Err())
	must(t, n.Owner("{p00}a").Client().Wait(t.Context(), 1, redistest.Patience).Err())
	before := n.KillMaster("{p00}a")
	if after := n.Owner("{p00}a"); after == before {
		t.Fatal("the killed node still owns the key")
	}
	var got string
	redistest.Eventually(t, "the client learning of the failover", func(ctx context.Context) (err error) {
		got, err = c.Get(ctx, "{p00}a").Result()
		return err
	})
	if got != "1" {
		t.Fatalf("after failover: %q", got)
	}
	n.Heal()
	must(t, c.Set(t.Context(), "{p00}b", "2", 0).Err())
}

// TestProxyShowsTheHazard is the reason for the proxy: a client that retries does
// things twice, because the server had done them and only its reply was lost.
func TestProxyShowsTheHazard(t *testing.T) {
	s := redistest.Single(t)
	p := redistest.NewProxy(t, s.Addr)
	c := redis.NewClient(&redis.Options{Addr: p.Addr(s.Addr)})
	defer c.Close()

	p.EatReplies(2, redistest.Command("xadd"))
	must(t, c.XAdd(t.Context(), &redis.XAddArgs{Stream: "s", Values: []string{"a", "b"}}).Err())
	if n := s.Client().XLen(t.Context(), "s").Val(); n != 3 || p.Eaten() != 2 {
		t.Fatalf("%d entries after %d lost replies, want 3 after 2", n, p.Eaten())
	}
}

func TestProxyEatsOnlyWhatMatches(t *testing.T) {
	s := redistest.Single(t)
	p := redistest.NewProxy(t, s.Addr)
	c := redis.NewClient(&redis.Options{Addr: s.Addr, Dialer: p.Dial, MaxRetries: -1})
	defer c.Close()

	p.EatReplies(1, func(command []string) bool { return redistest.Command("set")(command) && command[1] == "b" })
	set := func(key string) error { return c.Set(t.Context(), key, "1", 0).Err() }
	must(t, set("a"))
	if set("b") == nil {
		t.Fatal("the reply to b arrived")
	}
	must(t, set("b"))
	if n := s.Client().DBSize(t.Context()).Val(); n != 2 {
		t.Fatalf("%d keys, want 2", n)
	}
}

func TestProxyInPipelineDeliversWhatCameBefore(t *testing.T) {
	s := redistest.Single(t)
	p := redistest.NewProxy(t, s.Addr)
	conn, err := net.Dial("tcp", p.Addr(s.Addr))
	must(t, err)
	defer conn.Close()
	p.EatReplies(1, redistest.Command("incr"))
	_, err = conn.Write([]byte("SET a 1\r\nLRANGE x 0 -1\r\nINCR a\r\nGET a\r\n"))
	must(t, err)
	var got []byte
	for {
		b := make([]byte, 64)
		n, err := conn.Read(b)
		got = append(got, b[:n]...)
		if err != nil {
			break
		}
	}
	if want := "+OK\r\n*0\r\n"; string(got) != want {
		t.Fatalf("got %q, want %q and no more", got, want)
	}
	if v := s.Client().Get(t.Context(), "a").Val(); v != "2" {
		t.Fatalf("a is %q: the server did not execute the command whose reply was lost", v)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
