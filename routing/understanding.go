// Package routing decides where a message belongs and who takes it. Its decisions are
// pure functions of values with the time as a parameter: Classifier.Classify (language,
// desk, category, priority, references, call-back wish, each with its reasons),
// References (shipment and booking numbers), Choose and Order (which officer, which
// conversation first) and Clocks (what falls due when). What they know is data: word
// lists in lexicon/, desks in desks/. The Router, the one engine here, follows the log
// and carries the decisions out.
package routing

import (
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// Text is what is to be understood: the new words of one message.
type Text struct {
	ID      string
	Channel channels.Kind
	Subject string
	Body    string
	From    string // the sender as the provider wrote him; never taken for a reference
}

// Understanding is what a message was taken to mean, and why. Desk is "trace",
// "booking" or "other"; Category and Priority are those of the contract, section 6.
type Understanding struct {
	Language   string      `json:"language"` // en, ar, ms or mixed
	Desk       string      `json:"desk"`
	Category   string      `json:"category"`
	Priority   string      `json:"priority"`
	Confidence float64     `json:"confidence"` // 0 to 1, in desk and category
	References []Reference `json:"references"`
	Callback   *Callback   `json:"callback"`
	Why        []string    `json:"why"`
}

// Kinds of Reference.
const (
	AWB     = "awb"     // a shipment number of any carrier
	Booking = "booking" // a tour booking's number or an airline's record locator
)

// Reference is a number the customer offers for his matter, in canonical form:
// upper case, ASCII digits, no spaces.
type Reference struct {
	Kind    string `json:"kind"`
	Value   string `json:"value"`
	Carrier string `json:"carrier,omitempty"` // whose number it is, where its shape or the words around it tell
	Valid   bool   `json:"valid"`             // it has a known shape, and its check digit (if the shape has one) holds
}

// Callback tells whether the customer asks to be telephoned, and when if he says so.
type Callback struct {
	Requested bool       `json:"requested"`
	At        *time.Time `json:"at"`              // the earliest
	Until     *time.Time `json:"until,omitempty"` // the latest, where his words say one
	Soon      bool       `json:"-"`               // his words say that it is to be now
}

// Priorities, most pressing first.
const (
	Urgent = "urgent"
	High   = "high"
	Normal = "normal"
	Low    = "low"
)

// Names of desks that the code itself must know.
const (
	DeskTrace   = "trace"
	DeskBooking = "booking"
	DeskOther   = "other"  // what Classify says of a matter of neither desk
	DeskTriage  = "triage" // where such a matter, or a doubtful one, waits
)
