// Package hours says when a team works, and counts only that time. A Calendar has a
// time zone and, for each weekday, intervals of the wall clock; an interval may run past
// midnight. Ramadan may have hours of its own, and holidays are dates of the Gregorian or
// the Hijri calendar, the latter movable by where the moon was seen. Everything is a pure
// function. Start with Spec, which a file holds; then Due, which says when so much working
// time will have gone by, and Explain, which lists what was counted and what was not and why.
package hours

import (
	"iter"
	"sync"
	"time"

	"github.com/caravan-desk/caravan/routing/almanac"
)

// Calendar is when a team works. It is safe for use by many at once, and must not be copied.
type Calendar struct {
	Name, Title string

	zone     *time.Location
	always   bool
	week     week
	ramadan  *week
	holidays []holiday
	moon     map[[2]int]int // Hijri year and month → days it began late
	years    sync.Map       // Gregorian year → *year
}

// week is the hours of each day, by time.Weekday, each day's in order.
type week [7][]interval

// interval is a stretch of the wall clock, in minutes from midnight; an end past 24 hours is
// on the next day.
type interval struct{ from, to int }

// holiday is days off. Either calendar's year is 0 if it comes every year.
type holiday struct {
	name             string
	hijri            bool
	year, month, day int
	days             int
}

// year is what is special about the days of a Gregorian year, by day of the year from 0.
type year [366]struct {
	holiday string
	ramadan bool
}

// Always is open day and night, and its wall clock hangs in a zone.
func Always(zone *time.Location) *Calendar {
	return &Calendar{Name: "always", Title: "Day and night", zone: zone, always: true}
}

// Zone is where the team's wall clock hangs.
func (c *Calendar) Zone() *time.Location { return c.zone }

// Span is a stretch of time: From is in it, To is not.
type Span struct{ From, To time.Time }

const (
	barren  = 800                // how many days in a row without hours end a calendar
	longest = 7 * 24 * time.Hour // of one Span: who works day and night has no end
)

// Spans are the stretches in which the team works, in order, from the one that holds from
// or comes after it; they do not overlap, and touch only where one would be longer than a
// week. They end if the team works no more.
func (c *Calendar) Spans(from time.Time) iter.Seq[Span] {
	return func(yield func(Span) bool) {
		if c.always {
			yield(Span{from, from.AddDate(1000, 0, 0)})
			return
		}
		y, m, d := from.In(c.zone).Date()
		var open Span
		for day, last := -2, 0; day-last < barren; day++ { // an interval may come from the day before
			date := time.Date(y, m, d+day, 0, 0, 0, 0, time.UTC)
			for _, i := range c.on(date) {
				s := Span{c.reach(date, i.from), c.reach(date, i.to)}
				if !s.To.After(from) || !s.To.After(s.From) {
					continue
				}
				if last = day; open.To.IsZero() {
					open = s
				} else if !s.From.After(open.To) && s.To.Sub(open.From) < longest {
					open.To = later(open.To, s.To)
				} else if !yield(open) {
					return
				} else {
					s.From = later(s.From, open.To)
					open = s
				}
			}
		}
		if !open.To.IsZero() {
			yield(open)
		}
	}
}

// on are the intervals that begin on a date (midnight UTC stands for it).
func (c *Calendar) on(date time.Time) []interval {
	if len(c.holidays) > 0 || c.ramadan != nil {
		switch day := c.year(date.Year())[date.YearDay()-1]; {
		case day.holiday != "":
			return nil
		case day.ramadan && c.ramadan != nil:
			return c.ramadan[date.Weekday()]
		}
	}
	return c.week[date.Weekday()]
}

// Holiday is the name of the holiday on a date of the team's, if there is one.
func (c *Calendar) Holiday(t time.Time) (name string, ok bool) {
	t = t.In(c.zone)
	name = c.year(t.Year())[t.YearDay()-1].holiday
	return name, name != ""
}

// year works out, once, what is special about a Gregorian year.
func (c *Calendar) year(n int) *year {
	if known, ok := c.years.Load(n); ok {
		return known.(*year)
	}
	y, begin := new(year), time.Date(n, 1, 1, 0, 0, 0, 0, time.UTC)
	mark := func(from time.Time, days int, name string, ramadan bool) {
		for i := range days {
			if d := from.AddDate(0, 0, i); d.Year() == n {
				day := &y[d.YearDay()-1]
				if name != "" {
					day.holiday = name
				}
				day.ramadan = day.ramadan || ramadan
			}
		}
	}
	first, _ := almanac.HijriOf(begin, 0)
	for h := first.Year - 1; h <= first.Year+2; h++ {
		start, end := c.month(h, almanac.Ramadan, 1), c.month(h, almanac.Shawwal, 1)
		mark(start, int(end.Sub(start)/(24*time.Hour)), "", true)
		for _, off := range c.holidays {
			if !off.hijri || off.year != 0 && off.year != h {
				continue
			}
			if first := c.month(h, off.month, off.day); first.Before(c.month(h+off.month/12, off.month%12+1, 1)) { // a month may have no 30th
				mark(first, off.days, off.name, false)
			}
		}
	}
	for _, off := range c.holidays {
		for g := n - 1; g <= n; g++ { // one may begin before New Year
			if off.hijri || off.year != 0 && off.year != g {
				continue
			}
			if first, ok := dateIn(g, off.month, off.day); ok {
				mark(first, off.days, off.name, false)
			}
		}
	}
	known, _ := c.years.LoadOrStore(n, y)
	return known.(*year)
}

// month is the Gregorian date of a Hijri one, by the moon as it was seen.
func (c *Calendar) month(year, month, day int) time.Time {
	return almanac.Hijri{Year: year, Month: month, Day: day}.Start(time.UTC, c.moon[[2]int{year, month}])
}

// reach is the first instant at which the wall clock of a date shows so many minutes from
// midnight or more. When clocks go forward over it, that is the instant of the change; when
// they go back and it comes twice, it is the first time.
func (c *Calendar) reach(date time.Time, minutes int) time.Time {
	want := date.Add(time.Duration(minutes) * time.Minute)
	offset := func(at time.Time) time.Duration {
		_, s := at.In(c.zone).Zone()
		return time.Duration(s) * time.Second
	}
	a, b := offset(want.Add(-26*time.Hour)), offset(want.Add(26*time.Hour))
	if a == b {
		return want.Add(-a)
	}
	if b > a {
		a, b = b, a
	}
	early, late := want.Add(-a), want.Add(-b)
	if offset(early) == a {
		return early
	}
	if offset(late) == b {
		return late
	}
	_, change := early.In(c.zone).ZoneBounds()
	return change.UTC()
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
