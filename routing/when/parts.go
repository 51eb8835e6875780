package when

import (
	"time"

	"github.com/caravan-desk/caravan/routing/almanac"
)

// AfterPrayer is how long after its call a prayer is over and a customer who said "after
// Asr" is free.
const AfterPrayer = 20 * time.Minute

// part is a part of the day in minutes after midnight, as people mean it when they ask for a call.
type part struct{ begins, ends int }

var parts = map[string]part{
	"earlymorning": {8 * 60, 9*60 + 30}, "morning": {9 * 60, 12 * 60}, "latemorning": {10*60 + 30, 12 * 60}, "noon": {12 * 60, 14 * 60},
	"earlyafternoon": {13 * 60, 15 * 60}, "pastnoon": {13 * 60, 17 * 60}, "afternoon": {15 * 60, 18 * 60}, "lateafternoon": {16 * 60, 18 * 60},
	"evening": {18 * 60, 21 * 60}, "night": {20 * 60, 22 * 60}, "latenight": {21 * 60, 23 * 60}, "midnight": {24 * 60, 25 * 60}, "anyday": {9 * 60, 18 * 60},
	"am": {9 * 60, 12 * 60}, "pm": {13 * 60, 18 * 60},
	// Events of the day that follow no sun.
	"breakfast": {8 * 60, 9*60 + 30}, "lunch": {12*60 + 30, 14 * 60}, "dinner": {19 * 60, 20*60 + 30}, "office": {9 * 60, 17 * 60},
	"work": {9 * 60, 17*60 + 30}, "school": {7*60 + 30, 14*60 + 30}, "eod": {16 * 60, 18 * 60},
}

// stretch is a part of one day: when it begins and ends, and until when somebody who asked
// for "after it" can be rung.
type stretch struct{ begins, ends, then time.Time }

// stretch places a part, a prayer or an event on a day. ok is false for what is no part of one day.
func (r *reader) stretch(h hour, day time.Time) (s stretch, ok bool) {
	clock := func(minutes int) time.Time { return onClock(day, 0, minutes) }
	late := func(t time.Time) time.Time { return later(clock(sleeps*60), t.Add(Slack)) }
	if h.kind == "event" && h.name == "breakfast" && almanac.IsRamadan(day, 0) {
		h.name = "iftar" // الفطور
	}
	if p, known := parts[h.name]; known {
		s = stretch{begins: clock(p.begins), ends: clock(p.ends)}
		s.then = late(s.ends)
		if h.name == "lunch" || h.name == "breakfast" {
			s.then = s.ends.Add(3 * time.Hour)
		}
		return s, true
	}
	p := r.place.Prayers(day.Add(12 * time.Hour))
	if day.Weekday() == time.Friday && (h.name == "dhuhr" || h.name == "next" && !day.Equal(r.today())) {
		h.name = "jumuah"
	}
	after := func(adhan, next time.Time) stretch {
		return stretch{begins: adhan, ends: adhan.Add(AfterPrayer), then: next}
	}
	switch h.name {
	case "fajr":
		return after(p.Fajr, later(clock(dayAt*60), p.Sunrise)), true
	case "sunrise":
		return stretch{p.Sunrise, p.Sunrise, clock(12 * 60)}, true
	case "dhuhr":
		return after(p.Dhuhr, p.Asr), true
	case "asr":
		return after(p.Asr, p.Maghrib), true
	case "maghrib":
		return after(p.Maghrib, p.Isha), true
	case "isha":
		return after(p.Isha, late(p.Isha.Add(AfterPrayer))), true
	case "next":
		return r.nextPrayer(day, p), true
	case "jumuah":
		return stretch{p.Dhuhr.Add(-30 * time.Minute), p.Dhuhr.Add(time.Hour), p.Asr}, true
	case "iftar":
		return stretch{p.Maghrib, p.Maghrib.Add(45 * time.Minute), late(p.Maghrib.Add(45 * time.Minute))}, true
	case "taraweeh":
		return stretch{p.Isha, p.Isha.Add(90 * time.Minute), p.Isha.Add(3 * time.Hour)}, true
	case "suhoor":
		return stretch{p.Fajr.Add(-90 * time.Minute), p.Fajr.Add(AfterPrayer), clock(dayAt * 60)}, true
	}
	return stretch{}, false
}

// nextPrayer is the first prayer after now, or on another day that at noon.
func (r *reader) nextPrayer(day time.Time, p almanac.Prayers) stretch {
	order := []time.Time{p.Dhuhr, p.Asr, p.Maghrib, p.Isha, p.Isha.Add(2 * time.Hour)}
	for i, adhan := range order[:4] {
		if adhan.Add(AfterPrayer).After(r.now) {
			return stretch{adhan, adhan.Add(AfterPrayer), order[i+1]}
		}
	}
	return stretch{p.Dhuhr, p.Dhuhr.Add(AfterPrayer), p.Asr}
}

// season places an event of the year: the days that it takes.
func (r *reader) season(name string) (span, bool) {
	h, _ := almanac.HijriOf(r.now, 0)
	next := func(month, day, long int) span {
		for year := h.Year; ; year++ {
			first := almanac.Hijri{Year: year, Month: month, Day: day}.Start(r.now.Location(), 0)
			if s := days(first, long); s.end.After(r.now) {
				return s
			}
		}
	}
	switch name {
	case "eid":
		fitr, adha := next(almanac.Shawwal, 1, 3), next(almanac.DhuAlHijjah, 10, 4)
		if adha.first.Before(fitr.first) {
			return adha, true
		}
		return fitr, true
	case "ramadan":
		s := next(almanac.Ramadan, 1, 30)
		s.end = next(almanac.Shawwal, 1, 1).first
		return s, true
	}
	return span{}, false
}

// spent reports whether a call at the hour itself would disturb: who names a prayer or a
// meal means the time after it.
func (h hour) spent() bool {
	return h.kind == "prayer" || h.name == "iftar" || h.name == "taraweeh" || h.name == "jumuah"
}

// onClock is a time of day by the wall clock, which may run past midnight.
func onClock(day time.Time, h, m int) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), h, m, 0, 0, day.Location())
}
