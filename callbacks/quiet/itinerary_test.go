package quiet

import (
	"testing"
	"time"
)

func TestItinerary(t *testing.T) {
	leg := func(place, zone, from, to string) any {
		return map[string]any{"place": place, "timezone": zone, "from": from, "to": to}
	}
	got := Itinerary(map[string]any{"itinerary": []any{
		leg("Makkah", "", "2026-12-01", "2026-12-05"), leg("a hotel", "Europe/Istanbul", "2026-12-05T10:00:00Z", "2026-12-07"),
		leg("nowhere", "", "2026-12-01", "2026-12-05"), leg("Makkah", "", "soon", "2026-12-05"), leg("Makkah", "", "2026-12-05", "2026-12-01"), "text",
	}})
	if len(got) != 2 || got[0].Zone != "Asia/Riyadh" || !got[0].From.Equal(time.Date(2026, 11, 30, 21, 0, 0, 0, time.UTC)) || got[1].Zone != "Europe/Istanbul" {
		t.Errorf("%+v", got)
	}
	if got := Itinerary(map[string]any{"itinerary": "by bus"}); got != nil {
		t.Errorf("%+v", got)
	}
}
