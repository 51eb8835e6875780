package email

import (
	"context"
	"fmt"
	"testing"

	"github.com/caravan-desk/caravan/channels/email/dovecottest"
)

// dovecot is a real IMAP server with mail of these tests.
type dovecot struct{ *dovecottest.Server }

func newDovecot(t testing.TB) *dovecot { return &dovecot{dovecottest.New(t)} }

func (d *dovecot) config() IMAP {
	return IMAP{URL: d.URL(), Username: "u", Password: "p"}
}

// deliver drops mail into the inbox as a delivery agent would.
func (d *dovecot) deliver(from, to int) { d.Deliver(from, to, testMail) }

func TestDovecotEveryMailOnce(t *testing.T) {
	d := newDovecot(t)
	d.deliver(0, 600)
	s := newStore()
	run := func() (stop func()) {
		return start(t, &Mailbox{IMAP: d.config(), Intake: testIntake(s), Cursor: s, Lease: s})
	}
	more := func(n int) func() bool { return func() bool { return len(s.kept) >= n } }
	for _, n := range []int{100, 230, 400} { // the gateway stops in the middle and comes back
		stop := run()
		s.until(t, fmt.Sprintf("%d mails", n), more(n))
		stop()
	}
	stop := run()
	s.until(t, "all 600", more(600))
	d.deliver(600, 605)
	s.until(t, "news by IDLE", more(605))
	d.Stop() // dovecot restarts under a connected gateway
	d.deliver(605, 620)
	d.Start()
	s.until(t, "mail from over the restart", more(620))
	stop()

	before := s.validity
	d.Stop()
	d.Renumber()
	d.deliver(620, 630)
	d.Start()
	stop = run()
	s.until(t, "the new mail under new numbers", func() bool {
		return len(s.kept) == 630 && s.validity != before && s.uid == 630
	})
	stop()
	for i := range 630 {
		if in, ok := s.kept[fmt.Sprintf("mail-%d@example.net", i)]; !ok || in.Text != fmt.Sprintf("Where is parcel %d?", i) {
			t.Errorf("mail %d: %v %q", i, ok, in.Text)
		}
	}
	if again := s.offered - 630; again < 620 || again > 620+10 {
		t.Errorf("%d mails were offered again; only the renumbering should do that, and a stop at most once each", again)
	}
}

func TestDovecotFindsSentMail(t *testing.T) {
	d := newDovecot(t)
	cfg := d.config()
	testFind(t, &cfg, func(raw []byte) {
		c, err := dialIMAP(context.Background(), cfg, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer c.close()
		appendTo(t, c, "Sent", raw)
	})
}
