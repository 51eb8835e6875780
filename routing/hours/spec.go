package hours

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Spec is a calendar as it is written down.
type Spec struct {
	Name     string              `yaml:"name" json:"name"`
	Title    string              `yaml:"title" json:"title"`
	Timezone string              `yaml:"timezone" json:"timezone"`
	Always   bool                `yaml:"always" json:"always,omitempty"`     // day and night, without hours
	Hours    map[string][]string `yaml:"hours" json:"hours,omitempty"`       // "sun-thu" or "mon,wed" → "08:00-12:00", "22:00-06:00" (overnight), "00:00-24:00"
	Ramadan  map[string][]string `yaml:"ramadan" json:"ramadan,omitempty"`   // the whole week's hours in Ramadan; left out: as always
	Holidays []Holiday           `yaml:"holidays" json:"holidays,omitempty"` // no work begins on them
	Moon     map[string]int      `yaml:"moon" json:"moon,omitempty"`         // "1448-10": 1: Shawwal of that year began a day later than Umm al-Qura has it
}

// Holiday is days off, by exactly one of the two calendars.
type Holiday struct {
	Name  string `yaml:"name" json:"name"`
	Date  string `yaml:"date" json:"date,omitempty"`   // "09-23" every year, or "2026-09-23"
	Hijri string `yaml:"hijri" json:"hijri,omitempty"` // "10-01" every year, or "1448-10-01"
	Days  int    `yaml:"days" json:"days,omitempty"`   // 1 if left out
}

// Fault is something wrong in a Spec. Where is a YAML path within it.
type Fault struct{ Where, What string }

// builder makes a Calendar, collecting what is wrong.
type builder struct {
	c      *Calendar
	faults []Fault
}

func (b *builder) fault(where, format string, args ...any) {
	b.faults = append(b.faults, Fault{where, fmt.Sprintf(format, args...)})
}

