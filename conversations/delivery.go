package conversations

import (
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// Delivery is a message that a worker holds for sending, under a lease with a fence.
type Delivery struct {
	Message Message
	Attempt int // from 1
	Lane    Lane
	Token   string    // the fence
	Until   time.Time // when the lease runs out
	State   string    // the message's state as leased, opaque
}

// Outcome is what became of a delivery.
type Outcome struct {
	Status     channels.Status // Sent, Failed, Queued (try again) or Uncertain (look again)
	ProviderID string
	Code       string    // the provider's own, for Failed
	Reason     string    // in plain words, for Failed
	OptedOut   bool      // Failed because the provider says that the customer wants nothing more from us
	Why        string    // for the history
	Again      time.Time // when to try or look again; zero: never
}
