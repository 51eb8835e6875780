package quiet

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/caravan-desk/caravan/routing/almanac"
)

// The twin: a plain list of what is forbidden in one season, made another way than the rules
// do it. Every day is walked, every stretch written out, and a minute is looked up in the list.

// season is Ramadan, Eid al-Fitr and Eid al-Adha of 1447, the two Eids seen a day later than
// the calendar has them.
var (
	moons     = map[string]int{"1447-10": 1, "1447-12": 1}
	begins    = time.Date(2026, 2, 10, 0, 0, 0, 0, time.UTC)
	ends      = time.Date(2026, 6, 20, 0, 0, 0, 0, time.UTC)
	ramadan   = [2]string{"2026-02-18", "2026-03-20"} // with the day by which Shawwal is late
	feastDays = map[string][][2]string{
		"SA": {{"2026-02-22", "2026-02-22"}, {"2026-03-21", "2026-03-24"}, {"2026-05-27", "2026-05-31"}},
		"MY": {{"2026-05-01", "2026-05-01"}, {"2026-03-21", "2026-03-22"}, {"2026-05-28", "2026-05-28"}, {"2026-06-16", "2026-06-16"}},
		"AE": {{"2026-03-21", "2026-03-23"}, {"2026-05-27", "2026-05-30"}, {"2026-06-16", "2026-06-16"}},
	}
)

// twin is the forbidden minutes of a place, as minutes since begins.
type twin struct{ asked, unasked []bool }

var twins = map[string]*twin{}

func twinOf(t testing.TB, zone string) *twin {
	t.Helper()
	if w := twins[zone]; w != nil {
		return w
	}
	place, ok := almanac.Of(zone)
	if !ok {
		t.Fatalf("no place %s", zone)
	}
	total := int(ends.Sub(begins).Minutes()) + 3*24*60
	w := &twin{make([]bool, total), make([]bool, total)}
	block := func(list []bool, from, to time.Time) {
		for m := from; m.Before(to); m = m.Add(time.Minute) {
			if i := int(m.Sub(begins).Minutes()); i >= 0 && i < total {
				list[i] = true
			}
		}
	}
	l := place.Location()
	for day := begins.In(l).AddDate(0, 0, -2); day.Before(ends.AddDate(0, 0, 4)); day = day.AddDate(0, 0, 1) {
		y, m, d := day.Date()
		at := func(h, min int) time.Time { return time.Date(y, m, d, h, min, 0, 0, l) }
		date := at(12, 0).Format(time.DateOnly)
		fasting := date >= ramadan[0] && date <= ramadan[1]
		from, to, early, late := hoursOf(place.Country, day.Weekday(), fasting)
		block(w.unasked, at(0, 0), at(0, from))
		block(w.unasked, at(0, to), at(24, 0))
		block(w.asked, at(0, 0), at(0, early))
		block(w.asked, at(0, late), at(24, 0))
		for _, f := range feastDays[place.Country] {
			if date >= f[0] && date <= f[1] {
				block(w.unasked, at(0, 0), at(24, 0))
				block(w.asked, at(0, 0), at(24, 0))
			}
		}
		for _, p := range prayersOf(place, at(12, 0), fasting) {
			block(w.unasked, p[0], p[1])
			block(w.asked, p[0], p[1])
		}
	}
	twins[zone] = w
	return w
}

// hoursOf is when calling begins and ends, not asked for and asked for, in minutes of the day.
func hoursOf(country string, day time.Weekday, fasting bool) (from, to, early, late int) {
	early, late = 7*60, 23*60
	if fasting {
		late = 24 * 60
	}
	switch {
	case country == "AE" && fasting:
		return 600, 1080, early, late
	case country == "AE":
		return 540, 1080, early, late
	case country == "SA" && fasting:
		return 600, 1380, early, late
	case country == "SA" && day == time.Friday:
		return 960, 1260, early, late
	case country == "SA":
		return 540, 1260, early, late
	case fasting:
		return 540, 1350, early, late
	case day == time.Sunday:
		return 600, 1080, early, late
	}
	return 540, 1200, early, late
}

