package email

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/caravan-desk/caravan/channels"
)

func TestMayAutoReply(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	ago := func(ds ...time.Duration) (out []time.Time) {
		for _, d := range ds {
			out = append(out, now.Add(-d))
		}
		return out
	}
	for _, tt := range []struct {
		name  string
		class channels.Class
		h     AutoHistory
		want  bool
	}{
		{"a person", channels.Human, AutoHistory{}, true},
		{"a person, class not told", "", AutoHistory{}, true},
		{"a responder", channels.AutoReply, AutoHistory{}, false},
		{"out of office", channels.OutOfOffice, AutoHistory{}, false},
		{"a bounce", channels.Bounce, AutoHistory{}, false},
		{"a list", channels.List, AutoHistory{}, false},
		{"ourselves", channels.Own, AutoHistory{}, false},
		{"just answered", channels.Human, AutoHistory{ToPeer: ago(time.Minute)}, false},
		{"answered this morning", channels.Human, AutoHistory{ToPeer: ago(3 * time.Hour)}, true},
		{"answered all day", channels.Human, AutoHistory{ToPeer: ago(2*time.Hour, 4*time.Hour, 6*time.Hour, 8*time.Hour)}, false},
		{"answered long ago", channels.Human, AutoHistory{ToPeer: ago(25*time.Hour, 26*time.Hour, 27*time.Hour, 28*time.Hour)}, true},
		{"a storm", channels.Human, AutoHistory{ToAll: 1000}, false},
		{"opted out", channels.Human, AutoHistory{OptedOut: true}, false},
	} {
		ok, why := MayAutoReply(tt.class, tt.h, now)
		if ok != tt.want || ok == (why != "") {
			t.Errorf("%s: %v %q", tt.name, ok, why)
		}
	}
}

// Whatever comes in, one peer hears a machine at most PerDay times in a day.
func TestAutoRepliesAreCapped(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
		var sent []time.Time
		for range rapid.IntRange(1, 300).Draw(t, "mails") {
			now = now.Add(time.Duration(rapid.IntRange(0, 7200).Draw(t, "gap")) * time.Second)
			if ok, _ := MayAutoReply(channels.Human, AutoHistory{ToPeer: sent}, now); ok {
				sent = append(sent, now)
			}
		}
		for i := range sent {
			if i >= DefaultAutoCaps.PerDay && sent[i].Sub(sent[i-DefaultAutoCaps.PerDay]) < 24*time.Hour {
				t.Fatalf("too many in a day: %v", sent)
			}
		}
	})
}

// responder is a house that answers mail by machine, with a real listener and
// a real sender.
type responder struct {
	address string
	intake  *Intake
	send    *Sender
	dumb    bool // answers everything, and does not say that it is a machine
	now     func() time.Time

	mu   sync.Mutex
	sent []time.Time
}

func (r *responder) Receive(ctx context.Context, in channels.Inbound) error {
	r.mu.Lock()
	ok, _ := MayAutoReply(in.Class, AutoHistory{ToPeer: r.sent}, r.now())
	if ok = ok || r.dumb; ok {
		r.sent = append(r.sent, r.now())
	}
	r.mu.Unlock()
	if !ok {
		return nil
	}
	_, err := r.send.Send(ctx, channels.Outbound{
		MessageID: fmt.Sprintf("%d-1", len(r.sent)), To: in.From, Subject: "Re: " + in.Subject,
		Text: "We have your message.", Language: "en", InReplyTo: in.ProviderID, Auto: !r.dumb,
	})
	return err
}

// TestTwoRespondersStop: a mail that seems a customer's sets off two machines
// that face each other. Ours is heard once, and then it is quiet.
func TestTwoRespondersStop(t *testing.T) {
	for _, theirs := range []string{"marked", "dumb"} {
		t.Run(theirs, func(t *testing.T) {
			clock := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
			a := &responder{address: "support@caravan.example"}
			b := &responder{address: "desk@peer.example", dumb: theirs == "dumb"}
			for _, r := range []*responder{a, b} {
				r.now = func() time.Time { return clock }
				r.intake = &Intake{Account: "m", Address: r.address, Receiver: r, Blobs: newStore(), Signer: NewSigner([]byte(r.address)), Now: r.now}
			}
			for _, pair := range [][2]*responder{{a, b}, {b, a}} {
				pair[1].send = &Sender{
					Config: Config{Name: "m", Address: pair[1].address, SMTP: &SMTP{URL: "smtp://" + serve(t, pair[0].intake)}},
					Signer: pair[1].intake.Signer, Blobs: newStore(), Now: pair[1].now,
				}
				t.Cleanup(func() { _ = pair[1].send.Close() })
			}
			first := []byte("From: desk@peer.example\r\nTo: support@caravan.example\r\nSubject: Parcel\r\nMessage-ID: <1@peer.example>\r\n\r\nWhere is it?\r\n")
			if err := a.intake.Take(context.Background(), bytes.NewReader(first), clock); err != nil {
				t.Fatal(err)
			}
			// Deliveries nest: when Take returns everything it set off is done.
			if total := len(a.sent) + len(b.sent); len(a.sent) != 1 || total > 2 {
				t.Errorf("ours sent %d, theirs %d", len(a.sent), len(b.sent))
			}
		})
	}
}

// serve runs a Server for an intake until the test ends.
func serve(t testing.TB, k *Intake) string {
	t.Helper()
	srv := &Server{Receive: Receive{Listen: "127.0.0.1:0"}, Intake: k, Log: quiet()}
	addr, err := srv.Listen()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- srv.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return addr.(*net.TCPAddr).String()
}
