//go:build unix

package embedded

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/caravan-desk/caravan/conversations/redisstore/embedded/child"
)

const (
	// longestSocket fits sun_path with its closing NUL: 108 bytes on Linux (unix(7)), 104 on BSD and macOS.
	longestSocket = 103
	shortDir      = "caravan-redis-" // in the system's temporary folder, for a socket whose own path is too long

	firstPause = 10 * time.Millisecond // before a server that died is started again; doubled each time
	lastPause  = 5 * time.Second
	stable     = time.Minute // a server that lived this long starts with the first pause again

	slowStart = 2 * time.Second // then the log says what is being waited for
)

// managed is a redis-server child, watched and restarted until stop.
type managed struct {
	program string
	dir     string
	socket  string
	log     *slog.Logger
	lock    *lock

	ctx    context.Context // ends with stop
	cancel context.CancelFunc
	ended  chan struct{} // the watch is over

	mu      sync.Mutex
	process *child.Process
	stopped sync.Once
}

func startManaged(ctx context.Context, program string, o Options) (*managed, error) {
	dir, err := filepath.Abs(filepath.Join(o.DataDir, "redis"))
	if err != nil {
		return nil, fmt.Errorf("find data folder: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make data folder: %w", err)
	}
	lock, before, err := acquire(ctx, dir)
	if err != nil {
		return nil, err
	}
	m := &managed{program: program, dir: dir, log: o.Logger, lock: lock, ended: make(chan struct{})}
	m.ctx, m.cancel = context.WithCancel(context.Background())
	if err := m.open(ctx, before); err != nil {
		m.cancel()
		removeShort(m.socket)
		lock.release()
		return nil, fmt.Errorf("start embedded store in %s: %w", dir, err)
	}
	go m.watch()
	return m, nil
}

// open finds a place for the socket, writes it down and starts the server.
func (m *managed) open(ctx context.Context, before holder) error {
	removeShort(before.socket)
	m.socket = filepath.Join(m.dir, "redis.sock")
	if len(m.socket) > longestSocket {
		short, err := os.MkdirTemp("", shortDir)
		if err != nil {
			return fmt.Errorf("make folder for socket: %w", err)
		}
		m.socket = filepath.Join(short, "redis.sock")
	}
	if err := m.lock.sign(holder{pid: os.Getpid(), socket: m.socket}); err != nil {
		return err
	}
	return m.launch(ctx)
}

// removeShort removes the temporary folder of a socket, if it is in one.
func removeShort(socket string) {
	dir := filepath.Dir(socket)
	if filepath.Dir(dir) == filepath.Clean(os.TempDir()) && strings.HasPrefix(filepath.Base(dir), shortDir) {
		os.RemoveAll(dir)
	}
}

// arguments: everything acknowledged is on disk within a second and nothing is ever
// evicted. No crash report, since that would print what customers wrote; no compression
// of what a rewrite of the append-only file saves, since bodies are packed already.
func (m *managed) arguments() []string {
	return []string{
		"--port", "0", "--unixsocket", m.socket, "--unixsocketperm", "700",
		"--dir", m.dir, "--daemonize", "no", "--logfile", "", "--crash-log-enabled", "no",
		"--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--rdbcompression", "no", "--maxmemory-policy", "noeviction",
	}
}

// launch starts the server and returns when it answers.
func (m *managed) launch(ctx context.Context) error {
	words := &logWriter{log: m.log}
	cmd := exec.Command(m.program, m.arguments()...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = m.dir, words, words
	cmd.WaitDelay = time.Second // a rewrite of the append-only file may outlive the server and hold its output open
	cmd.ExtraFiles = []*os.File{m.lock.file}
	process, err := child.Start(cmd, syscall.SIGTERM)
	if err != nil {
		return err
	}
	m.mu.Lock()
	m.process = process
	m.mu.Unlock()

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-process.Done():
			cancel(fmt.Errorf("%s ended: %w: %s", m.program, process.Err(), words.tail()))
		case <-ctx.Done():
		}
	}()
	slow := time.AfterFunc(slowStart, func() { m.log.Info("embedded store is reading its data", "dir", m.dir) })
	defer slow.Stop()
	if err := child.Ping(ctx, "unix", m.socket); err != nil {
		process.Kill()
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		return err
	}
	words.ready()
	m.lighten(ctx)
	return nil
}

// lighten turns off what nobody asks for and every command pays for: a histogram of
// latencies a command, which Redis keeps since 7.0. A twentieth more messages goes through.
func (m *managed) lighten(ctx context.Context) {
	if err := child.Configure(ctx, "unix", m.socket, "latency-tracking", "no"); err != nil {
		m.log.Debug("embedded store keeps latencies", "error", err)
	}
}

// watch starts the server again whenever it dies.
func (m *managed) watch() {
	defer close(m.ended)
	pause := firstPause
	for {
		process, since := m.current(), time.Now()
		select {
		case <-process.Done():
		case <-m.ctx.Done():
			return
		}
		if time.Since(since) > stable {
			pause = firstPause
		}
		m.log.Error("embedded store died, starting it again", "error", process.Err(), "pause", pause)
		select {
		case <-time.After(pause):
		case <-m.ctx.Done():
			return
		}
		pause = min(2*pause, lastPause)
		if err := m.launch(m.ctx); err != nil {
			m.log.Error("start embedded store again", "error", err)
			continue
		}
		m.log.Info("embedded store is back")
	}
}

func (m *managed) current() *child.Process {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.process
}

func (m *managed) network() string { return "unix" }
func (m *managed) address() string { return m.socket }
func (m *managed) durable() bool   { return true }

func (m *managed) stop(ctx context.Context) (err error) {
	m.stopped.Do(func() {
		m.cancel()
		<-m.ended
		err = m.current().Stop(ctx)
		os.Remove(m.socket)
		removeShort(m.socket)
		m.lock.release()
	})
	return err
}
