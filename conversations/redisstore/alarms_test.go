package redisstore_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// alarms follows clocks that are due in an hour: found by their due time alone when that
// comes near, then by the exact time of their next step, and given to nobody twice.
func alarms(t *testing.T, h *house) {
	h.stop()
	const n = 40
	start := h.now()
	clock := func(due, next time.Time) conversations.Clockwork {
		return func(ch *conversations.Change) {
			ch.After.Clocks = []conversations.Clock{{Name: "review", DueAt: due, State: conversations.Running, NextAt: next}}
		}
	}
	h.intake.Clocks = clock(start.Add(time.Hour), start.Add(time.Hour))
	for i := range n {
		h.receive(t, sms(fmt.Sprint("SM", i), number(i), "hello"))
	}
	if got := h.alarms(t, 2); len(got) != 0 {
		t.Fatalf("%d are given an hour before they are due", len(got))
	}
	h.forward(time.Hour - conversations.AlarmLead)
	got := h.alarms(t, 2)
	if len(got) != n {
		t.Fatalf("%d are given when they come near, want %d", len(got), n)
	}
	for _, id := range got {
		c, err := h.Load(t.Context(), id)
		must(t, err)
		must(t, h.Rearm(t.Context(), c, start.Add(time.Hour)))
	}
	if again := h.alarms(t, 2); len(again) != 0 {
		t.Errorf("%d are given again before their time", len(again))
	}

	// One is put off by a change, one brought forward, one stops.
	h.desk.Clocks = clock(start.Add(3*time.Hour), start.Add(3*time.Hour))
	h.note(t, got[0])
	h.desk.Clocks = clock(start.Add(time.Hour), start.Add(50*time.Minute))
	h.note(t, got[1])
	h.forward(5 * time.Minute)
	if early := h.alarms(t, 2); !slices.Equal(early, got[1:2]) {
		t.Errorf("%v are given, want %v", early, got[1:2])
	}
	c, err := h.Load(t.Context(), got[1])
	must(t, err)
	h.note(t, got[1])
	if err := h.Rearm(t.Context(), c, time.Time{}); !errors.Is(err, conversations.ErrStale) {
		t.Errorf("what was read before a change sets its alarm: %v", err)
	}
	c, err = h.Load(t.Context(), got[1])
	must(t, err)
	must(t, h.Rearm(t.Context(), c, time.Time{}))
	h.forward(10 * time.Minute)
	due := h.alarms(t, 2*n)
	if slices.Contains(due, got[1]) || len(due) != n-1 {
		t.Errorf("%d are given when they are due, want %d", len(due), n-1)
	}
}

// snoozes: what is put off is given at its time, however far its clocks are, and a snooze
// puts off no clock's own alarm.
func snoozes(t *testing.T, h *house) {
	h.stop()
	start := h.now()
	due := start.Add(24 * time.Hour)
	clock := func(ch *conversations.Change) {
		ch.After.Clocks = []conversations.Clock{{Name: "review", DueAt: due, State: conversations.Running, NextAt: due}}
	}
	h.intake.Clocks, h.desk.Clocks = clock, clock
	h.receive(t, sms("SM1", number(1), "hello"))
	id := h.only(t).ID
	put := func(until time.Time) {
		t.Helper()
		at := &until
		_, err := h.desk.Patch(t.Context(), id, conversations.Patch{Snoozed: &at}, officer)
		must(t, err)
	}
	given := func(want bool, when string) {
		t.Helper()
		if got := h.alarms(t, 2); (len(got) == 1) != want {
			t.Errorf("%s: %v are given", when, got)
		}
	}
	put(start.Add(time.Hour))
	given(false, "put off for an hour")
	h.forward(time.Hour)
	given(true, "an hour later")
	c, err := h.Load(t.Context(), id)
	must(t, err)
	must(t, h.Rearm(t.Context(), c, due))

	due = h.now().Add(10 * time.Minute) // a change brings a clock near
	h.note(t, id)
	put(start.Add(3 * time.Hour))
	h.forward(10 * time.Minute)
	given(true, "the clock is due, and the snooze lasts")
}

// note changes a conversation and nothing else.
func (h *house) note(t *testing.T, id conversations.ID) {
	t.Helper()
	_, _, err := h.desk.Reply(t.Context(), id, conversations.Draft{Note: true, Text: "a note"}, officer)
	must(t, err)
}

// alarms reads all partitions, a few at a time, until nothing new comes.
func (h *house) alarms(t *testing.T, few int) []conversations.ID {
	t.Helper()
	var out []conversations.ID
	for part := range h.Partitions() {
		for {
			page, err := h.Alarms(t.Context(), part, h.now(), few)
			must(t, err)
			must(t, h.Crossed(t.Context(), part, page))
			fresh := false
			for _, id := range page.IDs {
				if !slices.Contains(out, id) {
					out, fresh = append(out, id), true
				}
			}
			if !fresh {
				break
			}
		}
	}
	slices.Sort(out)
	return out
}
