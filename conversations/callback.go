package conversations

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// CallbackID names a promise: its conversation's ID, "-cb" and its place from 1.
type CallbackID string

// CallbackStatus is how a promise stands. docs/callbacks.md draws the changes.
type CallbackStatus string

const (
	CallbackScheduled    CallbackStatus = "scheduled"    // waits for its time, or for its next attempt
	CallbackDialing      CallbackStatus = "dialing"      // an attempt is under way
	CallbackConnected    CallbackStatus = "connected"    // the customer's telephone was picked up; by whom is not known yet
	CallbackKept         CallbackStatus = "kept"         // a human was proved
	CallbackBroken       CallbackStatus = "broken"       // nothing more is tried
	CallbackRenegotiated CallbackStatus = "renegotiated" // the customer took another promise instead
	CallbackCanceled     CallbackStatus = "canceled"
)

// Open reports whether the promise is still owed.
func (s CallbackStatus) Open() bool {
	return s == CallbackScheduled || s == CallbackDialing || s == CallbackConnected
}

// CallbackTerm is how long after the request a call-back is due unless said otherwise.
const CallbackTerm = 24 * time.Hour

// Callback is a promise to ring somebody.
type Callback struct {
	ID           CallbackID     `json:"id"`
	Conversation ID             `json:"conversation"`
	Version      Revision       `json:"version"`
	Phone        string         `json:"phone"`
	RequestedAt  time.Time      `json:"requested_at"`
	NotBefore    time.Time      `json:"not_before"`
	DueAt        time.Time      `json:"due_at"`
	Status       CallbackStatus `json:"status"`
	Attempts     []CallAttempt  `json:"attempts"`
	Owner        *OfficerRef    `json:"owner"`
	Note         string         `json:"note"`
	Why          string         `json:"why,omitempty"`

	First    string     `json:"first,omitempty" enum:"officer,customer" doc:"Whom to ring first; the house chooses if left out"`
	LookAt   *time.Time `json:"look_at,omitempty" doc:"When the dialer looks at it next; left out when nothing more is to be done"`
	KeptAt   *time.Time `json:"kept_at,omitempty"`
	ToldAt   *time.Time `json:"told_at,omitempty" doc:"When the customer was told in writing that he could not be reached"`
	Replaces CallbackID `json:"replaces,omitempty" doc:"The promise that the customer took this one for"`
	Asked    bool       `json:"asked,omitempty" doc:"The customer asked for it himself"`
	Spoken   *Spoken    `json:"spoken,omitempty" doc:"News that the call tells by itself: nobody asked for it, so it is no promise"`
}

// CallOutcome is how an attempt ended; empty while it is under way.
type CallOutcome string

const (
	CallAnswered  CallOutcome = "answered"
	CallBusy      CallOutcome = "busy"
	CallNoAnswer  CallOutcome = "no_answer"
	CallMachine   CallOutcome = "machine"
	CallRejected  CallOutcome = "rejected"  // the officer, or the customer, did not take it
	CallFailed    CallOutcome = "failed"    // the provider could not place it
	CallUncertain CallOutcome = "uncertain" // the provider's answer was lost; under way, it is being asked
)

// CallStage is how far an attempt has got.
type CallStage string

const (
	CallIntended CallStage = "intended" // written down before the provider is asked
	CallPlaced   CallStage = "placed"   // the provider has it
	CallWhisper  CallStage = "whisper"  // the officer listens to what it is about
	CallJoining  CallStage = "joining"  // the second telephone rings
	CallTalking  CallStage = "talking"  // the customer's telephone was picked up
	CallEnded    CallStage = "ended"
)

// Whose telephone is meant.
const (
	PartyOfficer  = "officer"
	PartyCustomer = "customer"
)

