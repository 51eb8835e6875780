package routing

import (
	"strconv"
	"strings"
	"time"
)

// calendar reads days and hours out of a document, relative to now.
type calendar struct {
	d   *document
	l   *lexicon
	now time.Time
}

func (m *matter) when() calendar { return calendar{m.d, m.lex, m.now} }

// is reports whether token i starts a word of the class, and how many tokens it covers.
func (c calendar) is(i int, class string) (n int, ok bool) {
	if i < 0 || i >= len(c.d.tokens) {
		return 0, false
	}
	for _, e := range c.d.edges[c.d.first[i]:c.d.first[i+1]] {
		if n := c.l.names[e.id]; len(n) == len(class)+2 && n[0] == '{' && n[1:len(n)-1] == class {
			return int(e.n), true
		}
	}
	return 0, false
}

// number is the n of the first class "{prefix n}" (months "m", weekdays "w", small
// numbers "n") that token i starts; 0 if none.
func (c calendar) number(i int, prefix string) int {
	if i < 0 || i >= len(c.d.tokens) {
		return 0
	}
	for _, e := range c.d.edges[c.d.first[i]:c.d.first[i+1]] {
		name := c.l.names[e.id]
		if len(name) > 3 && len(name) < 6 && name[0] == '{' && name[1:2] == prefix {
			if n, err := strconv.Atoi(name[2 : len(name)-1]); err == nil {
				return n
			}
		}
	}
	return 0
}

// digits is the value of a number token, or of a number word; ok is false if it is neither.
func (c calendar) digits(i int) (int, bool) {
	if i < 0 || i >= len(c.d.tokens) {
		return 0, false
	}
	if c.d.tokens[i].kind == numberToken {
		n, err := strconv.Atoi(string(c.d.word(i)))
		return n, err == nil
	}
	n := c.number(i, "n")
	return n, n > 0
}

// date reads a day at token i and returns its midnight: a relative word, a weekday (the
// next one), 12/12, 12/12/2026, 12 Dec, Dec 12, or "in two days".
func (c calendar) date(i int) (day time.Time, n int, ok bool) {
	today := time.Date(c.now.Year(), c.now.Month(), c.now.Day(), 0, 0, 0, 0, c.now.Location())
	for ahead, class := range []string{"today", "tomorrow", "aftertomorrow"} {
		if n, ok := c.is(i, class); ok {
			return today.AddDate(0, 0, ahead), n, true
		}
	}
	if w := c.number(i, "w"); w > 0 {
		ahead := (w - 1 - int(today.Weekday()) + 7) % 7
		if ahead == 0 {
			ahead = 7
		}
		return today.AddDate(0, 0, ahead), 1, true
	}
	if k, in := c.is(i, "in"); in {
		if v, num := c.digits(i + k); num && v < 60 {
			if n, days := c.is(i+k+1, "day"); days {
				return today.AddDate(0, 0, v), k + 1 + n, true
			}
		}
	}
	return c.written(i, today)
}

// written reads a date of day and month.
func (c calendar) written(i int, today time.Time) (time.Time, int, bool) {
	if m := c.number(i, "m"); m > 0 && c.d.tokens[i].kind != numberToken {
		if v, ok := c.digits(i + 1); ok && c.d.tokens[i+1].kind == numberToken {
			return c.day(v, m, 0, today, 2)
		}
		return time.Time{}, 0, false
	}
	if c.d.tokens[i].kind != numberToken {
		return time.Time{}, 0, false
	}
	v, _ := c.digits(i)
	if m := c.number(i+1, "m"); m > 0 {
		if y, ok := c.digits(i + 2); ok && y > 2000 {
			return c.day(v, m, y, today, 3)
		}
		return c.day(v, m, 0, today, 2)
	}
	if !c.slashed(i + 1) {
		return time.Time{}, 0, false
	}
	m, _ := c.digits(i + 1)
	if y, ok := c.digits(i + 2); ok && c.slashed(i+2) {
		if y < 100 {
			y += 2000
		}
		return c.day(v, m, y, today, 3)
	}
	return c.day(v, m, 0, today, 2)
}

// slashed reports whether token i is a number right after "/" (or "-" or "." in a date).
func (c calendar) slashed(i int) bool {
	return i < len(c.d.tokens) && c.d.tokens[i].kind == numberToken && c.d.tokens[i].sep == '/'
}

// day is a date of this year, or the next if it has long gone by. A Hijri year, or a
// day that no month has, is no date.
func (c calendar) day(d, m, y int, today time.Time, n int) (time.Time, int, bool) {
	if d < 1 || d > 31 || m < 1 || m > 12 || y != 0 && (y < 2000 || y > 2100) {
		return time.Time{}, 0, false
	}
	year := y
	if y == 0 {
		year = today.Year()
	}
	t := time.Date(year, time.Month(m), d, 0, 0, 0, 0, today.Location())
	if y == 0 && t.Before(today.AddDate(0, -6, 0)) {
		t = t.AddDate(1, 0, 0)
	}
	return t, n, t.Day() == d
}

