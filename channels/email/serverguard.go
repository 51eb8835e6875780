package email

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	maxSessions = 200       // connections at once to one listener
	maxUnheard  = 256 << 10 // bytes that may come in without our saying or keeping anything
)

// errUnheard ends a connection whose peer sends what is neither a command nor a mail.
var errUnheard = errors.New("too much data outside of a mail")

// guardedListener hands out connections that are guarded, and no more of them
// than the process can bear; a peer beyond that is told to come back.
type guardedListener struct {
	net.Listener
	slots chan struct{}
	quiet time.Duration // silence allowed to a peer
}

func newGuardedListener(l net.Listener, quiet time.Duration) *guardedListener {
	return &guardedListener{Listener: l, slots: make(chan struct{}, maxSessions), quiet: quiet}
}

func (l *guardedListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		select {
		case l.slots <- struct{}{}:
			return &guardedConn{Conn: c, quiet: l.quiet, release: sync.OnceFunc(func() { <-l.slots })}, nil
		default:
			_ = c.SetWriteDeadline(time.Now().Add(releaseTimeout))
			_, _ = io.WriteString(c, "421 4.3.2 Too many connections, come back later\r\n")
			_ = c.Close()
		}
	}
}

// guardedConn bounds what a stranger can make us wait for and hold in memory.
// go-smtp gives a whole mail as long as one command, and lets a command be as
// long as a mail. Here each read has its own time, and what comes in must lead
// to an answer or flow into a mail before long.
type guardedConn struct {
	net.Conn
	quiet   time.Duration
	unheard atomic.Int64 // bytes since the last sign of progress
	allowed atomic.Int64 // further bytes granted, to let a refused mail run out
	closed  atomic.Bool
	release func()
}

func (c *guardedConn) Read(b []byte) (int, error) {
	if c.unheard.Load() > maxUnheard+c.allowed.Load() {
		return 0, errUnheard
	}
	if err := c.Conn.SetReadDeadline(time.Now().Add(c.quiet)); err != nil {
		return 0, err
	}
	n, err := c.Conn.Read(b)
	c.unheard.Add(int64(n))
	return n, err
}

// Write answers something, which is progress.
func (c *guardedConn) Write(b []byte) (int, error) {
	c.progress()
	return c.Conn.Write(b)
}

func (c *guardedConn) progress() {
	c.unheard.Store(0)
	c.allowed.Store(0)
}

// drain lets the rest of a mail that is refused run out, up to n bytes: its
// sender hears the answer only when it has sent everything.
func (c *guardedConn) drain(n int64) { c.allowed.Store(n) }

// SetReadDeadline keeps to our own, but tells go-smtp that the connection is
// closed: it would go on to serve what has come in already.
func (c *guardedConn) SetReadDeadline(time.Time) error {
	if c.closed.Load() {
		return net.ErrClosed
	}
	return nil
}

func (c *guardedConn) SetDeadline(t time.Time) error { return c.Conn.SetWriteDeadline(t) }

func (c *guardedConn) Close() error {
	defer c.release()
	c.closed.Store(true)
	return c.Conn.Close()
}

// flow tells the guard of the bytes that flow into a mail, and refuses a mail
// that may have been put together to be two.
type flow struct {
	r       io.Reader
	guard   *guardedConn
	lines   lineScan
	chunked bool   // by BDAT (RFC 3030): its length is counted, and no line ends it
	err     error  // what ended it before its end
	ended   func() // called when all of it is read
}

func (f *flow) Read(b []byte) (int, error) {
	n, err := f.r.Read(b[:min(len(b), maxUnheard/8)])
	if n > 0 && f.guard != nil {
		f.guard.progress()
	}
	if !f.chunked && f.lines.suspect(b[:n]) {
		err = errSmuggled
	}
	switch {
	case err == io.EOF:
		f.ended()
	case err != nil:
		f.err = err
	}
	return n, err
}
