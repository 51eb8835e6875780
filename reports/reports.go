// Package reports says how the desks do: answers, traces closed in time, call-backs
// kept, and the rest that a supervisor answers for. There is one registry of metrics
// (metrics.go), each a pure function of a Case: what one conversation's own events,
// clocks and promises tell (fold.go). Nothing is counted beside the log and nothing is
// stored twice, so a report cannot drift from what happened: it is folded anew each time,
// and what is behind a figure is the very list it was made of. Start with Case, then
// metrics.go, then report.go.
package reports

import (
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// Case is one conversation as reports see it.
type Case struct {
	Conversation conversations.Conversation // its clocks as they stand now
	Callbacks    []conversations.Callback

	Opened    time.Time
	ByOfficer bool      // we wrote first
	Answered  time.Time // an officer's first answer to the customer; zero if there is none yet
	Answerer  conversations.OfficerID
	After     int                     // messages of the customer's after the first answer
	Replies   []Act                   // officers' answers
	Given     []Act                   // each time it was given to an officer
	Solved    []Act                   // each time it was solved or closed
	Reopened  int                     // times that it was taken up again afterwards
	Breached  []Breach                // clocks that ran out
	Stages    []Stage                 // what the tour system said of the booking
	Looked    []Looked                // review rounds that covered it
	Ended     time.Time               // when it was solved last, if it still is
	Status    conversations.Status    // as the last change of it has it; empty if there was none
	Assignee  conversations.OfficerID // whose it is after all
}

// Act is what an officer did, and when. By is empty for what no officer did.
type Act struct {
	By conversations.OfficerID
	At time.Time
}

// Breach is a clock that ran out, at the instant at which it was due.
type Breach struct {
	Clock string
	At    time.Time
}

// Stage is how far a booking had come.
type Stage struct {
	Name string
	At   time.Time
}

// Point is one observation of a metric. Shares have values 0 and 1; durations are in
// minutes. A point without a time is of now.
type Point struct {
	At      time.Time
	Value   float64
	Officer conversations.OfficerID // whose it is; empty: the conversation's assignee's
	Desk    string                  // which desk's it is; empty: the conversation's
	Round   string                  // which review round's it is, if one's
	Clock   string                  // which clock's it is, if one's
}
