package email

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// responder is a house that answers mail by machine, with a real listener and
// a real sender.
type responder struct {
	address string
	intake  *Intake
	send    *Sender
	now     func() time.Time

	mu   sync.Mutex
	sent int
}

func (r *responder) Receive(ctx context.Context, in channels.Inbound) error {
	if in.Class != channels.Human { // conversations.ErrMachine
		return nil
	}
	r.mu.Lock()
	r.sent++
	n := r.sent
	r.mu.Unlock()
	_, err := r.send.Send(ctx, channels.Outbound{
		MessageID: fmt.Sprintf("%d-1", n), To: in.From, Subject: "Re: " + in.Subject,
		Text: "We have your message.", Language: "en", InReplyTo: in.ProviderID, Auto: true,
	})
	return err
}

// TestTwoRespondersStop: a mail that seems a customer's sets off two machines
// that face each other. Ours is heard once, says that it is one, and then it is quiet.
func TestTwoRespondersStop(t *testing.T) {
	clock := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	a, b := &responder{address: "support@caravan.example"}, &responder{address: "desk@peer.example"}
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
	if a.sent != 1 || b.sent != 0 {
		t.Errorf("ours sent %d, theirs %d", a.sent, b.sent)
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
