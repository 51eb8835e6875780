package twilio

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/caravan-desk/caravan/channels"
)

// The callbacks of one message come in any order, any of them twice or never: as long as
// its last word arrives, the greatest of them is that word, for every life a message can have.
func TestEveryOrderOfCallbacksEndsInTheSameState(t *testing.T) {
	lives := map[string][]string{
		"delivered":       {"accepted", "queued", "sending", "sent", "delivered"},
		"read":            {"queued", "sending", "sent", "delivered", "read"},
		"read, unheard":   {"accepted", "scheduled", "queued", "sent", "read"},
		"undelivered":     {"queued", "sending", "sent", "undelivered"},
		"failed at once":  {"accepted", "failed"},
		"canceled":        {"accepted", "scheduled", "canceled"},
		"no receipts":     {"queued", "sending", "sent"},
		"a word to come":  {"queued", "teleported", "sent", "delivered"},
		"a group":         {"queued", "sent", "partially_delivered", "delivered", "read"},
		"late, after all": {"queued", "sent", "undelivered", "delivered"},
	}
	want := map[string]channels.Status{
		"delivered": channels.Delivered, "read": channels.Read, "read, unheard": channels.Read, "undelivered": channels.Failed, "failed at once": channels.Failed,
		"canceled": channels.Canceled, "no receipts": channels.Sent, "a word to come": channels.Delivered, "a group": channels.Read, "late, after all": channels.Failed,
	}
	fold := func(t interface{ Fatal(...any) }, words []string) (status channels.Status, code string) {
		for _, w := range words {
			f := Form{{"MessageSid", "SM1"}, {"MessageStatus", w}}
			if w == "failed" || w == "undelivered" {
				f = append(f, Param{"ErrorCode", "30003"})
			}
			r, err := ParseStatus(f, "1-2")
			if err != nil {
				t.Fatal(err)
			}
			if r.Status > status {
				status, code = r.Status, r.Code
			}
		}
		return status, code
	}
	for name, life := range lives {
		every(life, func(order []string) {
			status, code := fold(t, order)
			if status != want[name] || (code != "") != (status == channels.Failed) {
				t.Fatalf("%s: %v ends as %v %q, want %v", name, order, status, code, want[name])
			}
		})
		rapid.Check(t, func(t *rapid.T) {
			order := rapid.SliceOfN(rapid.SampledFrom(life), 0, 12).Draw(t, "callbacks")
			last := life[len(life)-1]
			if name == "late, after all" || name == "a word to come" { // here the greatest is not the last
				last = life[2]
				if name == "a word to come" {
					last = "delivered"
				}
			}
			order = slices.Insert(order, rapid.IntRange(0, len(order)).Draw(t, "place"), last)
			if status, _ := fold(t, order); status != want[name] {
				t.Fatalf("%s: %v ends as %v", name, order, status)
			}
		})
	}
}

// every calls visit with every permutation of words.
func every(words []string, visit func([]string)) {
	var step func(done, rest []string)
	step = func(done, rest []string) {
		if len(rest) == 0 {
			visit(done)
			return
		}
		for i := range rest {
			step(append(slices.Clone(done), rest[i]), slices.Delete(slices.Clone(rest), i, i+1))
		}
	}
	step(nil, words)
}
