package routing

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// HandOver takes a conversation from an officer who has gone: whose shift has ended, if its desk
// gives away what is like it, or who has left for good. It waits for another, with a note that says how
// it stands, and he watches it if he comes back. ok is false if he keeps it. It is pure.
func (ds Desks) HandOver(before conversations.Conversation, left bool, why string, now time.Time) (ch conversations.Change, ok bool) {
	c := before
	if c.Assignee == nil || !c.Status.Live() || !left && !ds.givesAway(&c) {
		return ch, false
	}
	who := *c.Assignee
	ch, err := conversations.Answer(before, conversations.Draft{Note: true, Text: ds.brief(&c, now)}, conversations.System, now)
	if err != nil {
		return ch, false
	}
	if !left {
		ch.After.Watchers = watched(before)
	}
	ch.After.Assignee, ch.After.Previous = nil, who.ID
	ch.After.Times.Assigned, ch.After.Times.Released = time.Time{}, now
	ch.Events = append(ch.Events,
		conversations.Event{Type: conversations.EventHandedOver, At: now, By: conversations.System, Message: ch.Messages[0].ID, Why: why},
		conversations.Event{
			Type: conversations.EventUnassigned, At: now, By: conversations.System, Why: why,
			Changes: map[string]conversations.Delta{"assignee": {From: &who}},
		})
	ds.wind(&ch, now)
	return ch, true
}

// givesAway reports whether an officer who goes leaves the conversation to others.
func (ds Desks) givesAway(c *conversations.Conversation) bool {
	switch ds.of(c.Desk).Handover {
	case HandoverAll:
		return true
	case HandoverNone:
		return false
	}
	return c.Status == conversations.New || !c.Times.Waiting.IsZero()
}

// brief is how a conversation stands, for whoever takes it over.
func (ds Desks) brief(c *conversations.Conversation, now time.Time) string {
	d := ds.of(c.Desk)
	zone := d.Hours("").Zone()
	clock := func(t time.Time) string { return t.In(zone).Format("Mon 2 Jan 15:04 MST") }
	var b strings.Builder
	fmt.Fprintf(&b, "Handed over by %s.\n", c.Assignee.Name)
	fmt.Fprintf(&b, "Matter: %s (%s), priority %s, %s.\n", words(c.Category), d.Title, c.Priority, words(string(c.Status)))
	for _, r := range c.References {
		fmt.Fprintf(&b, "Reference: %s %s\n", strings.TrimSpace(words(r.Carrier)+" "+r.Kind), r.Value)
	}
	if !c.Times.Waiting.IsZero() {
		fmt.Fprintf(&b, "The customer has waited for an answer since %s.\n", clock(c.Times.Waiting))
	}
	if by := c.WaitsFor(); by != "" {
		fmt.Fprintf(&b, "It waits for the %s.\n", by)
	}
	for _, k := range ds.clocksAt(c, now) {
		if k.Going() {
			fmt.Fprintf(&b, "%s: due %s\n", words(k.Name), clock(k.DueAt))
		}
	}
	if c.Promises > 0 {
		fmt.Fprintf(&b, "Call-backs promised: %d\n", c.Promises)
	}
	for _, f := range ds.Missing(*c) {
		fmt.Fprintf(&b, "Still missing: %s\n", firstNonempty(f.Title, f.Name))
	}
	return strings.TrimSpace(b.String())
}

func firstNonempty(s ...string) string {
	return s[max(0, slices.IndexFunc(s, func(v string) bool { return v != "" }))]
}
