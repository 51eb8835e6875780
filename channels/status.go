package channels

import (
	"errors"
	"fmt"
	"time"
)

// Status is how far a message has come. Outbound statuses are ordered: of two
// receipts the greater wins, so every order of arrival ends in the same state.
type Status uint8

const (
	Received  Status = iota // inbound: nothing more happens to it
	Queued                  // kept, waiting for its turn
	Sending                 // a worker holds its lease
	Uncertain               // handed over, answer lost: to be looked up before anything else
	Sent                    // the provider has it
	Delivered               // the customer's device or mail server has it
	Read                    // the customer opened it
	Failed                  // it will never arrive
	Canceled                // withdrawn before it was sent
)

var statusNames = [...]string{"received", "queued", "sending", "uncertain", "sent", "delivered", "read", "failed", "canceled"}

func (s Status) String() string {
	if int(s) < len(statusNames) {
		return statusNames[s]
	}
	return fmt.Sprintf("status(%d)", uint8(s))
}

// MarshalText implements encoding.TextMarshaler.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Status) UnmarshalText(b []byte) error {
	for i, n := range statusNames {
		if n == string(b) {
			*s = Status(i)
			return nil
		}
	}
	return fmt.Errorf("unknown status %q", b)
}

// Failure is the next step after a send that did not succeed, not its history.
type Failure uint8

const (
	Temporary  Failure = iota + 1 // try again later
	Throttled                     // try again after RetryAfter; the peer is well
	AnswerLost                    // uncertain: it may have gone; ask before sending again
	Permanent                     // never send this again
	OptedOut                      // the customer does not want it
)

var failureNames = [...]string{"", "temporary", "throttled", "uncertain", "permanent", "opted out"}

func (f Failure) String() string {
	if int(f) < len(failureNames) {
		return failureNames[f]
	}
	return "unknown"
}

// SendError is the only error a Sender returns.
type SendError struct {
	Failure    Failure
	Code       string        // the provider's own
	Reason     string        // in plain words, for the officer; empty: what Err says
	RetryAfter time.Duration // least wait, for Throttled; zero if not told
	Err        error
}

func (e *SendError) Error() string {
	if e.Code != "" {
		return fmt.Sprintf("%s (%s): %v", e.Failure, e.Code, e.Err)
	}
	return fmt.Sprintf("%s: %v", e.Failure, e.Err)
}

func (e *SendError) Unwrap() error { return e.Err }

var (
	// ErrUnknownMessage is returned for a receipt of a message that is not ours.
	ErrUnknownMessage = errors.New("unknown message")
	// ErrUnavailable is returned while the store cannot keep anything; the provider should try again.
	ErrUnavailable = errors.New("store unavailable")
	// ErrUnreadable says that a recording cannot be transcribed, however often that is tried.
	ErrUnreadable = errors.New("the recording cannot be transcribed")
)
