package conversations

import (
	"fmt"
	"slices"
	"time"
)

// CallbackRequest asks for a promise to ring somebody.
type CallbackRequest struct {
	Phone string    // E.164; empty: the number the customer wrote or rang from
	At    time.Time // zero: as soon as allowed
	Until time.Time // the latest that the customer named; zero: soon after At
	Note  string
	Why   string
	Op    string // done once
}

// Promise adds a call-back to a conversation. It is pure.
func Promise(before Conversation, r CallbackRequest, by Author, now time.Time) (Change, error) {
	if r.Phone == "" {
		r.Phone = before.phone()
	}
	if r.Phone == "" {
		return Change{}, &InvalidError{Fields: map[string]string{"phone": "is needed: the customer's number is not known"}}
	}
	if !r.At.IsZero() && r.At.Before(now.Add(-time.Minute)) {
		return Change{}, &InvalidError{Fields: map[string]string{"at": "lies in the past"}}
	}
	c := before
	c.Version++
	c.UpdatedAt = now
	c.Promises++
	c.Issued++
	cb := Callback{
		ID: CallbackID(fmt.Sprintf("%s-cb%d", c.ID, c.Issued)), Conversation: c.ID, Version: 1, Phone: r.Phone,
		RequestedAt: now, NotBefore: now, DueAt: now.Add(CallbackTerm), Status: CallbackScheduled,
		Attempts: []CallAttempt{}, Owner: c.Assignee, Note: r.Note, Why: r.Why,
	}
	if !r.At.IsZero() {
		cb.NotBefore, cb.DueAt = r.At, r.At.Add(time.Hour)
	}
	if r.Until.After(cb.NotBefore) {
		cb.DueAt = r.Until
	}
	c.promised(cb)
	ch := Change{Before: &before, After: c, Callback: &cb, Events: []Event{{
		Type: EventCallback, At: now, By: by, Why: r.Why, Changes: map[string]Delta{string(cb.ID): {To: cb.Status}},
	}}}
	if r.Op != "" {
		ch.Claim = "promise\x00" + string(c.ID) + "\x00" + r.Op
	}
	return ch, nil
}

// Keep changes a promise: its time, its note, or how it stands. It is pure.
func Keep(before Conversation, was, cb Callback, by Author, why string, now time.Time) Change {
	c := before
	c.Version++
	c.UpdatedAt = now
	cb.Version = was.Version + 1
	if was.Status.Open() && !cb.Status.Open() {
		c.Promises--
	}
	c.promised(cb)
	return Change{Before: &before, After: c, Callback: &cb, Events: []Event{{
		Type: EventCallback, At: now, By: by, Why: why, Changes: map[string]Delta{string(cb.ID): {From: was.Status, To: cb.Status}},
	}}}
}

// promised keeps the conversation's call-back clock in step with its promise.
func (c *Conversation) promised(cb Callback) {
	c.Clocks = slices.DeleteFunc(slices.Clone(c.Clocks), func(k Clock) bool { return k.Name == "callback" })
	state := Running
	switch {
	case cb.Status == CallbackKept || cb.Status == CallbackRenegotiated:
		state = Met
	case cb.Status == CallbackBroken:
		state = Breached
	case !cb.Status.Open():
		return
	}
	c.Clocks = append(c.Clocks, Clock{Name: "callback", DueAt: cb.DueAt, State: state, Late: cb.Status == CallbackBroken})
}

// phone is a number that the customer can be rung at.
func (c *Conversation) phone() string {
	for _, r := range c.Routes {
		if len(r.To.Value) > 1 && r.To.Value[0] == '+' {
			return r.To.Value
		}
	}
	for _, h := range c.Contact.Handles {
		if len(h.Value) > 1 && h.Value[0] == '+' {
			return h.Value
		}
	}
	return ""
}
