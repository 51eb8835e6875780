package email

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/caravan-desk/caravan/channels"
)

func TestParseAfter(t *testing.T) {
	for in, want := range map[string]string{
		"": "{ }", "leave": "{ }", "flag": `{\Seen }`, "flag:$Caravan": "{$Caravan }", "move:Archive/2026": "{ Archive/2026}",
		"move:": "error", "move": "error", "flag:": "error", `flag:\Deleted`: "error", "flag:a b": "error", "delete": "error",
	} {
		a, err := parseAfter(in)
		got := fmt.Sprint(a)
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

// folder counts the mails of a folder, and those among them with a flag.
func folder(t testing.TB, cfg IMAP, name string, flag imap.Flag) (all, flagged int) {
	t.Helper()
	c, err := dialIMAP(context.Background(), cfg, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	if _, err := c.Select(name, &imap.SelectOptions{ReadOnly: true}).Wait(); err != nil {
		return 0, 0
	}
	for i, criteria := range []imap.SearchCriteria{{}, {Flag: []imap.Flag{flag}}} {
		data, err := c.UIDSearch(&criteria, nil).Wait()
		if err != nil {
			t.Fatal(err)
		}
		if uids, _ := data.All.(imap.UIDSet); i == 0 {
			nums, _ := uids.Nums()
			all = len(nums)
		} else {
			nums, _ := uids.Nums()
			flagged = len(nums)
		}
	}
	return all, flagged
}

// waitState waits until cond holds of the mailbox's state.
func waitState(t testing.TB, m *Mailbox, cond func(State) bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for range 5000 {
		if cond(m.State()) {
			return
		}
		<-tick.C
	}
	t.Fatalf("state %+v", m.State())
}

func reads(s State) bool { return s.Status == StatusReading }

func TestMailboxFlagsAndMoves(t *testing.T) {
	servers := map[string]func(t testing.TB) (cfg IMAP, deliver func(from, to int)){
		"memory": func(t testing.TB) (IMAP, func(from, to int)) {
			cfg, user := memServer(t, imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapUIDPlus: {}}) // no MOVE
			return cfg, func(from, to int) {
				for i := from; i < to; i++ {
					put(t, user, "INBOX", testMail(i))
				}
			}
		},
		"dovecot": func(t testing.TB) (IMAP, func(from, to int)) {
			d := newDovecot(t)
			return d.config(), d.deliver
		},
	}
	for name, server := range servers {
		for _, after := range []string{"leave", "flag", "flag:$Caravan", "move:Kept"} {
			t.Run(name+" "+after, func(t *testing.T) {
				cfg, deliver := server(t)
				deliver(0, 20)
				s := newStore()
				run := func() (*Mailbox, func()) {
					m := &Mailbox{IMAP: cfg, Intake: testIntake(s), Cursor: s}
					stop := start(t, m)
					waitState(t, m, reads)
					return m, stop
				}
				cfg.After = "leave"
				_, stop := run()
				stop()
				cfg.After = after // what was kept before is tidied too
				deliver(20, 30)
				_, stop = run()
				stop()
				flag := imap.Flag(`\Seen`)
				if after == "flag:$Caravan" {
					flag = "$Caravan"
				}
				left, flagged := folder(t, cfg, "INBOX", flag)
				kept, _ := folder(t, cfg, "Kept", flag)
				want := map[string][3]int{"leave": {30, 0, 0}, "flag": {30, 30, 0}, "flag:$Caravan": {30, 30, 0}, "move:Kept": {0, 0, 30}}[after]
				if got := [3]int{left, flagged, kept}; got != want {
					t.Errorf("in place, flagged, moved: %v, want %v", got, want)
				}
				if len(s.kept) != 30 || s.offered != 30 {
					t.Errorf("%d kept, %d offered", len(s.kept), s.offered)
				}
			})
		}
	}
}

// A folder that cannot be made is a warning; mail is read all the same.
func TestMailboxCannotMove(t *testing.T) {
	d := newDovecot(t)
	d.deliver(0, 3)
	cfg := d.config()
	cfg.After = "move:~root/../x"
	s := newStore()
	m := &Mailbox{IMAP: cfg, Intake: testIntake(s), Cursor: s}
	stop := start(t, m)
	waitState(t, m, reads)
	d.deliver(3, 5)
	s.until(t, "mail in spite of it", s.at(5))
	stop()
	if st := m.State(); !strings.Contains(st.Warning, "cannot be flagged or moved") {
		t.Errorf("%+v", st)
	}
	if left, _ := folder(t, cfg, "INBOX", imap.FlagSeen); left != 5 {
		t.Errorf("%d in place", left)
	}
}

// The store refuses the cursor to a gateway that has lost the mailbox.
func TestMailboxIsFenced(t *testing.T) {
	cfg, user := memServer(t, nil)
	put(t, user, "INBOX", testMail(0))
	s := newStore()
	f := &fencedStore{store: s}
	m := &Mailbox{IMAP: cfg, Intake: testIntake(s), Cursor: f, Lease: s}
	k := *m.Intake
	k.Receiver = receiverFunc(func(ctx context.Context, in channels.Inbound) error {
		s.mu.Lock()
		if f.refused == 0 {
			s.holder = "another gateway" // it took over while we were slow
		}
		s.mu.Unlock()
		return s.Receive(ctx, in)
	})
	m.Intake = &k
	lost := make(chan struct{}, 1)
	m.backoff = func(int) time.Duration {
		select {
		case lost <- struct{}{}:
		default:
		}
		return time.Millisecond
	}
	start(t, m)
	<-lost
	s.mu.Lock()
	if s.uid != 0 || f.refused == 0 {
		t.Errorf("cursor %d, refused %d times", s.uid, f.refused)
	}
	s.holder = ""
	s.mu.Unlock()
	s.until(t, "the mailbox again", s.at(1))
	if len(s.kept) != 1 {
		t.Errorf("%d kept", len(s.kept))
	}
}
