package main

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/caravan-desk/caravan/channels/email/dovecottest"
	"github.com/caravan-desk/caravan/cmd/caravan/config"
	"github.com/caravan-desk/caravan/conversations"
)

// parcelMail is a customer's mail; of those numbered 3, 13, … none has a
// Message-ID, and each numbered 7, 17, … answers the one before it.
func parcelMail(i int) []byte {
	id, answers, from := fmt.Sprintf("Message-ID: <mail-%d@example.net>\r\n", i), "", i
	switch i % 10 {
	case 3:
		id = ""
	case 7:
		from, answers = i-1, fmt.Sprintf("In-Reply-To: <mail-%d@example.net>\r\n", i-1)
	}
	return fmt.Appendf(nil, "From: Customer <customer%d@example.net>\r\nTo: support@caravan.example\r\nSubject: Parcel %d\r\n%s%s\r\nWhere is parcel %d?\r\n", from, i, id, answers, i)
}

// A mailbox of a real IMAP server is read by the program itself, which is killed
// again and again, and the server restarted on the way: every mail is in once, and
// in the conversation it belongs to. CARAVAN_LONG=1: 20,000 mails, 10 kills.
func TestMailboxWhileKilled(t *testing.T) {
	t.Parallel()
	mails, dies, restarts := 400, 3, 1
	if kills(0, 1) == 1 {
		mails, dies, restarts = 20_000, 10, 2
	}
	imap := dovecottest.New(t)
	imap.Deliver(0, mails/2, parcelMail)
	h, gateway := outside(t, func(c *config.Config) {
		c.Email[0].IMAP.URL, c.Email[0].IMAP.Username, c.Email[0].IMAP.Password = imap.URL(), "u", "p"
	})
	for k := range dies { // each life finds new mail, however much the one before has taken
		imap.Deliver(mails/2+mails/2*k/dies, mails/2+mails/2*(k+1)/dies, parcelMail)
		h.mailsTaken(1 + rand.IntN(mails/(2*dies)))
		if k < restarts {
			imap.Stop()
			imap.Start()
		}
		gateway.end(syscall.SIGKILL)
		gateway.start()
		gateway.ready()
	}
	var all []conversations.Conversation
	letters := map[conversations.ID][]message{}
	eventually(t, "all mails are in", func() error {
		all = h.conversations("sort=created")
		if err := wrong(len(all) >= mails-mails/10, "%d of %d", len(all), mails-mails/10); err != nil {
			return err
		}
		in := 0 // answers come into the conversations there are
		for _, c := range all {
			letters[c.ID] = h.messages(c.ID)
			in += len(letters[c.ID])
		}
		return wrong(in >= mails, "%d of %d", in, mails)
	})
	times, apart := map[string]int{}, 0
	for _, c := range all {
		letters := letters[c.ID]
		for _, m := range letters {
			times[m.Text]++
		}
		if len(letters) == 1 && strings.HasSuffix(letters[0].Text, "7?") {
			apart++
		}
	}
	gateway.end(syscall.SIGTERM)
	h.run("", "verify").want(0)
	twice := 0
	for i := range mails {
		switch n := times[fmt.Sprintf("Where is parcel %d?", i)]; {
		case n == 0:
			t.Errorf("mail %d was lost", i)
		case n > 1:
			twice++
		}
	}
	fmt.Printf("mailbox: %d mails, %d kills, %d restarts of the server: %d in, %d twice, %d answers apart from what they answer\n", mails, dies, restarts, len(times), twice, apart)
	if len(times) != mails || twice > 0 || apart > 0 {
		t.Errorf("%d in, %d twice, %d apart", len(times), twice, apart)
	}
}

var mailCount = regexp.MustCompile(`(?m)^caravan_mailbox_mails_total\{.*\} (\S+)$`)

// mailsTaken waits until the gateway has taken n mails since it was started.
func (h *house) mailsTaken(n int) {
	h.t.Helper()
	eventually(h.t, "mails are taken", func() error {
		a, err := h.try("GET", "/metrics", nil)
		if err != nil {
			return err
		}
		taken := 0.0
		if m := mailCount.FindSubmatch(a.body); m != nil {
			taken, _ = strconv.ParseFloat(string(m[1]), 64)
		}
		return wrong(int(taken) >= n, "%v of %d", taken, n)
	})
}
