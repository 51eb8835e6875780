package quiet

import (
	"strings"
	"time"

	"github.com/caravan-desk/caravan/routing/almanac"
)

var spaced = strings.NewReplacer("_", " ")

// country is where the person is at home.
func (p Person) country() string {
	if p.Country != "" {
		return p.Country
	}
	if p.Zone != "" {
		if place, ok := almanac.Of(p.Zone); ok {
			return place.Country
		}
	}
	return almanac.CountryOf(p.Phone)
}

// stay is where a traveller is at t; the latest word counts.
func (p Person) stay(t time.Time) (Stay, bool) {
	for i := len(p.Stays) - 1; i >= 0; i-- {
		if s := p.Stays[i]; !t.Before(s.From) && t.Before(s.To) {
			return s, true
		}
	}
	return Stay{}, false
}

// moving reports whether a traveller is on his way at t, and until when: for some hours
// before he changes places, and for longer where a stay begins or ends the journey.
func (p Person) moving(t time.Time) (until time.Time, ok bool) {
	for _, s := range p.Stays {
		before, after := beforeMoving, time.Duration(0)
		if _, comes := p.stay(s.From.Add(-time.Second)); !comes {
			before = flight
		}
		if !t.Before(s.From.Add(-before)) && t.Before(s.From) {
			return s.From, true
		}
		if _, goes := p.stay(s.To); !goes {
			after = flight
		}
		if !t.Before(s.To.Add(-beforeMoving)) && t.Before(s.To.Add(after)) {
			return s.To.Add(after), true
		}
	}
	return time.Time{}, false
}

// moves is the first instant after t at which a traveller's whereabouts change.
func (p Person) moves(t time.Time) (first time.Time, ok bool) {
	for _, s := range p.Stays {
		for _, change := range []time.Time{s.From.Add(-flight), s.From.Add(-beforeMoving), s.From, s.To.Add(-beforeMoving), s.To, s.To.Add(flight)} {
			if change.After(t) && (!ok || change.Before(first)) {
				first, ok = change, true
			}
		}
	}
	return first, ok
}

// places are where the person may be at t: the place of his stay; else his zone; else all
// zones of his country, the most populous first. None if nothing is known of him.
func (p Person) places(t time.Time) []almanac.Place {
	if s, ok := p.stay(t); ok {
		if place, known := almanac.Of(s.Zone); known {
			return []almanac.Place{place}
		}
	}
	if place, known := almanac.Of(p.Zone); known {
		return []almanac.Place{place}
	}
	var out []almanac.Place
	var offsets []int
	for _, zone := range almanac.Zones(p.country()) {
		place, _ := almanac.Of(zone)
		_, seconds := t.In(place.Location()).Zone()
		if !contains(offsets, seconds) {
			out, offsets = append(out, place), append(offsets, seconds)
		}
	}
	return out
}

func contains(list []int, n int) bool {
	for _, x := range list {
		if x == n {
			return true
		}
	}
	return false
}
