package conversations

import "time"

// Wake ends a snooze whose time has come: what was put off is the officer's turn again,
// whomever it waited for. ok is false if there is none, or not yet.
func (c *Conversation) Wake(now time.Time) (e Event, ok bool) {
	if c.Snoozed == nil || now.Before(*c.Snoozed) {
		return Event{}, false
	}
	e = Event{Type: EventChanged, At: now, By: System, Why: "the time that it was put off to has come",
		Changes: map[string]Delta{"snoozed_until": {From: c.Snoozed}}}
	c.Snoozed, c.UpdatedAt = nil, now
	if c.Status == Pending || c.Status == OnHold {
		e.Changes["status"] = Delta{From: c.Status, To: Open}
		c.enter(Open, "", now)
	}
	return e, true
}
