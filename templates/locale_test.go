package templates

import (
	"testing"
	"time"
)

func at(hour, minute int) time.Time { return time.Date(2026, 11, 23, hour, minute, 0, 0, time.UTC) }

func TestClock(t *testing.T) {
	for _, c := range []struct {
		lang                   string
		t                      time.Time
		written, short, spoken string
	}{
		{"en", at(0, 0), "12 midnight", "12 midnight", "12 midnight"},
		{"en", at(0, 5), "12:05 am", "12:05 am", "12 oh 5 am"},
		{"en", at(9, 30), "9:30 am", "9:30 am", "9 30 am"},
		{"en", at(12, 0), "12 noon", "12 noon", "12 noon"},
		{"en", at(15, 0), "3:00 pm", "3:00 pm", "3 pm"},
		{"ms", at(0, 10), "pukul 12.10 tengah malam", "12.10 tengah malam", "pukul 12 10 minit tengah malam"},
		{"ms", at(9, 0), "pukul 9.00 pagi", "9.00 pagi", "pukul 9 pagi"},
		{"ms", at(13, 0), "pukul 1.00 tengah hari", "1.00 tgh hari", "pukul 1 tengah hari"},
		{"ms", at(15, 45), "pukul 3.45 petang", "3.45 ptg", "pukul 3 45 minit petang"},
		{"ms", at(20, 0), "pukul 8.00 malam", "8.00 malam", "pukul 8 malam"},
		{"ar", at(0, 0), "الساعة 12:00 منتصف الليل", "12:00 ص", "الساعة الثانية عشرة بعد منتصف الليل"},
		{"ar", at(9, 30), "الساعة 9:30 صباحًا", "9:30 ص", "الساعة التاسعة والنصف صباحًا"},
		{"ar", at(12, 15), "الساعة 12:15 ظهرًا", "12:15 م", "الساعة الثانية عشرة والربع ظهرًا"},
		{"ar", at(15, 5), "الساعة 3:05 مساءً", "3:05 م", "الساعة الثالثة و 5 دقائق مساءً"},
		{"ar", at(23, 40), "الساعة 11:40 مساءً", "11:40 م", "الساعة الحادية عشرة و 40 دقيقة مساءً"},
	} {
		l := locales[c.lang]
		for how, want := range map[string]string{"written": c.written, "short": c.short, "spoken": c.spoken} {
			m := moment{t: c.t, typ: DateTime, how: timeOnly, spoken: how == "spoken"}
			if how == "short" {
				m.how |= short
			}
			if got := l.moment(m); got != want {
				t.Errorf("%s %s %s: %q, want %q", c.lang, c.t.Format("15:04"), how, got, want)
			}
		}
	}
}

func TestMoment(t *testing.T) {
	now, next := at(8, 0), at(8, 0).AddDate(1, 0, 0)
	for _, c := range []struct {
		lang string
		m    moment
		want string
	}{
		{"en", moment{t: at(15, 0), typ: DateTime, now: now}, "Monday 23 November at 3:00 pm"},
		{"en", moment{t: at(15, 0), typ: DateTime}, "Monday 23 November 2026 at 3:00 pm"},
		{"en", moment{t: at(15, 0), typ: DateTime, now: next}, "Monday 23 November 2026 at 3:00 pm"},
		{"en", moment{t: at(15, 0), typ: DateTime, now: now, nobody: true}, "Monday 23 November at 3:00 pm UTC"},
		{"en", moment{t: at(15, 0), typ: DateTime, now: now, how: short}, "Mon 23 Nov, 3:00 pm"},
		{"en", moment{t: at(15, 0), typ: DateTime, now: now, how: dateOnly}, "Monday 23 November"},
		{"en", moment{t: at(15, 0), typ: Date, now: now}, "Monday 23 November 2026"},
		{"en", moment{t: at(15, 0), typ: Date, now: now, how: short}, "Mon 23 Nov"},
		{"en", moment{t: at(15, 0), typ: DateTime, now: now, spoken: true, nobody: true}, "Monday 23 November at 3 pm universal time"},
		{"en", moment{t: at(15, 0), typ: DateTime, now: now, how: inHijri}, "13 Jumada al-Akhirah 1448 AH"},
		{"ms", moment{t: at(15, 0), typ: Date, how: inHijri}, "13 Jamadilakhir 1448H"},
		{"ar", moment{t: at(15, 0), typ: Date, how: inHijri}, "13 جمادى الآخرة 1448 هـ"},
		{"ar", moment{t: at(15, 0), typ: Date, how: inHijri, spoken: true}, "13 جمادى الآخرة 1448"},
		{"en", moment{t: time.Date(2026, 2, 18, 23, 59, 0, 0, time.UTC), typ: Date, how: inHijri}, "1 Ramadan 1447 AH"},
		{"en", moment{t: time.Date(2090, 11, 23, 0, 0, 0, 0, time.UTC), typ: Date, how: inHijri}, "Thursday 23 November 2090"},
		{"ms", moment{t: at(15, 0), typ: DateTime, now: now}, "Isnin, 23 November, pukul 3.00 petang"},
		{"ms", moment{t: at(15, 0), typ: Date}, "Isnin, 23 November 2026"},
		{"ms", moment{t: at(15, 0), typ: DateTime, now: now, how: short}, "Isn 23 Nov, 3.00 ptg"},
		{"ms", moment{t: at(15, 0), typ: DateTime, now: now, spoken: true}, "Isnin 23 November pukul 3 petang"},
		{"ar", moment{t: at(15, 0), typ: DateTime, now: now}, "الاثنين 23 نوفمبر، الساعة 3:00 مساءً"},
		{"ar", moment{t: at(15, 0), typ: DateTime, now: now, how: short}, "الاثنين 23 نوفمبر 3:00 م"},
		{"ar", moment{t: at(15, 0), typ: Date}, "الاثنين 23 نوفمبر 2026"},
		{"ar", moment{t: at(15, 0), typ: DateTime, now: now, spoken: true}, "الاثنين 23 نوفمبر الساعة الثالثة مساءً"},
	} {
		if got := locales[c.lang].moment(c.m); got != c.want {
			t.Errorf("%s %+v: %q, want %q", c.lang, c.m, got, c.want)
		}
	}
}

