package quiet

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func rules(t testing.TB, moon map[string]int, holidays ...Holiday) *Rules {
	t.Helper()
	r, err := New(moon, holidays)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func instant(t testing.TB, zone, s string) time.Time {
	t.Helper()
	l, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", s, l)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestNext(t *testing.T) {
	makkah := func(from, to string) Person {
		return Person{Phone: "+60123456789", Stays: []Stay{{Zone: "Asia/Riyadh", Name: "Makkah", From: instant(t, "Asia/Riyadh", from), To: instant(t, "Asia/Riyadh", to)}}}
	}
	for _, c := range []struct {
		name      string
		who       Person
		zone, now string
		wish      func(now time.Time) Wish
		want      string
		why       string // of the first stretch passed over
	}{
		{"by day", Person{Phone: "+966501234567"}, "Asia/Riyadh", "2026-11-23 10:00", nil, "2026-11-23 10:00", ""},
		{"at night", Person{Phone: "+966501234567"}, "Asia/Riyadh", "2026-11-23 02:00", nil, "2026-11-23 09:00", "nobody is rung before 09:00"},
		{"his night, not ours", Person{Phone: "+60123456789"}, "Asia/Riyadh", "2026-11-23 17:30", nil, "2026-11-24 04:00", "Kuala Lumpur"},
		{"at Dhuhr", Person{Phone: "+966501234567"}, "Asia/Riyadh", "2026-11-23 11:45", nil, "2026-11-23 12:09", "Dhuhr at 11:39 in Riyadh"},
		{"Friday noon", Person{Phone: "+60123456789"}, "Asia/Kuala_Lumpur", "2026-11-27 12:45", nil, "2026-11-27 14:01", "the Friday prayer"},
		{"Friday morning in Riyadh", Person{Phone: "+966501234567"}, "Asia/Riyadh", "2026-11-27 10:00", nil, "2026-11-27 16:00", "nobody is rung before 16:00"},
		{"iftar", Person{Phone: "+966501234567"}, "Asia/Riyadh", "2026-03-01 17:50", nil, "2026-03-01 18:40", "the breaking of the fast"},
		{"after Taraweeh", Person{Phone: "+966501234567"}, "Asia/Riyadh", "2026-03-01 20:00", nil, "2026-03-01 21:25", "Isha and Taraweeh"},
		{"a morning in Ramadan", Person{Phone: "+966501234567"}, "Asia/Riyadh", "2026-03-01 09:00", nil, "2026-03-01 10:00", "before 10:00"},
		{"Eid al-Fitr", Person{Phone: "+966501234567"}, "Asia/Riyadh", "2026-03-20 17:00", nil, "2026-03-24 09:00", "Eid al-Fitr"},
		{"national day", Person{Phone: "+60123456789"}, "Asia/Kuala_Lumpur", "2026-08-31 11:00", nil, "2026-09-01 09:00", "a public holiday"},
		{"an evening in Dubai", Person{Phone: "+971501234567"}, "Asia/Dubai", "2026-11-23 19:00", nil, "2026-11-24 09:00", "any more that day"},
		{"an evening in Dubai, asked for", Person{Phone: "+971501234567"}, "Asia/Dubai", "2026-11-23 12:00",
			func(now time.Time) Wish { return Wish{now.Add(8 * time.Hour), now.Add(9 * time.Hour), true} }, "2026-11-23 20:00", ""},
		{"a night, asked for", Person{Phone: "+971501234567"}, "Asia/Dubai", "2026-11-23 23:30",
			func(now time.Time) Wish { return Wish{now, now.Add(time.Hour), true} }, "2026-11-24 07:00", "any more that day"},
		{"at Eid, asked for", Person{Phone: "+966501234567"}, "Asia/Riyadh", "2026-03-20 10:00",
			func(now time.Time) Wish { return Wish{now.Add(time.Hour), now.Add(2 * time.Hour), true} }, "2026-03-20 11:00", ""},
		{"a pilgrim in Makkah", makkah("2026-11-20 12:00", "2026-11-30 12:00"), "Asia/Riyadh", "2026-11-23 17:30", nil, "2026-11-23 17:34", "Maghrib at 17:04 in Riyadh"},
		{"a pilgrim on the way home", makkah("2026-11-20 12:00", "2026-11-23 14:00"), "Asia/Riyadh", "2026-11-23 13:00", nil, "2026-11-24 04:00", "on the way, between"},
		{"a country of many zones", Person{Phone: "+12125550100"}, "America/New_York", "2026-11-23 10:00", nil, "2026-11-23 14:00", "nobody is rung before 09:00"},
		{"nobody knows whence", Person{}, "UTC", "2026-11-23 03:00", nil, "2026-11-23 03:00", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := instant(t, c.zone, c.now)
			var w Wish
			if c.wish != nil {
				w = c.wish(now)
			}
			got := rules(t, nil).Next(c.who, w, now)
			if want := instant(t, c.zone, c.want); !got.OK || !got.At.Equal(want) {
				t.Errorf("%s (%v), want %s: %v", got.At.In(now.Location()), got.OK, want, got.Passed)
			}
			switch {
			case c.why == "" && len(got.Passed) > 0:
				t.Errorf("passed over %v", got.Passed)
			case c.why != "" && (len(got.Passed) == 0 || !strings.Contains(got.Passed[0].Why, c.why)):
				t.Errorf("passed over %v, want %q first", got.Passed, c.why)
			}
		})
	}
}

