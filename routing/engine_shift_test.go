package routing_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/redisstore/redistest"
	"github.com/caravan-desk/caravan/routing"
)

// twoShifts are the built-in desks, and two calendars that take turns.
func twoShifts(t *testing.T) routing.Desks {
	t.Helper()
	desks, err := routing.LoadDesks(routing.BuiltinDesks(), fstest.MapFS{
		"calendars/day.yaml":   {Data: []byte("name: day\ntimezone: UTC\nhours: {sun-sat: ['08:00-16:00']}\n")},
		"calendars/night.yaml": {Data: []byte("name: night\ntimezone: UTC\nhours: {sun-sat: ['16:00-08:00']}\n")},
	})
	must(t, err)
	return desks
}

// TestShifts: at the end of a shift what the customer waits for goes to whoever comes, with
// a note of how it stands; what waits for the customer stays, until he writes.
func TestShifts(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	base := time.Now().UTC().Truncate(24 * time.Hour).Add(16*time.Hour - time.Minute)
	started := time.Now()
	now := func() time.Time {
		return base.Add(time.Since(started) + time.Duration(ahead.Load())).Truncate(time.Millisecond)
	}
	o := openWith(t, redistest.Single(t).URL, "gateway", twoShifts(t), now)
	shift := func(name, calendar string) conversations.Officer {
		made, err := o.SaveOfficer(t.Context(), conversations.Officer{
			Email: name + "@desk.example", Name: name, Role: conversations.RoleOfficer, Availability: conversations.Available,
			Skills: []string{"trace", "booking", "triage"}, Capacity: 9, Shift: calendar,
		})
		must(t, err)
		return made
	}
	dina, nabil := shift("dina", "day"), shift("nabil", "night")
	has := func(id conversations.ID, want conversations.OfficerID) {
		t.Helper()
		redistest.Eventually(t, fmt.Sprintf("conversation %s is %s's", id, want), func(ctx context.Context) error {
			c, err := o.Load(ctx, id)
			if err == nil && (c.Assignee == nil || c.Assignee.ID != want) {
				err = fmt.Errorf("it is %v's", c.Assignee)
			}
			return err
		})
	}
	must(t, o.write(t.Context(), 0))
	must(t, o.write(t.Context(), 5))
	o.settles()
	all := o.live()
	answered, waiting := all[0].ID, all[1].ID
	if all[0].Contact.Handles[0] != sms(0).From { // both came in the same millisecond
		answered, waiting = waiting, answered
	}
	has(answered, dina.ID)
	has(waiting, dina.ID)
	_, _, err := o.desk.Reply(t.Context(), answered, conversations.Draft{Text: "It arrives today"}, dina.Author())
	must(t, err)

	ahead.Store(int64(time.Minute))
	must(t, o.appoint(t.Context(), nabil.ID, func(who *conversations.Officer) { who.Phone = "+966500000001" })) // any change of an officer wakes
	has(waiting, nabil.ID)
	has(answered, dina.ID)
	c, err := o.Load(t.Context(), waiting)
	must(t, err)
	if !slices.Equal(c.Watchers, []conversations.OfficerID{dina.ID}) {
		t.Errorf("watched by %v", c.Watchers)
	}
	messages, err := o.Messages(t.Context(), waiting, 0, 10)
	must(t, err)
	note := messages[len(messages)-1]
	if note.Kind != conversations.KindNote || !strings.Contains(note.Text, "Handed over by dina") || !strings.Contains(note.Text, "has waited for an answer since") {
		t.Errorf("the brief is %q", note.Text)
	}
	history, err := o.History(t.Context(), waiting, 0, 50)
	must(t, err)
	if !slices.ContainsFunc(history, func(e conversations.Event) bool {
		return e.Type == conversations.EventHandedOver && strings.Contains(e.Why, "shift has ended")
	}) {
		t.Errorf("the history does not tell of it: %+v", history)
	}

	in := sms(0)
	in.ProviderID, in.Text = "SMagain", "And where is it now?"
	must(t, o.intake.Receive(t.Context(), in))
	has(answered, nabil.ID)
	o.settles()
}
