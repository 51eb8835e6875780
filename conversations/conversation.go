// Package conversations is the heart of the house: contacts and their handles,
// conversations and their messages, and the pure rules by which a message joins
// a conversation, an officer may answer, and a state may change. Intake keeps
// what comes in; Desk is what officers may do. Both decide on values and hand a
// Change to the store, which applies all of it or nothing. Start with
// Conversation, then change.go, then intake.go.
package conversations

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// ID names a conversation: its number, in decimal. The number modulo the count
// of partitions is the partition that everything about it lives in.
type ID string

// Number returns the number in the ID, or 0 if there is none.
func (id ID) Number() uint64 {
	if !canonical(string(id)) {
		return 0
	}
	n, err := strconv.ParseUint(string(id), 10, 53)
	if err != nil {
		return 0
	}
	return n
}

// canonical reports whether digits are as a number is written: without a sign, and
// without zeros in front.
func canonical(digits string) bool { return digits != "" && '1' <= digits[0] && digits[0] <= '9' }

// NewID makes the ID of a number.
func NewID(number uint64) ID { return ID(strconv.FormatUint(number, 10)) }

// MessageID names a message: its conversation's ID, a dash, its place from 1.
type MessageID string

// NewMessageID names the seq-th message (from 1) of a conversation.
func NewMessageID(id ID, seq int) MessageID {
	return MessageID(string(id) + "-" + strconv.Itoa(seq))
}

// Split returns the conversation and the place; ok is false for anything malformed.
func (m MessageID) Split() (id ID, seq int, ok bool) {
	c, s, _ := strings.Cut(string(m), "-")
	if !canonical(s) || ID(c).Number() == 0 {
		return "", 0, false
	}
	if seq, err := strconv.Atoi(s); err == nil {
		return ID(c), seq, true
	}
	return "", 0, false
}

// OfficerID names an officer.
type OfficerID string

// Revision counts the changes of a conversation, from 1.
type Revision uint64

// Status is where a conversation stands.
type Status string

const (
	New     Status = "new"     // nobody has answered yet
	Open    Status = "open"    // being worked on
	Pending Status = "pending" // waits for the customer
	OnHold  Status = "on_hold" // waits for somebody else (carrier, customs, embassy)
	Solved  Status = "solved"  // answered; the customer may reopen it
	Closed  Status = "closed"  // done for good
)

// Statuses lists every status, in the order of a conversation's life.
var Statuses = []Status{New, Open, Pending, OnHold, Solved, Closed}

// LiveStatuses are those of conversations that still want somebody's attention.
var LiveStatuses = []Status{New, Open, Pending, OnHold}

// Live reports whether the conversation still wants somebody's attention.
func (s Status) Live() bool { return s != Solved && s != Closed }

// Priority is how soon a conversation wants attention.
type Priority string

const (
	Urgent Priority = "urgent"
	High   Priority = "high"
	Normal Priority = "normal"
	Low    Priority = "low"
)

// Priorities lists every priority, most urgent first.
var Priorities = []Priority{Urgent, High, Normal, Low}

// Rank is 0 for Urgent up to 3 for Low; anything unknown ranks as Normal.
func (p Priority) Rank() int {
	for i, q := range Priorities {
		if p == q {
			return i
		}
	}
	return 2
}

// Triage is the desk of what no desk has claimed.
const Triage = "triage"

// Conversation is one matter with one contact, over whatever channels it takes.
type Conversation struct {
	ID          ID              `json:"id"`
	Number      uint64          `json:"number"`
	Version     Revision        `json:"version"`
	Desk        string          `json:"desk"`
	Category    string          `json:"category"`
	Confidence  float64         `json:"confidence"`
	Status      Status          `json:"status"`
	Priority    Priority        `json:"priority"`
	Language    string          `json:"language"`
	Subject     string          `json:"subject"`
	Preview     string          `json:"preview"`
	Contact     ContactRef      `json:"contact"`
	Assignee    *OfficerRef     `json:"assignee"`
	References  []Reference     `json:"references"`
	Channels    []channels.Kind `json:"channels"`
	Tags        []string        `json:"tags"`
	Unread      int             `json:"unread"`
	Clocks      []Clock         `json:"clocks"`
	WindowUntil *time.Time      `json:"whatsapp_window_until"`
	Related     []ID            `json:"related"`
	Snoozed     *time.Time      `json:"snoozed_until"`
	// How it ended, in a word of its desk's; what its desk wants to know of it; and
	// officers who had it and are told of it.
	Disposition string            `json:"disposition,omitempty"`
	Details     map[string]string `json:"details,omitempty"`
	Watchers    []OfficerID       `json:"watchers,omitempty"`
	Surveys     []Survey          `json:"surveys,omitempty"`     // asked for feedback, the oldest first
	MergedInto  ID                `json:"merged_into,omitempty"` // what it says is shown there
	Parties     []Party           `json:"parties,omitempty"`     // others who take part since their conversations were merged in
	CreatedAt   time.Time         `json:"created_at"`
	UpdatedAt   time.Time         `json:"updated_at"`

	Messages int        `json:"-"` // how many messages it has of its own
	Routes   []Route    `json:"-"` // how to reach the customer, the latest first
	Promises int        `json:"-"` // open call-back promises
	Issued   int        `json:"-"` // call-backs ever promised; names the next one
	Times    Milestones `json:"-"` // what the clocks are folded from
	ByHand   bool       `json:"-"` // desk and category were set by an officer
	People   []string   `json:"-"` // mail addresses that take part
	Erased   bool       `json:"-"` // the person was erased; nothing more is added
	Pauses   []Pause    `json:"-"` // when it was not our turn
	Previous OfficerID  `json:"-"` // who had this customer before
	Overflow string     `json:"-"` // a desk whose officers may take it too
	Shares   []Share    `json:"-"` // messages of other conversations that are shown here
	Given    []Share    `json:"-"` // messages of its own that are shown elsewhere
	Was      *Aside     `json:"-"` // merged: how it stood before
}

