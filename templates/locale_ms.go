package templates

import (
	"fmt"
	"time"

	"golang.org/x/text/language"
)

var malay = locale{
	tag: language.Malay,
	months: [12]string{"Januari", "Februari", "Mac", "April", "Mei", "Jun",
		"Julai", "Ogos", "September", "Oktober", "November", "Disember"},
	hijri: [12]string{"Muharam", "Safar", "Rabiulawal", "Rabiulakhir", "Jamadilawal", "Jamadilakhir",
		"Rejab", "Syaaban", "Ramadan", "Syawal", "Zulkaedah", "Zulhijah"},
	anno:        "H",
	days:        [7]string{"Ahad", "Isnin", "Selasa", "Rabu", "Khamis", "Jumaat", "Sabtu"},
	shortMonths: [12]string{"Jan", "Feb", "Mac", "Apr", "Mei", "Jun", "Jul", "Ogos", "Sep", "Okt", "Nov", "Dis"},
	shortDays:   [7]string{"Ahd", "Isn", "Sel", "Rab", "Kha", "Jum", "Sab"},
	clock: func(t time.Time) string {
		return fmt.Sprintf("pukul %d.%02d %s", twelve(t.Hour()), t.Minute(), malayPart(t, "tengah hari", "petang"))
	},
	shortClock: func(t time.Time) string {
		return fmt.Sprintf("%d.%02d %s", twelve(t.Hour()), t.Minute(), malayPart(t, "tgh hari", "ptg"))
	},
	speakClock: func(t time.Time) string {
		part := malayPart(t, "tengah hari", "petang")
		if t.Minute() == 0 {
			return fmt.Sprintf("pukul %d %s", twelve(t.Hour()), part)
		}
		return fmt.Sprintf("pukul %d %d minit %s", twelve(t.Hour()), t.Minute(), part)
	},
	date: func(weekday, day, month, year string) string {
		return weekday + ", " + spaced(day, month, year)
	},
	shortDate: spaced4,
	at:        [3]string{", ", ", ", " "},
	utc:       [2]string{" UTC", " waktu universal"},
	lastTwo:   " dan ",
	comma:     ", ",
	currencies: map[string]string{
		"SAR": "riyal Saudi", "MYR": "ringgit Malaysia", "USD": "dolar Amerika", "AED": "dirham UAE",
		"KWD": "dinar Kuwait", "QAR": "riyal Qatar", "BHD": "dinar Bahrain", "OMR": "rial Oman",
		"EGP": "paun Mesir", "JOD": "dinar Jordan", "IDR": "rupiah Indonesia", "SGD": "dolar Singapura",
		"EUR": "euro", "GBP": "paun sterling",
	},
	money: codeFirst,
}

// malayPart names the part of the day, by the bounds CLDR gives for Malay.
func malayPart(t time.Time, noon, afternoon string) string {
	switch h := t.Hour(); {
	case h == 0:
		return "tengah malam"
	case h < 12:
		return "pagi"
	case h < 14:
		return noon
	case h < 19:
		return afternoon
	}
	return "malam"
}
