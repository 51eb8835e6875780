package routing

import (
	"strconv"
	"time"
)

// calendar reads days out of a document, relative to now.
type calendar struct {
	d   *document
	l   *lexicon
	now time.Time
}

func (m *matter) when() calendar { return calendar{m.d, m.lex, m.now} }

// is reports whether token i starts a word of the class, and how many tokens it covers.
func (c calendar) is(i int, class mark) (n int, ok bool) {
	if i < 0 || i >= len(c.d.tokens) || c.d.marks[i]&class == 0 {
		return 0, false
	}
	for _, e := range c.d.edges[c.d.first[i]:c.d.first[i+1]] {
		if c.l.marks[e.id]&class != 0 {
			return int(e.n), true
		}
	}
	return 0, false
}

// number is the n of the first class {letter n} (months 'm', weekdays 'w', small
// numbers 'n') that token i starts; 0 if none.
func (c calendar) number(i int, letter byte) int {
	if i < 0 || i >= len(c.d.tokens) || c.d.marks[i]&ordinalMark == 0 {
		return 0
	}
	for _, e := range c.d.edges[c.d.first[i]:c.d.first[i+1]] {
		if o := c.l.ordinals[e.id]; o.of == letter {
			return int(o.n)
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
	n := c.number(i, 'n')
	return n, n > 0
}

// date reads a day at token i and returns its midnight: a relative word, a weekday (the
// next one), 12/12, 12/12/2026, 12 Dec, Dec 12, or "in two days".
func (c calendar) date(i int) (day time.Time, n int, ok bool) {
	if c.d.marks[i]&dateMarks == 0 && c.d.tokens[i].kind != numberToken {
		return time.Time{}, 0, false
	}
	for ahead, class := range [...]mark{todayMark, tomorrowMark, afterTomorrowMark} {
		if n, ok := c.is(i, class); ok {
			return c.today().AddDate(0, 0, ahead), n, true
		}
	}
	if w := c.number(i, 'w'); w > 0 {
		today := c.today()
		ahead := (w - 1 - int(today.Weekday()) + 7) % 7
		if ahead == 0 {
			ahead = 7
		}
		return today.AddDate(0, 0, ahead), 1, true
	}
	if k, in := c.is(i, inMark); in {
		if v, num := c.digits(i + k); num && v < 60 {
			if n, days := c.is(i+k+1, dayMark); days {
				return c.today().AddDate(0, 0, v), k + 1 + n, true
			}
		}
	}
	return c.written(i)
}

// today is the midnight at which the day of now began.
func (c calendar) today() time.Time {
	y, m, d := c.now.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, c.now.Location())
}

// written reads a date of day and month.
func (c calendar) written(i int) (time.Time, int, bool) {
	if m := c.number(i, 'm'); m > 0 && c.d.tokens[i].kind != numberToken {
		if v, ok := c.digits(i + 1); ok && c.d.tokens[i+1].kind == numberToken {
			return c.day(v, m, 0, 2)
		}
		return time.Time{}, 0, false
	}
	if c.d.tokens[i].kind != numberToken {
		return time.Time{}, 0, false
	}
	v, _ := c.digits(i)
	if m := c.number(i+1, 'm'); m > 0 {
		if y, ok := c.digits(i + 2); ok && y > 2000 {
			return c.day(v, m, y, 3)
		}
		return c.day(v, m, 0, 2)
	}
	if !c.slashed(i + 1) {
		return time.Time{}, 0, false
	}
	m, _ := c.digits(i + 1)
	if y, ok := c.digits(i + 2); ok && c.slashed(i+2) {
		if y < 100 {
			y += 2000
		}
		return c.day(v, m, y, 3)
	}
	return c.day(v, m, 0, 2)
}

// slashed reports whether token i is a number right after "/" (or "-" or "." in a date).
func (c calendar) slashed(i int) bool {
	return i < len(c.d.tokens) && c.d.tokens[i].kind == numberToken && c.d.tokens[i].sep == '/'
}

// day is a date of this year, or the next if it has long gone by. A Hijri year, or a
// day that no month has, is no date.
func (c calendar) day(d, m, y, n int) (time.Time, int, bool) {
	if d < 1 || d > 31 || m < 1 || m > 12 || y != 0 && (y < 2000 || y > 2100) {
		return time.Time{}, 0, false
	}
	year, today := y, c.today()
	if y == 0 {
		year = today.Year()
	}
	t := time.Date(year, time.Month(m), d, 0, 0, 0, 0, today.Location())
	if y == 0 && t.Before(today.AddDate(0, -6, 0)) {
		t = t.AddDate(1, 0, 0)
	}
	return t, n, t.Day() == d
}
