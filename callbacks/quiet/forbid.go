package quiet

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/routing/almanac"
)

// minutes is how far into its day a local time is by the wall clock.
func minutes(local time.Time) int { return local.Hour()*60 + local.Minute() }

// onClock is the instant so many minutes of the wall clock into local's day.
func onClock(local time.Time, minutes int) time.Time {
	return time.Date(local.Year(), local.Month(), local.Day(), 0, minutes, 0, 0, local.Location())
}

// hijri is the date of a day where its moons were seen: a month lasts until the next one is
// seen, whatever the calendar says.
func (r *Rules) hijri(local time.Time) almanac.Hijri {
	day := onClock(local, 0)
	h, _ := almanac.HijriOf(day, 0)
	for _, ahead := range []int{1, 0, -1} {
		month := almanac.Hijri{Year: h.Year, Month: h.Month + ahead, Day: 1}
		switch month.Month {
		case 0:
			month.Year, month.Month = h.Year-1, 12
		case 13:
			month.Year, month.Month = h.Year+1, 1
		}
		first := month.Start(day.Location(), r.Moon[fmt.Sprintf("%d-%02d", month.Year, month.Month)])
		if !first.After(day) {
			month.Day = int(day.Sub(first).Hours()+12)/24 + 1
			return month
		}
	}
	return h
}

// ParseMoon reads shifts of Hijri months in days, such as "1447-10 +1, 1447-12 -1".
func ParseMoon(s string) (map[string]int, error) {
	out := map[string]int{}
	for _, part := range strings.Split(s, ",") {
		words := strings.Fields(part)
		if len(words) == 0 {
			continue
		}
		if len(words) != 2 {
			return nil, fmt.Errorf("%q is no Hijri month and shift, such as 1447-10 +1", part)
		}
		n, err := strconv.Atoi(words[1])
		if err != nil {
			return nil, fmt.Errorf("%q is no shift in days, such as +1", words[1])
		}
		out[words[0]] = n
	}
	_, err := New(out, nil)
	return out, err
}

func (r *Rules) isRamadan(local time.Time) bool { return r.hijri(local).Month == almanac.Ramadan }

// night tells whether the hour is one in which people at the place are not rung. Who named
// a time himself is only spared the night.
func (r *Rules) night(place almanac.Place, w Wish, local time.Time) (until time.Time, why string) {
	c := r.of(place.Country)
	fasting := c.ramadan != nil && r.isRamadan(local)
	open := c.week[local.Weekday()]
	switch {
	case w.Named && fasting:
		open = []stretch{{nightEnds, lateNight}}
	case w.Named:
		open = []stretch{{nightEnds, nightBegins}}
	case fasting && len(open) > 0:
		open = []stretch{*c.ramadan}
	}
	now := minutes(local)
	for _, s := range open {
		if now < s.from {
			return later(onClock(local, s.from), local), fmt.Sprintf("%s in %s: nobody is rung before %s", local.Format("15:04"), city(place), clock(s.from))
		}
		if now < s.to {
			return time.Time{}, ""
		}
	}
	return later(onClock(local, 24*60), local), fmt.Sprintf("%s in %s: nobody is rung any more that day", local.Format("Mon 15:04"), city(place))
}

// later makes sure that time goes on, whatever the wall clock does.
func later(until, than time.Time) time.Time {
	if until.After(than) {
		return until
	}
	return than.Add(time.Minute)
}

func clock(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

// holiday tells whether the day is one on which nobody is rung. Who named a time that lies
// wholly within the holidays wants just that.
func (r *Rules) holiday(place almanac.Place, w Wish, local time.Time) (until time.Time, why string) {
	name := r.feastOn(place.Country, local)
	if name == "" {
		return time.Time{}, ""
	}
	if w.Named && !w.Until.IsZero() && !w.NotBefore.Before(onClock(local, 0)) && !w.Until.After(onClock(local, 24*60)) {
		return time.Time{}, ""
	}
	return later(onClock(local, 24*60), local), fmt.Sprintf("%s: %s in %s", local.Format("2 January"), name, city(place))
}

// feastOn is the holiday that a day is; empty if it is none.
func (r *Rules) feastOn(country string, local time.Time) string {
	day := local.Format(time.DateOnly)
	for _, h := range r.Holidays {
		if h.Date == day && (h.Country == "" || h.Country == country) {
			return h.Name
		}
	}
	for _, f := range r.of(country).holidays {
		for n := range f.days {
			began := onClock(local, 0).AddDate(0, 0, -n)
			if f.hijri {
				if h := r.hijri(began); h.Month == f.month && h.Day == f.day {
					return hijriName(f)
				}
			} else if int(began.Month()) == f.month && began.Day() == f.day {
				return "a public holiday"
			}
		}
	}
	return ""
}

func hijriName(f feast) string {
	switch f.month {
	case almanac.Ramadan, almanac.Shawwal:
		return "Eid al-Fitr"
	case almanac.DhuAlHijjah:
		return "Eid al-Adha"
	case almanac.Muharram:
		return "the Hijri new year"
	}
	return "the Prophet's birthday"
}

// prayer tells whether the instant is too near to a prayer at the place.
func (r *Rules) prayer(place almanac.Place, local time.Time) (until time.Time, why string) {
	for _, day := range []time.Time{local, local.AddDate(0, 0, -1), local.AddDate(0, 0, 1)} {
		for _, s := range r.peace(place, day) {
			if !local.Before(s.From) && local.Before(s.To) {
				return s.To, fmt.Sprintf("%s in %s", s.Why, city(place))
			}
		}
	}
	return time.Time{}, ""
}

// peace is what the prayers of a day take, with what belongs to them.
func (r *Rules) peace(place almanac.Place, day time.Time) []Passed {
	p := place.Prayers(day)
	around := func(adhan time.Time, before, after time.Duration, name string) Passed {
		return Passed{adhan.Add(-before), adhan.Add(after), name + " at " + adhan.Format("15:04")}
	}
	out := []Passed{
		around(p.Fajr, beforePrayer, afterPrayer, "Fajr"), around(p.Asr, beforePrayer, afterPrayer, "Asr"),
	}
	if day.Weekday() == time.Friday {
		out = append(out, around(p.Dhuhr, beforeFriday, afterFriday, "the Friday prayer"))
	} else {
		out = append(out, around(p.Dhuhr, beforePrayer, afterPrayer, "Dhuhr"))
	}
	if r.isRamadan(day) {
		return append(out, around(p.Maghrib, beforeIftar, afterIftar, "the breaking of the fast"), around(p.Isha, beforePrayer, afterTaraweeh, "Isha and Taraweeh"))
	}
	return append(out, around(p.Maghrib, beforePrayer, afterPrayer, "Maghrib"), around(p.Isha, beforePrayer, afterPrayer, "Isha"))
}