func prayersOf(place almanac.Place, noon time.Time, fasting bool) [][2]time.Time {
	p := place.Prayers(noon)
	around := func(at time.Time, before, after int) [2]time.Time {
		return [2]time.Time{at.Add(time.Duration(-before) * time.Minute), at.Add(time.Duration(after) * time.Minute)}
	}
	list := [][2]time.Time{around(p.Fajr, 10, 30), around(p.Asr, 10, 30)}
	if noon.Weekday() == time.Friday {
		list = append(list, around(p.Dhuhr, 30, 60))
	} else {
		list = append(list, around(p.Dhuhr, 10, 30))
	}
	if fasting {
		return append(list, around(p.Maghrib, 20, 45), around(p.Isha, 10, 90))
	}
	return append(list, around(p.Maghrib, 10, 30), around(p.Isha, 10, 30))
}

// first is the first minute from one on that the twin lets pass for a person.
func (p Person) first(t testing.TB, home string, asked bool, from time.Time) time.Time {
	for m := from; ; m = m.Add(time.Minute) {
		zone := home
		moving := false
		for i, s := range p.Stays {
			if !m.Before(s.From) && m.Before(s.To) {
				zone = s.Zone
			}
			lead, trail := 3*time.Hour, time.Duration(0)
			if i == 0 {
				lead = 12 * time.Hour
			}
			if i == len(p.Stays)-1 {
				trail = 12 * time.Hour
			}
			moving = moving || !m.Before(s.From.Add(-lead)) && m.Before(s.From) || !m.Before(s.To.Add(-3*time.Hour)) && m.Before(s.To.Add(trail))
		}
		w := twinOf(t, zone)
		list := w.unasked
		if asked {
			list = w.asked
		}
		if i := int(m.Sub(begins).Minutes()); !moving && (i >= len(list) || !list[i]) {
			return m
		}
	}
}

// TestSeason dials through a season: nobody is rung in a forbidden minute, and nobody waits
// a minute longer than he must.
func TestSeason(t *testing.T) {
	r := rules(t, moons)
	homes := map[string]string{"+966501234567": "Asia/Riyadh", "+60123456789": "Asia/Kuala_Lumpur", "+971501234567": "Asia/Dubai"}
	phones := []string{"+966501234567", "+60123456789", "+971501234567"}
	dials, bad := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		p := Person{Phone: rapid.SampledFrom(phones).Draw(t, "phone")}
		if p.Phone == "+60123456789" && rapid.Bool().Draw(t, "travels") {
			start := begins.Add(time.Duration(rapid.IntRange(0, 110*24).Draw(t, "departs")) * time.Hour)
			there := start.Add(time.Duration(rapid.IntRange(2, 12).Draw(t, "nights")) * 24 * time.Hour)
			onward := there.Add(time.Duration(rapid.IntRange(2, 6).Draw(t, "more nights")) * 24 * time.Hour)
			p.Stays = []Stay{{Zone: "Asia/Riyadh", From: start, To: there}, {Zone: "Asia/Dubai", From: there, To: onward}}
		}
		now := begins.Add(time.Duration(rapid.IntRange(1, 128*24*60).Draw(t, "now")) * time.Minute)
		w := Wish{NotBefore: now.Add(time.Duration(rapid.IntRange(-60, 600).Draw(t, "wanted")) * time.Minute), Named: rapid.Bool().Draw(t, "asked")}
		got := r.Next(p, w, now)
		from := now
		if w.NotBefore.After(from) {
			from = w.NotBefore
		}
		dials++
		if want := p.first(silent{}, homes[p.Phone], w.Named, from); !got.OK || !got.At.Equal(want) {
			bad++
			t.Fatalf("%s from %s: %s, want %s\n%v", p.Phone, from, got.At, want, got.Passed)
		}
		if why, ok := allowed(r, p, w, got.At); !ok {
			t.Fatalf("%s is not allowed: %s", got.At, why)
		}
		for i, s := range got.Passed {
			if !s.To.After(s.From) || i > 0 && !s.From.Equal(got.Passed[i-1].To) {
				t.Fatalf("stretches do not join: %v", got.Passed)
			}
		}
	})
	t.Logf("%d dials, %d in a forbidden minute", dials, bad)
}

// silent lets the twin be asked inside a property.
type silent struct{ testing.TB }

func (silent) Helper()                   {}
func (silent) Fatalf(f string, a ...any) { panic(f) }

// allowed reports whether the person may be rung at t, and if not, why.
func allowed(r *Rules, p Person, w Wish, t time.Time) (why string, ok bool) {
	_, why = r.forbidden(p, w, t)
	return why, why == "" || r.AnyHour
}
