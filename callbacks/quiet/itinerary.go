package quiet

import (
	"strings"
	"time"

	"github.com/caravan-desk/caravan/routing/almanac"
)

// places are names under which tours write down where they are, and the time zone there.
var places = map[string]string{
	"makkah": "Asia/Riyadh", "mecca": "Asia/Riyadh", "mekah": "Asia/Riyadh", "mekkah": "Asia/Riyadh", "مكة": "Asia/Riyadh", "madinah": "Asia/Riyadh", "medina": "Asia/Riyadh",
	"المدينة": "Asia/Riyadh", "jeddah": "Asia/Riyadh", "جدة": "Asia/Riyadh", "riyadh": "Asia/Riyadh", "taif": "Asia/Riyadh", "mina": "Asia/Riyadh", "arafah": "Asia/Riyadh",
	"istanbul": "Europe/Istanbul", "turkey": "Europe/Istanbul", "dubai": "Asia/Dubai", "abu dhabi": "Asia/Dubai", "doha": "Asia/Qatar", "cairo": "Africa/Cairo",
	"amman": "Asia/Amman", "jordan": "Asia/Amman", "jerusalem": "Asia/Jerusalem", "al quds": "Asia/Jerusalem", "aqsa": "Asia/Jerusalem", "tashkent": "Asia/Tashkent",
	"samarkand": "Asia/Tashkent", "bukhara": "Asia/Tashkent", "kuala lumpur": "Asia/Kuala_Lumpur", "london": "Europe/London", "kuwait": "Asia/Kuwait", "muscat": "Asia/Muscat",
}

// Itinerary reads where a traveller will be from the facts of his booking: a list under
// "itinerary" of {"place" or "timezone", "from", "to"}, the times in RFC 3339 or days
// (2026-12-01). What cannot be read is left out, and the person is then taken to be at home.
func Itinerary(facts map[string]any) (stays []Stay) {
	list, _ := facts["itinerary"].([]any)
	for _, entry := range list {
		leg, _ := entry.(map[string]any)
		text := func(key string) string { s, _ := leg[key].(string); return strings.TrimSpace(s) }
		s := Stay{Name: text("place"), Zone: text("timezone")}
		if s.Zone == "" {
			s.Zone = places[strings.ToLower(s.Name)]
		}
		place, ok := almanac.Of(s.Zone)
		if !ok {
			continue
		}
		if s.From, ok = instantOf(text("from"), place); !ok {
			continue
		}
		if s.To, ok = instantOf(text("to"), place); !ok || !s.To.After(s.From) {
			continue
		}
		stays = append(stays, s)
	}
	return stays
}

// instantOf reads an instant, or the beginning of a day at a place.
func instantOf(s string, at almanac.Place) (time.Time, bool) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, true
	}
	t, err := time.ParseInLocation(time.DateOnly, s, at.Location())
	return t, err == nil
}
