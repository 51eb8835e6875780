package feedback

import (
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/templates"
)

func TestOccasions(t *testing.T) {
	solved := map[string]conversations.Delta{"status": {From: "open", To: "solved"}}
	officer := conversations.Author{Type: conversations.ByOfficer, ID: "o1"}
	for name, c := range map[string]struct {
		event conversations.Event
		want  conversations.SurveyKind
	}{
		"an officer solved it":     {conversations.Event{Type: conversations.EventChanged, By: officer, Changes: solved}, conversations.CSAT},
		"as the log tells it":      {conversations.Event{Type: conversations.EventChanged, By: officer, Changes: map[string]conversations.Delta{"status": {To: conversations.Solved}}}, conversations.CSAT},
		"a rule solved it":         {conversations.Event{Type: conversations.EventChanged, By: conversations.System, Changes: solved}, ""},
		"closed":                   {conversations.Event{Type: conversations.EventChanged, By: officer, Changes: map[string]conversations.Delta{"status": {To: "closed"}}}, ""},
		"something else changed":   {conversations.Event{Type: conversations.EventChanged, By: officer}, ""},
		"the tour is over":         {conversations.Event{Type: conversations.EventBooking, Conversation: "7", Changes: map[string]conversations.Delta{"stage": {To: "completed"}}}, conversations.NPS},
		"the booking's own report": {conversations.Event{Type: conversations.EventBooking, Changes: map[string]conversations.Delta{"stage": {To: "completed"}}}, ""},
		"still travelling":         {conversations.Event{Type: conversations.EventBooking, Conversation: "7", Changes: map[string]conversations.Delta{"stage": {To: "travelling"}}}, ""},
		"a message":                {conversations.Event{Type: conversations.EventReceived, Conversation: "7"}, ""},
	} {
		kind, ok := occasion(c.event)
		if ok != (c.want != "") || ok && kind != c.want {
			t.Errorf("%s: %s %v", name, kind, ok)
		}
	}
}

func TestTheQuestionIsInTheCustomersLanguageOnHisChannel(t *testing.T) {
	library, err := templates.Load()
	if err != nil {
		t.Fatal(err)
	}
	a := Asker{Library: library}
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for _, kind := range []conversations.SurveyKind{conversations.CSAT, conversations.NPS} {
		for _, language := range []string{"en", "ar", "ms", "mixed", ""} {
			for _, k := range []channels.Kind{channels.SMS, channels.WhatsApp, channels.Email} {
				c := conversations.Conversation{ID: "7", Number: 7, Language: language, Routes: []conversations.Route{{Channel: k, At: now}}}
				d, err := a.question(c, kind, time.Hour, now)
				if err != nil || d.Channel != k || d.Text == "" || !d.After.Equal(now.Add(time.Hour)) {
					t.Errorf("%s in %q by %s: %+v %v", kind, language, k, d, err)
				}
			}
		}
	}
	if _, err := a.question(conversations.Conversation{}, conversations.CSAT, 0, now); err == nil {
		t.Error("somebody without an address is asked")
	}
}
