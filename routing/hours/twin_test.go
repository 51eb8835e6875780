package hours

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/routing/almanac"
)

// twin walks minute by minute. It shares nothing with Calendar but the Spec: an interval is
// open while a wall clock that never goes back shows a time in it.
type twin struct {
	spec Spec
	zone *time.Location
}

// working says of each of n minutes from start whether the team works.
func (w twin) working(start time.Time, n int) []bool {
	const before = 4 * 24 * 60
	out, shown := make([]bool, n), -1<<62
	known := map[int]map[int]bool{} // day → minutes from its midnight that its intervals cover
	var offset int
	for i := -before; i < n; i++ {
		at := start.Unix()/60 + int64(i)
		if i == -before || at%15 == 0 { // no zone changes in between
			_, s := time.Unix(at*60, 0).In(w.zone).Zone()
			offset = s / 60
		}
		shown = max(shown, int(at)+offset)
		if i < 0 {
			continue
		}
		day := shown / 1440
		for d := day - 1; d <= day; d++ {
			if known[d] == nil {
				known[d] = w.day(d)
			}
			out[i] = out[i] || known[d][shown-d*1440]
		}
	}
	return out
}

// day is which minutes from the midnight of a day (counted from 1970) its intervals cover.
func (w twin) day(n int) map[int]bool {
	date, out := time.Unix(int64(n)*86400, 0).UTC(), map[int]bool{}
	ramadan := false
	for _, shift := range []int{-2, -1, 0, 1, 2} {
		h, _ := almanac.HijriOf(date, shift)
		if h.Month == almanac.Ramadan && w.spec.Moon[fmt.Sprintf("%d-09", h.Year)] == shift {
			end := almanac.Hijri{Year: h.Year, Month: 10, Day: 1}.Start(time.UTC, w.spec.Moon[fmt.Sprintf("%d-10", h.Year)])
			ramadan = ramadan || date.Before(end)
		}
		if h.Month == almanac.Shawwal && h.Day <= 2 { // Ramadan was given a day more than the table has
			start := almanac.Hijri{Year: h.Year, Month: 9, Day: 1}.Start(time.UTC, w.spec.Moon[fmt.Sprintf("%d-09", h.Year)])
			end := almanac.Hijri{Year: h.Year, Month: 10, Day: 1}.Start(time.UTC, w.spec.Moon[fmt.Sprintf("%d-10", h.Year)])
			ramadan = ramadan || !date.Before(start) && date.Before(end)
		}
	}
	for _, off := range w.spec.Holidays {
		for back := range max(1, off.Days) {
			first := date.AddDate(0, 0, -back)
			if off.Date != "" && (first.Format("01-02") == off.Date || first.Format("2006-01-02") == off.Date) {
				return out
			}
			for shift := -2; shift <= 2; shift++ {
				h, _ := almanac.HijriOf(first, shift)
				if off.Hijri == fmt.Sprintf("%02d-%02d", h.Month, h.Day) && w.spec.Moon[fmt.Sprintf("%d-%02d", h.Year, h.Month)] == shift {
					return out
				}
			}
		}
	}
	hours := w.spec.Hours
	if ramadan && w.spec.Ramadan != nil {
		hours = w.spec.Ramadan
	}
	for _, text := range hours[weekdays[date.Weekday()]] {
		var a, b, c, d int
		if _, err := fmt.Sscanf(text, "%d:%d-%d:%d", &a, &b, &c, &d); err != nil {
			panic(err)
		}
		from, to := a*60+b, c*60+d
		if to <= from {
			to += 1440
		}
		for m := from; m < to; m++ {
			out[m] = true
		}
	}
	return out
}

var zones = []string{
	"Asia/Riyadh", "Asia/Kuala_Lumpur", "Asia/Dubai", "Africa/Cairo", "Asia/Beirut", "Europe/London", "America/New_York",
	"Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns", "Africa/Casablanca", "Pacific/Auckland",
	"Pacific/Chatham", "Antarctica/Troll", "Asia/Gaza", "Africa/El_Aaiun",
}

// edges are days at which calendars go wrong: leap days and the ends of years.
var edges = []string{"02-29", "2024-02-29", "12-31", "01-01", "2027-01-01", "2024-12-31", "02-28", "03-01"}

// random makes a calendar: several intervals a day, some overnight, some days off.
func random(r *rand.Rand) Spec {
	s := Spec{Name: "random", Timezone: zones[r.IntN(len(zones))], Moon: map[string]int{}}
	s.Hours = randomWeek(r)
	if r.IntN(2) == 0 {
		s.Ramadan = randomWeek(r)
	}
	for range r.IntN(4) {
		date := time.Date(2024, 1, 1+r.IntN(1100), 0, 0, 0, 0, time.UTC)
		h := Holiday{Name: "off", Days: r.IntN(5)}
		switch r.IntN(4) {
		case 3:
			h.Date = edges[r.IntN(len(edges))]
		case 0:
			h.Date = date.Format("01-02")
		case 1:
			h.Date = date.Format("2006-01-02")
		default:
			h.Hijri = fmt.Sprintf("%02d-%02d", []int{1, 9, 10, 12}[r.IntN(4)], 1+r.IntN(12))
		}
		s.Holidays = append(s.Holidays, h)
	}
	for _, month := range []string{"1445-09", "1446-09", "1446-10", "1447-10", "1447-12"} {
		if r.IntN(3) == 0 {
			s.Moon[month] = r.IntN(3) - 1
		}
	}
	return s
}

