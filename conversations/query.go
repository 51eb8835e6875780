package conversations

import (
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// Sort is an order of a list of conversations.
type Sort string

const (
	ByUpdated       Sort = "-updated" // latest change first
	ByCreatedNewest Sort = "-created"
	ByCreatedOldest Sort = "created"
	ByDue           Sort = "due" // next clock first; those without a clock last
)

// Query selects conversations. Empty fields select all.
type Query struct {
	Desk      string
	Category  string
	Status    []Status
	Assignee  string // an officer's ID, or "none"
	Channel   channels.Kind
	Priority  Priority
	Language  string
	Reference string
	Contact   ContactID
	Tag       string
	Overdue   bool // a running clock is past Now
	Sort      Sort
	Limit     int    // 1 to 200
	Cursor    string // from the page before
	Now       time.Time
}

// Page is one page of conversations. The values are shared: they must not be changed.
type Page struct {
	Items []*Conversation
	Next  string // "" after the last page
}

// CallbackStatuses lists all of them.
var CallbackStatuses = []CallbackStatus{CallbackScheduled, CallbackDialing, CallbackConnected, CallbackKept, CallbackBroken, CallbackRenegotiated, CallbackCanceled}

// CallbackQuery selects promises, the next due first.
type CallbackQuery struct {
	Status       []CallbackStatus // any of them; none: all
	DueBefore    time.Time
	Conversation ID
	Limit        int
	Cursor       string
}

// CallbackPage is one page of promises.
type CallbackPage struct {
	Items []Callback
	Next  string
}

// SearchQuery is what somebody searches for.
type SearchQuery struct {
	Text   string // words, names, numbers or parts of them, in any script
	Limit  int
	Cursor string
}

// Found is a conversation that answers a search.
type Found struct {
	Conversation *Conversation // shared: it must not be changed
	Messages     []Message     // a few of those that say it
	Where        []string      // number, name, subject, reference, tag, message
}

// SearchPage is one page of what was found.
type SearchPage struct {
	Items []Found
	Next  string
}

// ContactPage is one page of contacts.
type ContactPage struct {
	Items []Contact
	Next  string
}
