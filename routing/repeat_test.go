package routing

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

func TestRepeated(t *testing.T) {
	desks, err := LoadDesks()
	if err != nil {
		t.Fatal(err)
	}
	awb := conversations.Reference{Kind: AWB, Value: "2451080365", Valid: true}
	about := func(id conversations.ID, minutes int, change ...func(*conversations.Conversation)) conversations.Conversation {
		c := conversations.Conversation{ID: id, Desk: DeskTrace, Status: conversations.Open, CreatedAt: monday.Add(time.Duration(minutes) * time.Minute), References: []conversations.Reference{awb}}
		for _, f := range change {
			f(&c)
		}
		return c
	}
	tagged := func(tag string) func(*conversations.Conversation) {
		return func(c *conversations.Conversation) { c.Tags = []string{tag} }
	}
	is := func(s conversations.Status) func(*conversations.Conversation) {
		return func(c *conversations.Conversation) { c.Status = s }
	}
	for _, c := range []struct {
		what    string
		holders []conversations.Conversation
		want    string
	}{
		{"one alone", []conversations.Conversation{about("1", 0)}, ""},
		{"the later one", []conversations.Conversation{about("9", 0), about("2", 1)}, "2→9"},
		{"whatever their order", []conversations.Conversation{about("2", 1), about("9", 0)}, "2→9"},
		{"of one instant the greater number", []conversations.Conversation{about("10", 0), about("9", 0)}, "10→9"},
		{"all later ones", []conversations.Conversation{about("1", 0), about("2", 1), about("3", 2)}, "2→1 3→1"},
		{"who is marked stays so", []conversations.Conversation{about("1", 0), about("2", 1, tagged(conversations.Secondary))}, ""},
		{"what waits is live", []conversations.Conversation{about("1", 0, is(conversations.Pending)), about("2", 1)}, "2→1"},
		{"what was solved is over", []conversations.Conversation{about("1", 0, is(conversations.Solved)), about("2", 1)}, ""},
		{"what has no customer is taken in", []conversations.Conversation{about("1", 0, tagged(conversations.Unowned)), about("2", 1)}, ""},
		{"a merged one is no more", []conversations.Conversation{about("1", 0, func(c *conversations.Conversation) { c.MergedInto = "5" }), about("2", 1)}, ""},
		{"an erased one is no more", []conversations.Conversation{about("1", 0, func(c *conversations.Conversation) { c.Erased = true }), about("2", 1)}, ""},
		{"another desk has its own matters", []conversations.Conversation{about("1", 0, func(c *conversations.Conversation) { c.Desk = DeskBooking }), about("2", 1)}, ""},
		{"another kind of number", []conversations.Conversation{about("1", 0), about("2", 1, func(c *conversations.Conversation) {
			c.References = []conversations.Reference{{Kind: Booking, Value: awb.Value}}
		})}, ""},
	} {
		var got []string
		for _, ch := range desks.Repeated(awb.Value, c.holders, monday) {
			if !slices.Contains(ch.After.Tags, conversations.Secondary) || ch.After.Version != ch.Before.Version+1 || len(ch.Before.Tags)+1 != len(ch.After.Tags) || len(ch.Events) != 2 {
				t.Errorf("%s: %+v", c.what, ch)
			}
			got = append(got, string(ch.After.ID)+"→"+string(ch.After.Related[0]))
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: %q, want %q", c.what, s, c.want)
		}
	}
}