// partHours is when each part of the day begins, as people mean it when they ask for a call.
var partHours = []struct {
	class string
	hour  int
	pm    bool // an hour from 1 to 11 beside it means the second half of the day
}{
	{"morning", 9, false}, {"noon", 12, true}, {"afternoon", 15, true}, {"asr", 16, true},
	{"evening", 18, true}, {"maghrib", 19, true}, {"night", 20, true},
}

// moment reads the earliest instant that tokens [from, to) name; ok is false if they name none.
func (c calendar) moment(from, to int) (time.Time, bool) {
	if at, ok := c.delay(from, to); ok {
		return at, true
	}
	day, hasDay := time.Time{}, false
	hour, minute, hasHour, part := 0, 0, false, -1
	for i := from; i < to; i++ {
		if part < 0 {
			part = c.part(i)
		}
		if d, n, ok := c.date(i); ok && !hasDay {
			day, hasDay = d, true
			for k := i + 1; k < i+n && part < 0; k++ {
				part = c.part(k)
			}
			i += n - 1
			continue
		}
		if h, m, ok := c.hour(i); ok && !hasHour {
			hour, minute, hasHour = h, m, true
		}
	}
	if !hasHour && part < 0 && !hasDay {
		return time.Time{}, false
	}
	return c.compose(day, hasDay, hour, minute, hasHour, part), true
}

// part is the index in partHours of the part of the day that token i names, or -1.
func (c calendar) part(i int) int {
	for p := range partHours {
		if _, ok := c.is(i, partHours[p].class); ok {
			return p
		}
	}
	return -1
}

// compose puts a day and an hour together. An hour without am or pm is a waking one; an
// instant that has gone by today is tomorrow's.
func (c calendar) compose(day time.Time, hasDay bool, hour, minute int, hasHour bool, part int) time.Time {
	if !hasDay {
		day = time.Date(c.now.Year(), c.now.Month(), c.now.Day(), 0, 0, 0, 0, c.now.Location())
	}
	switch {
	case hasHour && part >= 0 && hour < 12 && partHours[part].pm:
		hour += 12
	case hasHour && part < 0 && hour < 8:
		hour += 12
	case !hasHour && part >= 0:
		hour = partHours[part].hour
	case !hasHour:
		hour = 9
	}
	hour %= 100 // hours written with am carry +100 so that they are not moved
	at := time.Date(day.Year(), day.Month(), day.Day(), hour, minute, 0, 0, day.Location())
	if at.Before(c.now) {
		if hasDay && day.YearDay() == c.now.YearDay() && !hasHour {
			return c.now
		}
		if !hasDay {
			at = at.AddDate(0, 0, 1)
		}
	}
	return at
}

// hour reads a clock time at token i: "at 3", "pukul 3", "الساعة ٣", "3pm", "3:30", "15:00".
func (c calendar) hour(i int) (h, m int, ok bool) {
	t := c.d.tokens[i]
	marked := false
	if _, k := c.is(i-1, "clock"); k {
		marked = true
	}
	switch t.kind {
	case mixedToken: // 3pm
		w := string(c.d.word(i))
		digits := w[:len(w)-len(strings.TrimLeft(w, "0123456789"))]
		h, err := strconv.Atoi(digits)
		if err != nil || h < 1 || h > 12 {
			return 0, 0, false
		}
		return c.half(h, 0, w[len(digits):])
	case numberToken:
		h, _ = c.digits(i)
	default:
		if h, ok = c.digits(i); !ok || !marked {
			return 0, 0, false
		}
	}
	end := i + 1
	if end < len(c.d.tokens) && c.d.tokens[end].kind == numberToken && (c.d.tokens[end].sep == ':' || c.d.tokens[end].sep == '.' && marked) {
		m, _ = c.digits(end)
		marked = marked || c.d.tokens[end].sep == ':'
		end++
	}
	if h > 23 || m > 59 {
		return 0, 0, false
	}
	for _, half := range []string{"am", "pm"} {
		if _, k := c.is(end, half); k && h >= 1 && h <= 12 {
			return c.half(h, m, half)
		}
	}
	if end < len(c.d.tokens) && c.part(end) >= 0 {
		marked = true
	}
	return h, m, marked
}

func (c calendar) half(h, m int, half string) (int, int, bool) {
	switch half {
	case "pm", "p":
		return h%12 + 12, m, true
	case "am", "a":
		return h%12 + 100, m, true
	}
	return 0, 0, false
}

// delay reads "in an hour", "in 20 minutes", "sejam lagi", "بعد ساعتين".
func (c calendar) delay(from, to int) (time.Time, bool) {
	for i := from; i < to; i++ {
		unit, n := time.Duration(0), 1
		if _, ok := c.is(i, "halfhour"); ok {
			unit = 30 * time.Minute
		} else if _, ok := c.is(i, "twohours"); ok {
			unit = 2 * time.Hour
		} else if _, ok := c.is(i, "hour"); ok {
			unit = time.Hour
		} else if _, ok := c.is(i, "minute"); ok {
			unit = time.Minute
		}
		if unit == 0 {
			continue
		}
		if v, ok := c.digits(i - 1); ok {
			n = v
		}
		for k := i - 4; k <= i+2; k++ {
			if _, ok := c.is(k, "in"); ok && n < 1000 {
				return c.now.Add(time.Duration(n) * unit).Truncate(time.Minute), true
			}
		}
	}
	return time.Time{}, false
}
