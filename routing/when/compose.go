package when

import (
	"slices"
	"time"
)

// compose makes one window of what was read.
func (r *reader) compose() (Window, bool) {
	r.seasons()
	r.drop()
	switch {
	case r.delayed && len(r.hours) == 0 && len(r.days) == 0:
		w := Window{NotBefore: r.now.Add(r.low), Until: r.now.Add(r.high), Exact: r.high == 0}
		if r.high == 0 {
			w.Until = w.NotBefore.Add(Slack)
		}
		return w, true
	case len(r.hours) == 0 && len(r.days) == 0:
		if r.soon < 0 {
			return Window{}, false
		}
		w := Window{NotBefore: r.now.Add(time.Duration(r.soon) * time.Minute), Soon: r.soon == 0}
		w.Until = w.NotBefore.Add(Slack)
		return w, true
	}
	r.tie()
	day, ok := r.day()
	if !ok {
		return Window{}, false
	}
	if len(r.hours) == 0 {
		return r.wholeDays(day)
	}
	return r.onDay(day)
}

// seasons turns "after Eid" and "before Ramadan" into days.
func (r *reader) seasons() {
	kept := r.hours[:0]
	for _, b := range r.hours {
		s, ok := r.season(b.tod.name)
		if ok && b.tod.kind == "event" {
			if b.rel != at {
				b.day, b.tod = s, hour{}
				r.days = append(r.days, b)
			}
			continue
		}
		kept = append(kept, b)
	}
	r.hours = kept
}

// drop takes out what was denied ("not tomorrow") and the second of two choices ("or Tuesday").
func (r *reader) drop() {
	clean := func(list []bound) []bound {
		kept := list[:0]
		for _, b := range list {
			if !b.neg && !(b.or && b.rel == at && len(kept) > 0) {
				kept = append(kept, b)
			}
		}
		return kept
	}
	r.days, r.hours = clean(r.days), clean(r.hours)
}

// tie moves a relation to where it belongs: in "not before Sunday 10 am" it is said of the
// day and meant of the hour, and so is "after" in "after tomorrow 3 pm".
func (r *reader) tie() {
	if len(r.days) != 1 {
		return
	}
	d := &r.days[0]
	for k := range r.hours {
		h := &r.hours[k]
		if h.at < d.at || h.rel != at || d.rel == at || d.rel == around {
			continue
		}
		if d.rel == after {
			d.rel = from
		}
		h.rel = d.rel
		if d.rel == from {
			r.onwards = true // open: not that day alone
		}
		d.rel = at
		return
	}
}

// day is the day, or the days, of the window. A zero first day means that none was named.
func (r *reader) day() (s span, ok bool) {
	if len(r.days) == 0 {
		for _, b := range r.hours {
			if b.tod.name == "jumuah" {
				ahead := (int(time.Friday) - int(r.now.Weekday()) + 7) % 7
				s = r.dayAfter(ahead)
				if st, _ := r.stretch(b.tod, s.first); !st.ends.After(r.now) && b.rel != after || ahead == 0 && st.then.Before(r.now) {
					s = r.dayAfter(ahead + 7)
				}
				return s, true
			}
		}
		return span{}, true
	}
	for k, b := range r.days {
		switch b.rel {
		case at, around:
			switch {
			case s.none() || s.end.IsZero() && b.day.first.After(s.first): // "away until Wednesday, call Thursday"
				s = b.day
			default:
				s = narrow(s, b.day)
			}
		case after:
			s = span{first: b.day.end}
		case from:
			s = span{first: b.day.first}
		case until:
			s = span{later(s.first, r.today()), b.day.end}
			if k == 0 {
				s.first = r.today()
			}
		case before:
			s = span{later(s.first, r.today()), b.day.first}
			if k == 0 {
				s.first = r.today()
			}
		}
	}
	if !s.end.IsZero() && !s.end.After(r.today()) {
		return span{}, false // it has gone by
	}
	s.first = later(s.first, r.today())
	return s, true
}

// narrow is the day of a week that was named beside it: "next week, Tuesday".
func narrow(a, b span) span {
	if b.end.Sub(b.first) > a.end.Sub(a.first) {
		a, b = b, a
	}
	if b.end.Sub(b.first) > 25*time.Hour || a.end.Sub(a.first) < 25*time.Hour {
		return a
	}
	for d := a.first; d.Before(a.first.AddDate(0, 0, 7)); d = d.AddDate(0, 0, 1) {
		if d.Weekday() == b.first.Weekday() {
			return days(d, 1)
		}
	}
	return a
}

// wholeDays is the window of days without an hour.
func (r *reader) wholeDays(s span) (Window, bool) {
	if s.none() {
		return Window{}, false
	}
	w := Window{NotBefore: onClock(s.first, dayAt, 0)}
	if !s.end.IsZero() {
		w.Until = onClock(s.end.AddDate(0, 0, -1), dayEnd, 0)
		if !w.Until.After(r.now) {
			w.Until = r.now.Add(Slack)
		}
	}
	return w, true
}

// onDay is the window of hours, on a day or on the first day that they fit.
func (r *reader) onDay(s span) (Window, bool) {
	day, named := s.first, !s.none()
	if !named {
		day = r.today()
	}
	w := r.hoursOf(day, named)
	if !named {
		for n := 1; n <= 2 && r.gone(w); n++ {
			w = r.hoursOf(day.AddDate(0, 0, n), true)
		}
	} else if r.gone(w) && day.Equal(r.today()) {
		w.NotBefore, w.Until = r.now, r.now.Add(Slack)
	}
	if named && (s.end.IsZero() || r.onwards && !r.bounded()) {
		w.Until = time.Time{}
	} else if named && s.end.Sub(s.first) > 25*time.Hour && !w.Until.IsZero() { // "next week after 4": any of its days
		w.Until = onClock(s.end.AddDate(0, 0, -1), w.Until.Hour(), w.Until.Minute())
	}
	return w, !w.NotBefore.IsZero()
}

// gone reports whether a window has passed.
func (r *reader) gone(w Window) bool {
	if w.Exact {
		return w.NotBefore.Before(r.now)
	}
	if !r.bounded() && w.NotBefore.Hour() < 12 && r.now.Sub(w.NotBefore) > stale && slices.ContainsFunc(r.hours, func(b bound) bool { return b.tod.kind == "clock" }) {
		return true // "not before ten in the morning", in the evening
	}
	return !w.Until.IsZero() && !w.Until.After(r.now)
}

// stale is how long after it a morning's "after ten" is that of tomorrow.
const stale = 5 * time.Hour
