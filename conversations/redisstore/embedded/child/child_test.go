//go:build unix

package child_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/caravan-desk/caravan/conversations/redisstore/embedded/child"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, script string) (*child.Process, *bufio.Reader) {
	t.Helper()
	r, w := io.Pipe()
	cmd := exec.Command("sh", "-c", script)
	cmd.Stdout = w
	p, err := child.Start(cmd, syscall.SIGKILL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.Close()
		p.Kill()
	})
	return p, bufio.NewReader(r)
}

func TestStartSaysWhatIsMissing(t *testing.T) {
	if _, err := child.Start(exec.Command("/nonexistent/redis-server"), syscall.SIGTERM); err == nil {
		t.Error("a program that is not there was started")
	}
}

func TestErrTellsHowItEnded(t *testing.T) {
	p, _ := start(t, "exit 3")
	var exit *exec.ExitError
	if err := p.Err(); !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Errorf("%v", err)
	}
	if err := p.Signal(syscall.SIGTERM); err != nil {
		t.Errorf("signal to one that has ended: %v", err)
	}
}

func TestStopKillsWhatDoesNotListen(t *testing.T) {
	p, out := start(t, `trap "" TERM; echo ready; exec sleep 600`)
	if _, err := out.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Stop(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("stop: %v", err)
	}
	<-p.Done()
}

func TestChildIsInAGroupOfItsOwn(t *testing.T) {
	p, out := start(t, `echo ready; exec sleep 600`)
	if _, err := out.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if group, err := syscall.Getpgid(p.Pid()); err != nil || group != p.Pid() {
		t.Errorf("group %d of process %d: %v", group, p.Pid(), err)
	}
}

// TestPingWaitsForWhatLoads speaks as a server that is reading its data does.
func TestPingWaitsForWhatLoads(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan int)
	go func() {
		answers := []string{"-LOADING Redis is loading the dataset in memory\r\n", "-LOADING\r\n", "+PONG\r\n"}
		for _, answer := range answers {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			bufio.NewReader(conn).ReadString('\n')
			io.WriteString(conn, answer)
			conn.Close()
		}
		served <- len(answers)
	}()
	if err := child.Ping(t.Context(), "tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if n := <-served; n != 3 {
		t.Errorf("%d answers", n)
	}
	l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := child.Ping(ctx, "tcp", l.Addr().String()); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("ping nobody: %v", err)
	}
}
