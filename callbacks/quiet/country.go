package quiet

import (
	_ "embed"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

//go:embed countries.tsv
var countryFile string

// country is a line of countries.tsv.
type country struct {
	week            [7][]stretch // by time.Weekday
	ramadan         *stretch
	perDay, perWeek int
	holidays        []feast
	source          string
}

// stretch is a part of a day, in minutes after its midnight.
type stretch struct{ from, to int }

// feast is a holiday of every year.
type feast struct {
	hijri            bool
	month, day, days int
}

// New returns the rules of the built-in countries. moon and holidays may be nil.
func New(moon map[string]int, holidays []Holiday) (*Rules, error) {
	r := &Rules{Moon: moon, Holidays: holidays, countries: map[string]country{}}
	var faults []error
	for line := range strings.Lines(countryFile) {
		if line = strings.TrimRight(line, "\n"); line == "" || line[0] == '#' {
			continue
		}
		name, c, err := readCountry(strings.Split(line, "\t"))
		faults = append(faults, err)
		r.countries[name] = c
	}
	for month, shift := range moon {
		if _, err := time.Parse("2006-01", month); err != nil || shift < -2 || shift > 2 {
			faults = append(faults, fmt.Errorf("moon: %q: %d is not a Hijri month (such as 1447-10) and a shift of -2 to 2 days", month, shift))
		}
	}
	for _, h := range holidays {
		if _, err := time.Parse(time.DateOnly, h.Date); err != nil {
			faults = append(faults, fmt.Errorf("holiday %q: %q is no date", h.Name, h.Date))
		}
	}
	return r, errors.Join(faults...)
}

func (r *Rules) of(name string) country {
	if c, ok := r.countries[name]; ok {
		return c
	}
	return r.countries["*"]
}

func readCountry(cells []string) (name string, c country, err error) {
	if len(cells) != 7 {
		return "", c, fmt.Errorf("countries.tsv: %q has %d cells, want 7", cells[0], len(cells))
	}
	fail := func(err error) (string, country, error) {
		return "", country{}, fmt.Errorf("countries.tsv: %s: %w", cells[0], err)
	}
	for _, rule := range strings.Split(cells[1], ";") {
		words := strings.Fields(rule)
		first, last, err := weekdays(words[0])
		if err != nil {
			return fail(err)
		}
		for _, w := range words[1:] {
			s, err := readStretch(w)
			if err != nil {
				return fail(err)
			}
			for d := first; ; d = (d + 1) % 7 {
				c.week[d] = append(c.week[d], s)
				if d == last {
					break
				}
			}
		}
	}
	if cells[2] != "-" {
		s, err := readStretch(cells[2])
		if err != nil {
			return fail(err)
		}
		c.ramadan = &s
	}
	if c.perDay, err = strconv.Atoi(cells[3]); err != nil {
		return fail(err)
	}
	if c.perWeek, err = strconv.Atoi(cells[4]); err != nil {
		return fail(err)
	}
	for _, h := range strings.Fields(cells[5]) {
		f, err := readFeast(h)
		if err != nil {
			return fail(err)
		}
		c.holidays = append(c.holidays, f)
	}
	c.source = cells[6]
	return cells[0], c, nil
}

var dayNames = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

func weekdays(s string) (first, last int, err error) {
	a, b, both := strings.Cut(s, "-")
	if !both {
		b = a
	}
	first, last = -1, -1
	for i, n := range dayNames {
		if n == a {
			first = i
		}
		if n == b {
			last = i
		}
	}
	if first < 0 || last < 0 {
		return 0, 0, fmt.Errorf("%q is no weekday", s)
	}
	return first, last, nil
}

func readStretch(s string) (stretch, error) {
	var a, b, c, d int
	if _, err := fmt.Sscanf(s, "%d:%d-%d:%d", &a, &b, &c, &d); err != nil {
		return stretch{}, fmt.Errorf("%q is no stretch such as 09:00-20:00: %w", s, err)
	}
	if out := (stretch{a*60 + b, c*60 + d}); out.from < out.to && out.to <= 24*60 {
		return out, nil
	}
	return stretch{}, fmt.Errorf("%q does not end after it begins", s)
}

func readFeast(s string) (f feast, err error) {
	f.days = 1
	date, days, long := strings.Cut(s, "x")
	if long {
		if f.days, err = strconv.Atoi(days); err != nil {
			return f, fmt.Errorf("%q: %w", s, err)
		}
	}
	date, f.hijri = strings.CutPrefix(date, "h")
	if _, err = fmt.Sscanf(date, "%d-%d", &f.month, &f.day); err != nil {
		return f, fmt.Errorf("%q is no date: %w", s, err)
	}
	return f, nil
}
