package email

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

// start runs a mailbox and returns what stops it and waits for its end.
func start(t testing.TB, m *Mailbox) (stop func()) {
	t.Helper()
	m.Log = quiet()
	m.round = time.Second
	if m.backoff == nil {
		m.backoff = func(int) time.Duration { return time.Millisecond }
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				t.Errorf("run: %v", err)
			}
		})
	}
	t.Cleanup(stop)
	return stop
}

func testMail(i int) []byte {
	return fmt.Appendf(nil, "From: customer%d@example.net\r\nTo: support@caravan.example\r\nSubject: Mail %d\r\nMessage-ID: <mail-%d@example.net>\r\n\r\nWhere is parcel %d?\r\n", i, i, i, i)
}

// memServer is an IMAP server in this process.
func memServer(t testing.TB, caps imap.CapSet) (IMAP, *imapmemserver.User) {
	t.Helper()
	user := imapmemserver.NewUser("u", "p")
	for _, f := range []string{"INBOX", "Sent"} {
		if err := user.Create(f, nil); err != nil {
			t.Fatal(err)
		}
	}
	mem := imapmemserver.New()
	mem.AddUser(user)
	srv := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return mem.NewSession(), nil, nil
		},
		Caps: caps, InsecureAuth: true, Logger: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug),
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close(); <-done })
	return IMAP{URL: "imap://" + l.Addr().String(), Username: "u", Password: "p"}, user
}

func put(t testing.TB, user *imapmemserver.User, folder string, raw []byte) {
	t.Helper()
	if _, err := user.Append(folder, literal{bytes.NewReader(raw), int64(len(raw))}, &imap.AppendOptions{}); err != nil {
		t.Fatal(err)
	}
}

type literal struct {
	io.Reader
	size int64
}

func (l literal) Size() int64 { return l.size }

// flaky stands between client and server and breaks connections.
func flaky(t testing.TB, target string, breakAfter func(conn int) int64) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for n := 0; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			up, err := net.Dial("tcp", target)
			if err != nil {
				_ = c.Close()
				continue
			}
			wg.Go(func() { _, _ = io.Copy(up, c); _ = up.Close(); _ = c.Close() })
			wg.Go(func() { _, _ = io.CopyN(c, up, breakAfter(n)); _ = up.Close(); _ = c.Close() })
		}
	})
	t.Cleanup(func() { _ = l.Close(); wg.Wait() })
	return l.Addr().String()
}

// poisoned breaks a connection where the server is about to send some bytes.
func poisoned(t testing.TB, target string, poison []byte) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			up, err := net.Dial("tcp", target)
			if err != nil {
				_ = c.Close()
				continue
			}
			wg.Go(func() { _, _ = io.Copy(up, c); _ = up.Close(); _ = c.Close() })
			wg.Go(func() {
				defer c.Close()
				defer up.Close()
				var seen []byte
				buf := make([]byte, 64)
				for {
					n, err := up.Read(buf)
					seen = append(seen, buf[:n]...)
					if err != nil || bytes.Contains(seen, poison) {
						return
					}
					if _, err := c.Write(buf[:n]); err != nil {
						return
					}
				}
			})
		}
	})
	t.Cleanup(func() { _ = l.Close(); wg.Wait() })
	return l.Addr().String()
}

func appendTo(t testing.TB, c *imapConn, folder string, raw []byte) {
	t.Helper()
	cmd := c.Append(folder, int64(len(raw)), nil)
	if _, err := cmd.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
}
