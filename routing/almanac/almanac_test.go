package almanac

import (
	"os"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestPrayersAgree compares with another implementation (testdata/adhan.tsv). Isha in
// Ramadan is left out for Saudi Arabia: adhan does not know the half hour that is added.
func TestPrayersAgree(t *testing.T) {
	file, err := os.ReadFile("testdata/adhan.tsv")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(file)) {
		if line[0] == '#' {
			continue
		}
		rows++
		cells := strings.Split(strings.TrimSpace(line), "\t")
		p, ok := Of(cells[0])
		if !ok {
			t.Fatalf("no place %s", cells[0])
		}
		day, err := time.ParseInLocation(time.DateOnly, cells[1], p.Location())
		if err != nil {
			t.Fatal(err)
		}
		got := p.Prayers(day)
		for i, at := range []time.Time{got.Fajr, got.Sunrise, got.Dhuhr, got.Asr, got.Maghrib, got.Isha} {
			want, err := time.Parse("2006-01-02T15:04Z07:00", cells[2+i])
			if err != nil {
				t.Fatal(err)
			}
			if i == 5 && p.Country == "SA" && IsRamadan(day, 0) {
				want = want.Add(30 * time.Minute)
			}
			if d := at.Sub(want).Abs(); d > 2*time.Minute {
				t.Errorf("%s %s prayer %d: %s, want %s", cells[0], cells[1], i, at.UTC(), want)
			}
		}
	}
	if rows < 200 {
		t.Errorf("only %d rows were compared", rows)
	}
}

func TestPrayersAreInOrderEverywhere(t *testing.T) {
	places, _ := atlas()
	zones := make([]string, 0, len(places))
	for zone := range places {
		zones = append(zones, zone)
	}
	rapid.Check(t, func(t *rapid.T) {
		p := places[rapid.SampledFrom(zones).Draw(t, "zone")]
		day := time.Date(2026, 1, rapid.IntRange(1, 3650).Draw(t, "day"), 12, 0, 0, 0, p.Location())
		got := p.Prayers(day)
		order := []time.Time{got.Fajr, got.Sunrise, got.Dhuhr, got.Asr, got.Maghrib, got.Isha}
		for i := 1; i < len(order); i++ {
			if !order[i].After(order[i-1]) {
				t.Fatalf("%s %s: %v", p.Zone, day.Format(time.DateOnly), order)
			}
		}
		if got.Dhuhr.Day() != day.Day() {
			t.Fatalf("%s: noon of %s is %s", p.Zone, day.Format(time.DateOnly), got.Dhuhr)
		}
	})
}

// Dates published by the Umm al-Qura calendar.
func TestHijri(t *testing.T) {
	for day, want := range map[string]Hijri{
		"2025-03-01": {1446, Ramadan, 1}, "2025-03-30": {1446, Shawwal, 1}, "2025-06-06": {1446, DhuAlHijjah, 10},
		"2026-02-18": {1447, Ramadan, 1}, "2026-03-20": {1447, Shawwal, 1}, "2026-05-27": {1447, DhuAlHijjah, 10}, "2026-06-16": {1448, Muharram, 1},
	} {
		at, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := HijriOf(at, 0)
		if got != want || !ok {
			t.Errorf("%s: %v, want %v", day, got, want)
		}
		if back := want.Start(time.UTC, 0); !back.Equal(at) {
			t.Errorf("%v starts %s, want %s", want, back, day)
		}
		if late := want.Start(time.UTC, 1); !late.Equal(at.AddDate(0, 0, 1)) {
			t.Errorf("%v seen a day late starts %s", want, late)
		}
	}
	if _, ok := HijriOf(time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC), 0); ok {
		t.Error("the table does not reach 2200")
	}
}

func TestHijriThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day := time.Date(1940, 1, rapid.IntRange(1, 49000).Draw(t, "day"), 0, 0, 0, 0, time.UTC)
		shift := rapid.IntRange(-2, 2).Draw(t, "shift")
		h, ok := HijriOf(day, shift)
		if got := h.Start(time.UTC, shift); ok && !got.Equal(day) {
			t.Fatalf("%s is %v, which starts %s", day, h, got)
		}
	})
}

func TestLandlines(t *testing.T) {
	for phone, want := range map[string]bool{
		"+966112345678": true, "+966501234567": false, "+60321234567": true, "+60123456789": false, "+97142345678": true, "+971501234567": false,
		"+20223456789": true, "+201012345678": false, "+12125550100": false, "+999123": false, "60321234567": false, "+60": false, "+": false, "": false,
	} {
		if got := Landline(phone); got != want {
			t.Errorf("%q: %v, want %v", phone, got, want)
		}
	}
	for code := range landlines() {
		if _, ok := codes()[code]; !ok {
			t.Errorf("+%s is no calling code", code)
		}
	}
}

func TestPhones(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	for phone, want := range map[string][2]string{
		"+966501234567": {"SA", "Asia/Riyadh"}, "+60123456789": {"MY", "Asia/Kuala_Lumpur"}, "+442071234567": {"GB", "Europe/London"},
		"+12125550100": {"US", ""}, "+14165550100": {"CA", ""}, "+77011234567": {"KZ", "Asia/Almaty"}, "+628111234567": {"ID", ""},
		"+971501234567": {"AE", "Asia/Dubai"}, "+999123": {"", ""}, "60123456789": {"", ""}, "": {"", ""}, "+": {"", ""},
	} {
		if got := CountryOf(phone); got != want[0] {
			t.Errorf("%q is of %q, want %q", phone, got, want[0])
		}
		for range 2 { // the second answer is a remembered one
			zone, ok := ZoneOf(phone, now)
			if ok != (want[1] != "") || ok && zone.String() != want[1] {
				t.Errorf("%q lives in %v, %v, want %q", phone, zone, ok, want[1])
			}
		}
	}
	for code, country := range codes() {
		if len(Zones(country)) == 0 || len(code) > longestCode {
			t.Errorf("+%s is of %q, which has no time zone", code, country)
		}
	}
}
