package when

import (
	"time"

	"github.com/caravan-desk/caravan/routing/almanac"
)

// number is the value of a number at item i, in digits or in words.
func (r *reader) number(i int) (n int, ok bool) {
	switch r.kind(i) {
	case "number", "num":
		return r.items[i].n, true
	}
	return 0, false
}

// hour reads a time of day at item i: a part of the day, a prayer, an event, or an hour.
// It returns how many items it took, 0 if none stands there.
func (r *reader) hour(i int) (hour, int) {
	switch r.kind(i) {
	case "part", "prayer", "event":
		if _, beside := r.number(i + 1); beside && r.items[i+1].digits < 3 && r.isHour(i+1) && !r.clausal(i+1) { // "morning 9"
			h, n := r.hour(i + 1)
			if n > 0 && h.kind == "clock" && h.half == "" {
				h.half = r.items[i].name
				return h, n + 1
			}
		}
		return hour{kind: r.kind(i), name: r.items[i].name}, 1
	case "hmonth":
		if r.items[i].n == almanac.Ramadan && r.hasRel {
			return hour{kind: "event", name: "ramadan"}, 1
		}
	case "clock", "oclock":
		if k := r.kind(i + 1); k == "frac" || k == "num" && r.items[i+1].n%5 == 0 && (r.kind(i+2) == "past" || r.kind(i+2) == "to" && !r.between) {
			h, n := r.hour(i + 1)
			return h, n + min(n, 1)
		}
		if h, n := r.digits(i+1, true); n > 0 {
			return h, n + 1
		}
		return hour{}, 0
	case "frac": // "half past three", "quarter to five", "half 3"
		return r.fraction(i)
	case "num": // "ten past five"
		if k := r.kind(i + 1); (k == "past" || k == "to" && !r.between) && r.items[i].n%5 == 0 && r.items[i].n < 30 {
			if h, n := r.digits(i+2, true); n > 0 && h.m == 0 {
				h.addMinutes(map[string]int{"past": 1, "to": -1}[k] * r.items[i].n)
				return h, n + 2
			}
		}
		return r.digits(i, false)
	case "number":
		return r.digits(i, false)
	case "half": // "Wednesday pm"
		if r.kind(i-1) == "weekday" || r.kind(i-1) == "day" {
			return hour{kind: "part", name: r.items[i].name}, 1
		}
	case "weekday": // on a Friday, "after Friday" is after its prayer
		if r.items[i].n == 5 && r.now.Weekday() == time.Friday && r.hasRel && r.rel == after {
			return hour{kind: "event", name: "jumuah"}, 1
		}
	}
	return hour{}, 0
}

func (r *reader) clausal(i int) bool { return r.items[i].broken || r.items[i].comma }

// isHour reports whether the number at i can be an hour of the clock.
func (r *reader) isHour(i int) bool {
	n, ok := r.number(i)
	return ok && n >= 0 && n <= 24
}

// fraction reads "half past three", "quarter to five" and "half three".
func (r *reader) fraction(i int) (hour, int) {
	f, k := r.items[i].n, i+1
	switch {
	case r.kind(k) == "past" || r.is(k, "rel", "after"):
		k++
	case r.kind(k) == "to" || r.is(k, "rel", "before"):
		f, k = -f, k+1
	case f != 30:
		return hour{}, 0
	}
	h, n := r.digits(k, true)
	if n == 0 || h.m != 0 {
		return hour{}, 0
	}
	h.addMinutes(f)
	return h, k - i + n
}

func (h *hour) addMinutes(m int) {
	h.m += m
	if h.m < 0 {
		h.m += 60
		h.h--
		if h.h == 0 && h.half != "am" {
			h.h = 12
		}
	}
}

// digits reads an hour in numbers: "3", "3:30", "3.30", "330", "1530", "3 setengah",
// "ثلاثة ونص", "10 to 5". marked says that a word such as "at" stood before it.
func (r *reader) digits(i int, marked bool) (h hour, n int) {
	v, ok := r.number(i)
	if !ok || r.kind(i+1) == "hb" {
		return hour{}, 0
	}
	h, k := hour{kind: "clock", h: v, strong: marked}, i+1
	switch w := r.items[i].digits; {
	case w >= 3 && w <= 4 && v%100 < 60 && v/100 < 24 && (marked || r.hasRel || r.timed(k)):
		h.h, h.m, h.strong = v/100, v%100, true
		if r.kind(k) == "unit" { // "1530 hrs"
			k++
		}
	case w > 2 || v > 24:
		return hour{}, 0
	default:
		k = r.minutes(&h, i, k, marked)
	}
	k = r.halves(&h, i, k)
	if h.half == "" && r.items[i].digits == 2 && v > 0 && v < 10 { // "07:30" is written by the clock of 24 hours
		h.half = "am"
	}
	if !h.strong && !r.hourly(i, k) {
		return hour{}, 0
	}
	return h, k - i
}

