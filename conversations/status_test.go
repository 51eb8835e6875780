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
