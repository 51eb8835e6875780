package routing

import (
	"strings"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// What a message means to a conversation, by what the conversation already is.
func TestFold(t *testing.T) {
	ds, err := LoadDesks()
	if err != nil {
		t.Fatal(err)
	}
	customs := Understanding{Language: "ar", Desk: "trace", Category: "held_in_customs", Priority: "normal", Confidence: 0.9, Why: []string{"says customs"}}
	lost := Understanding{Language: "en", Desk: DeskOther, Category: "unclear", Priority: "normal", Confidence: 0.9}
	fresh := conversations.Conversation{Desk: DeskTriage, Priority: conversations.Normal}
	placed := conversations.Conversation{Desk: "trace", Category: "claim", Priority: conversations.Normal, Language: "en"}
	byHand := conversations.Conversation{Desk: DeskTriage, Category: "spam", Priority: conversations.Normal, Language: "en", ByHand: true}
	awb := Reference{Kind: AWB, Value: "1086396430", Carrier: "dhl_express", Valid: true}
	with := func(u Understanding, change func(*Understanding)) Understanding { change(&u); return u }
	for name, c := range map[string]struct {
		before         conversations.Conversation
		u              Understanding
		hints          *conversations.Hints
		desk, category string
		why, never     string // in the event's reason; no event if why is empty
	}{
		"the first places it":              {fresh, customs, nil, "trace", "held_in_customs", "says customs", "triage"},
		"what no desk takes is for triage": {fresh, lost, nil, DeskTriage, "unclear", "triage: belongs to no desk (unclear)", "chose"},
		"a guess is for triage":            {fresh, with(customs, func(u *Understanding) { u.Confidence = Doubt / 2 }), nil, DeskTriage, "held_in_customs", "triage: only", ""},
		"the caller's key is no doubt":     {fresh, lost, &conversations.Hints{Desk: "trace"}, "trace", "unclear", "the caller chose this desk", "triage"},
		"a later one moves it not":         {placed, customs, nil, "trace", "claim", "", ""},
		"but raises it":                    {placed, with(customs, func(u *Understanding) { u.Priority = "urgent" }), nil, "trace", "claim", "says customs", ""},
		"and adds a number": {placed, with(customs, func(u *Understanding) {
			u.References, u.Why = []Reference{awb}, []string{"shipment number 1086396430", "says customs"}
		}), nil, "trace", "claim", "shipment number 1086396430", "says customs"},
		"out of triage it moves":             {conversations.Conversation{Desk: DeskTriage, Category: "unclear", Priority: conversations.Normal, Language: "en"}, customs, nil, "trace", "held_in_customs", "says customs", ""},
		"but not what an officer has put so": {byHand, customs, nil, DeskTriage, "spam", "", ""},
	} {
		after, events := ds.Fold(c.before, conversations.Message{ID: "1042-1", Hints: c.hints}, c.u, time.Unix(1795239000, 0))
		if after.Desk != c.desk || after.Category != c.category {
			t.Errorf("%s: %s, %s", name, after.Desk, after.Category)
		}
		switch {
		case c.why == "":
			if len(events) > 0 {
				t.Errorf("%s: nothing changed, and yet %+v", name, events)
			}
		case len(events) != 1 || !strings.Contains(events[0].Why, c.why):
			t.Errorf("%s: %+v does not say %q", name, events, c.why)
		case c.never != "" && strings.Contains(events[0].Why, c.never):
			t.Errorf("%s: says %q", name, events[0].Why)
		}
	}
}
