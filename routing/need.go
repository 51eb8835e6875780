package routing

import (
	"slices"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// need is what a conversation asks of an officer.
func (ds Desks) need(c conversations.Conversation) Need {
	d := ds.of(c.Desk)
	return Need{
		Desk: c.Desk, Category: c.Category, Language: c.Language, Priority: string(c.Priority), Weight: d.Weight(c.Category),
		Level: d.Level(c.Category), Overflow: c.Overflow, Sticky: string(c.Previous),
	}
}

// takes is how much of an officer's capacity a weight is.
func takes(o conversations.Officer, weight int) int {
	return (&Officer{Capacity: o.Capacity}).takes(weight)
}

// queue is where a need waits: matters that want the same officers wait together.
func (n Need) queue() string {
	if n.Overflow == "" {
		return n.Desk + "/" + n.Category
	}
	return n.Desk + "/" + n.Category + ">" + n.Overflow
}

// queue is where a conversation waits.
func queue(c conversations.Conversation) string {
	return Need{Desk: c.Desk, Category: c.Category, Overflow: c.Overflow}.queue()
}

// weightOf is what each conversation of a queue weighs.
func (ds Desks) weightOf(queue string) int {
	desk, category, _ := strings.Cut(queue, "/")
	category, _, _ = strings.Cut(category, ">")
	return ds.of(desk).Weight(category)
}

// offers are the desks whose officers may take what waits on this one for long; "" is none.
func (d *Desk) offers() []string {
	if d.offered != nil {
		return d.offered
	}
	out := []string{""}
	add := func(rungs []Rung) {
		for _, r := range rungs {
			if !slices.Contains(out, r.Offer) {
				out = append(out, r.Offer)
			}
		}
	}
	add(d.Escalation)
	for _, t := range d.Clocks {
		add(t.Escalation)
	}
	slices.Sort(out[1:])
	return out
}

// VIP is the tag of a conversation that goes before others.
const VIP = "vip"

// Departure is the detail of a conversation that says on which day the customer leaves
// (2026-03-15); a rule, an officer or the tour system sets it.
const Departure = "departure"

// head is how long what waits is let go before a conversation that came at the same time, by
// its priority. So a priority ages: what is normal and has waited for four hours goes before
// what is urgent and comes now, and nothing waits for ever.
var head = [...]time.Duration{0, time.Hour, 4 * time.Hour, 24 * time.Hour}

// rank orders a queue, the least first: oldest first within a priority that ages. A VIP
// ranks one priority higher, and so does who leaves within a week; within two days it is urgent.
func rank(c conversations.Conversation) int64 {
	p := c.Priority.Rank()
	if slices.Contains(c.Tags, VIP) {
		p--
	}
	if day, err := time.Parse(time.DateOnly, c.Details[Departure]); err == nil && !day.Before(c.CreatedAt.Truncate(24*time.Hour)) {
		switch left := day.Sub(c.CreatedAt); {
		case left <= 48*time.Hour:
			p = 0
		case left <= 7*24*time.Hour:
			p--
		}
	}
	return c.CreatedAt.Add(head[max(0, p)]).UnixMilli()
}

// onShift reports whether an officer works at an instant: always, if he has no shift.
func (ds Desks) onShift(o conversations.Officer, now time.Time) bool {
	if o.Shift == "" {
		return true
	}
	c := ds.Calendar(o.Shift)
	return c == nil || c.Open(now)
}

// watched are a conversation's watchers with the officer who has it.
func watched(c conversations.Conversation) []conversations.OfficerID {
	if c.Assignee == nil || slices.Contains(c.Watchers, c.Assignee.ID) {
		return c.Watchers
	}
	return append(slices.Clone(c.Watchers), c.Assignee.ID)
}
