package email

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// fuzzServer is a Server that is reached without a network.
type fuzzServer struct {
	store  *store
	conns  *pipeListener
	panics atomic.Int64
}

// pipeListener hands out the far ends of pipes.
type pipeListener struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}
func (l *pipeListener) Close() error   { l.once.Do(func() { close(l.done) }); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

func newFuzzServer(f *testing.F, protocol string) *fuzzServer {
	f.Helper()
	certFile, keyFile := certificateFiles(f)
	fs := &fuzzServer{store: newStore(), conns: &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}}
	srv := &Server{
		Receive: Receive{Protocol: protocol, MaxSize: 1 << 16, Certificate: certFile, PrivateKey: keyFile},
		Intake:  testIntake(fs.store), Log: slog.New(panicCounter{slog.DiscardHandler, &fs.panics}),
	}
	if err := srv.configure(); err != nil {
		f.Fatal(err)
	}
	srv.listener = newGuardedListener(fs.conns, 200*time.Millisecond)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- srv.Run(ctx) }()
	f.Cleanup(func() { cancel(); <-done })
	return fs
}

// panicCounter counts what quietLog reports as a panic.
type panicCounter struct {
	slog.Handler
	n *atomic.Int64
}

func (p panicCounter) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelError }
func (p panicCounter) Handle(context.Context, slog.Record) error    { p.n.Add(1); return nil }

// converse says everything, hangs up, and returns what was answered.
func (f *fuzzServer) converse(t *testing.T, said []byte) string {
	near, far := net.Pipe()
	f.conns.conns <- far
	var answers strings.Builder
	read := make(chan struct{})
	go func() {
		defer close(read)
		_, _ = io.Copy(&answers, near)
	}()
	_ = near.SetWriteDeadline(time.Now().Add(5 * time.Second))
	_, err := near.Write(said)
	if errors.Is(err, context.DeadlineExceeded) {
		t.Error("the server does not listen")
	}
	// The server answers everything it has read before it sees the end.
	_, _ = near.Write([]byte("\r\n.\r\nRSET\r\nQUIT\r\n"))
	_ = near.SetReadDeadline(time.Now().Add(5 * time.Second))
	<-read
	_ = near.Close()
	return answers.String()
}

// count is how often a mail was handed to the store.
func (s *store) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.offered
}
