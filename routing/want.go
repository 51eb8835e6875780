package routing

import (
	"slices"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// Occasions of a desk's templates that something is done on.
const (
	// OccasionMissing is a matter that has begun without something the desk must know.
	OccasionMissing = "missing"
)

// askAfter is how long what is missing is waited for, if the desk does not say: people
// write in pieces.
const askAfter = 2 * time.Minute

// want leaves the errand of asking the customer for what the desk must know, if a matter
// has just begun on it without. Whether he is asked is decided when it is run.
func (ds Desks) want(ch *conversations.Change, m conversations.Message, now time.Time) {
	c := &ch.After
	d := ds.of(c.Desk)
	begins := ch.Before == nil || ch.Before.Desk != c.Desk || ch.Before.Category != c.Category
	if !begins || !c.Status.Live() || m.Channel == channels.Voice || d.Templates[OccasionMissing] == "" || len(ds.Wanted(*c)) == 0 {
		return
	}
	after := time.Duration(d.AskAfter)
	if after == 0 {
		after = askAfter
	}
	ch.Errands = append(ch.Errands, conversations.Errand{Conversation: c.ID, Kind: conversations.ErrandDetails, At: now.Add(after)})
}

// Wanted is what is missing of a conversation and customers may be asked for.
func (ds Desks) Wanted(c conversations.Conversation) []Field {
	return slices.DeleteFunc(ds.Missing(c), func(f Field) bool { return len(f.Ask) == 0 })
}

// Template is a desk's for an occasion; empty: it has none.
func (ds Desks) Template(desk, occasion string) string { return ds.of(desk).Templates[occasion] }

// Opens is when a desk next begins its work; zero if it works now, or never.
func (ds Desks) Opens(desk string, now time.Time) time.Time {
	hours := ds.of(desk).Hours("")
	if at, opens, ok := hours.Next(now); ok && opens {
		return at
	}
	return time.Time{}
}

// Title is what people call a desk.
func (ds Desks) Title(desk string) string { return ds.of(desk).Title }
