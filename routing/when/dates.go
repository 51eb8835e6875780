package when

import (
	"time"

	"github.com/caravan-desk/caravan/routing/almanac"
)

func (r *reader) today() time.Time { return midnight(r.now) }

func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

// dayAfter is the day n days from today.
func (r *reader) dayAfter(n int) span { return days(r.today().AddDate(0, 0, n), 1) }

func days(first time.Time, n int) span { return span{first, first.AddDate(0, 0, n)} }

// fridayWeekend are the countries whose weekend is Friday and Saturday. The United Arab
// Emirates moved to Saturday and Sunday in 2022.
var fridayWeekend = map[string]bool{"SA": true, "KW": true, "QA": true, "BH": true, "OM": true, "EG": true, "JO": true, "IQ": true, "YE": true,
	"SY": true, "SD": true, "LY": true, "DZ": true, "PS": true, "BD": true, "MV": true, "AF": true}

// weekend is its first day at the reader's place.
func (r *reader) weekend() time.Weekday {
	if fridayWeekend[r.place.Country] {
		return time.Friday
	}
	return time.Saturday
}

// weekBegins is the first working day of the week that lies n weeks ahead.
func (r *reader) weekBegins(n int) time.Time {
	first := (int(r.weekend()) + 2) % 7
	back := (int(r.now.Weekday()) - first + 7) % 7
	return r.today().AddDate(0, 0, 7*n-back)
}

