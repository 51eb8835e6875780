//go:build unix

package embedded

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	lockEvery   = 2 * time.Millisecond // between two attempts, while a dead gateway's server ends
	askAfter    = time.Second          // and then it is told to end: the kernel has not done it
	lockTimeout = 30 * time.Second
)

// lock is the claim on a data folder. Two servers would share one append-only file
// without complaint and ruin it, so the server inherits the claim (flock(2) belongs
// to the open file, not to a process): it is free only when both are gone.
type lock struct {
	file *os.File
}

// holder is what the lock's file tells about the gateway that has, or had, it.
type holder struct {
	pid    int
	socket string
}

func (h holder) String() string {
	if h.pid == 0 {
		return "a gateway that is starting"
	}
	return fmt.Sprintf("the gateway with process ID %d", h.pid)
}

// acquire claims the folder. If the gateway that held it is dead and its server still
// there, the server is told to end and waited for until ctx ends.
func acquire(ctx context.Context, dir string) (*lock, holder, error) {
	file, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, holder{}, fmt.Errorf("open lock: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, lockTimeout)
	defer cancel()
	tick := time.NewTicker(lockEvery)
	defer tick.Stop()
	ask := time.After(askAfter)
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		before := readHolder(file)
		if err == nil {
			return &lock{file}, before, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			file.Close()
			return nil, holder{}, fmt.Errorf("lock %s: %w", file.Name(), err)
		}
		if alive(before.pid) {
			file.Close()
			return nil, holder{}, fmt.Errorf("%w: %s is held by %s", ErrInUse, dir, before)
		}
		select {
		case <-tick.C:
		case <-ask:
			askToEnd(ctx, before.socket)
		case <-ctx.Done():
			file.Close()
			return nil, holder{}, fmt.Errorf("%w: %s is held by the server of a gateway that died: %w", ErrInUse, dir, ctx.Err())
		}
	}
}

// sign writes down who holds the folder and where its server listens.
func (l *lock) sign(h holder) error {
	if err := l.file.Truncate(0); err != nil {
		return fmt.Errorf("sign lock: %w", err)
	}
	if _, err := l.file.WriteAt(fmt.Appendf(nil, "%d\n%s\n", h.pid, h.socket), 0); err != nil {
		return fmt.Errorf("sign lock: %w", err)
	}
	return nil
}

// running is the socket of the gateway that holds the folder. It is asked, not
// believed: the writing outlives a gateway that was killed, and process IDs are used again.
func running(dir string) (socket string, ok bool) {
	file, err := os.Open(filepath.Join(dir, "lock"))
	if err != nil {
		return "", false
	}
	defer file.Close()
	h := readHolder(file)
	if h.socket == "" || !alive(h.pid) {
		return "", false
	}
	conn, err := net.Dial("unix", h.socket)
	if err != nil {
		return "", false
	}
	return h.socket, conn.Close() == nil
}

// release leaves no name behind and lets the folder go.
func (l *lock) release() {
	l.file.Truncate(0)
	l.file.Close()
}

func readHolder(file *os.File) holder {
	r := bufio.NewReader(io.NewSectionReader(file, 0, 4096))
	pid, _ := r.ReadString('\n')
	socket, _ := r.ReadString('\n')
	h := holder{socket: strings.TrimSpace(socket)}
	h.pid, _ = strconv.Atoi(strings.TrimSpace(pid))
	return h
}

// alive reports whether the process exists; one that has not signed yet counts as alive.
func alive(pid int) bool {
	return pid <= 0 || !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}

// askToEnd tells a server without a gateway to save and end, where the kernel did not.
func askToEnd(ctx context.Context, socket string) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", socket)
	if err != nil {
		return
	}
	defer conn.Close()
	io.WriteString(conn, "SHUTDOWN\r\n")
}
