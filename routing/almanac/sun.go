package almanac

import (
	"math"
	"time"
)

// Prayers are the times of one day at a place, to the minute. Each is the call to the
// prayer (adhan); Sunrise ends the time of Fajr.
type Prayers struct {
	Fajr, Sunrise, Dhuhr, Asr, Maghrib, Isha time.Time
}

// horizon is how far the sun's centre is below the horizon when its edge touches it:
// refraction and the sun's radius.
const horizon = 50.0 / 60

// Prayers are the prayers of the day that t falls on in its own location. Where the sun
// does not go deep enough in summer, night is cut at its middle; where it does not rise or
// set at all, the day is that of the nearest latitude where it does.
func (p Place) Prayers(t time.Time) Prayers {
	y, m, d := t.Date()
	midnight := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	_, offset := time.Date(y, m, d, 12, 0, 0, 0, t.Location()).Zone()
	o := observer{p, p.method()}
	noon := o.transit(midnight.Add(12*time.Hour - time.Duration(offset)*time.Second))
	for o.Latitude = clamp(o.Latitude, 66); ; o.Latitude -= math.Copysign(0.5, o.Latitude) {
		rise, up := o.crossing(noon, -1, func(float64) float64 { return -horizon })
		set, down := o.crossing(noon, 1, func(float64) float64 { return -horizon })
		if up && down {
			return o.around(noon, rise, set, t.Location())
		}
	}
}

func clamp(x, limit float64) float64 { return max(-limit, min(limit, x)) }

// observer looks at the sun from a place.
type observer struct {
	Place
	method
}

func (o observer) around(noon, rise, set time.Time, in *time.Location) Prayers {
	dawn, ok := o.crossing(noon, -1, func(float64) float64 { return -o.fajr })
	half := rise.Add(24*time.Hour).Sub(set) / 2
	if !ok || rise.Sub(dawn) > half {
		dawn = rise.Add(-half)
	}
	var night time.Time
	if o.afterSunset > 0 {
		night = set.Add(o.afterSunset)
		if h, _ := HijriOf(noon.In(in), 0); o.inRamadan > 0 && h.Month == Ramadan {
			night = set.Add(o.inRamadan)
		}
	} else if night, ok = o.crossing(noon, 1, func(float64) float64 { return -o.isha }); !ok || night.Sub(set) > half {
		night = set.Add(half)
	}
	asr, _ := o.crossing(noon, 1, func(declination float64) float64 {
		low := math.Tan(radians(math.Abs(o.Latitude - declination)))
		return degrees(math.Atan(1 / (o.shadow + low)))
	})
	minute := func(t time.Time) time.Time { return t.Round(time.Minute).In(in) }
	return Prayers{minute(dawn), minute(rise), minute(noon), minute(asr), minute(set), minute(night)}
}

// transit is when the sun passes the meridian, near a guess.
func (o observer) transit(guess time.Time) time.Time {
	y, m, d := guess.Date()
	for range 3 {
		_, equation := sun(guess)
		hours := 12 - o.Longitude/15 - equation
		at := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Add(time.Duration(hours * float64(time.Hour)))
		for at.Sub(guess) > 12*time.Hour {
			at = at.Add(-24 * time.Hour)
		}
		for guess.Sub(at) > 12*time.Hour {
			at = at.Add(24 * time.Hour)
		}
		guess = at
	}
	return guess
}

// crossing is when the sun's altitude, which may depend on its declination, is reached
// before (-1) or after (1) noon. ok is false if it is not reached on that day.
func (o observer) crossing(noon time.Time, side float64, altitude func(declination float64) float64) (at time.Time, ok bool) {
	at = noon
	_, atNoon := sun(noon)
	for range 4 {
		declination, equation := sun(at)
		phi, delta := radians(o.Latitude), radians(declination)
		c := (math.Sin(radians(altitude(declination))) - math.Sin(phi)*math.Sin(delta)) / (math.Cos(phi) * math.Cos(delta))
		if c < -1 || c > 1 {
			return at, false
		}
		hours := side*degrees(math.Acos(c))/15 + atNoon - equation
		at = noon.Add(time.Duration(hours * float64(time.Hour)))
	}
	return at, true
}

// sun is its declination in degrees and the equation of time in hours, by the low-precision
// formulas of the Astronomical Almanac, section C (good to 0.01° between 1950 and 2050).
func sun(t time.Time) (declination, equation float64) {
	day := t.Sub(time.Date(2000, 1, 1, 12, 0, 0, 0, time.UTC)).Hours() / 24
	anomaly := radians(357.529 + 0.98560028*day)
	mean := 280.459 + 0.98564736*day
	longitude := radians(mean + 1.915*math.Sin(anomaly) + 0.020*math.Sin(2*anomaly))
	tilt := radians(23.439 - 0.00000036*day)
	ascension := degrees(math.Atan2(math.Cos(tilt)*math.Sin(longitude), math.Cos(longitude)))
	equation = math.Mod(mean-ascension, 360)
	if equation > 180 {
		equation -= 360
	}
	if equation < -180 {
		equation += 360
	}
	return degrees(math.Asin(math.Sin(tilt) * math.Sin(longitude))), equation / 15
}

func radians(d float64) float64 { return d * math.Pi / 180 }
func degrees(r float64) float64 { return r * 180 / math.Pi }
