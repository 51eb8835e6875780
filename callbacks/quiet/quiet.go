// Package quiet says when a person may be rung: not at night where he is, not at prayer, not
// at Friday noon, not on a feast, and not oftener than his country bears. What countries
// keep to is data with its sources (countries.tsv); prayers and Hijri dates come from
// routing/almanac; where a traveller is follows from his bookings (Person.Stays). Rules.Next
// is the one question: it is pure, and its answer lists why each stretch was passed over.
package quiet

import (
	"strings"
	"time"

	"github.com/caravan-desk/caravan/routing/almanac"
)

// Person is who is to be rung.
type Person struct {
	Phone   string // E.164: tells the country if nothing else does
	Country string // ISO 3166; empty: that of the phone
	Zone    string // IANA; empty: every zone of the country has to be awake
	Stays   []Stay // where he is when he travels, the latest word last
}

// Stay is a time at a place: from the instant he is there until the instant he leaves.
type Stay struct {
	Zone     string // IANA name of the place's time zone
	Name     string // for an officer
	From, To time.Time
}

// Wish is when he wants to be rung. Without a time named every hour is as good, and the
// hours of his country count; with one he has asked for it, and only the night, prayers and
// his own words bind.
type Wish struct {
	NotBefore time.Time
	Until     time.Time // zero: open
	Named     bool      // the person himself named the time
}

// Passed is a stretch in which he may not be rung, and why, for an officer to read.
type Passed struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	Why  string    `json:"why"`
}

// Answer is the first instant that is allowed.
type Answer struct {
	At     time.Time
	OK     bool     // false if there is none within a year
	Late   bool     // it is after the wish's end
	Passed []Passed // in order; what stood between the wish and At
}

// Why is the reason that a call waits, in one line; empty if it does not.
func (a Answer) Why() string {
	if len(a.Passed) == 0 {
		return ""
	}
	last := a.Passed[len(a.Passed)-1]
	return last.Why
}

// The night, in which nobody is rung whatever he asked for, in minutes of his clock. In
// Ramadan people are up late where the country keeps it.
const (
	nightEnds   = 7 * 60
	nightBegins = 23 * 60
	lateNight   = 24 * 60
)

// How long before and after its call a prayer is left in peace. At Friday noon the sermon
// comes first; at sunset in Ramadan the fast is broken; and after nightfall in Ramadan come
// the long prayers. A traveller is let alone before he moves on, and while he may be flying.
const (
	beforePrayer  = 10 * time.Minute
	afterPrayer   = 30 * time.Minute
	beforeFriday  = 30 * time.Minute
	afterFriday   = 60 * time.Minute
	beforeIftar   = 20 * time.Minute
	afterIftar    = 45 * time.Minute
	afterTaraweeh = 90 * time.Minute
	beforeMoving  = 3 * time.Hour
	flight        = 12 * time.Hour
)

// horizon is how far ahead an allowed instant is looked for.
const horizon = 366 * 24 * time.Hour

// Rules are what the house keeps to. The zero value is not usable: see New.
type Rules struct {
	AnyHour   bool           // quiet_hours: none
	Moon      map[string]int // "1447-10" → days that the Hijri month began late (1) or early (-1)
	Holidays  []Holiday      // proclaimed ones, beside those of the countries
	countries map[string]country
}

// Holiday is a proclaimed one.
type Holiday struct {
	Country string // ISO 3166; empty: everywhere
	Date    string // 2026-03-20
	Name    string
}

// Next is the first instant, from now and from the wish's beginning on, at which the person
// may be rung.
func (r *Rules) Next(p Person, w Wish, now time.Time) Answer {
	at := now
	if w.NotBefore.After(at) {
		at = w.NotBefore
	}
	if r.AnyHour {
		return Answer{At: at, OK: true, Late: late(w, at)}
	}
	var passed []Passed
	for limit := at.Add(horizon); at.Before(limit); {
		until, why := r.forbidden(p, w, at)
		if why == "" {
			return Answer{At: at, OK: true, Late: late(w, at), Passed: passed}
		}
		if change, moves := p.moves(at); moves && change.Before(until) {
			until = change // what holds here may not hold where he goes
		}
		passed = append(passed, Passed{at, until, why})
		at = until
	}
	return Answer{At: at, Passed: passed}
}

func late(w Wish, at time.Time) bool { return !w.Until.IsZero() && at.After(w.Until) }

// Limits are how often the number may be rung in a day and in a week.
func (r *Rules) Limits(p Person) (day, week int) {
	c := r.of(p.country())
	return c.perDay, c.perWeek
}

// forbidden tells whether t is in a stretch that must pass, until when, and why.
func (r *Rules) forbidden(p Person, w Wish, t time.Time) (until time.Time, why string) {
	if until, moving := p.moving(t); moving && until.After(t) {
		return until, "on the way, between two places of the journey"
	}
	places := p.places(t)
	for _, place := range places {
		local := t.In(place.Location())
		if until, why := r.night(place, w, local); why != "" {
			return until, why
		}
	}
	if len(places) == 0 {
		return time.Time{}, ""
	}
	home := places[0]
	local := t.In(home.Location())
	if until, why := r.holiday(home, w, local); why != "" {
		return until, why
	}
	return r.prayer(home, local)
}

// city is how a place is called for an officer.
func city(p almanac.Place) string {
	name := p.Zone[strings.LastIndexByte(p.Zone, '/')+1:]
	return spaced.Replace(name)
}
