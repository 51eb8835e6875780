package email

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"go.uber.org/goleak"

	"github.com/caravan-desk/caravan/channels"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// store is a Receiver, Blobs, Cursor and Lease in memory, which remembers
// everything and may be switched off.
type store struct {
	mu       sync.Mutex
	changed  chan struct{}
	kept     map[string]channels.Inbound // by provider ID
	order    []string
	offered  int
	blobs    map[string][]byte
	validity uint32
	uid      uint32
	saves    []uint32
	fail     func() error
	holder   string
}

func newStore() *store {
	return &store{changed: make(chan struct{}), kept: map[string]channels.Inbound{}, blobs: map[string][]byte{}}
}

func (s *store) locked(f func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		if err := s.fail(); err != nil {
			return err
		}
	}
	err := f()
	close(s.changed)
	s.changed = make(chan struct{})
	return err
}

func (s *store) Receive(_ context.Context, in channels.Inbound) error {
	return s.locked(func() error {
		s.offered++
		if _, dup := s.kept[in.ProviderID]; !dup {
			s.kept[in.ProviderID] = in
			s.order = append(s.order, in.ProviderID)
		}
		return nil
	})
}

func (s *store) Put(_ context.Context, r io.Reader) (string, int64, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return "", 0, err
	}
	return fmt.Sprintf("blob-%x", len(b)), int64(len(b)), s.locked(func() error {
		s.blobs[fmt.Sprintf("blob-%x", len(b))] = b
		return nil
	})
}

func (s *store) Get(_ context.Context, key string) (io.ReadCloser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.blobs[key]
	if !ok {
		return nil, errors.New("no such blob")
	}
	return io.NopCloser(bytes.NewReader(b)), nil
}

func (s *store) Load(context.Context, string) (uint32, uint32, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.validity, s.uid, nil
}

func (s *store) Save(_ context.Context, _ string, validity, uid uint32) error {
	return s.locked(func() error {
		s.validity, s.uid, s.saves = validity, uid, append(s.saves, uid)
		return nil
	})
}

func (s *store) Acquire(_ context.Context, _, holder string, _ time.Duration) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.holder == "" || s.holder == holder {
		s.holder = holder
		return true, nil
	}
	return false, nil
}

func (s *store) Release(_ context.Context, _, holder string) error {
	return s.locked(func() error {
		if s.holder == holder {
			s.holder = ""
		}
		return nil
	})
}

// until waits until cond holds of the store.
func (s *store) until(t testing.TB, what string, cond func() bool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		s.mu.Lock()
		ok, changed := cond(), s.changed
		s.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			s.mu.Lock()
			defer s.mu.Unlock()
			t.Fatalf("waited in vain for %s: %d kept, %d offered, cursor %d/%d", what, len(s.kept), s.offered, s.validity, s.uid)
		}
	}
}

func (s *store) has(n int) func() bool { return func() bool { return len(s.kept) == n } }

func (s *store) at(uid uint32) func() bool { return func() bool { return s.uid == uid } }

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func testIntake(s *store) *Intake {
	return &Intake{Account: "support", Address: "support@caravan.example", Receiver: s, Blobs: s, Signer: testSigner(), Now: time.Now}
}

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

func TestMailboxTakesEverythingOnce(t *testing.T) {
	for name, caps := range map[string]imap.CapSet{
		"idle": {imap.CapIMAP4rev1: {}, imap.CapIdle: {}},
		"noop": {imap.CapIMAP4rev1: {}},
		"rev2": {imap.CapIMAP4rev1: {}, imap.CapIMAP4rev2: {}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, user := memServer(t, caps)
			cfg.Poll = time.Millisecond
			for i := range 450 {
				put(t, user, "INBOX", testMail(i))
			}
			s := newStore()
			stop := start(t, &Mailbox{IMAP: cfg, Intake: testIntake(s), Cursor: s, Lease: s})
			s.until(t, "the back-fill", s.at(450))
			put(t, user, "INBOX", testMail(450))
			s.until(t, "new mail", s.at(451))
			stop()
			put(t, user, "INBOX", testMail(451))
			start(t, &Mailbox{IMAP: cfg, Intake: testIntake(s), Cursor: s, Lease: s})
			s.until(t, "mail that came while we were away", s.at(452))
			s.mu.Lock()
			defer s.mu.Unlock()
			if len(s.kept) != 452 || s.offered != 452 {
				t.Errorf("%d kept, %d offered", len(s.kept), s.offered)
			}
			if s.kept["mail-7@example.net"].Text != "Where is parcel 7?" {
				t.Errorf("%+v", s.kept["mail-7@example.net"])
			}
			for i := 1; i < len(s.saves); i++ {
				if s.saves[i] <= s.saves[i-1] {
					t.Fatalf("cursor went back: %v", s.saves[i-1:i+1])
				}
			}
		})
	}
}

func TestMailboxWaitsForTheStore(t *testing.T) {
	cfg, user := memServer(t, nil)
	for i := range 5 {
		put(t, user, "INBOX", testMail(i))
	}
	s := newStore()
	failures := 0
	s.fail = func() error {
		if failures++; failures%10 < 4 {
			return channels.ErrUnavailable
		}
		return nil
	}
	m := &Mailbox{IMAP: cfg, Intake: testIntake(s), Cursor: s}
	cfg.Poll = time.Millisecond
	start(t, m)
	s.until(t, "all mail in spite of it", s.at(5))
	if want := "mail-0@example.net mail-1@example.net mail-2@example.net mail-3@example.net mail-4@example.net"; fmt.Sprint(s.order) != "["+want+"]" {
		t.Errorf("order %v", s.order)
	}
}

