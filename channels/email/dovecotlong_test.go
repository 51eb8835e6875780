package email

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// long reports whether to run at full size.
func long() bool { return os.Getenv("CARAVAN_LONG") == "1" }

// mortal is a gateway's way to the store until it is killed: from then on
// nothing it does has any effect, wherever it stood.
type mortal struct {
	*store
	dead atomic.Bool
}

var errKilled = errors.New("killed")

func (m *mortal) Receive(ctx context.Context, in channels.Inbound) error {
	if m.dead.Load() {
		return errKilled
	}
	return m.store.Receive(ctx, in)
}

func (m *mortal) Save(ctx context.Context, mailbox string, validity, uid uint32) error {
	if m.dead.Load() {
		return errKilled
	}
	return m.store.Save(ctx, mailbox, validity, uid)
}

func (m *mortal) Release(ctx context.Context, name, holder string) error { return errKilled }

// expire is the lease of a dead gateway running out.
func (s *store) expire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holder = ""
}

// varied are mails of which some have no Message-ID.
func varied(i int) []byte {
	if i%10 == 3 {
		return fmt.Appendf(nil, "From: customer%d@example.net\r\nTo: support@caravan.example\r\nSubject: No ID %d\r\n\r\nWhere is parcel %d?\r\n", i, i, i)
	}
	return testMail(i)
}

// TestDovecotKilled takes in a large mailbox while the gateway is killed and
// dovecot restarted again and again. CARAVAN_LONG=1: 20,000 mails, 10 and 2 times.
func TestDovecotKilled(t *testing.T) {
	mails, kills, restarts := 1000, 3, 1
	if long() {
		mails, kills, restarts = 20_000, 10, 2
	}
	d := newDovecot(t)
	d.Deliver(0, mails/2, varied)
	s := newStore()
	delivered := mails / 2
	for k := range kills {
		m := &mortal{store: s}
		k2 := testIntake(s)
		k2.Receiver = m
		stop := start(t, &Mailbox{IMAP: d.config(), Intake: k2, Cursor: m, Lease: m})
		goal := mails*k/(kills+1) + rand.IntN(mails/(kills+1)+1)
		if k >= kills/2 && delivered < mails {
			d.Deliver(delivered, mails, varied)
			delivered = mails
		}
		s.until(t, fmt.Sprintf("%d mails", goal), func() bool { return len(s.kept) >= goal })
		if k < restarts {
			d.Stop()
			d.Start()
		}
		m.dead.Store(true)
		stop()
		s.expire()
	}
	stop := start(t, &Mailbox{IMAP: d.config(), Intake: testIntake(s), Cursor: s, Lease: s})
	s.until(t, "all", func() bool { return s.uid == uint32(mails) })
	stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Printf("dovecot: %d mails, %d kills, %d restarts: %d kept, each once; %d offered again and known\n", mails, kills, restarts, len(s.kept), s.offered-len(s.kept))
	if len(s.kept) != mails || len(s.order) != mails {
		t.Errorf("%d kept, %d entries", len(s.kept), len(s.order))
	}
	seen := map[string]bool{}
	for _, in := range s.kept {
		if seen[in.Text] || !strings.HasPrefix(in.Text, "Where is parcel ") {
			t.Errorf("%q twice, or not whole", in.Text)
		}
		seen[in.Text] = true
	}
}

// TestDovecotTenDays: both sides were stopped for ten days, and mail of all of
// them lies there. No age keeps it out.
func TestDovecotTenDays(t *testing.T) {
	d := newDovecot(t)
	s := newStore()
	day := time.Now().Add(-10 * 24 * time.Hour)
	clock := day
	intake := func() *Intake {
		k := testIntake(s)
		k.Now = func() time.Time { return clock }
		return k
	}
	d.deliver(0, 50)
	stop := start(t, &Mailbox{IMAP: d.config(), Intake: intake(), Cursor: s, Lease: s})
	s.until(t, "the mail before the stop", s.at(50))
	stop()
	d.Stop()
	for n := range 10 {
		d.deliver(50+n*30, 80+n*30)
		d.Age(50+n*30, 80+n*30, day.Add(time.Duration(n)*24*time.Hour))
	}
	clock = time.Now()
	d.Start()
	stop = start(t, &Mailbox{IMAP: d.config(), Intake: intake(), Cursor: s, Lease: s})
	s.until(t, "the mail of ten days", s.at(350))
	stop()
	fmt.Printf("dovecot: ten days' stop: %d of 350 kept, offered %d\n", len(s.kept), s.offered)
	if len(s.kept) != 350 || s.offered != 350 {
		t.Errorf("%d kept, %d offered", len(s.kept), s.offered)
	}
	if got := s.kept["mail-60@example.net"].Received; !got.Before(time.Now().Add(-9 * 24 * time.Hour)) {
		t.Errorf("received %v: not the mail server's time", got)
	}
}

// TestDovecotRenumbered: UIDVALIDITY changes while mail without Message-ID is among the rest.
func TestDovecotRenumbered(t *testing.T) {
	mails := 300
	if long() {
		mails = 5000
	}
	d := newDovecot(t)
	d.Deliver(0, mails, varied)
	s := newStore()
	stop := start(t, &Mailbox{IMAP: d.config(), Intake: testIntake(s), Cursor: s, Lease: s})
	s.until(t, "the first numbering", s.at(uint32(mails)))
	stop()
	before := s.validity
	d.Stop()
	d.Renumber()
	d.Deliver(mails, mails+10, varied)
	d.Start()
	stop = start(t, &Mailbox{IMAP: d.config(), Intake: testIntake(s), Cursor: s, Lease: s})
	s.until(t, "the second numbering", func() bool { return s.validity != before && s.uid == uint32(mails+10) })
	stop()
	fmt.Printf("dovecot: UIDVALIDITY reset: %d of %d kept, %d offered again and known\n", len(s.kept), mails+10, s.offered-len(s.kept))
	if len(s.kept) != mails+10 {
		t.Errorf("%d kept", len(s.kept))
	}
}
