package reports

import (
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// clock is how often a clock is met, of the cases that fit. One that still runs says
// nothing yet; one that ran out says so when it was due.
func clock(name string, fits func(*Case) bool) func(*Case) []Point {
	return func(k *Case) []Point {
		if fits != nil && !fits(k) {
			return nil
		}
		for _, c := range k.Conversation.Clocks {
			if c.Name != name {
				continue
			}
			switch {
			case c.State == conversations.Breached || c.Late:
				return []Point{{At: c.DueAt, Value: 0}}
			case c.State == conversations.Met:
				return []Point{{At: k.done(name, c.DueAt), Value: 1}}
			}
		}
		return nil
	}
}

// clocks is how each of them stands that has come to its end.
func clocks(k *Case) (out []Point) {
	for _, c := range k.Conversation.Clocks {
		for _, p := range clock(c.Name, nil)(k) {
			p.Clock = c.Name
			out = append(out, p)
		}
	}
	return out
}

// ranOut is each time that one of them did.
func ranOut(k *Case) (out []Point) {
	for _, b := range k.Breached {
		out = append(out, Point{At: b.At, Value: 1, Clock: b.Clock})
	}
	return out
}

// done is when a clock was met.
func (k *Case) done(name string, due time.Time) time.Time {
	at := k.Ended
	if name == "first_response" && !k.Answered.IsZero() {
		at = k.Answered
	}
	if at.IsZero() || at.After(due) {
		return due
	}
	return at
}

func deviations(k *Case) []Point {
	var out []Point
	for _, b := range k.Breached {
		if b.Clock == "customs" {
			out = append(out, Point{At: b.At, Value: 1})
		}
	}
	return out
}
