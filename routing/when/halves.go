package when

import "time"

// clock is the instant of an hour on a day. Which half of the day is meant is told by am or
// pm, by the part of the day beside it, by the hour that it begins or ends a stretch with,
// or else by when people are awake.
func (r *reader) clock(b bound, k int, day time.Time, named bool, marker string) time.Time {
	h := b.tod
	half := h.half
	if half == "" {
		half = marker
	}
	if h.half == "" && half != "" && (b.rel == from || b.rel == after) { // "11 to 1 pm" begins in the morning
		if end, ok := r.endHour(k); ok && end.half != "" && in(end, end.half) <= in(h, half) {
			half = opposite(half)
		}
	}
	switch {
	case half != "":
		return onClock(day, in(h, half), h.m)
	case h.h > 12 || h.h == 0:
		return onClock(day, h.h, h.m)
	}
	morning, evening := onClock(day, h.h%12, h.m), onClock(day, h.h%12+12, h.m)
	if b.rel.above() && k > 0 && r.hours[k-1].tod.kind == "clock" { // "10 to 2"
		if first := r.clock(r.hours[k-1], k-1, day, named, marker); !morning.After(first) {
			return evening
		}
		if h.h >= wakes {
			return morning
		}
	}
	today := day.Equal(r.today())
	switch {
	case h.h == 12:
		return evening
	case h.h < wakes:
		return evening
	case today && !r.ranged(b, k) && morning.Before(r.now) && evening.After(r.now) && (h.h+12 < sleeps || b.rel.above()):
		return evening
	}
	return morning
}

// ranged reports whether hour k begins a stretch: "from 9 to 5" begins in the morning, even if it has gone by.
func (r *reader) ranged(b bound, k int) bool {
	_, ok := r.endHour(k)
	return ok && b.rel != at
}

// endHour is the hour that ends the stretch which hour k begins.
func (r *reader) endHour(k int) (hour, bool) {
	if k+1 < len(r.hours) && r.hours[k+1].tod.kind == "clock" && r.hours[k+1].rel.above() {
		return r.hours[k+1].tod, true
	}
	return hour{}, false
}

func opposite(half string) string {
	if half == "am" || half == "morning" {
		return "pm"
	}
	return "am"
}

// in is the hour of 24 that an hour of 12 is in a half or a part of the day; past midnight
// it goes on counting.
func in(h hour, half string) int {
	if h.h > 12 || h.h == 0 {
		return h.h
	}
	switch half {
	case "am", "fajr", "sunrise", "suhoor", "earlymorning", "breakfast":
		return h.h % 12
	case "morning", "latemorning":
		return h.h
	case "noon", "dhuhr", "pastnoon", "lunch", "earlyafternoon", "office":
		if h.h >= 9 {
			return h.h
		}
		return h.h + 12
	case "night", "latenight", "isha", "midnight", "tonight":
		if h.h == 12 {
			return 24
		}
		if h.h < 4 {
			return h.h + 24
		}
		return h.h + 12
	}
	return h.h%12 + 12
}
