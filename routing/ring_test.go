package routing

import (
	"fmt"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"

	"github.com/caravan-desk/caravan/conversations"
)

// oneClock is a desk with one clock and a ladder.
const oneClock = `name: desk
title: Desk
calendar: %s
categories: [matter]
clocks:
  resolution: {normal: 4h, urgent: 1h}
warn: 10m
escalation:
  - {after: 30m, to: supervisor, tag: late}
  - {after: 2h, to: admin, priority: urgent}
`

func load(tb testing.TB, yaml string) Desks {
	tb.Helper()
	ds, err := LoadDesks(fstest.MapFS{"desk.yaml": {Data: []byte(yaml)}})
	if err != nil {
		tb.Fatal(err)
	}
	return ds
}

// rung are the steps that a conversation takes when it is looked at at each of some instants.
func rung(ds Desks, c *conversations.Conversation, at ...time.Time) []string {
	var out []string
	for _, now := range at {
		for {
			ch, ok := ds.Ring(*c, now)
			if !ok {
				break
			}
			for _, e := range ch.Events {
				out = append(out, string(e.Type))
			}
			*c = ch.After
		}
	}
	return out
}

func TestLadder(t *testing.T) {
	ds := load(t, fmt.Sprintf(oneClock, "always"))
	at := func(minutes int) time.Time { return monday.Add(time.Duration(minutes) * time.Minute) }
	fresh := func() conversations.Conversation {
		c := conversations.Conversation{ID: "16", Version: 1, Desk: "desk", Category: "matter", Status: conversations.Open, Priority: conversations.Normal, CreatedAt: monday, UpdatedAt: monday}
		c.Clocks = ds.ClocksOf(c)
		return c
	}
	warned, breached, escalated, changed := string(conversations.EventWarned), string(conversations.EventBreached), string(conversations.EventEscalated), string(conversations.EventChanged)
	for _, k := range []struct {
		name string
		at   []time.Time
		want []string
	}{
		{"not before its time", []time.Time{at(229)}, nil},
		{"a warning, once", []time.Time{at(230), at(231), at(239)}, []string{warned}},
		{"all of it, in its time", []time.Time{at(230), at(240), at(270), at(360), at(999)}, []string{warned, breached, escalated, changed, escalated, changed}},
		{"nobody looked for a day: no warning any more", []time.Time{at(24 * 60)}, []string{breached, escalated, changed, escalated, changed}},
	} {
		c := fresh()
		if got := rung(ds, &c, k.at...); !slices.Equal(got, k.want) {
			t.Errorf("%s: %v\nwant %v", k.name, got, k.want)
		}
	}

	c := fresh()
	rung(ds, &c, at(300))
	if c.Priority != conversations.Normal || !slices.Equal(c.Tags, []string{"late"}) {
		t.Errorf("after the first rung: %s %v", c.Priority, c.Tags)
	}
	who := conversations.Author{Type: conversations.ByOfficer, ID: "o1"}
	ch, err := ds.Acknowledge(c, Resolution, who, "on it", at(301))
	if err != nil || len(ch.Events) != 1 || ch.After.Clocks[0].Ack != "o1" {
		t.Fatalf("acknowledged: %+v, %v", ch.After.Clocks, err)
	}
	if got := rung(ds, &ch.After, at(999)); len(got) != 0 {
		t.Errorf("escalated although it is looked after: %v", got)
	}
	if _, err := ds.Acknowledge(fresh(), Resolution, who, "", at(10)); err == nil {
		t.Error("a clock that is not overdue was acknowledged")
	}
	if _, err := ds.Acknowledge(c, "lunch", who, "", at(10)); err == nil {
		t.Error("a clock that there is not was acknowledged")
	}
}

// TestDueAgainAfterAPause: a clock that was breached, and is given time by what is found out
// later, has a ladder anew for its new due time; a change that leaves it alone does not.
func TestDueAgainAfterAPause(t *testing.T) {
	ds := load(t, fmt.Sprintf(oneClock, "always"))
	c := conversations.Conversation{ID: "16", Version: 1, Desk: "desk", Category: "matter", Status: conversations.Open, Priority: conversations.Urgent, CreatedAt: monday, UpdatedAt: monday}
	c.Clocks = ds.ClocksOf(c)
	if got := rung(ds, &c, monday.Add(time.Hour)); len(got) != 1 {
		t.Fatal(got)
	}
	c.UpdatedAt = monday.Add(61 * time.Minute)
	c.Clocks = ds.ClocksOf(c)
	if got := rung(ds, &c, monday.Add(62*time.Minute)); len(got) != 0 {
		t.Errorf("rang twice for one due time: %v", got)
	}
	c.Priority = conversations.Normal // it was not urgent at all
	c.Clocks = ds.ClocksOf(c)
	if k := c.Clocks[0]; k.Step != 0 || k.State != conversations.Running {
		t.Errorf("a later due time: %+v", k)
	}
	if got := rung(ds, &c, monday.Add(4*time.Hour)); !slices.Equal(got, []string{string(conversations.EventBreached)}) {
		t.Errorf("at the later due time: %v", got)
	}
}