var names = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,31}$`)

// New makes the calendar, or says everything that is wrong with the spec.
func New(s Spec) (*Calendar, []Fault) {
	b := builder{c: &Calendar{Name: s.Name, Title: cmp.Or(s.Title, s.Name), always: s.Always, zone: time.UTC, moon: map[[2]int]int{}}}
	if !names.MatchString(s.Name) {
		b.fault("name", "%q is not a name: lower-case letters, digits, _ and -, at most 32", s.Name)
	}
	if zone, err := time.LoadLocation(s.Timezone); err != nil || s.Timezone == "Local" || s.Timezone == "" && !s.Always {
		b.fault("timezone", "%q is not a time zone such as Asia/Riyadh", s.Timezone)
	} else {
		b.c.zone = zone
	}
	before := len(b.faults)
	b.c.week = b.week("hours", s.Hours)
	read := len(b.faults) == before
	if s.Ramadan != nil {
		w := b.week("ramadan", s.Ramadan)
		b.c.ramadan = &w
	}
	switch {
	case s.Always && (s.Hours != nil || s.Ramadan != nil || s.Holidays != nil):
		b.fault("always", "leaves nothing to hours, ramadan and holidays")
	case read && !s.Always && !slices.ContainsFunc(b.c.week[:], func(day []interval) bool { return len(day) > 0 }):
		b.fault("hours", "has no hours on any day")
	}
	for i, h := range s.Holidays {
		b.holiday(fmt.Sprintf("holidays[%d]", i), h)
	}
	for _, k := range slices.Sorted(maps.Keys(s.Moon)) {
		b.moon(k, s.Moon[k])
	}
	return b.c, b.faults
}

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// days are those of "fri", "sun-thu" (which may pass the week's end) or "mon,wed".
func days(s string) ([]int, bool) {
	var out []int
	for part := range strings.SplitSeq(s, ",") {
		first, last, isRange := strings.Cut(part, "-")
		from, to := slices.Index(weekdays, strings.TrimSpace(first)), slices.Index(weekdays, strings.TrimSpace(last))
		if !isRange {
			to = from
		}
		if from < 0 || to < 0 {
			return nil, false
		}
		for d := from; ; d = (d + 1) % 7 {
			if out = append(out, d); d == to {
				break
			}
		}
	}
	return out, true
}

func (b *builder) week(where string, hours map[string][]string) week {
	var w week
	seen := map[int]string{}
	for _, key := range slices.Sorted(maps.Keys(hours)) {
		at := where + "." + key
		on, ok := days(key)
		if !ok {
			b.fault(at, "is not a day such as fri, days such as mon,wed or a range such as sun-thu")
			continue
		}
		day := b.intervals(at, hours[key])
		for _, d := range on {
			if other, twice := seen[d]; twice {
				b.fault(at, "%s stands in %s too", weekdays[d], other)
			}
			seen[d], w[d] = key, day
		}
	}
	return w
}

var hourForm = regexp.MustCompile(`^([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)$`)

// intervals are a day's, in order. One that ends at or before its beginning runs into the next day.
func (b *builder) intervals(where string, texts []string) []interval {
	var out []interval
	for i, text := range texts {
		m := hourForm.FindStringSubmatch(text)
		if m == nil {
			b.fault(fmt.Sprintf("%s[%d]", where, i), "%q is not an interval such as 08:00-17:00", text)
			continue
		}
		minutes := func(h, m string) int {
			hours, _ := strconv.Atoi(h)
			min, _ := strconv.Atoi(m)
			return hours*60 + min
		}
		v := interval{minutes(m[1], m[2]), minutes(m[3], m[4])}
		if v.from >= 24*60 || v.to > 24*60 {
			b.fault(fmt.Sprintf("%s[%d]", where, i), "%q passes 24:00", text)
			continue
		}
		if v.to <= v.from {
			v.to += 24 * 60
		}
		out = append(out, v)
	}
	slices.SortFunc(out, func(a, b interval) int { return cmp.Compare(a.from, b.from) })
	for i := 1; i < len(out); i++ {
		if out[i].from < out[i-1].to {
			b.fault(where, "intervals overlap")
			break
		}
	}
	return out
}

var dateForm = regexp.MustCompile(`^(?:(\d{4})-)?(\d{2})-(\d{2})$`)

func (b *builder) holiday(where string, h Holiday) {
	out := holiday{name: h.Name, hijri: h.Hijri != "", days: max(1, h.Days)}
	if h.Name == "" {
		b.fault(where+".name", "is empty")
	}
	if h.Days < 0 || h.Days > 60 {
		b.fault(where+".days", "is not from 1 to 60")
	}
	text := cmp.Or(h.Hijri, h.Date)
	m := dateForm.FindStringSubmatch(text)
	switch {
	case h.Date != "" && out.hijri:
		b.fault(where, "has both a date and a hijri date")
		return
	case m == nil:
		b.fault(where, "%q is not a date such as 09-23 or 2026-09-23", text)
		return
	}
	out.year, _ = strconv.Atoi(m[1])
	out.month, _ = strconv.Atoi(m[2])
	out.day, _ = strconv.Atoi(m[3])
	if !out.exists() {
		b.fault(where, "there is no %s", text)
		return
	}
	b.c.holidays = append(b.c.holidays, out)
}

// exists reports whether there is such a day, in the given year or in any.
func (h holiday) exists() bool {
	if h.month < 1 || h.month > 12 || h.day < 1 {
		return false
	}
	if h.hijri {
		return h.day <= 30 // where the moon decides, each month may have it
	}
	year := h.year
	if year == 0 {
		year = 2024 // has a 29 February
	}
	_, ok := dateIn(year, h.month, h.day)
	return ok
}

// dateIn is midnight of a Gregorian date; ok is false if the year does not have it.
func dateIn(year, month, day int) (at time.Time, ok bool) {
	at = time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	return at, at.Day() == day
}

var monthForm = regexp.MustCompile(`^(\d{4})-(\d{2})$`)

func (b *builder) moon(key string, shift int) {
	y, month := 0, 0
	if m := monthForm.FindStringSubmatch(key); m != nil {
		y, _ = strconv.Atoi(m[1])
		month, _ = strconv.Atoi(m[2])
	}
	if y < 1 || month < 1 || month > 12 || shift < -2 || shift > 2 {
		b.fault("moon."+key, "wants a Hijri year and month such as 1448-10, and days from -2 to 2")
		return
	}
	b.c.moon[[2]int{y, month}] = shift
}
