package channels

import "time"

// Kept says what became of something that a provider says it gave us.
type Kept struct {
	Stored   bool // it has been claimed
	Threaded bool // and stands in a conversation, under the provider's ID
}

// Awaited is a message of ours whose receipts are not final.
type Awaited struct {
	MessageID  string
	ProviderID string
	Channel    Kind
	Status     Status
	Sent       time.Time // when it was made, here
}

// Tally compares one hour of a provider's list with what we have. All is well
// when the first three numbers are the same.
type Tally struct {
	Hour     time.Time `json:"hour"`     // its beginning, UTC
	Received int       `json:"received"` // the provider's count of what customers wrote
	Stored   int       `json:"stored"`
	Threaded int       `json:"threaded"`
	At       time.Time `json:"at"` // when it was counted
}

// Whole reports whether the hour lacks nothing.
func (t Tally) Whole() bool { return t.Received == t.Stored && t.Stored == t.Threaded }

// Sweep is how far a provider's list has been compared with ours, and what the
// last comparison did.
type Sweep struct {
	At       time.Time `json:"at"`       // when it was done
	Until    time.Time `json:"until"`    // everything the provider had by then has been compared
	Tallied  time.Time `json:"tallied"`  // every hour before it has a Tally
	Compared int       `json:"compared"` // messages of customers in the provider's list
	Healed   int       `json:"healed"`   // of these had never reached us, and have now
	Receipts int       `json:"receipts"` // of ours whose receipt had never reached us, and has now
	Awaiting int       `json:"awaiting"` // of ours that the provider was asked about
}
