package conversations_test

import (
	"testing"

	"github.com/caravan-desk/caravan/conversations"
)

// TestWork: what the router does itself, and what comes to somebody who is at work, leaves
// nobody anything to do.
func TestWork(t *testing.T) {
	officer := conversations.Author{Type: conversations.ByOfficer, ID: "o1"}
	for _, c := range []struct {
		what string
		e    conversations.Event
		want bool
	}{
		{"a message of a conversation that nobody has", conversations.Event{Type: conversations.EventReceived, Unassigned: true}, true},
		{"of one that somebody has who may be gone", conversations.Event{Type: conversations.EventReceived, Unattended: true}, true},
		{"of one that somebody has", conversations.Event{Type: conversations.EventReceived}, false},
		{"assigned by the router", conversations.Event{Type: conversations.EventAssigned, By: conversations.System}, false},
		{"assigned by hand", conversations.Event{Type: conversations.EventAssigned, By: officer}, true},
		{"taken away", conversations.Event{Type: conversations.EventUnassigned, By: conversations.System}, true},
		{"solved", conversations.Event{Type: conversations.EventChanged, By: officer}, true},
		{"a number was named", conversations.Event{Type: conversations.EventClassified, By: conversations.System}, true},
		{"a tour is over", conversations.Event{Type: conversations.EventBooking}, true},
		{"an officer was changed", conversations.Event{Type: conversations.EventOfficer}, true},
		{"a receipt", conversations.Event{Type: conversations.EventStatus, By: conversations.System}, false},
		{"an answer", conversations.Event{Type: conversations.EventQueued, By: officer}, false},
	} {
		if got := c.e.Work(); got != c.want {
			t.Errorf("%s: %t, want %t", c.what, got, c.want)
		}
	}
}
