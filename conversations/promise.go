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
	First string // whom to ring first: PartyOfficer, PartyCustomer, or empty for the house to choose
	Op    string // done once
	Asked bool   // the customer himself asks for it

	Spoken *Spoken // news to be told by the call itself, and no promise
}

// Promise adds a call-back to a conversation. It is pure.
func Promise(before Conversation, r CallbackRequest, by Author, now time.Time) (Change, error) {
	if before.Erased {
		return Change{}, ErrNotFound
	}
	if before.MergedInto != "" {
		return Change{}, ErrMerged
	}
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
	if c.Issued++; r.Spoken == nil {
		c.Promises++
	}
	cb := Callback{
		ID: c.CallbackID(c.Issued), Conversation: c.ID, Version: 1, Phone: r.Phone,
		RequestedAt: now, NotBefore: now, DueAt: now.Add(CallbackTerm), Status: CallbackScheduled,
		Attempts: []CallAttempt{}, Owner: c.Assignee, Note: r.Note, Why: r.Why, First: r.First, Asked: r.Asked, Spoken: r.Spoken,
	}
	if !r.At.IsZero() {
		cb.NotBefore, cb.DueAt = r.At, r.At.Add(CallbackSlack)
	}
	if r.Until.After(cb.NotBefore) {
		cb.DueAt = r.Until
	}
	look := cb.NotBefore
	cb.LookAt = &look
	c.promised(cb)
	ch := Change{Before: &before, After: c, Callback: &cb, Events: []Event{{
		Type: EventCallback, At: now, By: by, Why: r.Why, Changes: map[string]Delta{string(cb.ID): {To: cb.Status}},
	}}}
	if r.Op != "" {
		ch.Claim = "promise\x00" + string(c.ID) + "\x00" + r.Op
	}
	return ch, nil
}

// Renegotiate ends a promise because the customer took another one instead, and
// makes that one, in one change. The original time of asking stays. It is pure.
func Renegotiate(before Conversation, was Callback, r CallbackRequest, by Author, now time.Time) (Change, error) {
	if !was.Status.Open() {
		return Change{}, &InvalidError{Fields: map[string]string{"status": "the promise is over: it is " + string(was.Status)}}
	}
	if r.Phone == "" {
		r.Phone = was.Phone
	}
	if r.Note == "" {
		r.Note = was.Note
	}
	as, since := CallbackRenegotiated, was.RequestedAt
	if was.Spoken != nil { // the news was told, and leads to a promise
		as, since = CallbackKept, now
	}
	r.Asked = r.Asked || was.Asked
	ended := Keep(before, was, was.Closed(as, now), by, r.Why, now)
	ended.After.Version-- // one change, one version
	ch, err := Promise(ended.After, r, by, now)
	if err != nil {
		return Change{}, err
	}
	ch.Callback.RequestedAt, ch.Callback.Replaces, ch.Callback.Owner = since, was.ID, cmpOwner(was.Owner, ch.Callback.Owner)
	ch.Before, ch.Ended, ch.Claim = &before, []Callback{*ended.Callback}, "renegotiate\x00"+string(was.ID)
	ch.Events = append(ended.Events, ch.Events...)
	return ch, nil
}

func cmpOwner(a, b *OfficerRef) *OfficerRef {
	if a != nil {
		return a
	}
	return b
}

// CallbackSlack is how long after the time that the customer was told a call-back is due.
const CallbackSlack = time.Hour

// Keep changes a promise: its time, its note, or how it stands. It is pure.
func Keep(before Conversation, was, cb Callback, by Author, why string, now time.Time) Change {
	c := before
	c.Version++
	c.UpdatedAt = now
	cb.Version = was.Version + 1
	switch {
	case cb.Spoken != nil: // no promise
	case was.Status.Open() && !cb.Status.Open():
		c.Promises--
	case !was.Status.Open() && cb.Status.Open(): // an officer took his word back
		c.Promises++
	}
	if cb.Status == CallbackKept && cb.KeptAt == nil {
		cb.KeptAt = &now
	}
	c.promised(cb)
	moved := map[string]Delta{string(cb.ID): {From: was.Status, To: cb.Status}}
	for i := range cb.Attempts {
		if i >= len(was.Attempts) || !sameAttempt(was.Attempts[i], cb.Attempts[i]) {
			moved["attempt "+AttemptID(cb.ID, i+1)] = Delta{To: cb.Attempts[i]}
		}
	}
	return Change{Before: &before, After: c, Callback: &cb, Events: []Event{{
		Type: EventCallback, At: now, By: by, Why: why, Changes: moved,
	}}}
}

// sameAttempt leaves out what nobody reads in the history.
func sameAttempt(a, b CallAttempt) bool {
	return a.Stage == b.Stage && a.Outcome == b.Outcome && a.Proof == b.Proof && a.Seconds == b.Seconds && a.CallSID == b.CallSID && a.Rang == b.Rang && a.Reported == b.Reported
}

// CallbackID names the conversation's nth promise, from 1.
func (c *Conversation) CallbackID(n int) CallbackID {
	return CallbackID(fmt.Sprintf("%s-cb%d", c.ID, n))
}

// promised keeps the conversation's call-back clock in step with its promise.
func (c *Conversation) promised(cb Callback) {
	if cb.Spoken != nil {
		return
	}
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
