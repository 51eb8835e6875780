package templates

import (
	"fmt"
	"time"

	"golang.org/x/text/language"
)

// arabic is Modern Standard Arabic with the month names of the Gulf and Egypt.
var arabic = locale{
	tag:    language.Arabic,
	rtl:    true,
	months: arabicMonths,
	hijri: [12]string{"محرم", "صفر", "ربيع الأول", "ربيع الآخر", "جمادى الأولى", "جمادى الآخرة",
		"رجب", "شعبان", "رمضان", "شوال", "ذو القعدة", "ذو الحجة"},
	anno:        " هـ",
	days:        arabicDays,
	shortMonths: arabicMonths, // Arabic does not shorten them
	shortDays:   arabicDays,
	clock: func(t time.Time) string {
		if t.Hour() == 0 && t.Minute() == 0 {
			return "الساعة 12:00 منتصف الليل"
		}
		return fmt.Sprintf("الساعة %d:%02d %s", twelve(t.Hour()), t.Minute(), arabicPart(t))
	},
	shortClock: func(t time.Time) string {
		half := "م"
		if t.Hour() < 12 {
			half = "ص"
		}
		return fmt.Sprintf("%d:%02d %s", twelve(t.Hour()), t.Minute(), half)
	},
	speakClock: arabicSpokenClock,
	date:       spaced4,
	shortDate:  spaced4,
	at:         [3]string{"، ", " ", " "},
	utc:        [2]string{" بالتوقيت العالمي", " بالتوقيت العالمي"},
	lastTwo:    " و",
	comma:      "، ",
	currencies: map[string]string{
		"SAR": "ريال سعودي", "MYR": "رينغيت ماليزي", "USD": "دولار أمريكي", "AED": "درهم إماراتي",
		"KWD": "دينار كويتي", "QAR": "ريال قطري", "BHD": "دينار بحريني", "OMR": "ريال عماني",
		"EGP": "جنيه مصري", "JOD": "دينار أردني", "IDR": "روبية إندونيسية", "SGD": "دولار سنغافوري",
		"EUR": "يورو", "GBP": "جنيه إسترليني",
	},
	money: func(amount, code, name string) string {
		if name == "" {
			name = code
		}
		return amount + " " + name
	},
}

var (
	arabicMonths = [12]string{"يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو",
		"يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر"}
	arabicDays = [7]string{"الأحد", "الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت"}
	// arabicHours are ordinals: an hour is read "the third", not "three".
	arabicHours = [12]string{"الثانية عشرة", "الواحدة", "الثانية", "الثالثة", "الرابعة", "الخامسة",
		"السادسة", "السابعة", "الثامنة", "التاسعة", "العاشرة", "الحادية عشرة"}
)

func arabicSpokenClock(t time.Time) string {
	hour, minute := arabicHours[t.Hour()%12], ""
	switch m := t.Minute(); {
	case m == 0:
	case m == 15:
		minute = "والربع"
	case m == 30:
		minute = "والنصف"
	case m == 1:
		minute = "ودقيقة واحدة"
	case m == 2:
		minute = "ودقيقتين"
	case m <= 10:
		minute = fmt.Sprintf("و %d دقائق", m)
	default:
		minute = fmt.Sprintf("و %d دقيقة", m)
	}
	return spaced("الساعة", hour, minute, arabicPart(t))
}

func arabicPart(t time.Time) string {
	switch h := t.Hour(); {
	case h == 0:
		return "بعد منتصف الليل"
	case h < 12:
		return "صباحًا"
	case h == 12:
		return "ظهرًا"
	}
	return "مساءً"
}
