package conversations

import (
	"slices"
	"time"
)

// Whose time it is while a conversation waits. The clocks that honour it stand still.
const (
	ByTheCustomer = "customer"
	ByCarrier     = "carrier"
	ByCustoms     = "customs"
	ByEmbassy     = "embassy"
)

// Waits lists whom a conversation can wait for.
var Waits = []string{ByTheCustomer, ByCarrier, ByCustoms, ByEmbassy}

// Pause is a stretch in which it was not our turn: facts, from which clocks are folded.
type Pause struct {
	From time.Time
	To   time.Time // zero while it lasts
	By   string    // one of Waits; empty: whom the desk's category waits for
}

// enter moves the conversation to a status. by is whom it waits for while it is on
// hold; pending and solved it is the customer's turn.
func (c *Conversation) enter(s Status, by string, now time.Time) {
	c.Status, c.Times.Status, c.Times.Solved = s, now, time.Time{}
	if !s.Live() {
		c.Times.Solved = now
	}
	c.Pauses = resumed(c.Pauses, now)
	switch s {
	case Pending, Solved, Closed:
		by = ByTheCustomer
	case OnHold:
	default:
		return
	}
	c.Pauses = append(c.Pauses, Pause{From: now, By: by})
}

// resumed ends the pause that lasts, if one does; one that began at this instant never was.
func resumed(pauses []Pause, now time.Time) []Pause {
	out := slices.Clone(pauses)
	if n := len(out); n > 0 && out[n-1].To.IsZero() {
		if out[n-1].To = now; !now.After(out[n-1].From) {
			out = out[:n-1]
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// WaitsFor is whom the conversation waits for now; empty if for nobody, or for
// whom its desk says.
func (c *Conversation) WaitsFor() string {
	if n := len(c.Pauses); n > 0 && c.Pauses[n-1].To.IsZero() {
		return c.Pauses[n-1].By
	}
	return ""
}