// TestMovedEid: when the moon is seen a day late, every open clock is what it would be had
// that been known from the beginning.
func TestMovedEid(t *testing.T) {
	office := func(moon string) Desks {
		ds, err := LoadDesks(fstest.MapFS{
			"desk.yaml": {Data: []byte(fmt.Sprintf(oneClock, "office"))},
			"calendars/office.yaml": {Data: []byte("name: office\ntimezone: Asia/Riyadh\nhours: {sun-thu: ['08:00-12:00', '13:00-17:00']}\nramadan: {sun-thu: ['10:00-15:00']}\n" +
				"holidays: [{name: Eid al-Fitr, hijri: 10-01, days: 4}]\n" + moon)},
		})
		if err != nil {
			t.Fatal(err)
		}
		return ds
	}
	before, after := office(""), office("moon: {1447-10: 1}\n")
	moved := 0
	rapid.Check(t, func(r *rapid.T) {
		c := conversations.Conversation{ID: "16", Version: 1, Desk: "desk", Category: "matter", Status: conversations.Open, Priority: rapid.SampledFrom(conversations.Priorities).Draw(r, "priority")}
		c.CreatedAt = time.Date(2026, 3, 17, 0, rapid.IntRange(0, 8*24*60).Draw(r, "created"), 0, 0, time.UTC)
		at := c.CreatedAt
		for range rapid.IntRange(0, 3).Draw(r, "pauses") {
			from := at.Add(time.Duration(rapid.IntRange(1, 600).Draw(r, "after")) * time.Minute)
			at = from.Add(time.Duration(rapid.IntRange(1, 3000).Draw(r, "for")) * time.Minute)
			c.Pauses = append(c.Pauses, conversations.Pause{From: from, To: at, By: conversations.ByCustoms})
		}
		if n := len(c.Pauses); n > 0 && rapid.Bool().Draw(r, "it stands still yet") {
			c.Pauses[n-1].To, c.Status = time.Time{}, conversations.OnHold
		}
		c.UpdatedAt = at
		c.Clocks = before.ClocksOf(c)
		rung(before, &c, at, at.Add(time.Hour))
		if len(c.Clocks) == 0 {
			r.Fatal("it has no clock")
		}
		was := c.Clocks[0].DueAt
		now := at.Add(time.Duration(rapid.IntRange(0, 5000).Draw(r, "now")) * time.Minute)
		recomputed := after.clocksAt(&c, now)
		scratch := c
		scratch.Clocks = nil
		fromZero := after.clocksAt(&scratch, now)
		if !recomputed[0].DueAt.Equal(fromZero[0].DueAt) || recomputed[0].State != fromZero[0].State {
			t.Fatalf("recomputed %+v\nfrom zero  %+v", recomputed[0], fromZero[0])
		}
		if !recomputed[0].DueAt.Equal(was) {
			moved++
			if later := recomputed[0].DueAt.After(was); later && recomputed[0].Step != 0 {
				t.Fatalf("a clock that was given time has steps: %+v", recomputed[0])
			}
		}
	})
	if moved == 0 {
		t.Error("moving Eid moved nothing")
	}
}

func TestExplain(t *testing.T) {
	ds, err := LoadDesks(fstest.MapFS{
		"desk.yaml":             {Data: []byte(fmt.Sprintf(oneClock, "office"))},
		"calendars/office.yaml": {Data: []byte("name: office\ntitle: Office\ntimezone: Asia/Riyadh\nhours: {sun-thu: ['08:00-12:00', '13:00-17:00']}\nholidays: [{name: National Day, date: 09-23}]\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	riyadh, _ := time.LoadLocation("Asia/Riyadh")
	at := func(s string) time.Time {
		v, err := time.ParseInLocation("01-02 15:04", s, riyadh)
		if err != nil {
			t.Fatal(err)
		}
		return v.AddDate(2026, 0, 0).UTC()
	}
	c := conversations.Conversation{
		Desk: "desk", Category: "matter", Status: conversations.Open, Priority: conversations.Normal, CreatedAt: at("09-22 15:00"), UpdatedAt: at("09-22 15:00"),
		Pauses: []conversations.Pause{{From: at("09-22 16:00"), To: at("09-24 09:00"), By: conversations.ByCarrier}},
	}
	got := ds.Explain(c, at("09-24 10:00"))
	if len(got) != 1 || got[0].Counted != "2h" || !got[0].DueAt.Equal(at("09-24 12:00")) || got[0].Within != "4h" {
		t.Fatalf("%+v", got)
	}
	var lines []string
	for _, p := range got[0].Pieces {
		lines = append(lines, fmt.Sprint(p.From.In(riyadh).Format("02 15:04"), "-", p.To.In(riyadh).Format("02 15:04"), " ", p.Counted, " ", p.Why))
	}
	want := []string{
		"22 15:00-22 16:00 true working hours of Office", "22 16:00-22 17:00 false carrier", "22 17:00-23 00:00 false outside the hours of Office",
		"23 00:00-24 00:00 false National Day", "24 00:00-24 08:00 false outside the hours of Office", "24 08:00-24 09:00 false carrier",
		"24 09:00-24 12:00 true working hours of Office",
	}
	if !slices.Equal(lines, want) {
		t.Errorf("explained\n%q\nwant\n%q", lines, want)
	}
}
