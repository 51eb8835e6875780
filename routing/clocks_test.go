package routing

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func traceDesk(tb testing.TB) Desk {
	tb.Helper()
	ds, err := LoadDesks()
	if err != nil {
		tb.Fatal(err)
	}
	d, ok := ds.Find(DeskTrace)
	if !ok {
		tb.Fatal("no trace desk")
	}
	return d
}

func TestClocks(t *testing.T) {
	desk := traceDesk(t)
	at := func(h float64) time.Time { return monday.Add(time.Duration(h * float64(time.Hour))) }
	type want struct {
		due   time.Time
		state string
		by    string
	}
	for _, c := range []struct {
		name  string
		facts ClockFacts
		now   time.Time
		clock string
		want  want // zero: the clock is not listed
	}{
		{"a new trace owes a first response", ClockFacts{}, at(1), FirstResponse, want{at(4), Running, ""}},
		{"late", ClockFacts{}, at(4), FirstResponse, want{at(4), Breached, ""}},
		{"answered in time", ClockFacts{FirstReplyAt: at(4)}, at(9), FirstResponse, want{at(4), Met, ""}},
		{"answered too late", ClockFacts{FirstReplyAt: at(4.1)}, at(9), FirstResponse, want{at(4), Breached, ""}},
		{"by priority", ClockFacts{Priority: Urgent}, at(0.1), FirstResponse, want{at(0.5), Running, ""}},
		{"solved without a reply", ClockFacts{Status: "solved", SolvedAt: at(1)}, at(9), FirstResponse, want{at(4), Met, ""}},
		{"we wrote first", ClockFacts{OfficerStarted: true}, at(1), FirstResponse, want{}},
		{"no next response before the first", ClockFacts{UnansweredSince: at(1)}, at(2), NextResponse, want{}},
		{"next response", ClockFacts{FirstReplyAt: at(1), UnansweredSince: at(3)}, at(5), NextResponse, want{at(7), Running, ""}},
		{"everything answered", ClockFacts{FirstReplyAt: at(1)}, at(5), NextResponse, want{}},
		{"he answers what we wrote", ClockFacts{OfficerStarted: true, UnansweredSince: at(3)}, at(8), NextResponse, want{at(7), Breached, ""}},
		{"resolution", ClockFacts{}, at(5), Resolution, want{at(72), Running, ""}},
		{"paused by the customer", ClockFacts{Status: "pending", Pauses: []Pause{{From: at(10), By: "customer"}}}, at(30), Resolution, want{at(92), Paused, "customer"}},
		{"after the pause", ClockFacts{Pauses: []Pause{{From: at(10), To: at(20), By: "customs"}}}, at(30), Resolution, want{at(82), Running, ""}},
		{"a pause after it was due comes too late", ClockFacts{Pauses: []Pause{{From: at(80), By: "customs"}}}, at(90), Resolution, want{at(72), Breached, ""}},
		{"solved in time", ClockFacts{Status: "solved", SolvedAt: at(71)}, at(900), Resolution, want{at(72), Met, ""}},
		{"review", ClockFacts{}, at(1), Review, want{at(12), Running, ""}},
		{"reviewed", ClockFacts{ReviewedAt: at(11)}, at(12), Review, want{at(23), Running, ""}},
		{"none for what is solved", ClockFacts{Status: "solved", SolvedAt: at(1)}, at(40), Review, want{}},
		{"unassigned", ClockFacts{UnassignedSince: at(0)}, at(0.2), UnassignedClock, want{at(0.5), Running, ""}},
		{"assigned in time", ClockFacts{UnassignedSince: at(0), AssignedAt: at(0.1)}, at(9), UnassignedClock, want{at(0.5), Met, ""}},
		{"released again", ClockFacts{UnassignedSince: at(5), AssignedAt: at(0.1)}, at(9), UnassignedClock, want{at(5.5), Breached, ""}},
		{"pending", ClockFacts{Status: "pending", StatusSince: at(2)}, at(3), PendingClock, want{at(18), Running, ""}},
		{"not pending", ClockFacts{Status: "open", StatusSince: at(2)}, at(3), PendingClock, want{}},
		{"promise", ClockFacts{CallbackAsked: at(2)}, at(3), CallbackClock, want{at(26), Running, ""}},
		{"promise kept", ClockFacts{CallbackAsked: at(2), CallbackKept: at(20)}, at(30), CallbackClock, want{at(26), Met, ""}},
		{"promise broken", ClockFacts{CallbackAsked: at(2), CallbackKept: at(27)}, at(30), CallbackClock, want{at(26), Breached, ""}},
	} {
		f := c.facts
		f.Desk, f.CreatedAt = desk, at(0)
		if f.Priority == "" {
			f.Priority = Normal
		}
		if f.Status == "" {
			f.Status = "open"
		}
		var got want
		for _, k := range Clocks(f, c.now) {
			if k.Name == c.clock {
				got = want{k.DueAt, k.State, k.PausedBy}
			}
		}
		if got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

// The due time of a resolution is where a twin arrives that walks minute by minute and
// counts those in which it was our turn.
func TestResolutionAgainstMinutes(t *testing.T) {
	desk := traceDesk(t)
	rapid.Check(t, func(t *rapid.T) {
		minute := func(n int) time.Time { return monday.Add(time.Duration(n) * time.Minute) }
		f := ClockFacts{Desk: desk, Priority: Urgent, Status: "open", CreatedAt: monday}
		at, turn := 0, map[int]bool{}
		for range rapid.IntRange(0, 5).Draw(t, "pauses") {
			from := at + rapid.IntRange(1, 600).Draw(t, "after")
			at = from + rapid.IntRange(1, 600).Draw(t, "for")
			f.Pauses = append(f.Pauses, Pause{From: minute(from), To: minute(at), By: "customer"})
			for m := from; m < at; m++ {
				turn[m] = true
			}
		}
		now := at + rapid.IntRange(0, 3000).Draw(t, "now")
		counted, due := 0, 0
		for ; counted < 24*60; due++ {
			if !turn[due] {
				counted++
			}
		}
		clocks := Clocks(f, minute(now))
		for _, c := range clocks {
			if c.Name != Resolution {
				continue
			}
			if !c.DueAt.Equal(minute(due)) || (c.State == Breached) != (now >= due) {
				t.Fatalf("due %v %s, twin %v, now %v", c.DueAt, c.State, minute(due), minute(now))
			}
		}
		for _, c := range clocks {
			if c.State == Running && !c.DueAt.After(minute(now)) {
				t.Fatalf("a running clock was due at %v, now is %v", c.DueAt, minute(now))
			}
		}
	})
}
