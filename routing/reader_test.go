package routing

import (
	"log/slog"
	"reflect"
	"testing"

	"github.com/caravan-desk/caravan/conversations"
)

// A reader concludes of a message that follows others only what its conversation does not know
// yet. What comes of it is what comes of understanding the whole message.
func TestFollowingMessagesAddWhatIsNew(t *testing.T) {
	ds, err := LoadDesks()
	if err != nil {
		t.Fatal(err)
	}
	r := &Reader{Classifier: NewClassifier(), Desks: ds, Timezone: riyadh, Logger: slog.New(slog.DiscardHandler)}
	before := conversations.Conversation{ID: "16", Status: conversations.New, CreatedAt: monday, UpdatedAt: monday}
	silent, spoke := 0, 0
	for i, e := range few(t) {
		if i%6 == 0 { // another conversation begins, every third with an officer's choice
			before = conversations.Conversation{ID: "16", Status: conversations.New, CreatedAt: monday, UpdatedAt: monday, ByHand: i%18 == 0}
		}
		m := conversations.Message{ID: "16.1", Direction: conversations.In, Channel: e.Channel, Subject: e.Subject, Text: e.Text, From: "+966512345678"}
		u := r.Classifier.Classify(Text{Channel: m.Channel, Subject: m.Subject, Body: m.Text, From: m.From}, monday, riyadh)
		want, events := ds.Fold(before, m, u, monday)
		got := conversations.Change{Before: &before, After: before}
		r.Read(&got, m, monday)
		if !reflect.DeepEqual(got.After, want) || !reflect.DeepEqual(got.Events, events) {
			t.Fatalf("%q after %s/%s:\n%+v %+v, want\n%+v %+v", e.Text, before.Desk, before.Category, got.After, got.Events, want, events)
		}
		if i%6 != 0 && len(events) == 0 {
			silent++
		} else {
			spoke++
		}
		before = want
	}
	if silent < 100 || spoke < 100 {
		t.Errorf("%d messages add nothing, %d something: too few to compare", silent, spoke)
	}
}