// ContactRef is the contact as a conversation shows it.
type ContactRef struct {
	ID      ContactID         `json:"id"`
	Name    string            `json:"name"`
	Handles []channels.Handle `json:"handles"`
}

// OfficerRef is an officer as a conversation shows him.
type OfficerRef struct {
	ID   OfficerID `json:"id"`
	Name string    `json:"name"`
}

// Reference is a shipment's or booking's number that the conversation is about.
type Reference struct {
	Kind    string `json:"kind"` // awb or booking
	Value   string `json:"value"`
	Carrier string `json:"carrier,omitempty"`
	Valid   bool   `json:"valid"` // its check digit, where it has one, is right
}

// Clock is something owed, with its instant.
type Clock struct {
	Name     string     `json:"name"`
	DueAt    time.Time  `json:"due_at"`
	State    ClockState `json:"state"`
	PausedBy *string    `json:"paused_by"`
	Step     int        `json:"step,omitempty" doc:"How many steps of its ladder were taken for this due time: warning, breach, escalations"`
	Ack      OfficerID  `json:"acknowledged_by,omitempty" doc:"Who said that he looks after it: it is not escalated further"`

	Late   bool      `json:"-"` // it was breached, and has been stopped since
	NextAt time.Time `json:"-"` // when the next step of its ladder comes; only where clocks were just folded
}

// AlarmLead is the longest time before a clock is due at which somebody may be warned.
const AlarmLead = 15 * time.Minute

// Alarms are conversations of one partition of which a clock's next step may have come.
type Alarms struct {
	IDs  []ID
	Till time.Time // due times were read up to here; zero: none were
	Next time.Time // when there may be more; zero: not for as long as nothing changes
}

// MaxWeight is how much of an officer's capacity one conversation may take.
const MaxWeight = 9

// Going reports whether the clock still wants something done.
func (k Clock) Going() bool { return !k.Late && (k.State == Running || k.State == Breached) }

// ClockState is how a clock stands.
type ClockState string

const (
	Running  ClockState = "running"
	Paused   ClockState = "paused"
	Met      ClockState = "met"
	Breached ClockState = "breached"
)

// Route is one way to reach the customer: where he last wrote from, and to which of ours.
type Route struct {
	Channel channels.Kind   `json:"c"`
	Account string          `json:"a,omitempty"`
	To      channels.Handle `json:"t"`
	Last    string          `json:"m,omitempty"` // mail: the Message-ID to answer
	Index   string          `json:"x,omitempty"` // mail: its Thread-Index, if it had one
	Seq     int             `json:"q,omitempty"` // mail: its number in the conversation
	Class   channels.Class  `json:"k,omitempty"` // who made the last inbound, if no person did
	At      time.Time       `json:"-"`           // last inbound on it
}

// Milestones are the instants that clocks are folded from. Zero means not yet.
type Milestones struct {
	Waiting  time.Time // the customer's oldest unanswered message
	Answered time.Time // our first answer
	Assigned time.Time // to the present assignee
	Solved   time.Time
	Status   time.Time // since when the status is what it is
	Reviewed time.Time // an officer last wrote, noted or changed something
	Released time.Time // when somebody last lost it; zero if nobody did
}

// Due is the earliest instant among the clocks that still want something; zero if none does.
func (c *Conversation) Due() time.Time {
	var due time.Time
	for _, k := range c.Clocks {
		if k.Going() && (due.IsZero() || k.DueAt.Before(due)) {
			due = k.DueAt
		}
	}
	return due
}

// Alarm is the earliest next step of the clocks' ladders, where they were just
// folded, or the end of a snooze; zero if there is neither.
func (c *Conversation) Alarm() time.Time {
	var at time.Time
	if c.Snoozed != nil {
		at = *c.Snoozed
	}
	for _, k := range c.Clocks {
		if !k.NextAt.IsZero() && (at.IsZero() || k.NextAt.Before(at)) {
			at = k.NextAt
		}
	}
	return at
}

// Route returns how to reach the customer on a channel, or on the latest one if k is empty.
func (c *Conversation) Route(k channels.Kind) (Route, bool) {
	for _, r := range c.Routes {
		if k == "" || r.Channel == k {
			return r, true
		}
	}
	return Route{}, false
}

// At returns the clocks as they stand at now: a running clock past its due time is breached.
func (c Conversation) At(now time.Time) Conversation {
	clocks := make([]Clock, len(c.Clocks))
	for i, k := range c.Clocks {
		if k.State == Running && now.After(k.DueAt) {
			k.State = Breached
		}
		clocks[i] = k
	}
	c.Clocks = clocks
	return c
}

// String names the conversation for a log line.
func (c Conversation) String() string { return fmt.Sprintf("conversation %s", c.ID) }
