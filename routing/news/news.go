// Package news carries what the courier's and the tour operator's systems report to
// the customers it concerns. Report keeps one report of a shipment or booking (once by
// its ID, in the order of its own time); Run then tells every conversation that holds
// the reference, on its customer's channel and in his language, and opens one where a
// shipment is in trouble, or a booking's customer is named, before anybody asked. What
// a status means is read from its words (shipment.go, booking.go); what is told to whom
// is a pure plan (plan.go); each conversation is told once by a claim in its own
// partition, so that the same news may be carried any number of times.
package news

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/routing"
	"github.com/caravan-desk/caravan/templates"
)

// Matters is where shipments and bookings are kept.
type Matters interface {
	LoadMatter(ctx context.Context, r conversations.Reference) (conversations.Matter, error)
	// SaveMatter fails with ErrStale unless the version before m's is what is stored.
	SaveMatter(ctx context.Context, m conversations.Matter, events ...conversations.Event) error
	// News takes up to n matters of a partition whose news is due, for the duration d.
	News(ctx context.Context, partition, n int, d time.Duration) (refs []conversations.Reference, next time.Time, err error)
}

// Conversations is what is read of conversations.
type Conversations interface {
	List(ctx context.Context, q conversations.Query) (conversations.Page, error)
	Find(ctx context.Context, handles []channels.Handle) (conversations.Place, error)
	Load(ctx context.Context, id conversations.ID) (conversations.Conversation, error)
}

// Desk is how conversations are told; *conversations.Desk is one.
type Desk interface {
	Notify(ctx context.Context, id conversations.ID, plan func(conversations.Conversation, time.Time) conversations.Notice) error
	Merge(ctx context.Context, id, into conversations.ID, rev conversations.Revision, by conversations.Author) (conversations.Conversation, conversations.EventID, error)
	Patch(ctx context.Context, id conversations.ID, p conversations.Patch, by conversations.Author) (conversations.Conversation, error)
	Raise(ctx context.Context, r conversations.Raising, about conversations.Reference, plan func(conversations.Conversation, time.Time) conversations.Notice) (conversations.ID, error)
}

// Library renders templates; *templates.Library is one.
type Library interface {
	Get(name string) (templates.Template, error)
	Render(name, language string, channel channels.Kind, vars map[string]any, opts templates.Options) (templates.Rendered, error)
}

// Quiet says when a conversation's customer may be written to unasked: at once if
// the answer is not after at, else then, and why.
type Quiet func(c conversations.Conversation, at time.Time) (until time.Time, why string)

// Newsroom is the engine.
type Newsroom struct {
	Matters       Matters
	Conversations Conversations
	Desk          Desk
	Library       Library
	Files         Files
	Promiser      Promiser
	Documents     []routing.Document // what every traveller owes
	ChaseEvery    time.Duration      // between two askings for them; 0: a day
	Watcher       conversations.Watcher
	Partitions    int
	Channels      []channels.Kind // those with an account to send from
	Quiet         Quiet           // nil: at any hour
	Company       string          // signs
	Timezone      *time.Location
	Now           func() time.Time
	Logger        *slog.Logger

	unowned unowned
}

// attempts bounds how often a change is made again because others were quicker.
const attempts = 100

// Report keeps one report, and facts that it tells of a booking. It returns the
// matter as it stands; a report whose ID is known changes nothing.
func (n *Newsroom) Report(ctx context.Context, ref conversations.Reference, r conversations.Report, facts map[string]any) (m conversations.Matter, known bool, err error) {
	r.Stage = Stage(ref.Kind, r)
	for range attempts {
		before, err := n.Matters.LoadMatter(ctx, ref)
		if errors.Is(err, conversations.ErrNotFound) {
			before = conversations.Matter{Reference: ref}
		} else if err != nil {
			return conversations.Matter{}, false, err
		}
		m, known := conversations.Learn(before, r, facts, n.Now())
		if known {
			return m, true, nil
		}
		err = n.Matters.SaveMatter(ctx, m, reported(before, m, r.ID, n.Now()))
		if !errors.Is(err, conversations.ErrStale) {
			return m, false, err
		}
	}
	return conversations.Matter{}, false, fmt.Errorf("keep report: %w after %d attempts", conversations.ErrStale, attempts)
}

// Matter is what was reported of a reference so far, or ErrNotFound.
func (n *Newsroom) Matter(ctx context.Context, ref conversations.Reference) (conversations.Matter, error) {
	return n.Matters.LoadMatter(ctx, ref)
}

// reported is the event of a report for the log and the live feed. It belongs to
// no conversation; what customers are told of it stands in theirs.
func reported(before, after conversations.Matter, id string, now time.Time) conversations.Event {
	e := conversations.Event{Type: eventType(after.Kind), At: now, By: conversations.System, Changes: map[string]conversations.Delta{
		"reference": {To: after.Value}, "report": {To: id},
	}}
	was, _ := before.Latest()
	if is, _ := after.Latest(); is.ID == id {
		e.Changes["status"] = conversations.Delta{From: was.Status, To: is.Status}
		e.Changes["stage"] = conversations.Delta{From: was.Stage, To: is.Stage}
	}
	return e
}

func eventType(kind string) conversations.EventType {
	if kind == conversations.KindBooking {
		return conversations.EventBooking
	}
	return conversations.EventShipment
}

// Stage is what a report's code and status are taken to mean; "" if nothing is known.
func Stage(kind string, r conversations.Report) string {
	if kind == conversations.KindBooking {
		return bookingStage(r)
	}
	return shipmentStage(r)
}
