package almanac

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

//go:embed codes.tsv
var codeFile string

var codes = sync.OnceValue(func() map[string]string {
	all := make(map[string]string, 256)
	for line := range strings.Lines(codeFile) {
		if line[0] != '#' {
			code, country, _ := strings.Cut(strings.TrimSpace(line), "\t")
			all[code] = country
		}
	}
	return all
})

// longestCode is how many digits of a number may name its country here.
const longestCode = 4

// CountryOf is the country (ISO 3166) of a telephone number in E.164; empty if it has none.
// It says where the number is from, and not where the telephone is.
func CountryOf(phone string) string {
	digits, ok := strings.CutPrefix(phone, "+")
	if !ok {
		return ""
	}
	for n := min(longestCode, len(digits)); n > 0; n-- {
		if c, ok := codes()[digits[:n]]; ok {
			return c
		}
	}
	return ""
}

// home is what ZoneOf has found: the zone of those with such numbers, nil if they have several.
type home struct{ zone *time.Location }

// homes are by the place of a number's code. A zone is read from disk once for each.
var homes [(10 + 1) * (10 + 1) * (10 + 1) * (10 + 1)]atomic.Pointer[home]

// codePlace is where in homes a number in E.164 belongs: by its first longestCode digits, or all
// if it has fewer.
func codePlace(phone string) (at int, ok bool) {
	digits, ok := strings.CutPrefix(phone, "+")
	for i := range min(longestCode, len(digits)) {
		c := digits[i]
		at, ok = at*11+int(c-'0')+1, ok && c >= '0' && c <= '9'
	}
	return at, ok
}

// ZoneOf is the time zone that people with such a number live in: that of its country, if
// all its zones have the same time at now. ok is false if they do not, or for no number.
func ZoneOf(phone string, now time.Time) (l *time.Location, ok bool) {
	at, ok := codePlace(phone)
	if !ok {
		return nil, false
	}
	if h := homes[at].Load(); h != nil {
		return h.zone, h.zone != nil
	}
	_, countries := atlas()
	for _, zone := range countries[CountryOf(phone)] {
		loaded, err := time.LoadLocation(zone)
		if err != nil {
			return nil, false
		}
		switch {
		case l == nil:
			l = loaded
		case offset(loaded, now) != offset(l, now):
			homes[at].Store(&home{})
			return nil, false
		}
	}
	homes[at].Store(&home{l})
	return l, l != nil
}

func offset(l *time.Location, at time.Time) int {
	_, seconds := at.In(l).Zone()
	return seconds
}

//go:embed landlines.tsv
var landlineFile string

var landlines = sync.OnceValue(func() map[string][]string {
	all := map[string][]string{}
	for line := range strings.Lines(landlineFile) {
		if line[0] != '#' {
			code, begins, _ := strings.Cut(strings.TrimSpace(line), "\t")
			all[code] = strings.Fields(begins)
		}
	}
	return all
})

// Landline reports whether a number in E.164 is certainly that of a fixed telephone, which
// takes no text messages. Where a country's numbers do not tell, it is false.
func Landline(phone string) bool {
	digits, ok := strings.CutPrefix(phone, "+")
	if !ok {
		return false
	}
	for n := min(longestCode, len(digits)); n > 0; n-- {
		if begins, ok := landlines()[digits[:n]]; ok {
			national := digits[n:]
			return slices.ContainsFunc(begins, func(b string) bool { return strings.HasPrefix(national, b) })
		}
	}
	return false
}