// timed reports whether item k says that what stood before was an hour.
func (r *reader) timed(k int) bool {
	switch r.kind(k) {
	case "half", "ish", "oclock", "part":
		return true
	case "unit":
		return r.items[k].n == 60
	}
	return false
}

// minutes reads what follows the hour's number and belongs to it.
func (r *reader) minutes(h *hour, i, k int, marked bool) int {
	m, ok := r.number(k)
	two := ok && r.items[k].digits == 2 && m < 60
	switch {
	case two && (r.items[k].sep == ':' || r.items[k].sep == '.' || r.items[k].sep == '٫' || r.items[k].sep == 'h'):
		h.m, h.strong = m, h.strong || r.items[k].sep == ':' || marked || r.timed(k+1) || r.hasRel || r.kind(k+1) == ""
		k++
	case ok && (two || r.items[k].digits == 0 && m >= 10 && m < 60) && (marked || r.timed(k+1)) && !r.clausal(k) && r.kind(k+1) != "unit" && !r.slashed(k):
		h.m, h.strong = m, true
		k++
	case ok && r.items[i].digits == 0 && r.items[k].digits == 0 && !r.items[k].arabic && m >= 10 && m < 60 && m%5 == 0 && !r.clausal(k) && (r.kind(k+1) == "day" || r.kind(k+1) == "weekday" || r.kind(k+1) == "part"): // "two thirty tomorrow"
		h.m, h.strong = m, true
		k++
	case r.kind(k) == "frac":
		h.addMinutes(r.items[k].n)
		h.strong = true
		k++
	case r.kind(k) == "and" && r.kind(k+1) == "frac" && (!r.between || r.items[k].arabic):
		h.addMinutes(r.items[k+1].n)
		h.strong = true
		k += 2
		if r.kind(k) == "and" { // "ونص وخمس"
			if x, ok := r.number(k + 1); ok && x == 5 {
				h.addMinutes(x)
				k += 2
			}
		}
	case r.kind(k) == "and" && r.items[k].arabic && !r.between && r.kind(k+1) == "num" && (r.items[k+1].n == 5 || r.items[k+1].n == 10 || r.items[k+1].n == 20):
		h.addMinutes(r.items[k+1].n)
		h.strong = true
		k += 2
		if r.is(k, "unit", "") {
			k++
		}
	}
	return k
}

// halves reads am, pm, o'clock and the parts of the day that stand right behind the hour.
func (r *reader) halves(h *hour, i, k int) int {
	for ; ; k++ {
		switch {
		case r.kind(k) == "oclock":
			h.strong = true
		case r.kind(k) == "clock" && r.items[k].n == 60 && h.strong:
		case r.kind(k) == "half" && (h.half == "" || !h.strong):
			h.half, h.strong = r.items[k].name, true
		case (r.kind(k) == "part" || r.kind(k) == "prayer") && !r.items[k].broken && h.half == "" && r.items[k].name != "next":
			h.half, h.strong = r.items[k].name, true
		default:
			return k
		}
	}
}

// hourly reports whether a bare number at [i, k) is an hour by what stands around it.
func (r *reader) hourly(i, k int) bool {
	if r.items[i].n == 0 {
		return false
	}
	switch r.kind(k) {
	case "unit", "days", "month", "hmonth", "hb", "spandays", "unknown":
		if r.kind(k) != "unknown" || !r.clausal(k) {
			return false
		}
	case "clock":
		return false // "3 jam", "3 ساعة"
	case "ish", "day", "weekday", "to", "onwards":
		return true
	}
	if r.slashed(k) {
		return false
	}
	if r.hasRel {
		return true
	}
	switch r.kind(i - 1) {
	case "day", "weekday", "part", "prayer", "hb", "month", "coming", "next", "this", "to", "and", "or":
		return !r.items[i].broken
	}
	return false
}

// slashed reports whether item k is a number right after "/".
func (r *reader) slashed(k int) bool { return r.kind(k) == "number" && r.items[k].sep == '/' }
