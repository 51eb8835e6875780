package conversations_test

import (
	"testing"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// TestLately: what has happened since a version that somebody read, whether it tells its
// version or was received.
func TestLately(t *testing.T) {
	at := func(m int) time.Time { return noon.Add(time.Duration(m) * time.Minute) }
	history := []conversations.Event{ // versions 1 to 6
		{ID: "opened", Version: 1, At: at(0)}, {ID: "received 1", At: at(0)}, {ID: "assigned", Version: 2, At: at(1)},
		{ID: "received 2", At: at(2)}, {ID: "received 3", At: at(3)}, {ID: "reopened", Version: 4, At: at(3)},
		{ID: "queued", Version: 5, At: at(4)}, {ID: "status", Version: 5, At: at(4)}, {ID: "received 4", At: at(5)},
	}
	for changes, first := range map[int]conversations.EventID{
		0: "", 1: "received 4", 2: "queued", 3: "received 3", 4: "received 2", 5: "assigned", 6: "opened", 60: "opened",
	} {
		got := conversations.Lately(history, changes)
		if len(got) == 0 && first == "" {
			continue
		}
		if len(got) == 0 || got[0].ID != first {
			t.Errorf("the last %d changes begin with %v, want %s", changes, got, first)
		}
	}
}