func TestLate(t *testing.T) {
	now := instant(t, "Asia/Riyadh", "2026-11-23 11:30")
	got := rules(t, nil).Next(Person{Phone: "+966501234567"}, Wish{now, now.Add(20 * time.Minute), true}, now)
	if !got.Late || got.Why() == "" {
		t.Errorf("%+v", got)
	}
}

func TestMoonAndProclamations(t *testing.T) {
	who := Person{Phone: "+966501234567"}
	late := rules(t, map[string]int{"1447-10": 1})
	// 20 March is the thirty-first evening of the fast, and Eid begins on the 21st.
	got := late.Next(who, Wish{}, instant(t, "Asia/Riyadh", "2026-03-20 18:10"))
	if want := instant(t, "Asia/Riyadh", "2026-03-20 18:49"); !got.At.Equal(want) {
		t.Errorf("%s, want %s: %v", got.At, want, got.Passed)
	}
	got = late.Next(who, Wish{}, instant(t, "Asia/Riyadh", "2026-03-21 10:00"))
	if want := instant(t, "Asia/Riyadh", "2026-03-25 09:00"); !got.At.Equal(want) {
		t.Errorf("%s, want %s: %v", got.At, want, got.Passed)
	}
	early := rules(t, map[string]int{"1447-12": -1})
	if got := early.feastOn("SA", instant(t, "Asia/Riyadh", "2026-05-25 10:00")); got != "Eid al-Adha" {
		t.Errorf("the eve of Adha is %q", got)
	}
	added := rules(t, nil, Holiday{Country: "MY", Date: "2026-11-24", Name: "by-election"})
	got = added.Next(Person{Phone: "+60123456789"}, Wish{}, instant(t, "Asia/Kuala_Lumpur", "2026-11-24 10:00"))
	if want := instant(t, "Asia/Kuala_Lumpur", "2026-11-25 09:00"); !got.At.Equal(want) || !strings.Contains(got.Passed[0].Why, "by-election in Kuala Lumpur") {
		t.Errorf("%s, want %s", got.At, want)
	}
}

func TestAnyHour(t *testing.T) {
	r := rules(t, nil)
	r.AnyHour = true
	now := instant(t, "Asia/Riyadh", "2026-03-20 03:00")
	if got := r.Next(Person{Phone: "+966501234567"}, Wish{}, now); !got.At.Equal(now) || !got.OK {
		t.Errorf("%+v", got)
	}
}

func TestFaultsAreTold(t *testing.T) {
	if _, err := New(map[string]int{"ramadan": 1, "1447-09": 9}, []Holiday{{Date: "soon"}}); err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("%v", err)
	}
}

func TestLimits(t *testing.T) {
	r := rules(t, nil)
	for phone, want := range map[string][2]int{"+971501234567": {1, 2}, "+966501234567": {3, 8}, "+999": {3, 8}, "+33612345678": {1, 4}} {
		if d, w := r.Limits(Person{Phone: phone}); [2]int{d, w} != want {
			t.Errorf("%s: %d a day, %d a week, want %v", phone, d, w, want)
		}
	}
	for name, c := range r.countries {
		if c.source == "" || c.perDay < 1 || c.perWeek < c.perDay || !slices.ContainsFunc(c.week[:], func(d []stretch) bool { return len(d) > 0 }) {
			t.Errorf("%s: %+v", name, c)
		}
	}
}
