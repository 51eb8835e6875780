package hours

import (
	"slices"
	"testing"
	"time"
)

func build(t *testing.T, s Spec) *Calendar {
	t.Helper()
	c, faults := New(s)
	if len(faults) > 0 {
		t.Fatalf("faults: %v", faults)
	}
	return c
}

func at(t *testing.T, zone, s string) time.Time {
	t.Helper()
	in, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	v, err := time.ParseInLocation("2006-01-02 15:04:05", s, in)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestDue(t *testing.T) {
	split := Spec{Name: "riyadh", Timezone: "Asia/Riyadh", Hours: map[string][]string{"sun-thu": {"13:00-17:00", "08:00-12:00"}},
		Ramadan:  map[string][]string{"sun-thu": {"10:00-15:00"}},
		Holidays: []Holiday{{Name: "Eid al-Fitr", Hijri: "10-01", Days: 4}, {Name: "National Day", Date: "09-23"}}}
	moved := split
	moved.Moon = map[string]int{"1447-10": 1}
	night := Spec{Name: "night", Timezone: "Europe/London", Hours: map[string][]string{"sat": {"22:00-06:00"}}}
	every := func(h Holiday) Spec {
		return Spec{Name: "every", Timezone: "Asia/Kathmandu", Hours: map[string][]string{"sun-sat": {"00:00-24:00"}}, Holidays: []Holiday{h}}
	}
	leap, thirtieth := every(Holiday{Name: "Leap day", Date: "02-29"}), every(Holiday{Name: "The thirtieth", Hijri: "09-30"})
	newYear, late := every(Holiday{Name: "New Year", Date: "12-31", Days: 2}), thirtieth
	late.Moon = map[string]int{"1446-10": 1}
	for _, c := range []struct {
		name       string
		spec       Spec
		zone, from string
		within     time.Duration
		due        string
	}{
		{"over lunch", split, "Asia/Riyadh", "2026-11-22 11:30:00", time.Hour, "2026-11-22 13:30:00"},
		{"to the second", split, "Asia/Riyadh", "2026-11-22 11:59:59", 2 * time.Second, "2026-11-22 13:00:01"},
		{"until the end of the day, and not the next morning", split, "Asia/Riyadh", "2026-11-22 16:00:00", time.Hour, "2026-11-22 17:00:00"},
		{"over a Fri-Sat weekend", split, "Asia/Riyadh", "2026-11-26 16:30:00", time.Hour, "2026-11-29 08:30:00"},
		{"in Ramadan", split, "Asia/Riyadh", "2026-03-01 14:30:00", time.Hour, "2026-03-02 10:30:00"},
		{"over Eid, in 1447 from 20 March", split, "Asia/Riyadh", "2026-03-19 14:30:00", time.Hour, "2026-03-24 08:30:00"},
		{"Eid seen a day later, Ramadan a day longer", moved, "Asia/Riyadh", "2026-03-19 14:30:00", time.Hour, "2026-03-25 08:30:00"},
		{"a holiday of every year", split, "Asia/Riyadh", "2026-09-22 16:30:00", time.Hour, "2026-09-24 08:30:00"},
		{"a night in which clocks go back has an hour more", night, "Europe/London", "2026-10-24 22:00:00", 9 * time.Hour, "2026-10-25 06:00:00"},
		{"and in spring one less", night, "Europe/London", "2026-03-28 22:00:00", 7 * time.Hour, "2026-03-29 06:00:00"},
		{"29 February is no day of an ordinary year", leap, "Asia/Kathmandu", "2026-02-28 23:30:00", time.Hour, "2026-03-01 00:30:00"},
		{"but of a leap year", leap, "Asia/Kathmandu", "2028-02-28 23:30:00", time.Hour, "2028-03-01 00:30:00"},
		{"the 30th of a month of 29 days (Ramadan 1446) is no holiday", thirtieth, "Asia/Kathmandu", "2025-03-29 23:30:00", time.Hour, "2025-03-30 00:30:00"},
		{"until the moon gives it 30", late, "Asia/Kathmandu", "2025-03-29 23:30:00", time.Hour, "2025-03-31 00:30:00"},
		{"holidays over New Year", newYear, "Asia/Kathmandu", "2027-12-30 23:30:00", time.Hour, "2028-01-02 00:30:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := build(t, c.spec).Due(at(t, c.zone, c.from), c.within, nil)
			if want := at(t, c.zone, c.due); !ok || !got.Equal(want) {
				t.Errorf("due %s (%v), want %s", got.In(want.Location()), ok, want)
			}
		})
	}
}

