// Package almanac says what a day is at a place: when its prayers are, what its date in
// the Hijri calendar is, and whether it is in Ramadan. Everything is a pure function of a
// date and a Place, computed from published methods (sun.go, methods.go) without a table of
// times, so that it holds for any year. Start with Of, which finds the Place behind a time
// zone; what the words of a customer mean (routing/when) and when nobody may be rung
// (callbacks) both build on it.
package almanac

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Place is where the sun is looked at: the principal city of a time zone, or any other.
type Place struct {
	Zone      string  // IANA name
	Country   string  // ISO 3166, two letters; empty if not known
	Latitude  float64 // degrees, north is positive
	Longitude float64 // degrees, east is positive
}

//go:embed zones.tsv
var zoneFile string

// atlas is every Place by its zone, and the zones of each country in the file's order, in
// which the most populous comes first. A fault in the file is a fault of the build.
var atlas = sync.OnceValues(func() (map[string]Place, map[string][]string) {
	places, countries := make(map[string]Place, 450), make(map[string][]string, 250)
	for line := range strings.Lines(zoneFile) {
		if line[0] == '#' {
			continue
		}
		p, err := place(strings.Split(strings.TrimSpace(line), "\t"))
		if err != nil {
			panic(err)
		}
		places[p.Zone] = p
		countries[p.Country] = append(countries[p.Country], p.Zone)
	}
	return places, countries
})

func place(cells []string) (Place, error) {
	if len(cells) != 4 {
		return Place{}, fmt.Errorf("zones.tsv: %q has %d cells", cells, len(cells))
	}
	lat, err := strconv.ParseFloat(cells[2], 64)
	if err != nil {
		return Place{}, fmt.Errorf("zones.tsv: %w", err)
	}
	long, err := strconv.ParseFloat(cells[3], 64)
	if err != nil {
		return Place{}, fmt.Errorf("zones.tsv: %w", err)
	}
	return Place{cells[0], cells[1], lat, long}, nil
}

// Of is the principal city of a time zone, by its IANA name ("Asia/Riyadh"). Aliases and
// fixed offsets are not known.
func Of(zone string) (Place, bool) {
	places, _ := atlas()
	p, ok := places[zone]
	return p, ok
}

// Zones are the time zones of a country (ISO 3166, two letters), its most populous first.
func Zones(country string) []string {
	_, countries := atlas()
	return slices.Clone(countries[country])
}

// Location is the zone's rules, or UTC where this machine does not have them.
func (p Place) Location() *time.Location {
	if l, err := time.LoadLocation(p.Zone); err == nil {
		return l
	}
	return time.UTC
}
