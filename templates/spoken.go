package templates

import "time"

// SpokenTime is an instant for the ear, in its own location and a language (en, ar or ms;
// English for any other), such as "Monday 23 November at 3 p.m.". The year is left out if
// it is now's.
func SpokenTime(at time.Time, language string, now time.Time) string {
	l := localeFor(language)
	if l == nil {
		l = localeFor("en")
	}
	return l.moment(moment{t: at, typ: DateTime, now: now, spoken: true})
}
