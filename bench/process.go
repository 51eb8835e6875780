package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/caravan-desk/caravan/conversations/redisstore/embedded"
	"github.com/caravan-desk/caravan/conversations/redisstore/embedded/child"
)

const (
	adminToken   = "bench-admin-token-0123456789abcdef"
	floorCommand = "floor"
	leanFloor    = "lean"  // of our own parts
	plainFloor   = "plain" // of the libraries as they come
	startTerm    = 60 * time.Second
)

// server is a child that answers HTTP, and its store.
type server struct {
	process *child.Process
	addr    string
	dir     string
	store   *store
	ready   time.Duration // from exec to the first 200
	words   bytes.Buffer
}

// build compiles the gateway as `make build` does.
func build(ctx context.Context, dir string) (string, error) {
	binary := filepath.Join(dir, "caravan")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", binary, "github.com/caravan-desk/caravan/cmd/caravan")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build caravan: %w: %s", err, out)
	}
	return binary, nil
}

// startGateway runs `caravan serve` on a data folder. provider is the stand-in
// Twilio's address, redis the store's URL; both may be empty.
func startGateway(ctx context.Context, binary, dir, provider, redis string) (*server, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(binary, "serve")
	cmd.Env = append(os.Environ(),
		"CARAVAN_HTTP_LISTEN="+addr, "CARAVAN_HTTP_PUBLIC_URL="+public, "CARAVAN_DATA_DIR="+dir, "CARAVAN_ADMIN_TOKEN="+adminToken,
		"CARAVAN_TWILIO_ACCOUNT_SID="+account, "CARAVAN_TWILIO_AUTH_TOKEN="+token,
		"CARAVAN_TWILIO_SMS_FROM=+15005550000", "CARAVAN_TWILIO_WHATSAPP_FROM=+15005550000",
		"CARAVAN_REDIS_URL="+redis)
	if provider != "" {
		cmd.Env = append(cmd.Env, "CARAVAN_TWILIO_API_BASE_URL=http://"+provider)
	}
	return start(ctx, cmd, addr, dir, "/readyz")
}

// startFloor runs this program again, as a floor of a kind.
func startFloor(ctx context.Context, kind, dir string) (*server, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return start(ctx, exec.Command(self, floorCommand, kind, addr, dir), addr, dir, "/readyz")
}

func start(ctx context.Context, cmd *exec.Cmd, addr, dir, ready string) (*server, error) {
	s := &server{addr: addr, dir: dir}
	cmd.Stdout, cmd.Stderr = &s.words, &s.words
	began := time.Now()
	var err error
	if s.process, err = child.Start(cmd, syscall.SIGTERM); err != nil {
		return nil, err
	}
	if err := s.await(ctx, ready); err != nil {
		return nil, errors.Join(err, s.process.Kill(), errors.New(s.words.String()))
	}
	s.ready = time.Since(began)
	if socket, ok := embedded.Running(dir); ok {
		s.store, err = openStore(ctx, socket)
	}
	if err != nil {
		return nil, errors.Join(err, s.process.Kill())
	}
	return s, nil
}

// await asks a path until it answers 200.
func (s *server) await(ctx context.Context, path string) error {
	ctx, cancel := context.WithTimeout(ctx, startTerm)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		if status(s.addr, path) == "200" {
			return nil
		}
		select {
		case <-tick.C:
		case <-s.process.Done():
			return errors.New("the server ended")
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// status asks once, on a connection of its own.
func status(addr, path string) string {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return ""
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Second))
	fmt.Fprintf(c, "GET %s HTTP/1.0\r\nHost: bench\r\n\r\n", path)
	head := make([]byte, len("HTTP/1.1 200"))
	if _, err := io.ReadFull(c, head); err != nil {
		return ""
	}
	return string(head[9:])
}

func (s *server) stop() error {
	if s.store != nil {
		s.store.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTerm)
	defer cancel()
	if err := s.process.Stop(ctx); err != nil {
		return fmt.Errorf("stop: %w: %s", err, s.words.String())
	}
	return nil
}

func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// cpu is the processor time that a process has used (proc(5): utime and stime, in ticks of 10 ms).
func cpu(pid int) time.Duration {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(b), ") ")
	f := strings.Fields(rest)
	if len(f) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// memory is a process's resident set now and at its peak, in bytes.
func memory(pid int) (now, peak int64) {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		kb, _ := strconv.ParseInt(f[1], 10, 64)
		switch f[0] {
		case "VmRSS:":
			now = kb << 10
		case "VmHWM:":
			peak = kb << 10
		}
	}
	return now, peak
}
