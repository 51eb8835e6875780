package routing

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// Ring takes the steps of a conversation's ladders that have come by now: the warning, the
// breach, the escalations, each with its event; and it ends a snooze. ok is false if nothing
// has come. It is pure; the steps that were taken stand in the clocks, so that each is taken once.
func (ds Desks) Ring(before conversations.Conversation, now time.Time) (ch conversations.Change, ok bool) {
	c := before
	if woken, ok := c.Wake(now); ok {
		ch.Events = append(ch.Events, woken)
	}
	c.Clocks = ds.clocksAt(&c, now)
	ch.Before = &before
	d := ds.of(c.Desk)
	for i := range c.Clocks {
		for k := &c.Clocks[i]; !k.NextAt.IsZero() && !now.Before(k.NextAt); k.NextAt = d.next(k, string(before.Priority)) {
			ch.Events = append(ch.Events, d.step(&c, k, now)...)
			if rung := k.Step - stepEscalate - 1; rung >= 0 {
				ch.Errands = append(ch.Errands, conversations.Errand{
					Conversation: c.ID, Kind: conversations.ErrandAlert, Name: k.Name, Of: d.Ladder(k.Name)[rung].To, Place: k.Step, At: now,
				})
			}
		}
	}
	if len(ch.Events) == 0 {
		return ch, false
	}
	ch.Events = append(ch.Events, ds.meanwhile(&before, now)...)
	if c.Priority != before.Priority { // it may give a clock less time
		c.Clocks = ds.clocksAt(&c, now)
	}
	c.Version++
	ch.After = c
	return ch, true
}

// step takes the next step of one clock's ladder. A warning whose time has passed with the
// clock's own is not given.
func (d *Desk) step(c *conversations.Conversation, k *conversations.Clock, now time.Time) []conversations.Event {
	e := conversations.Event{At: now, By: conversations.System, Changes: map[string]conversations.Delta{
		"clock": {To: k.Name}, "due_at": {To: k.DueAt},
	}}
	due := k.DueAt.In(d.Hours(d.Clocks[k.Name].Calendar).Zone()).Format("Mon 2 Jan 15:04:05 MST")
	switch {
	case k.Step <= stepWarn && now.Before(k.DueAt):
		k.Step = stepWarn + 1
		e.Type, e.Why = conversations.EventWarned, fmt.Sprintf("%s is due at %s", words(k.Name), due)
		return []conversations.Event{e}
	case k.Step <= stepBreach:
		k.Step, k.State = stepBreach+1, conversations.Breached
		e.Type, e.Why = conversations.EventBreached, fmt.Sprintf("%s was due at %s", words(k.Name), due)
		return []conversations.Event{e}
	}
	rung := d.Ladder(k.Name)[k.Step-stepEscalate]
	k.Step++
	e.Type = conversations.EventEscalated
	e.Changes["to"] = conversations.Delta{To: rung.To}
	e.Why = fmt.Sprintf("%s was due at %s, and nobody has acknowledged it: to the %s", words(k.Name), due, rung.To)
	return append([]conversations.Event{e}, rung.raise(c, now, e.Why)...)
}

// raise does what a rung does to the conversation itself.
func (r Rung) raise(c *conversations.Conversation, now time.Time, why string) []conversations.Event {
	moved := map[string]conversations.Delta{}
	if p := conversations.Priority(r.Priority); p != "" && p.Rank() < c.Priority.Rank() {
		note(moved, "priority", &c.Priority, p)
	}
	if r.Offer != "" && c.Assignee == nil && c.Status.Live() {
		note(moved, "overflow", &c.Overflow, r.Offer)
	}
	if r.Tag != "" && !slices.Contains(c.Tags, r.Tag) {
		was := c.Tags
		c.Tags = append(slices.Clone(was), r.Tag)
		moved["tags"] = conversations.Delta{From: was, To: c.Tags}
	}
	if len(moved) == 0 {
		return nil
	}
	return []conversations.Event{{Type: conversations.EventChanged, At: now, By: conversations.System, Why: why, Changes: moved}}
}

// Acknowledge is an officer saying that he looks after a breached clock: it is escalated no
// further. It is pure.
func (ds Desks) Acknowledge(before conversations.Conversation, clock string, by conversations.Author, why string, now time.Time) (conversations.Change, error) {
	c := before
	c.Clocks = ds.clocksAt(&c, now)
	i := slices.IndexFunc(c.Clocks, func(k conversations.Clock) bool { return k.Name == clock })
	if i < 0 {
		return conversations.Change{}, conversations.ErrNotFound
	}
	k := &c.Clocks[i]
	if !k.Going() || k.DueAt.After(now) {
		return conversations.Change{}, &conversations.InvalidError{Fields: map[string]string{"clock": "is not overdue"}}
	}
	if k.Ack != "" {
		return conversations.Change{Before: &before, After: before}, nil
	}
	k.Ack, k.Step = conversations.OfficerID(by.ID), max(k.Step, stepEscalate)
	k.NextAt = time.Time{}
	c.Version++
	events := []conversations.Event{{
		Type: conversations.EventAcknowledged, At: now, By: by, Why: strings.TrimSpace(why),
		Changes: map[string]conversations.Delta{"clock": {To: clock}, "due_at": {To: k.DueAt}},
	}}
	return conversations.Change{Before: &before, After: c, Events: append(events, ds.meanwhile(&before, now)...)}, nil
}
