package conversations

import (
	"maps"
	"reflect"
	"slices"
	"time"
)

// Patch is a change of a conversation's own fields; a nil field is left alone.
type Patch struct {
	Status     *Status
	Desk       *string
	Category   *string
	Priority   *Priority
	Assignee   **OfficerRef // a pointer to nil takes it from everybody
	Tags       *[]string
	References *[]Reference
	Snoozed    **time.Time
	// Disposition says how it ended; Details are set one by one, "" takes one away.
	Disposition *string
	Details     map[string]string
	WaitsFor    *string  // one of Waits: whose time it is while it is on hold
	Read        bool     // the officer has seen it
	Version     Revision // the version it was decided on; 0: whatever is present
	Why         string
	ByHand      bool // an officer decided: rules no longer move desk and category
}

// Edit applies a patch. It is pure. Nothing changed gives a Change without events.
func Edit(before Conversation, p Patch, by Author, now time.Time) (Change, error) {
	if p.Version != 0 && p.Version != before.Version {
		return Change{}, &StaleError{Present: before}
	}
	if before.Erased {
		return Change{}, ErrNotFound
	}
	if before.MergedInto != "" {
		return Change{}, ErrMerged
	}
	if err := p.check(before); err != nil {
		return Change{}, err
	}
	c, moved := before, map[string]Delta{}
	set(moved, "desk", &c.Desk, p.Desk)
	set(moved, "category", &c.Category, p.Category)
	set(moved, "priority", &c.Priority, p.Priority)
	set(moved, "tags", &c.Tags, p.Tags)
	set(moved, "references", &c.References, p.References)
	if p.Snoozed != nil {
		set(moved, "snoozed_until", &c.Snoozed, p.Snoozed)
	}
	set(moved, "disposition", &c.Disposition, p.Disposition)
	if d := p.details(c.Details); d != nil {
		set(moved, "details", &c.Details, &d)
	}
	p.move(&c, moved, now)
	ch := Change{Before: &before}
	if p.Assignee != nil {
		ch.Events = append(ch.Events, c.assign(*p.Assignee, by, p.Why, now)...)
	}
	if p.ByHand && (p.Desk != nil || p.Category != nil) {
		c.ByHand = true
	}
	if len(moved) > 0 {
		ch.Events = append(ch.Events, Event{Type: EventChanged, At: now, By: by, Why: p.Why, Changes: moved})
	}
	if len(ch.Events) > 0 {
		c.UpdatedAt = now
		c.review(by, now)
	}
	if p.Read && c.Unread > 0 { // seen is not changed: the row keeps its place
		c.Unread = 0
		ch.Events = append(ch.Events, Event{Type: EventChanged, At: now, By: by, Why: "read"})
	}
	if len(ch.Events) > 0 {
		c.Version++
	}
	ch.After = c
	return ch, nil
}

// move changes the status, or only whom an unchanged one waits for.
func (p *Patch) move(c *Conversation, moved map[string]Delta, now time.Time) {
	was, by := c.WaitsFor(), c.WaitsFor()
	if p.WaitsFor != nil {
		by = *p.WaitsFor
	}
	status := c.Status
	if set(moved, "status", &status, p.Status) || by != was && status == OnHold {
		c.enter(status, by, now)
		if !status.Live() {
			c.Times.Waiting, c.Unread = time.Time{}, 0
			if none := (*time.Time)(nil); p.Snoozed == nil {
				set(moved, "snoozed_until", &c.Snoozed, &none)
			}
		}
	}
	if now := c.WaitsFor(); p.WaitsFor != nil && now != was {
		moved["waits_for"] = Delta{From: was, To: now}
	}
}

// details are those of before with the patch's laid over; nil if it has none.
func (p *Patch) details(before map[string]string) map[string]string {
	if len(p.Details) == 0 {
		return nil
	}
	out := maps.Clone(before)
	if out == nil {
		out = map[string]string{}
	}
	for k, v := range p.Details {
		if out[k] = v; v == "" {
			delete(out, k)
		}
	}
	return out
}

// review notes that an officer had this in hand.
func (c *Conversation) review(by Author, now time.Time) {
	if by.Type == ByOfficer {
		c.Times.Reviewed = now
	}
}

// assign gives the conversation to somebody, or to nobody.
func (c *Conversation) assign(to *OfficerRef, by Author, why string, now time.Time) []Event {
	from := c.Assignee
	if sameOfficer(from, to) {
		return nil
	}
	c.Assignee, c.Times.Assigned = to, now
	if from != nil {
		c.Times.Released = now
	}
	ev := Event{Type: EventAssigned, At: now, By: by, Why: why, Changes: map[string]Delta{"assignee": {From: from, To: to}}}
	if to == nil {
		ev.Type, c.Times.Assigned = EventUnassigned, time.Time{}
	}
	return []Event{ev}
}

func sameOfficer(a, b *OfficerRef) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.ID == b.ID
}

// check refuses values that no conversation can have.
func (p *Patch) check(c Conversation) error {
	bad := map[string]string{}
	if p.Status != nil && !slices.Contains(Statuses, *p.Status) {
		bad["status"] = "is not one of new, open, pending, on_hold, solved, closed"
	}
	if p.Priority != nil && !slices.Contains(Priorities, *p.Priority) {
		bad["priority"] = "is not one of urgent, high, normal, low"
	}
	if p.WaitsFor != nil && !slices.Contains(Waits, *p.WaitsFor) {
		bad["paused_by"] = "is not one of customer, carrier, customs, embassy"
	}
	if p.WaitsFor != nil && (p.Status == nil && c.Status != OnHold || p.Status != nil && *p.Status != OnHold) {
		bad["paused_by"] = "is for what is on hold"
	}
	for k, v := range p.Details {
		if k == "" || len(k) > 64 || len(v) > 1000 || len(p.Details) > 50 {
			bad["details"] = "at most 50, each named in 1 to 64 bytes and 1000 long"
		}
	}
	if p.Desk != nil && *p.Desk == "" {
		bad["desk"] = "is empty"
	}
	if p.Tags != nil {
		for _, t := range *p.Tags {
			if t == "" || len(t) > 64 {
				bad["tags"] = "each has 1 to 64 bytes"
			}
		}
	}
	if len(bad) > 0 {
		return &InvalidError{Fields: bad}
	}
	if p.Status != nil && !p.Status.Live() && c.Promises > 0 && p.Why == "" {
		return ErrPromised
	}
	return nil
}

// set moves *field to *to and notes it, if that is a change.
func set[T any](moved map[string]Delta, name string, field *T, to *T) bool {
	if to == nil || reflect.DeepEqual(*field, *to) {
		return false
	}
	moved[name] = Delta{From: *field, To: *to}
	*field = *to
	return true
}
