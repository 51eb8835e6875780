//go:build unix

package embedded_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/caravan-desk/caravan/conversations/redisstore/embedded"
	"github.com/caravan-desk/caravan/conversations/redisstore/redistest"
)

const gatewayDir = "CARAVAN_TEST_GATEWAY_DIR" // set: this binary plays the gateway that gets killed

func TestMain(m *testing.M) {
	if dir := os.Getenv(gatewayDir); dir != "" {
		playGateway(dir)
	}
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"))
}

// playGateway writes keys 1, 2, 3, … and prints each that was acknowledged, until killed.
func playGateway(dir string) {
	ctx := context.Background()
	s, err := embedded.Start(ctx, embedded.Options{DataDir: dir})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	c := connect(s)
	for i := 1; ; i++ {
		if err := c.Set(ctx, fmt.Sprint(i), "kept", 0).Err(); err != nil {
			os.Exit(1)
		}
		fmt.Println(i)
	}
}

func connect(s *embedded.Server) *redis.Client {
	return redis.NewClient(&redis.Options{Network: s.Network(), Addr: s.Addr(), MaxRetries: -1, DialerRetries: 1})
}

// start starts a store that is stopped at the end of the test.
func start(t *testing.T, dir string, log *slog.Logger) (*embedded.Server, *redis.Client) {
	t.Helper()
	s, err := embedded.Start(t.Context(), embedded.Options{DataDir: dir, Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	c := connect(s)
	t.Cleanup(func() {
		c.Close()
		stop(t, s)
	})
	return s, c
}

func stop(t *testing.T, s *embedded.Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), redistest.Patience)
	defer cancel()
	if err := s.Stop(ctx); err != nil {
		t.Error(err)
	}
}

// pid of the server behind the client.
func pid(t *testing.T, c *redis.Client) int {
	t.Helper()
	about, err := c.Info(t.Context(), "server").Result()
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(about, "process_id:")
	number, _, _ := strings.Cut(rest, "\r\n")
	n, err := strconv.Atoi(number)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestDataSurvivesStopAndStart(t *testing.T) {
	redistest.Need(t)
	dir := t.TempDir()
	s, c := start(t, dir, nil)
	if !s.Durable() || s.Notice() != "" || s.Network() != "unix" {
		t.Errorf("Durable %v, Notice %q, Network %q", s.Durable(), s.Notice(), s.Network())
	}
	must(t, c.Set(t.Context(), "a", "1", 0).Err())
	stop(t, s)
	stop(t, s)
	if _, err := os.Stat(s.Addr()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("socket after Stop: %v", err)
	}
	_, c = start(t, dir, nil)
	if got := c.Get(t.Context(), "a").Val(); got != "1" {
		t.Errorf("after a restart a is %q", got)
	}
	for setting, want := range map[string]string{"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction", "save": "", "crash-log-enabled": "no"} {
		if got := c.ConfigGet(t.Context(), setting).Val()[setting]; got != want {
			t.Errorf("%s is %q, want %q", setting, got, want)
		}
	}
	if got, known := c.ConfigGet(t.Context(), "latency-tracking").Val()["latency-tracking"]; known && got != "no" {
		t.Errorf("latency-tracking is %q", got)
	}
}

func TestServerKilledComesBackWithItsData(t *testing.T) {
	redistest.Need(t)
	var log buffer
	_, c := start(t, t.TempDir(), slog.New(slog.NewTextHandler(&log, nil)))
	for i := range 3 {
		must(t, c.Incr(t.Context(), "n").Err())
		must(t, syscall.Kill(pid(t, c), syscall.SIGKILL))
		redistest.Eventually(t, "the store coming back", func(ctx context.Context) error { return c.Ping(ctx).Err() })
		if got := c.Get(t.Context(), "n").Val(); got != fmt.Sprint(i+1) {
			t.Fatalf("after kill -9 number %d n is %q", i+1, got)
		}
	}
	if said := log.String(); strings.Count(said, "embedded store died") != 3 || !strings.Contains(said, "signal: killed") {
		t.Errorf("the log does not tell of three deaths:\n%s", said)
	}
}

func TestGatewayKilledLosesNothing(t *testing.T) {
	redistest.Need(t)
	for name, dir := range map[string]string{"short path": t.TempDir(), "long path": longDir(t)} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TMPDIR", t.TempDir())
			gateway := exec.Command(os.Args[0], "-test.run=^$")
			gateway.Env = append(os.Environ(), gatewayDir+"="+dir)
			gateway.Stderr = os.Stderr
			out, err := gateway.StdoutPipe()
			must(t, err)
			must(t, gateway.Start())
			var acknowledged int
			for lines := bufio.NewScanner(out); lines.Scan(); {
				acknowledged++
				if acknowledged == 500 {
					must(t, gateway.Process.Kill())
				}
			}
			gateway.Wait()
			if acknowledged < 500 {
				t.Fatalf("the gateway ended after %d writes", acknowledged)
			}
			_, c := start(t, dir, nil)
			if kept := c.DBSize(t.Context()).Val(); kept < int64(acknowledged) {
				t.Errorf("%d writes acknowledged, %d kept", acknowledged, kept)
			}
			left, err := filepath.Glob(filepath.Join(os.TempDir(), "caravan-redis-*"))
			must(t, err)
			if want := map[string]int{"short path": 0, "long path": 1}[name]; len(left) != want {
				t.Errorf("socket folders: %v, want %d", left, want)
			}
		})
	}
}

