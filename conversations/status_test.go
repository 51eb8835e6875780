package conversations_test

import (
	"slices"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// TestPausesAreFacts: each stretch in which it was not our turn is kept as it
// happened, and none that lasted no time.
func TestPausesAreFacts(t *testing.T) {
	at := func(minute int) time.Time { return time.Date(2026, 3, 2, 8, minute, 0, 0, time.UTC) }
	officer := conversations.Author{Type: conversations.ByOfficer, ID: "o1"}
	c := conversations.Conversation{ID: "16", Status: conversations.New, Version: 1}
	move := func(minute int, s conversations.Status, waits string) {
		t.Helper()
		p := conversations.Patch{Status: &s}
		if waits != "" {
			p.WaitsFor = &waits
		}
		ch, err := conversations.Edit(c, p, officer, at(minute))
		if err != nil {
			t.Fatal(err)
		}
		c = ch.After
	}
	move(1, conversations.Pending, "")
	move(5, conversations.OnHold, conversations.ByCustoms)
	move(7, conversations.OnHold, conversations.ByCarrier) // the same status, another to wait for
	move(9, conversations.Open, "")
	move(10, conversations.Solved, "")
	move(10, conversations.Open, "") // by mistake
	move(12, conversations.Pending, "")
	want := []conversations.Pause{
		{at(1), at(5), conversations.ByTheCustomer}, {at(5), at(7), conversations.ByCustoms}, {at(7), at(9), conversations.ByCarrier}, {From: at(12), By: conversations.ByTheCustomer},
	}
	if !slices.Equal(c.Pauses, want) {
		t.Errorf("pauses %v\nwant   %v", c.Pauses, want)
	}
	if got := c.WaitsFor(); got != conversations.ByTheCustomer {
		t.Errorf("waits for %q", got)
	}
	if !c.Times.Reviewed.Equal(at(12)) {
		t.Errorf("reviewed %s", c.Times.Reviewed)
	}
}

// TestUnassignedIsCountedFromTheLastLoss: a conversation that goes from one officer to
// another was with nobody for no time, and a clock that was stopped late is not due any more.
func TestUnassignedIsCountedFromTheLastLoss(t *testing.T) {
	at := func(minute int) time.Time { return time.Date(2026, 3, 2, 8, minute, 0, 0, time.UTC) }
	c := conversations.Conversation{ID: "16", Status: conversations.New, Version: 1}
	give := func(minute int, to *conversations.OfficerRef) {
		t.Helper()
		ch, err := conversations.Edit(c, conversations.Patch{Assignee: &to}, conversations.System, at(minute))
		if err != nil {
			t.Fatal(err)
		}
		c = ch.After
	}
	a, b := &conversations.OfficerRef{ID: "o1"}, &conversations.OfficerRef{ID: "o2"}
	give(1, a)
	if !c.Times.Released.IsZero() {
		t.Errorf("nobody lost it: %s", c.Times.Released)
	}
	give(5, b)
	if !c.Times.Released.Equal(at(5)) || !c.Times.Assigned.Equal(at(5)) {
		t.Errorf("handed on: %+v", c.Times)
	}
	give(7, nil)
	give(9, a)
	if !c.Times.Released.Equal(at(7)) || !c.Times.Assigned.Equal(at(9)) {
		t.Errorf("given back and taken: %+v", c.Times)
	}
	c.Clocks = []conversations.Clock{
		{Name: "first_response", DueAt: at(2), State: conversations.Breached, Late: true},
		{Name: "resolution", DueAt: at(30), State: conversations.Running}, {Name: "review", DueAt: at(20), State: conversations.Paused},
	}
	if due := c.Due(); !due.Equal(at(30)) {
		t.Errorf("due %s", due)
	}
}