// CallAttempt is one ring, a child of its promise.
type CallAttempt struct {
	At      time.Time   `json:"at"`
	CallSID string      `json:"call_sid"`
	Outcome CallOutcome `json:"outcome,omitempty" enum:"answered,busy,no_answer,machine,rejected,failed,uncertain" doc:"Left out while the attempt is under way"`
	Seconds int         `json:"seconds" doc:"How long was talked, or the call lasted"`

	Stage       CallStage   `json:"stage,omitempty" enum:"intended,placed,whisper,joining,talking,ended"`
	First       string      `json:"first,omitempty" enum:"officer,customer" doc:"Whose telephone rang first"`
	Party       string      `json:"party,omitempty" enum:"officer,customer" doc:"Whose telephone the outcome is about"`
	Officer     *OfficerRef `json:"officer,omitempty" doc:"Who talks, or was asked to"`
	Rang        bool        `json:"rang,omitempty" doc:"The customer's own telephone was rung"`
	Proof       string      `json:"proof,omitempty" enum:"key,speech,talk,officer,heard" doc:"What proves that a human was reached; heard: news was told to its end, and by no sign to a machine"`
	Joined      bool        `json:"joined,omitempty" doc:"Both telephones were connected"`
	Machine     bool        `json:"machine,omitempty" doc:"An answering machine was heard"`
	Inbound     bool        `json:"inbound,omitempty" doc:"The customer rang back himself"`
	Code        string      `json:"code,omitempty" doc:"The provider's own, for failed"`
	EndedAt     *time.Time  `json:"ended_at,omitempty"`
	TalkAt      *time.Time  `json:"talk_at,omitempty" doc:"When the customer's telephone was picked up"`
	Holder      string      `json:"holder,omitempty" doc:"The gateway that places it"`
	Disposition string      `json:"disposition,omitempty" enum:"settled,more_to_do,not_reached,later,officer" doc:"What the officer said came of it; later: the customer wants to be rung later; officer: told some news, he wants to speak to somebody"`
	Looks       int         `json:"looks,omitempty" doc:"How often the provider was asked in vain"`
	Reported    string      `json:"reported,omitempty" doc:"The provider's own word for how far the call is, where it is not known here"`
}

// Live reports whether the attempt is under way.
func (a *CallAttempt) Live() bool { return a.Stage != "" && a.Stage != CallEnded }

// Live returns the attempt that is under way, or nil.
func (cb *Callback) Live() *CallAttempt {
	if n := len(cb.Attempts); n > 0 && cb.Attempts[n-1].Live() {
		return &cb.Attempts[n-1]
	}
	return nil
}

// AttemptID names the nth attempt (from 1) of a promise: it rides in the addresses of its call.
func AttemptID(id CallbackID, n int) string { return string(id) + "." + strconv.Itoa(n) }

// SplitAttempt is AttemptID backwards.
func SplitAttempt(s string) (id CallbackID, n int, ok bool) {
	cb, place, found := strings.Cut(s, ".")
	n, err := strconv.Atoi(place)
	conv, seq, split := strings.Cut(cb, "-cb")
	if !found || err != nil || n < 1 || place != strconv.Itoa(n) || !split || ID(conv).Number() == 0 || ID(seq).Number() == 0 {
		return "", 0, false
	}
	return CallbackID(cb), n, true
}

// Clone is a copy whose attempts may be changed.
func (cb Callback) Clone() Callback {
	cb.Attempts = slices.Clone(cb.Attempts)
	return cb
}

// Closed is the promise ended by somebody's word. A call that is under way is
// looked at once more: the dialer ends it.
func (cb Callback) Closed(as CallbackStatus, now time.Time) Callback {
	cb.Status, cb.LookAt = as, nil
	if cb.Live() != nil {
		cb.LookAt = &now
	}
	return cb
}

// Moved is the promise put to another time. A call that is under way goes on.
func (cb Callback) Moved(at time.Time) Callback {
	cb.NotBefore, cb.DueAt = at, at.Add(CallbackSlack)
	if cb.Status == CallbackScheduled {
		cb.LookAt = &at
	}
	return cb
}
