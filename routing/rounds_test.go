package routing

import (
	"fmt"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"

	"github.com/caravan-desk/caravan/routing/hours"
)

func TestRoundInstants(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	desks, err := LoadDesks(fstest.MapFS{
		"d.yaml":                {Data: []byte("name: d\ncategories: [x]\n")},
		"calendars/office.yaml": {Data: []byte("name: office\ntimezone: Asia/Riyadh\nhours: {sun-thu: ['08:00-17:00']}\n")},
		"calendars/berlin.yaml": {Data: []byte("name: berlin\ntimezone: Europe/Berlin\nhours: {sun-sat: ['00:00-24:00']}\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	half, twice, long := Round{Every: Duration(30 * time.Minute)}, Round{At: []string{"16:00", "10:00"}}, Round{Every: Duration(16 * time.Hour)}
	night := Round{At: []string{"02:30"}}
	for _, c := range []struct {
		what             string
		round            Round
		hours            *hours.Calendar
		now, last, after string
	}{
		{"every half hour", half, Always(desks), "2026-11-22T06:44:59Z", "2026-11-22T06:30:00Z", "2026-11-22T07:00:00Z"},
		{"at its instant", half, Always(desks), "2026-11-22T06:30:00Z", "2026-11-22T06:30:00Z", "2026-11-22T07:00:00Z"},
		{"at home at night", half, desks.Calendar("office"), "2026-11-22T20:10:00Z", "2026-11-22T13:30:00Z", "2026-11-23T05:00:00Z"},
		{"over a weekend", half, desks.Calendar("office"), "2026-11-20T12:00:00Z", "2026-11-19T13:30:00Z", "2026-11-22T05:00:00Z"},
		{"twice a day", twice, desks.Calendar("office"), "2026-11-22T07:30:00Z", "2026-11-22T07:00:00Z", "2026-11-22T13:00:00Z"},
		{"before the first", twice, desks.Calendar("office"), "2026-11-22T06:59:59Z", "2026-11-19T13:00:00Z", "2026-11-22T07:00:00Z"},
		{"every 16 hours", long, Always(desks), "2026-11-22T06:44:59Z", "2026-11-21T16:00:00Z", "2026-11-22T08:00:00Z"},
		{"a time that clocks pass over", night, desks.Calendar("berlin"), "2027-03-28T12:00:00Z", "2027-03-28T01:30:00Z", "2027-03-29T00:30:00Z"},
	} {
		last, ok := c.round.Last(at(c.now), c.hours)
		next, ok2 := c.round.Next(at(c.now), c.hours)
		if !ok || !ok2 || !last.Equal(at(c.last)) || !next.Equal(at(c.after)) {
			t.Errorf("%s: at %s the last is %s and the next %s, want %s and %s", c.what, c.now, last.UTC(), next.UTC(), c.last, c.after)
		}
	}
	shut := Round{At: []string{"23:00"}}
	if at, ok := shut.Next(at("2026-11-22T06:44:59Z"), desks.Calendar("office")); ok {
		t.Errorf("a desk that is closed at 23:00 holds its round at %s", at)
	}
}

// Always is the calendar of a desk without one.
func Always(desks Desks) *hours.Calendar { return desks.Calendar("always") }

// TestRoundInstantsAreAChain: however one gets to an instant, from it the next and from
// there back again, none is passed over and none comes twice.
func TestRoundInstantsAreAChain(t *testing.T) {
	zones := []string{"Asia/Riyadh", "Asia/Kuala_Lumpur", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"}
	rapid.Check(t, func(t *rapid.T) {
		open := rapid.SampledFrom([]string{"00:00-24:00", "08:00-17:00", "20:00-04:00"}).Draw(t, "hours")
		cal, faults := hours.New(hours.Spec{Name: "c", Timezone: rapid.SampledFrom(zones).Draw(t, "zone"), Hours: map[string][]string{"sun-thu": {open}}})
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		r := Round{Every: Duration(rapid.SampledFrom([]time.Duration{30 * time.Minute, 7 * time.Hour, 16 * time.Hour}).Draw(t, "every"))}
		if rapid.Bool().Draw(t, "times") {
			r = Round{}
			for range rapid.IntRange(1, 3).Draw(t, "n") {
				r.At = append(r.At, fmt.Sprintf("%02d:%02d", rapid.IntRange(0, 23).Draw(t, "hour"), 15*rapid.IntRange(0, 3).Draw(t, "quarter")))
			}
		}
		from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 365*24*60).Draw(t, "minute")) * time.Minute)
		next, ok := r.Next(from, cal)
		if !ok {
			return
		}
		if !next.After(from) || !cal.Open(next) {
			t.Fatalf("after %s comes %s", from, next)
		}
		if last, _ := r.Last(next, cal); !last.Equal(next) {
			t.Fatalf("the last at %s is %s", next, last)
		}
		if last, ok := r.Last(next.Add(-1), cal); ok && last.After(from) {
			t.Fatalf("between %s and %s there is %s", from, next, last)
		}
	})
}

// TestDayAndNightHasClocks: what works day and night is at ten o'clock when the gateway's zone says so.
func TestDayAndNightHasClocks(t *testing.T) {
	riyadh := time.FixedZone("Riyadh", 3*60*60)
	desks, _, err := Load(anyTemplate, riyadh, BuiltinDesks())
	if err != nil {
		t.Fatal(err)
	}
	for _, desk := range []string{"trace", "booking", "triage"} {
		d, _ := desks.Find(desk)
		if zone := d.Hours("").Zone(); zone != riyadh {
			t.Errorf("%s goes by the clocks of %s", desk, zone)
		}
	}
	d, _ := desks.Find("trace")
	midnight := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	if got, ok := d.Rounds[1].Next(midnight, d.Hours("")); !ok || !got.Equal(midnight.Add(7*time.Hour)) {
		t.Errorf("%s is held at %s", d.Rounds[1].Name, got)
	}
}
