package callbacks

import (
	"slices"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// The ladder says how long to wait after an attempt that did not keep its promise:
// for each outcome, after the first such attempt in a row, the second, and so on; the
// last wait repeats.
var ladder = map[conversations.CallOutcome][]time.Duration{
	conversations.CallBusy:      {3 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour},
	conversations.CallNoAnswer:  {15 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour},
	conversations.CallMachine:   {30 * time.Minute, 2 * time.Hour, 6 * time.Hour},
	conversations.CallAnswered:  {30 * time.Minute, 2 * time.Hour, 6 * time.Hour}, // somebody answered, and nobody was proved
	conversations.CallRejected:  {2 * time.Hour, 6 * time.Hour},
	conversations.CallFailed:    {time.Minute, 5 * time.Minute, 30 * time.Minute, time.Hour},
	conversations.CallUncertain: {10 * time.Minute, time.Hour},
}

// officerLadder is for attempts that an officer did not take: the customer heard
// nothing of them, so that the next officer is asked soon.
var officerLadder = []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute}

const (
	// mostRings is how often one promise rings the customer.
	mostRings = 6
	// mostTold is the same for news that nobody asked for.
	mostTold = 3
	// lastBefore is how long before a promise is due its last attempt is made.
	lastBefore = 5 * time.Minute
	// lastWorth is how long before that another attempt must lie to be worth making.
	lastWorth = 10 * time.Minute
	// lateTerm is how long after it was due a promise is tried that was never tried:
	// nobody was on duty, or the gateway was down.
	lateTerm = 24 * time.Hour
)

// Next says when to try a promise again whose last attempt has ended without
// proof; ok is false when nothing more is tried. It is pure.
func Next(cb conversations.Callback, now time.Time) (at time.Time, ok bool) {
	last := cb.Attempts[len(cb.Attempts)-1]
	rings := Rings(cb)
	if hopeless[last.Code] && last.Party == conversations.PartyCustomer {
		return time.Time{}, false
	}
	if last.Party == conversations.PartyOfficer || !last.Rang {
		at = now.Add(rung(steps(last), streak(cb)))
		return at, rings == 0 && at.Before(cb.DueAt.Add(lateTerm)) || at.Before(cb.DueAt)
	}
	if rings >= mostRings || cb.Spoken != nil && rings >= mostTold {
		return time.Time{}, false
	}
	at = now.Add(rung(steps(last), streak(cb)))
	if at.After(cb.DueAt) {
		at = cb.DueAt.Add(-lastBefore)
		return at, at.Sub(now) >= lastWorth
	}
	return at, true
}

// steps are the waits after such an attempt.
func steps(a conversations.CallAttempt) []time.Duration {
	if a.Party == conversations.PartyOfficer {
		return officerLadder
	}
	if s, ok := ladder[a.Outcome]; ok {
		return s
	}
	return ladder[conversations.CallFailed]
}

func rung(steps []time.Duration, n int) time.Duration { return steps[min(n, len(steps))-1] }

// streak counts the last attempts that ended alike.
func streak(cb conversations.Callback) int {
	last := cb.Attempts[len(cb.Attempts)-1]
	n := 0
	for _, a := range slices.Backward(cb.Attempts) {
		if a.Outcome != last.Outcome || a.Party != last.Party {
			break
		}
		n++
	}
	return n
}

// Rings counts how often the customer's own telephone was rung for the promise.
func Rings(cb conversations.Callback) int {
	n := 0
	for _, a := range cb.Attempts {
		if a.Rang && !a.Inbound {
			n++
		}
	}
	return n
}

// hopeless are the provider's codes for numbers that no call will ever reach.
// https://www.twilio.com/docs/api/errors
var hopeless = map[string]bool{"21211": true, "21214": true, "21216": true, "21217": true, "13223": true, "13224": true}
