package email

import (
	"bytes"
	"context"
	"net"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"

	"github.com/caravan-desk/caravan/channels"
)

func TestServerKeepsBefore250(t *testing.T) {
	for _, protocol := range []string{"smtp", "lmtp"} {
		t.Run(protocol, func(t *testing.T) {
			s := newStore()
			srv := &Server{Receive: Receive{Listen: "127.0.0.1:0", Protocol: protocol, MaxSize: 5000}, Intake: testIntake(s), Log: quiet()}
			addr, err := srv.Listen()
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			done := make(chan error, 1)
			go func() { done <- srv.Run(ctx) }()
			defer func() {
				cancel()
				if err := <-done; err != nil {
					t.Error(err)
				}
			}()
			deliver := func(raw []byte) error {
				conn, err := net.Dial("tcp", addr.String())
				if err != nil {
					t.Fatal(err)
				}
				c := smtp.NewClient(conn)
				if protocol == "lmtp" {
					c = smtp.NewClientLMTP(conn)
				}
				defer c.Close()
				if err := c.SendMail("bounce@example.net", []string{"support+1042-3.x@caravan.example", "info@caravan.example"}, bytes.NewReader(raw)); err != nil {
					return err
				}
				return c.Quit()
			}
			if err := deliver(testMail(1)); err != nil {
				t.Fatal(err)
			}
			in, ok := s.kept["mail-1@example.net"]
			if !ok || in.To != "support@caravan.example" || in.Fields["Return-Path"] != "<bounce@example.net>" {
				t.Errorf("kept %v: %+v", ok, in)
			}
			if raw := string(s.blobs[in.Raw]); !strings.Contains(raw, "Delivered-To: info@caravan.example\r\n") || !strings.HasSuffix(raw, string(testMail(1))) {
				t.Errorf("raw %q", raw)
			}
			if err := deliver(testMail(1)); err != nil || len(s.kept) != 1 {
				t.Errorf("the same mail again: %v, %d kept", err, len(s.kept))
			}
			s.mu.Lock()
			s.fail = func() error { return channels.ErrUnavailable }
			s.mu.Unlock()
			if err := deliver(testMail(2)); answeredAny(err) != 451 {
				t.Errorf("store away: %v", err)
			}
			s.mu.Lock()
			s.fail = nil
			s.mu.Unlock()
			if err := deliver(append(testMail(3), bytes.Repeat([]byte("x"), 6000)...)); answeredAny(err) != 552 {
				t.Errorf("too large: %v", err)
			}
			if err := deliver(testMail(2)); err != nil || len(s.kept) != 2 {
				t.Errorf("store back: %v, %d kept", err, len(s.kept))
			}
		})
	}
}

// answeredAny is the code in an SMTP or LMTP answer.
func answeredAny(err error) int {
	if e := answered(err); e != nil {
		return e.Code
	}
	return 0
}
