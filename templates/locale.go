package templates

import (
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/language"
)

// locale is how one language writes and speaks dates, money and lists. A further
// language is a further file like locale_ms.go, and a line in locales.
//
// Digits are 0 to 9 in every language: they stand beside references, telephone
// numbers and links that have to be copied, and customers of all three read them.
type locale struct {
	tag    language.Tag
	rtl    bool
	forms  []string // plural forms
	months [12]string
	days   [7]string // from Sunday
	// month and day names where room is short
	shortMonths [12]string
	shortDays   [7]string

	// written and spoken time of day
	clock      func(t time.Time) string
	shortClock func(t time.Time) string
	speakClock func(t time.Time) string

	hijri     [12]string                                    // months, from Muharram
	anno      string                                        // after a Hijri year
	date      func(weekday, day, month, year string) string // year may be empty
	shortDate func(weekday, day, month, year string) string
	at        [3]string // between date and clock: written, short, spoken
	utc       [2]string // after a time when nobody said whose time it is: written, spoken

	lastTwo    string // before the last of a list
	comma      string
	currencies map[string]string // spoken or written-out names by ISO code
	money      func(amount, code, name string) string
}

var locales = map[string]*locale{"en": &english, "ar": &arabic, "ms": &malay}

func init() {
	for _, l := range locales {
		l.forms = pluralForms(l.tag)
	}
}

// localeFor finds the forms for a language tag by its primary language.
func localeFor(tag string) *locale { return locales[primary(tag)] }

// primary is the primary language of a tag: "ms" of "ms-MY" or "MS_my".
func primary(tag string) string {
	tag = strings.ToLower(tag)
	if i := strings.IndexAny(tag, "-_"); i > 0 {
		return tag[:i]
	}
	return tag
}

// moment is how a time is to be written.
type moment struct {
	t      time.Time
	typ    Type
	how    manner
	now    time.Time // its year is left out of times and short dates
	spoken bool
	nobody bool // no time zone was given
}

func (l *locale) moment(m moment) string {
	if m.how.has(inHijri) {
		return l.hijriDay(m)
	}
	if m.how.has(timeOnly) {
		return l.timeOfDay(m)
	}
	date := l.day(m)
	if m.typ == Date || m.how.has(dateOnly) {
		return date
	}
	joint := l.at[0]
	switch {
	case m.spoken:
		joint = l.at[2]
	case m.how.has(short):
		joint = l.at[1]
	}
	return date + joint + l.timeOfDay(m)
}

func (l *locale) day(m moment) string {
	year := fmt.Sprint(m.t.Year())
	whole := m.typ == Date && !m.how.has(short)
	if !whole && !m.now.IsZero() && m.now.In(m.t.Location()).Year() == m.t.Year() {
		year = ""
	}
	day := fmt.Sprint(m.t.Day())
	weekday, month := int(m.t.Weekday()), int(m.t.Month())-1
	if m.how.has(short) && !m.spoken {
		return l.shortDate(l.shortDays[weekday], day, l.shortMonths[month], year)
	}
	s := l.date(l.days[weekday], day, l.months[month], year)
	if m.spoken {
		s = strings.ReplaceAll(s, ",", "") // a pause inside a date makes it sound like two
	}
	return s
}

func (l *locale) timeOfDay(m moment) string {
	clock, utc := l.clock, l.utc[0]
	switch {
	case m.spoken:
		clock, utc = l.speakClock, l.utc[1]
	case m.how.has(short):
		clock = l.shortClock
	}
	if !m.nobody {
		utc = ""
	}
	return clock(m.t) + utc
}

// amount writes money. Spoken, the currency is a word and whole amounts lose their zeros.
func (l *locale) amount(digits, code string, spoken bool) string {
	name := l.currencies[code]
	if !spoken {
		return l.money(group(digits), code, name)
	}
	if whole, frac, ok := strings.Cut(digits, "."); ok && strings.Trim(frac, "0") == "" {
		digits = whole
	}
	if name == "" {
		name = spell(code)
	}
	return digits + " " + name
}

func twelve(hour int) int {
	if hour %= 12; hour == 0 {
		return 12
	}
	return hour
}

// spaced joins what is not empty with spaces.
func spaced(parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		if p == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(p)
	}
	return b.String()
}
