package templates

import (
	"fmt"
	"time"

	"github.com/hablullah/go-hijri"
)

// hijriDay is a day in the Umm al-Qura calendar, the civil one of Saudi Arabia, from
// midnight to midnight. Where the moon is watched for, a month may begin a day off. Outside
// the calendar's table (1937 to 2077) it is the day in the other calendar.
func (l *locale) hijriDay(m moment) string {
	y, month, d := m.t.Date()
	h, err := hijri.CreateUmmAlQuraDate(time.Date(y, month, d, 12, 0, 0, 0, time.UTC))
	if err != nil {
		return l.day(m)
	}
	s := fmt.Sprintf("%d %s %d", h.Day, l.hijri[h.Month-1], h.Year)
	if m.spoken {
		return s
	}
	return s + l.anno
}
