//go:build unix

// Package child runs a process that never outlives this one: it is started in a
// process group of its own, so that Ctrl-C reaches only the parent, and on Linux
// the kernel signals it when the parent dies, even by kill -9. The embedded store
// and the test servers of redistest are started with it. Call Start, then watch
// Done.
package child

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// Process is a started child. Its methods may be called from any goroutine.
type Process struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error // of Wait; read only after done is closed
}

// Start runs cmd and returns once it has been started. onParentDeath is the signal
// the kernel sends the child when this process dies (Linux only, ignored elsewhere).
//
// That signal is tied to the thread that forked, not to the process (prctl(2),
// PR_SET_PDEATHSIG), so one locked thread stays with the child for its whole life.
func Start(cmd *exec.Cmd, onParentDeath syscall.Signal) (*Process, error) {
	cmd.SysProcAttr = attributes(onParentDeath)
	p := &Process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		p.err = cmd.Wait()
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	return p, nil
}

// Pid is the child's process ID.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Done is closed when the child has ended and all its output has been read.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err says how the child ended: nil for exit code 0. It blocks until Done.
func (p *Process) Err() error {
	<-p.done
	return p.err
}

// Signal sends s; a child that has already ended is no error.
func (p *Process) Signal(s os.Signal) error {
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("signal process %d: %w", p.Pid(), err)
	}
	return nil
}

// Kill ends the child with SIGKILL and waits until it is gone.
func (p *Process) Kill() error {
	err := p.Signal(syscall.SIGKILL)
	<-p.done
	return err
}

// Stop asks the child to end with SIGTERM. If it is still there when ctx ends, it
// is killed and the context's error returned.
func (p *Process) Stop(ctx context.Context) error {
	if err := p.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
		return errors.Join(fmt.Errorf("stop process %d: %w", p.Pid(), ctx.Err()), p.Kill())
	}
}
