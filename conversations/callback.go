package conversations

import "time"

// CallbackID names a promise: its conversation's ID, "-cb" and its place from 1.
type CallbackID string

// CallbackStatus is how a promise stands.
type CallbackStatus string

const (
	CallbackScheduled    CallbackStatus = "scheduled"
	CallbackDialing      CallbackStatus = "dialing"
	CallbackConnected    CallbackStatus = "connected"
	CallbackKept         CallbackStatus = "kept"
	CallbackBroken       CallbackStatus = "broken"
	CallbackRenegotiated CallbackStatus = "renegotiated"
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
}

// CallAttempt is one ring.
type CallAttempt struct {
	At      time.Time `json:"at"`
	CallSID string    `json:"call_sid"`
	Outcome string    `json:"outcome"`
	Seconds int       `json:"seconds"`
}
