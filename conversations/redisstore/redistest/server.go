//go:build unix

package redistest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/conversations/redisstore/embedded/child"
)

// Server is one redis-server.
type Server struct {
	Addr string // host:port
	URL  string // redis://host:port/0
	Dir  string // its folder: data and log

	t       testing.TB
	port    int
	program string
	flags   []string
	follows int // port of the server this one replicates; 0: none

	mu      sync.Mutex
	process *child.Process // nil while stopped
}

// Single starts one server that keeps nothing on disk; with AOF as flags it does.
// Further flags are given as to redis-server: "--maxmemory", "10mb".
func Single(t testing.TB, flags ...string) *Server {
	t.Helper()
	return start(t, append([]string{"--save", "", "--appendonly", "no"}, flags...))
}

func start(t testing.TB, flags []string) *Server {
	t.Helper()
	s := prepare(t, flags)
	s.place()
	return s
}

func prepare(t testing.TB, flags []string) *Server {
	t.Helper()
	s := &Server{t: t, program: Need(t), Dir: t.TempDir(), flags: flags}
	t.Cleanup(s.Kill)
	return s
}

// place starts the server on a port that is free.
func (s *Server) place() {
	s.t.Helper()
	var err error
	for range 5 { // somebody else may take the port before redis does
		s.port = freePort(s.t)
		s.Addr = fmt.Sprintf("127.0.0.1:%d", s.port)
		s.URL = "redis://" + s.Addr + "/0"
		if err = s.launch(); err == nil {
			return
		}
	}
	s.t.Fatalf("start redis-server: %v", err)
}

// launch starts the process and returns when it answers PING.
func (s *Server) launch() error {
	log, err := os.OpenFile(filepath.Join(s.Dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	args := []string{"--port", strconv.Itoa(s.port), "--bind", "127.0.0.1", "--dir", s.Dir}
	if config := filepath.Join(s.Dir, sentinelConfig); fileExists(config) {
		args = append([]string{config, "--sentinel"}, args...)
	}
	if s.follows != 0 {
		args = append(args, "--replicaof", "127.0.0.1 "+strconv.Itoa(s.follows))
	}
	cmd := exec.Command(s.program, append(args, s.flags...)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.Dir, log, log
	process, err := child.Start(cmd, syscall.SIGKILL)
	if err != nil {
		return err
	}
	s.swap(process)
	if err := s.ready(process); err != nil {
		s.Kill()
		written, _ := os.ReadFile(log.Name())
		return fmt.Errorf("%w\n%s", err, written)
	}
	return nil
}

// ready waits until the server answers PING, that is, until it has loaded its data.
func (s *Server) ready(process *child.Process) error {
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	go func() { // no use in asking a process that is gone
		select {
		case <-process.Done():
			cancel()
		case <-ctx.Done():
		}
	}()
	if err := child.Ping(ctx, "tcp", s.Addr); err != nil {
		return err
	}
	about, err := s.do(ctx, "INFO", "server").Text()
	if err != nil {
		return err
	}
	if own := fmt.Sprintf("process_id:%d\r\n", process.Pid()); !strings.Contains(about, own) {
		return fmt.Errorf("port %d belongs to another server", s.port)
	}
	return nil
}

// swap makes p the server's process (nil: none) and returns the one before.
func (s *Server) swap(p *child.Process) (before *child.Process) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, s.process = s.process, p
	return before
}

// Running reports whether the server has been started and not been killed or stopped since.
func (s *Server) Running() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.process != nil
}

// Kill ends the server as kill -9 does. A stopped one stays so.
func (s *Server) Kill() {
	if process := s.swap(nil); process != nil {
		process.Kill()
	}
}

// Stop ends the server as its system service would: it writes what it keeps first.
func (s *Server) Stop() {
	s.t.Helper()
	process := s.swap(nil)
	if process == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	if err := process.Stop(ctx); err != nil {
		s.t.Fatal(err)
	}
}

// Restart starts the server on the same port and folder, killing it first if it
// runs, and returns when it has loaded its data.
func (s *Server) Restart() {
	s.t.Helper()
	s.Kill()
	if err := s.launch(); err != nil {
		s.t.Fatalf("restart redis-server: %v", err)
	}
}

// Freeze stops the server from running without closing its connections, as a
// stalled machine does; Thaw lets it run on.
func (s *Server) Freeze() { s.signal(syscall.SIGSTOP) }

// Thaw undoes Freeze.
func (s *Server) Thaw() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(sig os.Signal) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		s.t.Fatal("signal redis-server: it is not running")
	}
	if err := s.process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

// Client is a plain connection to this very server, closed when the test is over.
func (s *Server) Client() *redis.Client {
	c := redis.NewClient(&redis.Options{Addr: s.Addr, ContextTimeoutEnabled: true, MaxRetries: -1})
	s.t.Cleanup(func() { c.Close() })
	return c
}

// do runs one command on a connection of its own.
func (s *Server) do(ctx context.Context, args ...any) *redis.Cmd {
	c := redis.NewClient(&redis.Options{Addr: s.Addr, ContextTimeoutEnabled: true, MaxRetries: -1, PoolSize: 1})
	defer c.Close()
	return c.Do(ctx, args...)
}

func fileExists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}
