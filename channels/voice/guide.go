package voice

import (
	"context"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// Guide is what the house tells a caller. It answers within seconds, and with zero values
// where it does not know or cannot look: a caller is never turned away because of it.
type Guide interface {
	// Caller is who rings.
	Caller(ctx context.Context, from channels.Handle) Caller
	// Status is how a shipment or a booking stands, by its number as it was keyed or said.
	Status(ctx context.Context, number, language string, from channels.Handle) Status
	// Line is a desk's line at this moment, and the caller's place in it.
	Line(ctx context.Context, p Place) Line
	// Taken notes which of the officers who were rung for a call took it, by his telephone.
	Taken(ctx context.Context, call, phone string)
	// Over notes that a call has ended.
	Over(ctx context.Context, call string)
	// When reads the time that a caller says he wants to be rung at.
	When(ctx context.Context, words, language string, from channels.Handle) (Wish, bool)
}

// Caller is who rings, as far as he is known.
type Caller struct {
	Language string // en, ar, ms; empty: not known
}

// Status is how a matter stands. Text is for the ear, in the language asked for; empty if
// the number is not known.
type Status struct {
	Reference string // as it was understood
	Text      string
}

// Place is a caller who waits for an officer.
type Place struct {
	Call     string // the provider's ID
	Desk     string
	Language string
	From     channels.Handle
	Since    time.Time
	Gone     bool // he waits no longer
}

// Line is a desk's line.
type Line struct {
	Open   bool
	Opens  string        // when it opens, for the ear, in the language of the call; empty: not known
	Phones []string      // officers to be rung, best first; empty: all are busy, or others come first
	Ahead  int           // callers who wait longer
	Wait   time.Duration // about how long it will take; 0: not known
}

// Wish is a time for a call-back, and how to say it back.
type Wish struct {
	NotBefore, Until time.Time
	Said             string // in the language of the call
}

// alone is the Guide of a flow that has none: it knows nobody and nothing, and all desks
// are open without an officer at hand.
type alone struct{}

func (alone) Caller(context.Context, channels.Handle) Caller                 { return Caller{} }
func (alone) Status(context.Context, string, string, channels.Handle) Status { return Status{} }
func (alone) Line(context.Context, Place) Line                               { return Line{Open: true} }
func (alone) Taken(context.Context, string, string)                          {}
func (alone) Over(context.Context, string)                                   {}
func (alone) When(context.Context, string, string, channels.Handle) (Wish, bool) {
	return Wish{}, false
}
