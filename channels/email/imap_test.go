package email

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"go.uber.org/goleak"

	"github.com/caravan-desk/caravan/channels"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

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
	for i := range 5 { // of one sender, so that they keep their order
		put(t, user, "INBOX", bytes.ReplaceAll(testMail(i), fmt.Appendf(nil, "customer%d", i), []byte("customer")))
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
