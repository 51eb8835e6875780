package conversations

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// BulkID names a bulk message.
type BulkID string

// BulkStatus is how a bulk message stands.
type BulkStatus string

const (
	BulkRunning   BulkStatus = "running"
	BulkPaused    BulkStatus = "paused"
	BulkCanceled  BulkStatus = "canceled"  // what was not queued by then never goes
	BulkCompleted BulkStatus = "completed" // every recipient has an outcome
)

// RowState is what became of one recipient of a bulk message.
type RowState string

const (
	RowPending  RowState = "pending"
	RowQueued   RowState = "queued"   // his message is in the outbox, or further: the message tells
	RowGrouped  RowState = "grouped"  // somebody of his group is told for him
	RowRepeated RowState = "repeated" // he stands in the list twice
	RowSkipped  RowState = "skipped"  // he may not be written to
	RowFailed   RowState = "failed"   // the message cannot be written
	RowCanceled RowState = "canceled"
)

// RowStates lists every state of a row.
var RowStates = []RowState{RowPending, RowQueued, RowGrouped, RowRepeated, RowSkipped, RowFailed, RowCanceled}

// Bulk is one text to many: a template, or words, for a ledger of recipients.
type Bulk struct {
	ID        BulkID           `json:"id"`
	Version   Revision         `json:"version"`
	Name      string           `json:"name"`
	Status    BulkStatus       `json:"status"`
	Purpose   Purpose          `json:"purpose"`
	Channel   channels.Kind    `json:"channel,omitempty"` // empty: each recipient's own
	Template  string           `json:"template,omitempty"`
	Text      string           `json:"text,omitempty"` // instead of a template
	Subject   string           `json:"subject,omitempty"`
	Language  string           `json:"language,omitempty"` // empty: each recipient's own
	Variables map[string]any   `json:"variables,omitempty"`
	Desk      string           `json:"desk,omitempty"` // of conversations that it opens
	By        Author           `json:"by"`
	Total     int              `json:"total"`
	Counts    map[RowState]int `json:"counts"` // how many recipients stand where
	CreatedAt time.Time        `json:"created_at"`
	UpdatedAt time.Time        `json:"updated_at"`
}

// BulkRow is one recipient.
type BulkRow struct {
	N            int             `json:"n"` // his place in the list, from 0
	Version      Revision        `json:"-"`
	State        RowState        `json:"state"`
	Channel      channels.Kind   `json:"channel,omitempty"`
	To           channels.Handle `json:"to,omitzero"`
	Name         string          `json:"name,omitempty"`
	Language     string          `json:"language,omitempty"`
	Group        string          `json:"group,omitempty"`
	Variables    map[string]any  `json:"variables,omitempty"`
	Conversation ID              `json:"conversation,omitempty"` // where he is written to; empty: in a new one
	Placed       bool            `json:"placed,omitempty"`       // Conversation is settled for good: a message is never tried in two places
	Message      MessageID       `json:"message,omitempty"`
	Why          string          `json:"why,omitempty"`
	At           time.Time       `json:"at,omitzero"` // of the outcome
}

// key is whom the row is for: two rows of one key are one person.
func (r *BulkRow) key() string {
	if !r.To.IsZero() {
		return r.To.Key()
	}
	return "conversation " + string(r.Conversation)
}

// longestNames is how many of a group are named in its message.
const longestNames = 6

// Enroll makes a ledger of a list of recipients: nobody twice, and of each group
// (a family on a tour) the first, who is addressed for all of them. It is pure.
func Enroll(list []BulkRow) []BulkRow {
	rows, seen, leads := slices.Clone(list), map[string]int{}, map[string]int{}
	names := map[int][]string{}
	for i := range rows {
		r := &rows[i]
		r.N, r.Version, r.State = i, 1, RowPending
		if first, twice := seen[r.key()]; twice {
			r.State, r.Why = RowRepeated, "he stands in row "+strconv.Itoa(first)+" already"
			continue
		}
		seen[r.key()] = i
		if r.Group == "" {
			continue
		}
		lead, led := leads[r.Group]
		if !led {
			leads[r.Group], names[i] = i, []string{r.Name}
			continue
		}
		r.State, r.Why = RowGrouped, "told with row "+strconv.Itoa(lead)
		if r.Name != "" {
			names[lead] = append(names[lead], r.Name)
		}
	}
	for lead, all := range names {
		rows[lead].Name = together(all)
	}
	return rows
}

// together names people as one: a comma is understood in every language.
func together(names []string) string {
	names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return strings.TrimSpace(n) == "" })
	more := ""
	if len(names) > longestNames {
		names, more = names[:longestNames], ", …"
	}
	return strings.Join(names, ", ") + more
}

// Move changes a bulk message's status, if that is possible. It is pure.
func (b Bulk) Move(to BulkStatus, now time.Time) (Bulk, error) {
	from := map[BulkStatus][]BulkStatus{
		BulkPaused: {BulkRunning}, BulkRunning: {BulkPaused}, BulkCanceled: {BulkRunning, BulkPaused}, BulkCompleted: {BulkRunning},
	}
	if b.Status != to && !slices.Contains(from[to], b.Status) {
		return b, &InvalidError{Fields: map[string]string{"status": "is " + string(b.Status) + ", and cannot become " + string(to)}}
	}
	if b.Status != to {
		b.Status, b.UpdatedAt = to, now
		b.Version++
	}
	return b, nil
}
