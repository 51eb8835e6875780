package redisstore_test

import (
	"maps"
	"testing"
	"time"
)

// callersInLine: places follow when somebody began to wait, not when he is heard of; who is
// not heard of has rung off, and leaving twice is leaving once.
func callersInLine(t *testing.T, h *house) {
	h.stop()
	stand := func(desk, call string, since time.Time) int {
		t.Helper()
		n, err := h.StandInLine(t.Context(), desk, call, since)
		must(t, err)
		return n
	}
	began := h.now()
	if n := stand("trace", "CA1", began); n != 0 {
		t.Errorf("the first has %d before him", n)
	}
	if n := stand("trace", "CA2", began.Add(5*time.Second)); n != 1 {
		t.Errorf("the second has %d before him", n)
	}
	if n := stand("booking", "CA3", began); n != 0 {
		t.Errorf("another desk's line: %d", n)
	}
	if n := stand("trace", "CA0", began.Add(-time.Second)); n != 0 {
		t.Errorf("who waits for longest has %d before him", n)
	}
	if n := stand("trace", "CA1", began); n != 1 {
		t.Errorf("heard of again: %d before him", n)
	}
	h.forward(time.Minute)
	stand("trace", "CA2", began.Add(5*time.Second))
	h.forward(time.Minute)
	if n := stand("trace", "CA2", began.Add(5*time.Second)); n != 0 {
		t.Errorf("%d before him are not heard of", n)
	}
	must(t, h.LeaveLine(t.Context(), "trace", "CA2"))
	must(t, h.LeaveLine(t.Context(), "trace", "CA2"))
	if n := stand("trace", "CA9", h.now()); n != 0 {
		t.Errorf("%d are left", n)
	}
}

// talks: an incoming call shows officers' lines as taken, gives back what it does not need, and
// at the latest when its time is over.
func talks(t *testing.T, h *house) {
	h.stop()
	taken := func(want map[string]string) {
		t.Helper()
		lines, calls, err := h.beside(t, "other").HeldLines(t.Context())
		if must(t, err); !maps.Equal(lines, want) || len(calls) > 0 {
			t.Errorf("held %v, %v; want %v", lines, calls, want)
		}
	}
	hold := func(call string, d time.Duration, lines ...string) {
		t.Helper()
		must(t, h.HoldTalk(t.Context(), call, lines, h.now().Add(d)))
	}
	taken(map[string]string{})
	hold("CA1", time.Minute, "o:o1", "o:o2")
	hold("CA2", time.Minute, "o:o3")
	taken(map[string]string{"o:o1": "CA1", "o:o2": "CA1", "o:o3": "CA2"})
	hold("CA1", time.Hour, "o:o2")
	taken(map[string]string{"o:o2": "CA1", "o:o3": "CA2"})
	h.forward(2 * time.Minute)
	taken(map[string]string{"o:o2": "CA1"})
	hold("CA1", 0)
	hold("CA1", 0)
	taken(map[string]string{})
}