func TestFolderHeldByAnother(t *testing.T) {
	redistest.Need(t)
	dir := t.TempDir()
	start(t, dir, nil)
	_, err := embedded.Start(t.Context(), embedded.Options{DataDir: dir})
	if !errors.Is(err, embedded.ErrInUse) || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
		t.Errorf("second start: %v; want ErrInUse naming %s and the process", err, dir)
	}
}

func TestRunning(t *testing.T) {
	redistest.Need(t)
	dir := t.TempDir()
	want := func(want bool) {
		t.Helper()
		if socket, ok := embedded.Running(dir); ok != want {
			t.Errorf("Running: %q, %v, want %v", socket, ok, want)
		}
	}
	want(false)
	s, _ := start(t, dir, nil)
	want(true)
	if socket, _ := embedded.Running(dir); socket != s.Addr() || s.URL() != "unix://"+socket {
		t.Errorf("Running %s, Addr %s, URL %s", socket, s.Addr(), s.URL())
	}
	stop(t, s)
	want(false)
}

// longDir is a folder in which a socket's path is too long for the kernel.
func longDir(t *testing.T) string {
	dir := filepath.Join(t.TempDir(), strings.Repeat("long", 15), strings.Repeat("long", 15))
	must(t, os.MkdirAll(dir, 0o700))
	return dir
}

func TestLongPath(t *testing.T) {
	redistest.Need(t)
	t.Setenv("TMPDIR", t.TempDir())
	s, c := start(t, longDir(t), nil)
	must(t, c.Set(t.Context(), "a", "1", 0).Err())
	stop(t, s)
	if left, _ := os.ReadDir(os.TempDir()); len(left) != 0 {
		t.Errorf("left in the temporary folder: %v", left)
	}
}

func TestUnreadableDataIsSaidSo(t *testing.T) {
	redistest.Need(t)
	dir := t.TempDir()
	s, c := start(t, dir, nil)
	must(t, c.Set(t.Context(), "a", "1", 0).Err())
	stop(t, s)
	logs, err := filepath.Glob(filepath.Join(dir, "redis", "appendonlydir", "*.aof"))
	must(t, err)
	for _, name := range logs {
		must(t, os.WriteFile(name, []byte("*3\r\nnonsense"), 0o600))
	}
	_, err = embedded.Start(t.Context(), embedded.Options{DataDir: dir})
	if err == nil || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "Bad file format") {
		t.Fatalf("start on a broken file: %v; want the folder and the server's words", err)
	}
	_, err = embedded.Start(t.Context(), embedded.Options{DataDir: dir})
	if errors.Is(err, embedded.ErrInUse) {
		t.Errorf("a failed start keeps the folder: %v", err)
	}
}

func TestCancelledStart(t *testing.T) {
	redistest.Need(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := embedded.Start(ctx, embedded.Options{DataDir: t.TempDir()}); !errors.Is(err, context.Canceled) {
		t.Errorf("start with a cancelled context: %v", err)
	}
}

func TestNothingInstalled(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	s, c := start(t, t.TempDir(), nil)
	if s.Durable() || s.Network() != "tcp" {
		t.Errorf("Durable %v, Network %q", s.Durable(), s.Network())
	}
	if !strings.HasPrefix(s.Notice(), "NOTHING IS KEPT") || !strings.Contains(s.Notice(), "redis.url") {
		t.Errorf("Notice %q", s.Notice())
	}
	must(t, c.Set(t.Context(), "a", "1", 1e6).Err())
	redistest.Eventually(t, "a key expiring", func(ctx context.Context) error {
		if c.Exists(ctx, "a").Val() != 0 {
			return errors.New("still there")
		}
		return nil
	})
	stop(t, s)
}

func BenchmarkStart(b *testing.B) {
	redistest.Need(b)
	dir := b.TempDir()
	for b.Loop() {
		s, err := embedded.Start(b.Context(), embedded.Options{DataDir: dir})
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := s.Stop(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