// TestPluralForms goes through the integers and decimals CLDR gives as examples.
func TestPluralForms(t *testing.T) {
	for _, c := range []struct {
		lang, form string
		numbers    []string
	}{
		{"ar", "zero", []string{"0"}},
		{"ar", "one", []string{"1"}},
		{"ar", "two", []string{"2"}},
		{"ar", "few", []string{"3", "10", "103", "110", "1003"}},
		{"ar", "many", []string{"11", "26", "99", "111", "1011"}},
		{"ar", "other", []string{"100", "102", "200", "1000", "10000", "1000000", "0.1", "1.5"}},
		{"en", "one", []string{"1"}},
		{"en", "other", []string{"0", "2", "11", "1.0", "1.5", "1000000000000000"}},
		{"ms", "other", []string{"0", "1", "2", "11"}},
	} {
		for _, n := range c.numbers {
			if got := pluralForm(locales[c.lang].tag, n); got != c.form {
				t.Errorf("%s %s: %s, want %s", c.lang, n, got, c.form)
			}
		}
	}
	for lang, want := range map[string]int{"ar": 6, "en": 2, "ms": 1} {
		if got := locales[lang].forms; len(got) != want {
			t.Errorf("%s has the forms %v, want %d", lang, got, want)
		}
	}
}

func TestAmount(t *testing.T) {
	for _, c := range []struct{ lang, digits, code, written, spoken string }{
		{"en", "1250.00", "SAR", "SAR 1,250.00", "1250 Saudi riyals"},
		{"en", "1250.50", "MYR", "RM 1,250.50", "1250.50 Malaysian ringgit"},
		{"en", "9.00", "CHF", "CHF 9.00", "9 C H F"},
		{"ms", "1234567.00", "MYR", "RM 1,234,567.00", "1234567 ringgit Malaysia"},
		{"ar", "1250.00", "SAR", "1,250.00 ريال سعودي", "1250 ريال سعودي"},
		{"ar", "0.250", "KWD", "0.250 دينار كويتي", "0.250 دينار كويتي"},
	} {
		if got := locales[c.lang].amount(c.digits, c.code, false); got != c.written {
			t.Errorf("%s: %q, want %q", c.lang, got, c.written)
		}
		if got := locales[c.lang].amount(c.digits, c.code, true); got != c.spoken {
			t.Errorf("%s spoken: %q, want %q", c.lang, got, c.spoken)
		}
	}
}

func TestEveryLocaleIsWhole(t *testing.T) {
	for name, l := range locales {
		if l.tag.String() != name || l.clock == nil || l.shortClock == nil || l.speakClock == nil || l.date == nil || l.shortDate == nil || l.money == nil {
			t.Errorf("%s lacks a form", name)
		}
		for code := range english.currencies {
			if l.currencies[code] == "" {
				t.Errorf("%s has no name for %s", name, code)
			}
		}
		for i := range 12 {
			if l.months[i] == "" || l.shortMonths[i] == "" || l.days[i%7] == "" || l.shortDays[i%7] == "" {
				t.Errorf("%s lacks the name of a month or a day", name)
			}
		}
	}
}
