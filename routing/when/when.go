// Package when reads the time a customer names — "after Asr", "tmrw 3ish", "بكرة الصبح",
// "esok lepas Zohor", "not before Sunday" — as a Window of his own clock. Read is pure: the
// same words at the same instant in the same zone always give the same window. The words it
// knows are data (words.tsv, in English, Arabic, Malay, their chat spellings and Arabizi);
// the steps are lex.go (words to meanings), parse.go (meanings to days, hours, delays) and
// compose.go (those to a window, with place.go and halves.go). Prayer times and Hijri dates come from routing/almanac.
package when

import (
	"time"

	"github.com/caravan-desk/caravan/routing/almanac"
)

// Window is when somebody wants to be rung.
type Window struct {
	NotBefore time.Time // the earliest instant, never before now
	Until     time.Time // the latest; zero if the words leave it open
	Exact     bool      // an instant was named ("at 3"): Until is what is still polite
	Soon      bool      // "now", "as soon as possible": NotBefore is the present
}

// Slack is how long after a named instant a call is still on time.
const Slack = time.Hour

// shortest is how long a window is at least that has nearly gone by.
const shortest = 10 * time.Minute

// waking hours, in which an hour without a half of the day is meant.
const (
	wakes  = 8
	dayAt  = 9  // when a day without an hour begins
	dayEnd = 21 // and ends
	sleeps = 22
)

// longest is how many bytes of a text are read: a wish for a call is short.
const longest = 2000

// Read finds the window that a text names, at now in the customer's zone. ok is false if
// it names none, or one that cannot be told (such as a date in the past).
func Read(text string, now time.Time, tz *time.Location) (w Window, ok bool) {
	if len(text) > longest {
		text = text[:longest]
	}
	r := reader{items: lex(text), now: now.In(tz).Truncate(time.Minute), place: placeOf(now, tz)}
	r.parse()
	w, ok = r.compose()
	if !ok {
		return Window{}, false
	}
	if w.NotBefore.Before(r.now) {
		w.NotBefore = r.now
	}
	if left := w.Until.Sub(w.NotBefore); !w.Until.IsZero() && (left <= 0 || left < shortest && w.NotBefore.Equal(r.now)) {
		w.Until = w.NotBefore.Add(Slack)
	}
	w.NotBefore = w.NotBefore.In(tz)
	if !w.Until.IsZero() {
		w.Until = w.Until.In(tz)
	}
	return w, true
}

// placeOf is where prayers are looked up: the zone's city, or for a bare offset a town on
// its meridian at the latitude of Makkah.
func placeOf(now time.Time, tz *time.Location) almanac.Place {
	if p, ok := almanac.Of(tz.String()); ok {
		return p
	}
	_, offset := now.In(tz).Zone()
	return almanac.Place{Zone: tz.String(), Latitude: 21.4, Longitude: float64(offset) / 240}
}
