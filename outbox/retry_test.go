package outbox

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/caravan-desk/caravan/channels"
)

var start = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

func TestRetryAt(t *testing.T) {
	for _, tc := range []struct {
		what    string
		failure channels.Failure
		attempt int
		after   time.Duration // the provider's Retry-After
		age     time.Duration // of the message
		want    time.Duration // 0: never
	}{
		{"first", channels.Temporary, 1, 0, 0, 5 * time.Second},
		{"second", channels.Temporary, 2, 0, 0, 10 * time.Second},
		{"ninth", channels.Temporary, 9, 0, 0, 1280 * time.Second},
		{"tenth", channels.Temporary, 10, 0, 0, 30 * time.Minute},
		{"hundredth", channels.Temporary, 100, 0, time.Hour, 30 * time.Minute},
		{"given back before it was counted", channels.Temporary, 0, 0, 0, 30 * time.Minute},
		{"throttled", channels.Throttled, 1, time.Minute, 0, time.Minute},
		{"throttled for less than our own wait", channels.Throttled, 4, time.Second, 0, 40 * time.Second},
		{"a day old", channels.Temporary, 40, 0, 24*time.Hour - 29*time.Minute, 0},
		{"told to come back after the day", channels.Throttled, 1, 25 * time.Hour, 0, 0},
		{"lost", channels.AnswerLost, 1, 0, 0, 0},
		{"permanent", channels.Permanent, 1, 0, 0, 0},
		{"opted out", channels.OptedOut, 1, 0, 0, 0},
	} {
		at, again := RetryAt(start, start.Add(-tc.age), tc.attempt, &channels.SendError{Failure: tc.failure, RetryAfter: tc.after}, 0)
		if again != (tc.want > 0) || again && at.Sub(start) != tc.want {
			t.Errorf("%s: after %s (%v), want %s", tc.what, at.Sub(start), again, tc.want)
		}
	}
}

func TestRetriesEndWithinADay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now, seed, attempt := start, rapid.Uint64().Draw(t, "seed"), 0
		e := &channels.SendError{
			Failure:    rapid.SampledFrom([]channels.Failure{channels.Temporary, channels.Throttled}).Draw(t, "failure"),
			RetryAfter: time.Duration(rapid.IntRange(0, 7200).Draw(t, "after")) * time.Second,
		}
		for {
			attempt++
			at, again := RetryAt(now, start, attempt, e, seed)
			if !again {
				break
			}
			wait := at.Sub(now)
			if wait < max(firstWait, e.RetryAfter) || wait > max(mostWait+mostWait/10, e.RetryAfter) {
				t.Fatalf("attempt %d waits %s", attempt, wait)
			}
			now = at
		}
		if now.After(start.Add(giveUp)) || attempt > 100 {
			t.Fatalf("%d attempts until %s", attempt, now)
		}
	})
}
