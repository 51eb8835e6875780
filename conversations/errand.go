package conversations

import (
	"context"
	"time"
)

// ErrandKind says what an errand is.
type ErrandKind string

const (
	ErrandDetails ErrandKind = "details" // ask the customer for what the desk must know and does not
	ErrandReply   ErrandKind = "reply"   // answer him with a template, because of a rule
	ErrandAlert   ErrandKind = "alert"   // tell those who answer for it that a clock has run out
)

// Errand is something that a change leaves to be done once it is kept: it needs more than
// the change may wait for. Done twice it must come to the same.
type Errand struct {
	Conversation ID
	Kind         ErrandKind
	Name         string // reply: the template; alert: the clock
	Of           string // reply: the rule; alert: the role that is told
	Place        int    // reply: the message's place; alert: the step of the clock's ladder
	At           time.Time
}

// Errands keep what is to be done.
type Errands interface {
	// Errands takes up to n that are due in a partition for the duration d: others find them
	// again after that. next is when there is more to do; zero if nothing waits.
	Errands(ctx context.Context, partition, n int, d time.Duration) (due []Errand, next time.Time, err error)
	// EndErrand forgets one that is done.
	EndErrand(ctx context.Context, e Errand) error
}
