package outbox

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// TestNothingIsSentTwice: whatever the provider answers, whatever it accepted
// although its answer was lost, and whatever the store fails to write down, as
// long as the provider tells the truth when it is asked.
func TestNothingIsSentTwice(t *testing.T) {
	failures := []channels.Failure{0, 0, channels.Temporary, channels.Throttled, channels.AnswerLost, channels.AnswerLost, channels.Permanent}
	rapid.Check(t, func(r *rapid.T) {
		p := &provider{delay: time.Duration(rapid.IntRange(0, 3000).Draw(r, "delay")) * time.Millisecond}
		for range rapid.IntRange(0, 8).Draw(r, "answers") {
			f := rapid.SampledFrom(failures).Draw(r, "failure")
			next := answer{kept: f == channels.AnswerLost && rapid.Bool().Draw(r, "accepted")}
			if f != 0 {
				next.err = &channels.SendError{Failure: f, Err: errors.New("an error")}
			}
			p.answers = append(p.answers, next)
		}
		deaf, messages := rapid.IntRange(0, 2).Draw(r, "deaf"), rapid.IntRange(1, 5).Draw(r, "messages")
		var ids []conversations.MessageID
		var q *queue
		run(t, finding{p}, func(_ *testing.T, made *queue) {
			q = made
			q.deaf = deaf
			for range messages {
				ids = append(ids, q.add("16", "the same words"))
			}
			pass(25 * time.Hour)
		})
		times := map[string]int{}
		for _, id := range p.sends() {
			times[id]++
		}
		for _, id := range ids {
			m, n := q.message(id), times[string(id)]
			switch {
			case n > 1:
				r.Fatalf("%s was accepted %d times", id, n)
			case m.Status == channels.Sent && n != 1, m.Status == channels.Failed && n != 0:
				r.Fatalf("%s is %s and was accepted %d times", id, m.Status, n)
			case m.Status != channels.Sent && m.Status != channels.Failed:
				r.Fatalf("%s is still %s after a day", id, m.Status)
			}
		}
	})
}
