package almanac

import (
	"time"

	hijri "github.com/hablullah/go-hijri"
)

// Hijri is a date of the Umm al-Qura calendar, the civil one of Saudi Arabia.
type Hijri struct{ Year, Month, Day int }

// Months that the house must know by name.
const (
	Muharram    = 1
	RabiAlAwwal = 3
	Ramadan     = 9
	Shawwal     = 10
	DhuAlHijjah = 12
)

// HijriOf is the Hijri date of the day that t falls on in its own location. shift is by
// how many days the moon was seen late (1) or early (-1) against the calendar. ok is false
// outside the years that the calendar's table covers (1937 to 2077); the date then follows
// the arithmetic calendar, which may be a day off.
func HijriOf(t time.Time, shift int) (h Hijri, ok bool) {
	y, m, d := t.Date()
	day := time.Date(y, m, d-shift, 12, 0, 0, 0, time.UTC)
	if u, err := hijri.CreateUmmAlQuraDate(day); err == nil {
		return Hijri{int(u.Year), int(u.Month), int(u.Day)}, true
	}
	a, err := hijri.CreateHijriDate(day, hijri.Default)
	if err != nil {
		return Hijri{}, false
	}
	return Hijri{int(a.Year), int(a.Month), int(a.Day)}, false
}

// Start is midnight at the beginning of the date in a location, with the shift of HijriOf.
// A day that the month does not have is the first of the next.
func (h Hijri) Start(in *time.Location, shift int) time.Time {
	var g time.Time
	if h.Year >= 1356 && h.Year <= 1500 {
		g = hijri.UmmAlQuraDate{Year: int64(h.Year), Month: int64(h.Month), Day: 1}.ToGregorian()
	} else {
		g = hijri.HijriDate{Year: int64(h.Year), Month: int64(h.Month), Day: 1}.ToGregorian()
	}
	return time.Date(g.Year(), g.Month(), g.Day()+h.Day-1+shift, 0, 0, 0, 0, in)
}

// IsRamadan reports whether the day that t falls on is in Ramadan, with the shift of HijriOf.
func IsRamadan(t time.Time, shift int) bool {
	h, _ := HijriOf(t, shift)
	return h.Month == Ramadan
}
