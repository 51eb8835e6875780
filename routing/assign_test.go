package routing_test

import (
	"context"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/redisstore/redistest"
)

// TestIsAssignedWhileItIsKept: the commit that opens a conversation gives it to
// whoever has room; what comes after that waits, and so does all that follows.
func TestIsAssignedWhileItIsKept(t *testing.T) {
	o := open(t, redistest.Single(t).URL, "gw")
	ctx := t.Context()
	sami := o.hire("sami", 2, "trace", "booking", "triage")
	o.intake.Assign = router(o.Store, o.desks, clock).Assign
	for n := range 3 {
		must(t, o.intake.Receive(ctx, sms(n)))
		c := o.of(n)
		if n < 2 && (c.Version != 1 || c.Assignee == nil || c.Assignee.ID != sami.ID) {
			t.Fatalf("message %d: version %d, assignee %v", n, c.Version, c.Assignee)
		}
		if n == 2 && c.Assignee != nil {
			t.Fatalf("%s has more than his two places", c.Assignee.ID)
		}
	}
}

// TestAssignGivesBackWhatWasNotCommitted: a refused commit takes no place of anybody's,
// whether the place is claimed first, as on a cluster, or taken by the commit.
func TestAssignGivesBackWhatWasNotCommitted(t *testing.T) {
	t.Run("claimed", func(t *testing.T) { givesBack(t, redistest.Cluster(t).URL, false) })
	t.Run("taken", func(t *testing.T) { givesBack(t, redistest.Single(t).URL, true) })
}

func givesBack(t *testing.T, url string, seats bool) {
	o := open(t, url, "gw")
	if o.Seats() != seats {
		t.Fatalf("a change takes places: %v, want %v", o.Seats(), seats)
	}
	ctx := t.Context()
	sami := o.hire("sami", 1, "trace", "booking", "triage")
	router, now := router(o.Store, o.desks, clock), clock() // it does not look again meanwhile
	id, err := o.NewID(ctx, "phone:+966500000000")
	must(t, err)
	c := conversations.Conversation{ID: id, Number: id.Number(), Status: conversations.New, Priority: conversations.Normal, Desk: "trace", Version: 1}
	ch := conversations.Change{After: c}
	told, err := router.Assign(ctx, &ch, now)
	must(t, err)
	if ch.After.Assignee == nil || ch.After.Assignee.ID != sami.ID || len(ch.Events) != 1 {
		t.Fatalf("assigned to %v with %d events", ch.After.Assignee, len(ch.Events))
	}
	full := conversations.Change{After: c}
	full.After.ID = "999999"
	if _, err = router.Assign(ctx, &full, now); err != nil || full.After.Assignee != nil {
		t.Fatalf("his only place was given twice: %v, %v", full.After.Assignee, err)
	}
	told(conversations.ErrStale)
	if err := o.Claim(ctx, o.officer(ctx, sami.ID), "999998", "", 1); err != nil {
		t.Fatalf("his place was not given back: %v", err)
	}
	if doubt, err := o.Doubtful(ctx, -1); err != nil || len(doubt) != 1 {
		t.Fatalf("in doubt: %v, %v", doubt, err)
	}
}

// TestWhoIsFullMeanwhileIsNotWaitedFor: somebody else took the last place of who was chosen;
// the message is kept at once all the same, and its conversation waits.
func TestWhoIsFullMeanwhileIsNotWaitedFor(t *testing.T) {
	o := open(t, redistest.Single(t).URL, "gw")
	ctx := t.Context()
	sami := o.hire("sami", 2, "trace", "booking", "triage")
	must(t, o.intake.Receive(ctx, sms(0)))
	must(t, o.Hold(ctx, sami.ID, "999998", 1)) // of which this gateway's router hears nothing
	assign := o.intake.Assign
	var asked int
	o.intake.Assign = func(ctx context.Context, ch *conversations.Change, now time.Time) (func(error), error) {
		asked++
		return assign(ctx, ch, now)
	}
	must(t, o.intake.Receive(ctx, sms(1)))
	if c := o.of(1); c.Assignee != nil || c.Messages != 1 || asked != 1 {
		t.Fatalf("assigned to %v with %d messages, asked %d times", c.Assignee, c.Messages, asked)
	}
	if who := o.officer(ctx, sami.ID); who.Load != 2 {
		t.Fatalf("he has %d", who.Load)
	}
}

// officer is his document as it is now.
func (o *office) officer(ctx context.Context, id conversations.OfficerID) conversations.Officer {
	o.t.Helper()
	who, err := o.Officer(ctx, id)
	must(o.t, err)
	return who
}

// of is the conversation of a customer.
func (o *office) of(n int) conversations.Conversation {
	o.t.Helper()
	place, err := o.Find(o.t.Context(), []channels.Handle{sms(n).From})
	must(o.t, err)
	c, err := o.Load(o.t.Context(), place.Conversation)
	must(o.t, err)
	return c
}
