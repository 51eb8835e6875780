package templates

import (
	"fmt"
	"time"

	"golang.org/x/text/language"
)

var english = locale{
	tag: language.English,
	months: [12]string{"January", "February", "March", "April", "May", "June",
		"July", "August", "September", "October", "November", "December"},
	hijri: [12]string{"Muharram", "Safar", "Rabi al-Awwal", "Rabi al-Thani", "Jumada al-Ula", "Jumada al-Akhirah",
		"Rajab", "Sha'ban", "Ramadan", "Shawwal", "Dhu al-Qa'dah", "Dhu al-Hijjah"},
	anno:        " AH",
	days:        [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
	shortMonths: [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
	shortDays:   [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
	clock:       englishClock,
	shortClock:  englishClock,
	speakClock: func(t time.Time) string {
		switch {
		case t.Minute() == 0:
			return englishHour(t, fmt.Sprint(twelve(t.Hour())))
		case t.Minute() < 10:
			return fmt.Sprintf("%d oh %d %s", twelve(t.Hour()), t.Minute(), englishHalf(t))
		}
		return fmt.Sprintf("%d %d %s", twelve(t.Hour()), t.Minute(), englishHalf(t))
	},
	date:      spaced4,
	shortDate: spaced4,
	at:        [3]string{" at ", ", ", " at "},
	utc:       [2]string{" UTC", " universal time"},
	lastTwo:   " and ",
	comma:     ", ",
	currencies: map[string]string{
		"SAR": "Saudi riyals", "MYR": "Malaysian ringgit", "USD": "US dollars", "AED": "UAE dirhams",
		"KWD": "Kuwaiti dinars", "QAR": "Qatari riyals", "BHD": "Bahraini dinars", "OMR": "Omani rials",
		"EGP": "Egyptian pounds", "JOD": "Jordanian dinars", "IDR": "Indonesian rupiah", "SGD": "Singapore dollars",
		"EUR": "euros", "GBP": "pounds sterling",
	},
	money: codeFirst,
}

func spaced4(weekday, day, month, year string) string { return spaced(weekday, day, month, year) }

func englishClock(t time.Time) string {
	if t.Minute() == 0 && t.Hour()%12 == 0 {
		return englishHour(t, "12")
	}
	return fmt.Sprintf("%d:%02d %s", twelve(t.Hour()), t.Minute(), englishHalf(t))
}

// englishHour says noon and midnight, since nobody knows which 12 pm is.
func englishHour(t time.Time, hour string) string {
	switch t.Hour() {
	case 0:
		return hour + " midnight"
	case 12:
		return hour + " noon"
	}
	return hour + " " + englishHalf(t)
}

func englishHalf(t time.Time) string {
	if t.Hour() < 12 {
		return "am"
	}
	return "pm"
}

// codeFirst writes "SAR 1,250.00", and the ringgit by its own sign, "RM 1,250.00".
func codeFirst(amount, code, _ string) string {
	if code == "MYR" {
		code = "RM"
	}
	return code + " " + amount
}
