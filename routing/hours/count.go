package hours

import (
	"time"
)

// Pause is a stretch that is not counted although the team works.
type Pause struct {
	From, To time.Time // To is zero while it lasts
	Why      string
}

// Open reports whether the team works at t.
func (c *Calendar) Open(t time.Time) bool {
	for s := range c.Spans(t) {
		return !s.From.After(t)
	}
	return false
}

// Next is the instant after t at which the team next begins (opens) or ends its work; ok is
// false if it never does.
func (c *Calendar) Next(t time.Time) (at time.Time, opens, ok bool) {
	if c.always {
		return time.Time{}, false, false
	}
	for s := range c.Spans(t) {
		if s.From.After(t) {
			return s.From, true, true
		}
		return s.To, false, true
	}
	return time.Time{}, false, false
}

// Due is the earliest instant by which the team has worked for within since from, pauses
// (in order, not overlapping) left out. ok is false if that never happens: the team works no
// more, or a pause lasts.
func (c *Calendar) Due(from time.Time, within time.Duration, pauses []Pause) (due time.Time, ok bool) {
	if c.always && len(pauses) == 0 {
		return from.Add(within), true
	}
	for s := range c.counted(from, pauses) {
		if got := s.To.Sub(s.From); got < within {
			within -= got
			continue
		}
		return s.From.Add(within), true
	}
	return time.Time{}, false
}

// Count is how long the team has worked from from until to, pauses left out.
func (c *Calendar) Count(from, to time.Time, pauses []Pause) time.Duration {
	var sum time.Duration
	for s := range c.counted(from, pauses) {
		if !s.From.Before(to) {
			break
		}
		sum += earlier(s.To, to).Sub(s.From)
	}
	return sum
}

// counted are the spans from from on, without the pauses.
func (c *Calendar) counted(from time.Time, pauses []Pause) func(yield func(Span) bool) {
	return func(yield func(Span) bool) {
		left := pauses
		for s := range c.Spans(from) {
			s.From = later(s.From, from)
			for len(left) > 0 && s.From.Before(s.To) {
				p := left[0]
				if !p.To.IsZero() && !p.To.After(s.From) {
					left = left[1:]
					continue
				}
				if !p.From.Before(s.To) {
					break
				}
				if s.From.Before(p.From) && !yield(Span{s.From, p.From}) {
					return
				}
				if p.To.IsZero() {
					return
				}
				s.From = earlier(p.To, s.To)
			}
			if s.From.Before(s.To) && !yield(s) {
				return
			}
		}
	}
}

// Piece is a stretch of a clock's time: counted, or not and why.
type Piece struct {
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Counted bool      `json:"counted"`
	Why     string    `json:"why"`
}

// Explain lists, without a gap, every stretch from from until to: what was counted, and what
// was not: outside the hours, on a holiday, in a pause.
func (c *Calendar) Explain(from, to time.Time, pauses []Pause) []Piece {
	var out []Piece
	at := from
	add := func(till time.Time, counted bool, why string) {
		if till = earlier(till, to); !till.After(at) {
			return
		}
		if n := len(out) - 1; n >= 0 && out[n].Counted == counted && out[n].Why == why {
			out[n].To = till
		} else {
			out = append(out, Piece{at, till, counted, why})
		}
		at = till
	}
	left := pauses
	open := func(till time.Time) { // an open stretch, with the pauses in it
		for ; len(left) > 0 && left[0].From.Before(till); left = left[1:] {
			p := left[0]
			if p.To.IsZero() {
				p.To = to
			}
			add(p.From, true, "working hours of "+c.Title)
			add(earlier(p.To, till), false, p.Why)
			if p.To.After(till) {
				return
			}
		}
		add(till, true, "working hours of "+c.Title)
	}
	for s := range c.Spans(from) {
		c.closed(at, earlier(s.From, to), add)
		if !at.Before(to) {
			break
		}
		open(earlier(s.To, to))
	}
	c.closed(at, to, add)
	return out
}

// closed explains a stretch outside the hours, holidays by name.
func (c *Calendar) closed(from, to time.Time, add func(time.Time, bool, string)) {
	for from.Before(to) {
		y, m, d := from.In(c.zone).Date()
		next := earlier(c.reach(time.Date(y, m, d, 0, 0, 0, 0, time.UTC), 24*60), to)
		why := "outside the hours of " + c.Title
		if name, ok := c.Holiday(from); ok {
			why = name
		}
		add(next, false, why)
		from = next
	}
}
