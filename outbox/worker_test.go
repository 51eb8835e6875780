package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

func TestMessagesGoInTheirOrderAndOnce(t *testing.T) {
	p := &provider{delay: time.Second}
	run(t, finding{p}, func(t *testing.T, q *queue) {
		var want []string
		for i := range 20 {
			want = append(want, string(q.add("16", fmt.Sprint("part ", i))))
		}
		other := q.add("32", "to somebody else")
		pass(2 * time.Second)
		if q.message(other).Status != channels.Sent {
			t.Error("one conversation holds up another")
		}
		pass(time.Minute)
		if got := slices.DeleteFunc(p.sends(), func(id string) bool { return id == string(other) }); !slices.Equal(got, want) {
			t.Errorf("went as %v", got)
		}
	})
}

func TestUncertain(t *testing.T) {
	down := &channels.SendError{Failure: channels.Temporary, Err: errors.New("connection refused")}
	for _, tc := range []struct {
		what     string
		accepted bool // although the answer was lost
		find     func(n int) (bool, error)
		after    time.Duration
		sends    int // accepted by the provider in the end
		status   channels.Status
	}{
		{"accepted, and found", true, nil, 5 * time.Second, 1, channels.Sent},
		{"not accepted: sent again, but not before it was said twice", false, nil, 10 * time.Second, 0, channels.Uncertain},
		{"not accepted: sent again", false, nil, 30 * time.Second, 1, channels.Sent},
		{"accepted, and shown late", true, func(n int) (bool, error) { return n > 1, nil }, 30 * time.Second, 1, channels.Sent},
		{"the provider cannot be asked for an hour", true, func(n int) (bool, error) {
			if n < 8 {
				return false, down
			}
			return true, nil
		}, 2 * time.Hour, 1, channels.Sent},
		{"nobody ever knows", true, func(int) (bool, error) { return false, down }, 48 * time.Hour, 1, channels.Uncertain},
	} {
		t.Run(tc.what, func(t *testing.T) {
			p := &provider{answers: []answer{{lost, tc.accepted}}, find: tc.find}
			run(t, finding{p}, func(t *testing.T, q *queue) {
				m := q.add("16", "hello")
				pass(time.Second)
				if got := q.message(m).Status; got != channels.Uncertain {
					t.Errorf("a second later it is %s", got)
				}
				pass(tc.after)
				if got := q.message(m).Status; got != tc.status || len(p.sends()) != tc.sends {
					t.Errorf("%s, accepted %d times; want %s, %d", got, len(p.sends()), tc.status, tc.sends)
				}
				last := q.outcomes(m)
				if end := last[len(last)-1]; end.Again.IsZero() && end.Status == channels.Uncertain && end.Why == "" {
					t.Error("it is given up without a word")
				}
			})
		})
	}
}

func TestLookupKnowsWhichAttemptWasLost(t *testing.T) {
	down := answer{err: &channels.SendError{Failure: channels.Throttled, RetryAfter: 20 * time.Minute, Err: errors.New("slow down")}}
	for _, late := range []bool{false, true} {
		p := &provider{answers: []answer{{lost, true}}}
		if late {
			p.answers = append([]answer{down}, p.answers...)
		}
		run(t, finding{p}, func(t *testing.T, q *queue) {
			m := q.add("16", "hello")
			made := q.message(m).CreatedAt
			pass(time.Hour)
			if q.message(m).Status != channels.Sent || p.attempted.Equal(made) == late {
				t.Errorf("%s, looked up from %s, made at %s", q.message(m).Status, p.attempted, made)
			}
		})
	}
}

func TestWhoCannotBeAskedIsNotSentTwice(t *testing.T) {
	p := &provider{answers: []answer{{lost, true}}}
	run(t, p, func(t *testing.T, q *queue) {
		m := q.add("16", "hello")
		pass(48 * time.Hour)
		if got := q.message(m).Status; got != channels.Uncertain || len(p.sends()) != 1 {
			t.Errorf("%s, accepted %d times", got, len(p.sends()))
		}
	})
}

func TestTemporaryAndPermanent(t *testing.T) {
	refuse := func(f channels.Failure, after time.Duration) answer {
		return answer{err: &channels.SendError{Failure: f, Code: "1", Reason: "no", RetryAfter: after, Err: errors.New("refused")}}
	}
	p := &provider{answers: []answer{
		refuse(channels.Temporary, 0), refuse(channels.Throttled, 10*time.Minute), {}, refuse(channels.Permanent, 0), refuse(channels.OptedOut, 0),
	}}
	run(t, finding{p}, func(t *testing.T, q *queue) {
		m, began := q.add("16", "hello"), time.Now()
		pass(time.Hour)
		if got := q.message(m).Status; got != channels.Sent || len(p.at) != 1 || p.at[0].Sub(began) < 10*time.Minute {
			t.Errorf("%s, sent after %s", got, p.at[0].Sub(began))
		}
		for range 2 {
			m = q.add("16", "hello again")
			pass(48 * time.Hour)
			if got := q.message(m); got.Status != channels.Failed || got.Error.Code != "1" || got.Error.Text != "no" {
				t.Errorf("%s with %+v", got.Status, got.Error)
			}
		}
		if p.asked != 0 || len(p.sends()) != 1 {
			t.Errorf("asked %d times, accepted %d", p.asked, len(p.sends()))
		}
	})
}

func TestOutcomeThatWasNotWrittenIsAskedFor(t *testing.T) {
	p := &provider{}
	run(t, finding{p}, func(t *testing.T, q *queue) {
		q.deaf = 1 // the store is away when the message has gone
		m := q.add("16", "hello")
		pass(time.Second)
		if got := q.message(m).Status; got != channels.Sending {
			t.Errorf("it is %s", got)
		}
		pass(leaseTerm)
		if got := q.message(m).Status; got != channels.Sent || len(p.sends()) != 1 || p.asked != 1 {
			t.Errorf("%s, accepted %d times, asked %d times", got, len(p.sends()), p.asked)
		}
	})
}

