package conversations

import (
	"errors"
	"testing"
	"time"
)

// What a conversation was given is shown where that one is merged into: the split is
// taken back after the merge, never under it.
func TestNoSplitIsUndoneUnderAMerge(t *testing.T) {
	now := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	a := Conversation{ID: "1", Number: 1, Version: 1, Status: Open, Messages: 2}
	ch, err := Split(a, "2", []Message{{ID: NewMessageID("1", 1)}}, Message{ID: NewMessageID("1", 2)}, System, now)
	if err != nil {
		t.Fatal(err)
	}
	a = ch.After
	other := Breakaway(a, "2", []Message{{ID: NewMessageID("1", 1)}}, System, now).After
	third := Conversation{ID: "3", Number: 3, Version: 1, Status: Open, Messages: 1}
	merged, err := Merge(other, third, System, now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Unsplit(a, merged.After, System, now); !errors.Is(err, ErrMerged) {
		t.Errorf("undone under a merge: %v", err)
	}
	if ch, err := Unsplit(a, other, System, now); err != nil || len(ch.After.Given) > 0 {
		t.Errorf("undone: %+v, %v", ch.After.Given, err)
	}
}
