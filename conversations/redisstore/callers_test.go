package redisstore_test

import (
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