func TestGateIsAskedAtTheInstantOfSending(t *testing.T) {
	p := &provider{answers: []answer{{err: &channels.SendError{Failure: channels.Temporary, Err: errors.New("down")}}}}
	var shut time.Time
	run(t, finding{p}, func(t *testing.T, q *queue) {
		shut = time.Now().Add(2 * time.Second)
		m := q.add("16", "hello")
		pass(time.Minute)
		if got := q.message(m); got.Status != channels.Failed || got.Error.Code != "63016" || len(p.sends()) != 0 {
			t.Errorf("%s with %+v, accepted %d times", got.Status, got.Error, len(p.sends()))
		}
	}, func(o *Outbox) {
		o.Gate = func(_ context.Context, _ conversations.Message, now time.Time) error {
			if now.After(shut) {
				return &channels.SendError{Failure: channels.Permanent, Code: "63016", Err: conversations.ErrWindowClosed}
			}
			return nil
		}
	})
}

// turns gives one turn each gap.
type turns struct{ next time.Time }

func (p *turns) Pace(_ context.Context, _ string, gap time.Duration, _ int, most time.Duration) (time.Duration, bool, error) {
	wait := max(0, time.Until(p.next))
	if wait > most {
		return wait, false, nil
	}
	p.next = time.Now().Add(wait + gap)
	return wait, true, nil
}

func TestSendersKeepTheirPace(t *testing.T) {
	p, pacer := &provider{}, &turns{}
	run(t, finding{p}, func(t *testing.T, q *queue) {
		for i := range 30 {
			q.add(conversations.NewID(uint64(16*(i+1))), "hello")
		}
		pass(time.Minute)
		if n := len(p.sends()); n != 30 {
			t.Errorf("%d of 30 went within a minute at one a second", n)
		}
		for i := 1; i < len(p.at); i++ {
			if gap := p.at[i].Sub(p.at[i-1]); gap < time.Second {
				t.Errorf("two went within %s", gap)
			}
		}
	}, func(o *Outbox) {
		o.Pacer, o.Workers = pacer, 1
		o.Paces = map[channels.Kind]Pace{channels.SMS: {Gap: time.Second, Burst: 1}}
	})
}

// mailboxes send at a pace of their own, but for one that has none.
type mailboxes struct{ finding }

func (mailboxes) Pace(account string) (string, Pace) {
	switch account {
	case "slow", "":
		return "slow", Pace{Gap: 2 * time.Second, Burst: 5}
	}
	return account, Pace{}
}

func TestAccountsKeepTheirOwnPace(t *testing.T) {
	o := &Outbox{
		Senders: map[channels.Kind]channels.Sender{channels.Email: mailboxes{}, channels.SMS: finding{}},
		Paces:   map[channels.Kind]Pace{channels.Email: {Gap: time.Second}, channels.SMS: {Gap: time.Minute}},
	}
	for _, tt := range []struct {
		kind            channels.Kind
		account, sender string
		gap             time.Duration
	}{
		{channels.Email, "slow", "email:slow", 2 * time.Second},
		{channels.Email, "", "email:slow", 2 * time.Second},
		{channels.Email, "other", "email:other", time.Second},
		{channels.SMS, "+1", "sms:+1", time.Minute},
		{channels.WhatsApp, "+1", "whatsapp:+1", 0},
	} {
		if sender, pace := o.pace(&conversations.Message{Channel: tt.kind, Account: tt.account}); sender != tt.sender || pace.Gap != tt.gap {
			t.Errorf("%s %q: %s at %v", tt.kind, tt.account, sender, pace.Gap)
		}
	}
}

func TestWhatWasBegunIsFinishedWhenTheGatewayStops(t *testing.T) {
	p := &provider{delay: 20 * time.Second}
	var begun, waiting conversations.MessageID
	var kept *queue
	run(t, finding{p}, func(t *testing.T, q *queue) {
		kept = q
		begun, waiting = q.add("16", "hello"), q.add("16", "goodbye")
		pass(time.Second)
	})
	if got := kept.message(begun).Status; got != channels.Sent {
		t.Errorf("what was begun is %s", got)
	}
	if got := kept.message(waiting).Status; got != channels.Queued || kept.all[waiting].token != "" || kept.all[waiting].ready.IsZero() {
		t.Errorf("what was not begun is %s and still leased", got)
	}
}

func TestChannelWithoutAnAccount(t *testing.T) {
	run(t, nil, func(t *testing.T, q *queue) {
		m := q.add("16", "hello")
		pass(time.Second)
		if got := q.message(m); got.Status != channels.Failed || got.Error.Text == "" {
			t.Errorf("%s with %+v", got.Status, got.Error)
		}
	}, func(o *Outbox) { o.Senders = nil })
}

// TestAnUnknownFailureIsALostAnswer: a sender that cannot say what its failure was may have
// been heard: the provider is asked, and nothing is sent again that he has.
func TestAnUnknownFailureIsALostAnswer(t *testing.T) {
	p := &provider{answers: []answer{{errors.New("connection reset by peer"), true}}}
	run(t, finding{p}, func(t *testing.T, q *queue) {
		m := q.add("16", "hello")
		pass(time.Hour)
		if got := q.message(m).Status; got != channels.Sent || p.asked == 0 || len(p.sends()) != 1 {
			t.Errorf("%s, asked %d times, accepted %d times", got, p.asked, len(p.sends()))
		}
	})
}
