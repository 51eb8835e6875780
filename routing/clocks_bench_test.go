package routing

import (
	"testing"

	"github.com/caravan-desk/caravan/conversations"
)

// BenchmarkClockwork folds the clocks of one trace, as every message does.
func BenchmarkClockwork(b *testing.B) {
	ds, err := LoadDesks()
	if err != nil {
		b.Fatal(err)
	}
	c := conversations.Conversation{ID: "16", Version: 1, Desk: "trace", Category: "claim", Status: conversations.Open, Priority: conversations.Normal, CreatedAt: monday, UpdatedAt: monday}
	c.Times.Waiting = monday
	ch := conversations.Change{After: c}
	b.ReportAllocs()
	for b.Loop() {
		ds.Wind(&ch)
	}
}