func randomWeek(r *rand.Rand) map[string][]string {
	out := map[string][]string{"mon": {"09:00-12:30"}}
	clock := func(m int) string { return fmt.Sprintf("%02d:%02d", m/60, m%60) }
	for _, day := range weekdays {
		if r.IntN(4) == 0 {
			continue
		}
		var texts []string
		at := r.IntN(600)
		for range r.IntN(4) {
			from := at + r.IntN(200)
			to := from + 1 + r.IntN(400)
			if from >= 1440 {
				break
			}
			if at = to + 1; to > 1440 {
				texts = append(texts, clock(from)+"-"+clock(to-1440))
				break
			}
			texts = append(texts, clock(from)+"-"+clock(to))
		}
		if len(texts) > 0 || day != "mon" { // some day must have hours
			out[day] = texts
		}
	}
	return out
}

// TestAgainstMinutes: over hundreds of random calendars (ten thousand with CARAVAN_LONG), zones, pauses and starting times
// (many of them near a change of the clocks), Due, Count and Explain are what the twin finds.
func TestAgainstMinutes(t *testing.T) {
	const workers, minutes = 4, 12 * 24 * 60
	cases := 400
	if os.Getenv("CARAVAN_LONG") != "" {
		cases = 10_000
	}
	for w := range workers {
		t.Run(fmt.Sprint(w), func(t *testing.T) {
			t.Parallel()
			for i := w; i < cases && !t.Failed(); i += workers {
				r := rand.New(rand.NewPCG(uint64(i), 7))
				spec := random(r)
				c, faults := New(spec)
				if len(faults) > 0 {
					t.Fatalf("case %d: %v in %+v", i, faults, spec)
				}
				compare(t, i, r, c, twin{spec, c.zone}, minutes)
			}
		})
	}
}

func compare(t *testing.T, i int, r *rand.Rand, c *Calendar, w twin, minutes int) {
	t.Helper()
	start := time.Date(2024, 1, 1, 0, r.IntN(1_500_000), 0, 0, time.UTC)
	if _, end := start.In(c.zone).ZoneBounds(); r.IntN(2) == 0 && !end.IsZero() && end.Year() < 2028 {
		start = end.UTC().Add(-time.Duration(r.IntN(3*24*60)) * time.Minute)
	}
	counts := w.working(start, minutes)
	var pauses []Pause
	for at := r.IntN(3000); r.IntN(3) > 0 && at < minutes; {
		to := at + 1 + r.IntN(2000)
		pauses = append(pauses, Pause{start.Add(time.Duration(at) * time.Minute), start.Add(time.Duration(to) * time.Minute), "the customer"})
		for m := at; m < min(to, minutes); m++ {
			counts[m] = false
		}
		at = to + r.IntN(2000)
	}
	within := 1 + r.IntN(3*24*60)
	due, left := -1, within
	for m, counted := range counts {
		if counted {
			left--
		}
		if left == 0 {
			due = m + 1
			break
		}
	}
	minute := func(m int) time.Time { return start.Add(time.Duration(m) * time.Minute) }
	got, ok := c.Due(start, time.Duration(within)*time.Minute, pauses)
	if due >= 0 && (!ok || !got.Equal(minute(due))) || due < 0 && ok && got.Before(minute(minutes)) {
		t.Errorf("case %d: %d minutes from %s are due %v (%v), twin %v\n%+v\n%v", i, within, start.In(c.zone), got.In(c.zone), ok, minute(due).In(c.zone), w.spec, pauses)
	}
	till := r.IntN(minutes)
	sum := 0
	for _, counted := range counts[:till] {
		if counted {
			sum++
		}
	}
	if have := c.Count(start, minute(till), pauses); have != time.Duration(sum)*time.Minute {
		t.Errorf("case %d: counted %s until %s, twin %d minutes", i, have, minute(till), sum)
	}
	at := start
	for _, p := range c.Explain(start, minute(till), pauses) {
		if !p.From.Equal(at) {
			t.Fatalf("case %d: a gap from %s to %s", i, at, p.From)
		}
		for ; at.Before(p.To); at = at.Add(time.Minute) {
			if counts[int(at.Sub(start)/time.Minute)] != p.Counted {
				t.Fatalf("case %d: %s is %+v, twin %v", i, at, p, !p.Counted)
			}
		}
	}
	if !at.Equal(minute(till)) {
		t.Errorf("case %d: explained until %s, want %s", i, at, minute(till))
	}
}
