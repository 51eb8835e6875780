package sms

import (
	"errors"
	"fmt"
	"testing"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/channels/twilio"
)

func to(i int) channels.Handle {
	return channels.Handle{Kind: channels.HandlePhone, Value: fmt.Sprintf("+9665%08d", i)}
}

func TestPoolKeepsCustomersAndSpreadsThem(t *testing.T) {
	s := Sender{Messages: twilio.Messages{From: "+15005550006"}, Pool: []string{"+15005550101", "+15005550102", "+15005550103", "+15005550104"}}
	fewer := Sender{Messages: s.Messages, Pool: s.Pool[:3]}
	share, moved := map[string]int{}, 0
	const people = 4000
	for i := range people {
		n := s.Number(channels.Outbound{To: to(i)})
		share[n]++
		if again := fewer.Number(channels.Outbound{To: to(i)}); again != n {
			if moved++; n != s.Pool[3] {
				t.Fatalf("customer %d moved from a number that is still there", i)
			}
		}
	}
	for n, have := range share {
		if have < people/5 || have > people/3 {
			t.Errorf("%s has %d of %d", n, have, people)
		}
	}
	if moved != share[s.Pool[3]] {
		t.Errorf("%d moved, %d had to", moved, share[s.Pool[3]])
	}
}

func TestWhoWroteToANumberIsAnsweredFromIt(t *testing.T) {
	pool := Sender{Messages: twilio.Messages{From: "+15005550006"}, Pool: []string{"+15005550101", "+15005550102"}}
	for account, want := range map[string]string{"+15005550102": "+15005550102", "+15005550006": "+15005550006"} {
		if got := pool.Number(channels.Outbound{Account: account, To: to(1)}); got != want {
			t.Errorf("%s: from %s", account, got)
		}
	}
	if got := pool.Number(channels.Outbound{Account: "+19998887777", To: to(1)}); got != pool.Number(channels.Outbound{To: to(1)}) {
		t.Errorf("a number that is not ours any more: from %s", got)
	}
	lone := Sender{Messages: twilio.Messages{From: "+15005550006"}}
	if got := lone.Number(channels.Outbound{To: to(1)}); got != "" {
		t.Errorf("without a pool the rest decides, not %s", got)
	}
}

func TestMediaThatWouldBeRefused(t *testing.T) {
	picture := channels.Attachment{ContentType: "image/jpeg; x=y", Size: 1 << 20, URL: "https://a.example/1"}
	many := func(n int) (out []channels.Attachment) {
		for range n {
			out = append(out, picture)
		}
		return out
	}
	program := channels.Attachment{ContentType: "application/x-msdownload", Size: 1}
	for name, c := range map[string]struct {
		files []channels.Attachment
		code  string
	}{"none": {nil, ""}, "five": {many(5), ""}, "too large": {many(6), "30019"}, "too many": {many(11), "21623"}, "a program": {[]channels.Attachment{program}, "12300"}} {
		var e *channels.SendError
		err := checkMedia(c.files)
		if errors.As(err, &e); (e == nil) != (c.code == "") || e != nil && (e.Code != c.code || e.Failure != channels.Permanent) {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
}