func TestOpenAndNext(t *testing.T) {
	c := build(t, Spec{Name: "kl", Timezone: "Asia/Kuala_Lumpur", Hours: map[string][]string{"mon-fri": {"09:00-12:30", "14:00-18:00"}}})
	for _, k := range []struct {
		now   string
		open  bool
		next  string
		opens bool
	}{
		{"2026-11-23 08:59:59", false, "2026-11-23 09:00:00", true},
		{"2026-11-23 09:00:00", true, "2026-11-23 12:30:00", false},
		{"2026-11-23 12:30:00", false, "2026-11-23 14:00:00", true},
		{"2026-11-27 18:00:00", false, "2026-11-30 09:00:00", true},
	} {
		now := at(t, "Asia/Kuala_Lumpur", k.now)
		next, opens, ok := c.Next(now)
		if c.Open(now) != k.open || !ok || opens != k.opens || !next.Equal(at(t, "Asia/Kuala_Lumpur", k.next)) {
			t.Errorf("%s: open %v, next %s opens %v", k.now, c.Open(now), next, opens)
		}
	}
	if _, _, ok := Always(time.UTC).Next(time.Now()); ok || !Always(time.UTC).Open(time.Now()) {
		t.Error("day and night has an end")
	}
}

func TestFaults(t *testing.T) {
	_, faults := New(Spec{
		Name: "Riyadh!", Timezone: "Asia/Nowhere",
		Hours: map[string][]string{"sun-thu": {"8-17", "09:00-12:00", "11:00-13:00"}, "thu": {"09:00-10:00"}, "someday": {"09:00-10:00"}},
		Holidays: []Holiday{{Name: "both", Date: "09-23", Hijri: "10-01"}, {Date: "13-01"}, {Name: "x", Date: "13-01"}, {Name: "long", Date: "01-01", Days: 99},
			{Name: "never", Date: "2026-02-29"}, {Name: "leap", Date: "02-29"}, {Name: "none", Date: "04-31"}, {Name: "nor", Hijri: "10-31"}},
		Moon: map[string]int{"1448-10": 9, "soon": 1, "1448-13": 1, "0000-01": 1},
	})
	var where []string
	for _, f := range faults {
		where = append(where, f.Where)
	}
	want := []string{
		"name", "timezone", "hours.someday", "hours.sun-thu[0]", "hours.sun-thu", "hours.thu",
		"holidays[0]", "holidays[1].name", "holidays[1]", "holidays[2]", "holidays[3].days", "holidays[4]", "holidays[6]", "holidays[7]",
		"moon.0000-01", "moon.1448-10", "moon.1448-13", "moon.soon",
	}
	if !slices.Equal(where, want) {
		t.Errorf("faults at %v\nwant      %v", where, want)
	}
	if _, faults := New(Spec{Name: "idle", Timezone: "UTC"}); len(faults) != 1 {
		t.Errorf("a calendar without hours: %v", faults)
	}
}

// TestDayAndNightByHours: hours without a gap have no end to look for.
func TestDayAndNightByHours(t *testing.T) {
	c := build(t, Spec{Name: "yard", Timezone: "Asia/Dubai", Hours: map[string][]string{"mon-sun": {"00:00-24:00"}}})
	from := time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	if due, ok := c.Due(from, 30*24*time.Hour, nil); !ok || !due.Equal(from.AddDate(0, 0, 30)) {
		t.Errorf("thirty days are due %s", due)
	}
	if !c.Open(from) || c.Count(from, from.AddDate(0, 0, 20), nil) != 20*24*time.Hour {
		t.Error("it is not open all the time")
	}
	if got := c.Explain(from, from.AddDate(0, 0, 20), nil); len(got) != 1 || !got[0].Counted {
		t.Errorf("explained as %v", got)
	}
}

// TestNoWorkNoDue: what is never worked off is never due.
func TestNoWorkNoDue(t *testing.T) {
	c := build(t, Spec{Name: "off", Timezone: "UTC", Hours: map[string][]string{"mon": {"09:00-10:00"}}})
	from := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	if due, ok := c.Due(from, time.Hour, []Pause{{From: from, Why: "customs"}}); ok {
		t.Errorf("due %s in a pause that lasts", due)
	}
	if due, ok := Always(time.UTC).Due(from, time.Hour, []Pause{{From: from.Add(time.Minute), To: from.Add(time.Hour)}}); !ok || !due.Equal(from.Add(time.Hour+59*time.Minute)) {
		t.Errorf("day and night with a pause: due %s", due)
	}
}
