// Package callbacks keeps the promises to ring somebody. The ledger (ledger.go,
// ladder.go, pick.go) is pure: what an attempt's news makes of its promise, when to
// try again, whom to ring first. The Dialer is the thin engine around it: it looks
// at a promise when it is time to (never on a tick), takes the lines an attempt
// needs, writes the attempt down before the provider is asked, and asks the provider
// what became of a call before anything is rung again. A promise is kept only when a
// human was proved. docs/callbacks.md draws the states; start with ledger.go.
package callbacks

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// Ledger is where promises are read. Writes go through Keeper.
type Ledger interface {
	Load(ctx context.Context, id conversations.ID) (conversations.Conversation, error)
	LoadCallback(ctx context.Context, id conversations.CallbackID) (conversations.Callback, error)
	// DueCallbacks returns a partition's promises to be looked at by now, and when the next one is.
	DueCallbacks(ctx context.Context, partition int, now time.Time) (due []conversations.Callback, next time.Time, err error)
}

// Keeper changes a promise by a pure function of how it stands.
type Keeper interface {
	Keep(ctx context.Context, id conversations.CallbackID, by conversations.Author, why string,
		change func(conversations.Callback, time.Time) (conversations.Callback, error)) (conversations.Callback, error)
	Renegotiate(ctx context.Context, id conversations.CallbackID, r conversations.CallbackRequest, by conversations.Author) (conversations.Callback, error)
}

// Consents keeps who wants to be rung no more.
type Consents interface {
	Consent(ctx context.Context, to channels.Handle, e conversations.ConsentEntry) (conversations.Consent, error)
}

// Lines says whose telephone is in use, among all gateways.
type Lines interface {
	// SeizeLines takes all of it or nothing: ErrFull, ErrTaken.
	SeizeLines(ctx context.Context, attempt string, lines []string, number string, most int) error
	FreeLines(ctx context.Context, attempt string, lines []string, unrung string) error
	HeldLines(ctx context.Context) (lines map[string]string, calls map[string]time.Time, err error)
	RungSince(ctx context.Context, number string, since ...time.Time) ([]int, error)
	// NoteOffered keeps for a day that a customer took a call, and whether he was connected
	// to an officer; noted again, the last word counts.
	NoteOffered(ctx context.Context, attempt string, at time.Time, connected bool) error
	AbandonedSince(ctx context.Context, since time.Time) (abandoned, offered int, err error)
}

// Marks remembers whose a provider's call is.
type Marks interface {
	MarkCall(ctx context.Context, sid, attempt string) error
}

// Roster is who could talk.
type Roster interface {
	Officers(ctx context.Context) ([]conversations.Officer, error)
	Officer(ctx context.Context, id conversations.OfficerID) (conversations.Officer, error)
}

// Pacer gives turns: one each gap, among all gateways.
type Pacer interface {
	Pace(ctx context.Context, sender string, gap time.Duration, burst int, most time.Duration) (wait time.Duration, taken bool, err error)
}

// Watcher wakes the dialer when this gateway changed something. What another
// gateway left when it died is found when its promises are due to be looked at.
type Watcher interface {
	Watch(on conversations.EventType, wake func(partition int))
}

// Caller is the provider. Errors of Ring are *channels.SendError; after AnswerLost
// the call may have been placed.
type Caller interface {
	Ring(ctx context.Context, r channels.Ring) (sid string, err error)
	Find(ctx context.Context, r channels.Ring) (sid string, found bool, err error)
	Look(ctx context.Context, sid string) (channels.CallState, error)
	HangUp(ctx context.Context, sid string) error
}

// Teller tells the customer in writing that he could not be reached, and a
// supervisor that a promise was broken. Telling twice has the effect of once.
type Teller interface {
	Missed(ctx context.Context, cb conversations.Callback) error
}

// Window says when a customer may be rung, at the earliest: not before now. why is
// for an officer to read; it is empty if that is now.
type Window func(ctx context.Context, cb conversations.Callback, c conversations.Conversation, now time.Time) (at time.Time, why string)

// Gate is asked at the instant of ringing whether the customer still wants it;
// conversations.ErrOptedOut says that he does not.
type Gate func(ctx context.Context, cb conversations.Callback, c conversations.Conversation) error

// Dialer is the engine.
type Dialer struct {
	Ledger   Ledger
	Keeper   Keeper
	Lines    Lines
	Marks    Marks
	Officers Roster
	Pacer    Pacer
	Watcher  Watcher
	Caller   Caller
	Consents Consents // nil: nothing is noted
	Teller   Teller   // nil: nobody is told
	Window   Window   // nil: any hour
	Gate     Gate     // nil: always
	Missed   Missed   // nil: who rings back is a caller like any other

	Partitions int
	PerSecond  float64 // calls placed, at most
	AtOnce     int     // calls under way, at most
	Limits     Limits  // nil: none
	Gateway    string  // names this gateway; the same after a restart
	Now        func() time.Time
	Logger     *slog.Logger

	mu      sync.Mutex
	shelves []shelf                            // what is to be looked at, by partition
	items   map[conversations.CallbackID]*item // the same, by promise
	queue   []*item                            // the same, in order; of Turn alone
	busy    map[conversations.CallbackID]bool
	wakeup  chan struct{}
	work    sync.WaitGroup
	healed  time.Time
	asked   atomic.Bool // somebody has said what he wants to hear of us
	inline  bool        // tests: work is done within the turn
}

// Limits says how often a number may be rung in a day and in a week; 0: as often as one likes.
type Limits func(number string) (day, week int)

// Deadlines: no wait is without one.
const (
	callTerm   = 25 * time.Second // one request to the provider; its own client gives up earlier
	writeTerm  = 10 * time.Second // writing down what became of it, under a deadline of its own
	claimTerm  = 5 * time.Second  // from taking the lines to writing the attempt down
	placeTerm  = 5 * time.Second  // from there to asking the provider
	intentTerm = 45 * time.Second // after which another gateway may take the attempt up: longer than all of these
	doubtTerm  = 15 * time.Second // after which a line whose attempt is not under way is given back
	idleTerm   = 30 * time.Second // the longest sleep without news
	blockTerm  = 500 * time.Millisecond
)
