package conversations

import (
	"context"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// Change is all that one decision alters in one conversation. The store applies
// the whole of it or nothing: it refuses with a *DuplicateError if a claim is
// taken and with a *StaleError if Before is no longer what is stored. Applying
// the same Change twice has the effect of once.
type Change struct {
	Op         string        // names this decision; set by the store if empty
	Claim      string        // taken once for ever by what the change adds; "" for none
	Back       ID            // the claim had been passed on to this one, and comes back from it
	Before     *Conversation // as it was read; nil for a conversation that does not exist yet
	After      Conversation
	Messages   []Message // added; they are After's last
	Contact    *Contact  // created or changed with it; lives in the same partition
	Pointer    *Pointer  // where a handle leads from now on
	Seat       *Seat     // an officer's places that it takes for the conversation; see Seat
	Assumes    []Stand   // others that the decision was made on
	Callback   *Callback // created or changed with it
	Consents   []ConsentChange
	Recall     *Recall    // what a message says about a call that is promised; nil: nothing
	Survey     bool       // the message answers a survey, and asks nothing
	Unattended bool       // who has the conversation may not be at work
	Tick       *Tick      // an item of a review that is open, and that nobody has ticked off
	Ended      []Callback // others that end with it
	Errands    []Errand   // left to be done once the change is kept
	Events     []Event
}

// Place is where a handle leads.
type Place struct {
	Root         channels.Handle // the handle that owns the place; others point to it
	Contact      ContactID
	Conversation ID // the latest conversation on a chat channel; "" for none
}

// Pointer moves a handle from one place to another, if it still leads to Was.
type Pointer struct {
	Handle   channels.Handle
	Was, Now Place
}

// Stand is how a conversation stood when a decision about another one was made on it. In
// the same partition the change is refused if that is no longer so; elsewhere nobody looks.
type Stand struct {
	Conversation ID
	Version      Revision
}

// Arrivals is what Intake wants of the store.
type Arrivals interface {
	// Find follows handles in order; the first that is known decides. A Place
	// with only Root set means that none is known: Root is where it will live.
	Find(ctx context.Context, handles []channels.Handle) (Place, error)
	// Known is Load, but possibly an older state; Commit finds that out. Others read the
	// same value: it must not be changed.
	Known(ctx context.Context, id ID) (*Conversation, error)
	// NewID reserves an ID in the partition that key lives in.
	NewID(ctx context.Context, key string) (ID, error)
	Commit(ctx context.Context, c Change) (Conversation, error)
}

// Threads is the index of Message-IDs, one for each mailbox.
type Threads interface {
	// Threads returns, in order, the conversations that the Message-IDs belong to.
	Threads(ctx context.Context, account string, messageIDs []string) ([]ID, error)
	// Pin ties Message-IDs to a conversation unless they are tied already; then it
	// gives in to that one: first those that a mail refers to, then its own. Of two
	// callers who share a reference both get the same.
	Pin(ctx context.Context, account, own string, references []string, to ID) (Pinned, error)
}

// Pinned is where Message-IDs are tied for ever.
type Pinned struct {
	References ID // the last of them; where there are none, what was asked for
	Own        ID
}

// People is what Intake wants to know of persons.
type People interface {
	Contact(ctx context.Context, id ContactID) (Contact, error)
	// Link makes handles lead where root leads, unless they lead elsewhere already.
	Link(ctx context.Context, root channels.Handle, handles []channels.Handle) error
	// Leads is Find as it is stored at this moment.
	Leads(ctx context.Context, handles []channels.Handle) (Place, error)
}

// Passage lets a message be kept in another partition than the one its sender's
// handle leads to.
type Passage interface {
	// Pass takes the claim where from lives, in favour of to: a later delivery that
	// comes to from finds it passed on. A claim that from itself has taken gives a
	// *DuplicateError, one that was passed elsewhere a *MovedError.
	Pass(ctx context.Context, claim string, from, to ID) error
	// Erased reports whether the person of a conversation was erased, as it is stored at this moment.
	Erased(ctx context.Context, id ID) (bool, error)
}

// Receipts applies providers' words about our messages.
type Receipts interface {
	// Apply keeps the greater of the message's status and the receipt's.
	Apply(ctx context.Context, r channels.Receipt) error
}

// Reader understands a message and folds its meaning into the change that keeps it,
// so that no message is ever kept without it. It is pure; routing supplies it.
type Reader func(ch *Change, m Message, now time.Time)

// Clockwork folds the clocks of what a change leaves from its milestones; routing supplies it.
type Clockwork func(ch *Change)

// wind does so if there is a clockwork.
func (w Clockwork) wind(ch *Change) {
	if w != nil {
		w(ch)
	}
}