// date reads a day, or a stretch of days, at item i and says how many items it took.
func (r *reader) date(i int) (span, int) {
	switch it := r.items[i]; it.kind {
	case "day":
		return r.dayAfter(it.n), 1
	case "weekday":
		return r.weekday(i)
	case "next", "this", "coming":
		if r.kind(i+1) == "weekday" {
			s, n := r.named(i+1, it.kind), 2
			return s, n
		}
	case "weekend":
		ahead := (int(r.weekend()) - int(r.now.Weekday()) + 7) % 7
		if ahead == 6 { // its second day is today
			ahead = -1
		}
		s := days(r.today().AddDate(0, 0, ahead+7*it.n), 2)
		return s, 1
	case "week":
		first := r.weekBegins(it.n)
		return span{later(first, r.today()), first.AddDate(0, 0, 5)}, 1
	case "weekstart":
		return days(r.weekBegins(it.n), 2), 1
	case "weekend_of":
		return days(r.weekBegins(0).AddDate(0, 0, 4), 1), 1
	case "monthend":
		next := time.Date(r.now.Year(), r.now.Month()+1, 1, 0, 0, 0, 0, r.now.Location())
		return span{later(next.AddDate(0, 0, -3), r.today()), next}, 1
	case "month_next":
		next := time.Date(r.now.Year(), r.now.Month()+1, 1, 0, 0, 0, 0, r.now.Location())
		return span{next, next.AddDate(0, 1, 0)}, 1
	case "workday":
		d := r.today().AddDate(0, 0, it.n)
		for d.Weekday() == r.weekend() || d.Weekday() == (r.weekend()+1)%7 {
			d = d.AddDate(0, 0, 1)
		}
		return days(d, 1), 1
	}
	return r.written(i)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// weekday reads "Thursday", "Khamis depan", "الخميس الجاي"; "Isnin lepas" is last Monday.
func (r *reader) weekday(i int) (span, int) {
	switch k := r.kind(i + 1); k {
	case "next", "this", "coming":
		if k == "next" && r.kind(i+2) == "weekday" {
			break
		}
		return r.named(i, k), 2
	case "last":
		return span{}, 0
	case "rel":
		if r.is(i+1, "rel", "after") && r.kind(i+2) == "" {
			return span{}, 0
		}
	}
	return r.named(i, ""), 1
}

// named is the day of the weekday at item i. "next" is that of the next week; anything else
// is the first that comes, and never today.
func (r *reader) named(i int, which string) span {
	w := r.items[i].n
	if which == "next" {
		monday := r.weekBegins(1)
		return days(monday.AddDate(0, 0, (w-int(monday.Weekday())+7)%7), 1)
	}
	ahead := (w - int(r.now.Weekday()) + 7) % 7
	if ahead == 0 && which != "this" {
		ahead = 7
	}
	return r.dayAfter(ahead)
}

// written reads a date: 25/11, 25-11-2026, 2026-11-25, 25 Nov, Nov 25, 25hb, 10 Ramadan.
func (r *reader) written(i int) (span, int) {
	switch r.kind(i) {
	case "month", "hmonth":
		v, ok := r.number(i + 1)
		if !ok || r.items[i+1].digits == 0 || r.items[i+1].digits > 2 || r.kind(i+2) == "half" || r.kind(i+2) == "unit" {
			return span{}, 0
		}
		n := 2
		if r.kind(i+2) == "hb" {
			n = 3
		}
		return r.calendar(i, v, 0, n)
	case "days": // "يوم ٢٥"
		if v, ok := r.number(i + 1); ok && r.items[i].n == 1 && r.items[i].arabic && r.items[i+1].digits > 0 && v > 0 {
			if s, n := r.written(i + 1); n > 0 {
				return s, n + 1
			}
			if v <= 31 {
				return r.dayOfMonth(v, 2)
			}
		}
		return span{}, 0
	case "number", "num":
	default:
		return span{}, 0
	}
	v, k := r.items[i].n, i+1
	hb := r.kind(k) == "hb"
	if hb {
		k++
	}
	switch {
	case r.kind(k) == "month" || r.kind(k) == "hmonth":
		if y, ok := r.number(k + 1); ok && r.items[k+1].digits == 4 && y > 1400 && !r.clausal(k+1) {
			return r.calendar(k, v, y, k+2-i)
		}
		return r.calendar(k, v, 0, k+1-i)
	case hb:
		return r.dayOfMonth(v, k-i)
	}
	return r.numeric(i)
}

// dayOfMonth is the next day of that number: "the 25th", "25hb".
func (r *reader) dayOfMonth(d, n int) (span, int) {
	for m := range 3 {
		t := time.Date(r.now.Year(), r.now.Month()+time.Month(m), d, 0, 0, 0, 0, r.now.Location())
		if t.Day() == d && !t.Before(r.today()) {
			return days(t, 1), n
		}
	}
	return span{}, 0
}

// numeric reads a date in numbers. A dash or a full stop needs a year beside it.
func (r *reader) numeric(i int) (span, int) {
	k := i + 1
	if r.slashed(k) {
		d, m, y, n := r.items[i].n, r.items[k].n, 0, 2
		if r.slashed(k+1) && (r.items[k+1].digits == 4 || r.items[k+1].digits == 2) {
			y, n = r.items[k+1].n, 3
		}
		return r.gregorian(d, m, y, n)
	}
	sep := func(k int) (at int, ok bool) {
		switch {
		case r.kind(k) == "number" && (r.items[k].sep == '.' || r.items[k].sep == '-'):
			return k, true
		case r.kind(k) == "to" && r.kind(k+1) == "number" && !r.items[k].arabic:
			return k + 1, true
		}
		return 0, false
	}
	second, ok := sep(k)
	if !ok {
		return span{}, 0
	}
	third, ok := sep(second + 1)
	if !ok {
		return span{}, 0
	}
	a, b, c := r.items[i], r.items[second], r.items[third]
	switch {
	case a.digits == 4:
		return r.gregorian(c.n, b.n, a.n, third+1-i)
	case c.digits == 4:
		return r.gregorian(a.n, b.n, c.n, third+1-i)
	}
	return span{}, 0
}

// gregorian is a date of this year, or of the next if it has gone by. A Hijri year is read as such.
func (r *reader) gregorian(d, m, y, n int) (span, int) {
	if y > 0 && y < 100 {
		y += 2000
	}
	if y >= 1400 && y <= 1500 && m >= 1 && m <= 12 && d >= 1 && d <= 30 {
		return days(almanac.Hijri{Year: y, Month: m, Day: d}.Start(r.now.Location(), 0), 1), n
	}
	if d < 1 || m < 1 || m > 12 || y != 0 && (y < r.now.Year()-1 || y > r.now.Year()+5) {
		return span{}, 0
	}
	year := y
	if y == 0 {
		year = r.now.Year()
	}
	t := time.Date(year, time.Month(m), d, 0, 0, 0, 0, r.now.Location())
	if t.Day() != d {
		return span{}, 0
	}
	if y == 0 && t.Before(r.today()) {
		if t.After(r.today().AddDate(0, -3, 0)) { // it was of late: nobody means that day of next year
			return span{}, 0
		}
		t = t.AddDate(1, 0, 0)
	}
	return days(t, 1), n
}

// calendar is day d of the month, Gregorian or Hijri, at item k.
func (r *reader) calendar(k, d, y, n int) (span, int) {
	if r.kind(k) == "month" {
		return r.gregorian(d, r.items[k].n, y, n)
	}
	h, _ := almanac.HijriOf(r.now, 0)
	if y != 0 {
		h.Year = y
	}
	if d < 1 || d > 30 {
		return span{}, 0
	}
	t := almanac.Hijri{Year: h.Year, Month: r.items[k].n, Day: d}.Start(r.now.Location(), 0)
	if y == 0 && t.Before(r.today()) {
		t = almanac.Hijri{Year: h.Year + 1, Month: r.items[k].n, Day: d}.Start(r.now.Location(), 0)
	}
	return days(t, 1), n
}
