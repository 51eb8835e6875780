package when

import (
	"slices"
	"time"
)

// hoursOf places the hours on a day. Before an hour the window begins with the day, or now.
func (r *reader) hoursOf(day time.Time, named bool) (w Window) {
	marker := r.marker()
	sharper, ticking := false, false
	for _, b := range r.hours {
		sharper = sharper || b.tod.kind == "clock" || b.rel != at
		ticking = ticking || b.tod.kind == "clock" && !b.rel.above()
	}
	var capped time.Time
	for k, b := range r.hours {
		if sharper && b.tod.kind != "clock" && b.rel == at && b.off == 0 {
			continue // "evening, after 7": it said which half of the day
		}
		if ticking && b.tod.kind != "clock" && !b.rel.above() && b.off == 0 {
			continue // "after work, at 6"
		}
		low, high, exact := r.one(b, k, day, named, marker)
		switch {
		case low.IsZero():
			capped = high
		case w.NotBefore.IsZero() || b.rel != at && low.After(w.NotBefore):
			w = Window{NotBefore: low, Until: high, Exact: exact}
		}
	}
	if !capped.IsZero() && (w.NotBefore.IsZero() || capped.After(w.NotBefore)) {
		w.Until, w.Exact = capped, false
	}
	if w.NotBefore.IsZero() {
		w.NotBefore = onClock(day, dayAt, 0)
		if !w.Until.After(w.NotBefore) {
			w.NotBefore = onClock(day, wakes, 0)
		}
		if !w.Until.After(w.NotBefore) {
			w.NotBefore = day
		}
	}
	return w
}

// bounded reports whether an hour bounds the window above.
func (r *reader) bounded() bool {
	return slices.ContainsFunc(r.hours, func(b bound) bool { return b.rel.above() })
}

// above reports whether the relation bounds a window above.
func (r relation) above() bool { return r == until || r == before }

// marker is the part of the day that was named beside the hours: "evening, after 7".
func (r *reader) marker() string {
	for _, b := range r.hours {
		if b.tod.kind != "clock" && b.rel == at {
			return b.tod.name
		}
	}
	for _, b := range r.hours {
		if b.tod.half != "" {
			return b.tod.half
		}
	}
	return ""
}

// one is what a single hour says of a day: a lower end, an upper end, or both.
func (r *reader) one(b bound, k int, day time.Time, named bool, marker string) (low, high time.Time, exact bool) {
	if b.tod.kind != "clock" {
		s, ok := r.stretch(b.tod, day)
		if !ok {
			return low, high, false
		}
		if b.off != 0 {
			base := s.begins.Add(time.Duration(b.off) * time.Minute)
			return base, base.Add(Slack), true
		}
		switch b.rel {
		case after:
			return s.ends, s.then, false
		case from:
			if b.tod.spent() {
				return s.ends, s.then, false
			}
			return s.begins, s.then, false
		case until, before:
			if b.tod.name == "eod" {
				return low, s.ends, false
			}
			return low, s.begins, false
		}
		if b.tod.spent() {
			return s.ends, s.then, false
		}
		return s.begins, s.ends, false
	}
	t := r.clock(b, k, day, named, marker)
	if b.off != 0 {
		t = t.Add(time.Duration(b.off) * time.Minute)
		return t, t.Add(Slack), true
	}
	switch b.rel {
	case after, from:
		return t, later(onClock(day, sleeps, 0), t.Add(2*time.Hour)), false
	case until, before:
		return low, t, false
	case around:
		return t, t.Add(Slack), false
	}
	return t, t.Add(Slack), true
}