func TestMailboxRenumbered(t *testing.T) {
	cfg, user := memServer(t, nil)
	cfg.Poll = time.Millisecond
	for i := range 3 {
		put(t, user, "INBOX", testMail(i))
	}
	s := newStore()
	stop := start(t, &Mailbox{IMAP: cfg, Intake: testIntake(s), Cursor: s})
	s.until(t, "three mails", s.at(3))
	stop()
	if err := user.Delete("INBOX"); err != nil {
		t.Fatal(err)
	}
	if err := user.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		put(t, user, "INBOX", testMail(4-i))
	}
	start(t, &Mailbox{IMAP: cfg, Intake: testIntake(s), Cursor: s})
	s.until(t, "the two new ones", func() bool { return s.uid == 5 && s.validity != 1 && len(s.kept) == 5 })
}

func TestMailboxLargeMailIsStreamed(t *testing.T) {
	cfg, user := memServer(t, nil)
	raw := append(testMail(1), bytes.Repeat([]byte("all of this is kept\r\n"), 50_000)...)
	put(t, user, "INBOX", raw)
	s := newStore()
	k := testIntake(s)
	k.MaxParse = 10_000
	start(t, &Mailbox{IMAP: cfg, Intake: k, Cursor: s})
	s.until(t, "the mail", s.at(1))
	in := s.kept["mail-1@example.net"]
	if !bytes.Equal(s.blobs[in.Raw], raw) {
		t.Error("the raw mail is not whole")
	}
	if len(in.Warnings) == 0 || len(in.Text) < 9000 {
		t.Errorf("%d bytes of text, warnings %q", len(in.Text), in.Warnings)
	}
}

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

func TestMailboxSurvivesBrokenConnections(t *testing.T) {
	cfg, user := memServer(t, nil)
	for i := range 40 {
		put(t, user, "INBOX", testMail(i))
	}
	cfg.URL = "imap://" + flaky(t, cfg.URL[len("imap://"):], func(conn int) int64 { return int64(900 + 137*conn) })
	s := newStore()
	stop := start(t, &Mailbox{IMAP: cfg, Intake: testIntake(s), Cursor: s, strikes: 1000})
	s.until(t, "all mail over broken connections", s.at(40))
	stop()
	for i := range 40 {
		if in := s.kept["mail-"+strconv.Itoa(i)+"@example.net"]; in.Text != fmt.Sprintf("Where is parcel %d?", i) {
			t.Errorf("mail %d: %q", i, in.Text)
		}
	}
	if len(s.kept) != 40 {
		t.Errorf("%d kept", len(s.kept))
	}
}

func TestMailboxStalledServerIsLeft(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	accepted := make(chan net.Conn, 1)
	go func() {
		c, err := l.Accept()
		if err == nil {
			_, _ = io.WriteString(c, "* OK [CAPABILITY IMAP4rev1] ready\r\n")
			accepted <- c
		}
	}()
	s := newStore()
	stop := start(t, &Mailbox{IMAP: IMAP{URL: "imap://" + l.Addr().String(), Username: "u", Password: "p"}, Intake: testIntake(s), Cursor: s})
	c := <-accepted
	_, _ = io.ReadAtLeast(c, make([]byte, 100), 10) // LOGIN came; it is never answered
	stop()
	_ = c.Close()
	_ = l.Close()
}

func TestMailboxGivesUpWhatTheServerKeeps(t *testing.T) {
	cfg, user := memServer(t, nil)
	cfg.Poll = time.Millisecond
	for i := range 3 {
		put(t, user, "INBOX", testMail(i))
	}
	// The second mail's bytes never arrive whole.
	poison := []byte("Where is parcel 1?")
	cfg.URL = "imap://" + poisoned(t, cfg.URL[len("imap://"):], poison)
	s := newStore()
	stop := start(t, &Mailbox{IMAP: cfg, Intake: testIntake(s), Cursor: s})
	s.until(t, "the mail behind the poisoned one", s.at(3))
	stop()
	if len(s.kept) != 3 || s.kept["imap:1:2"].Class != channels.AutoReply {
		t.Errorf("kept %v", s.order)
	}
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

func TestMailboxLease(t *testing.T) {
	cfg, user := memServer(t, nil)
	put(t, user, "INBOX", testMail(0))
	s := newStore()
	s.holder = "another gateway"
	m := &Mailbox{IMAP: cfg, Intake: testIntake(s), Cursor: s, Lease: s}
	asked := make(chan struct{}, 1)
	m.backoff = func(int) time.Duration {
		select {
		case asked <- struct{}{}:
		default:
		}
		return time.Millisecond
	}
	stop := start(t, m)
	<-asked
	s.mu.Lock()
	if s.offered != 0 {
		t.Error("read without the lease")
	}
	s.holder = ""
	s.mu.Unlock()
	s.until(t, "the mail, once the lease is free", s.at(1))
	stop()
	if s.holder != "" {
		t.Error("the lease was not given back")
	}
}

func TestSignInFailureIsVisible(t *testing.T) {
	cfg, _ := memServer(t, nil)
	cfg.Password = "wrong"
	s := newStore()
	m := &Mailbox{IMAP: cfg, Intake: testIntake(s), Cursor: s}
	failed := make(chan struct{}, 1)
	m.backoff = func(int) time.Duration {
		select {
		case failed <- struct{}{}:
		default:
		}
		return time.Millisecond
	}
	start(t, m)
	<-failed
	if st := m.State(); st.Connected || st.LastError == "" {
		t.Errorf("%+v", st)
	}
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
