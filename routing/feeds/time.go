package feeds

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// layouts are the ways of writing a time that are understood. What has no zone is in the
// feed's; of 03/04 the first is the day, as the customers' countries write it.
var layouts = []string{
	time.RFC3339Nano, "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05Z0700",
	"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly,
	"2006/01/02 15:04:05", "2006/01/02 15:04", "2006/01/02",
	"2/1/2006 15:04:05", "2/1/2006 15:04", "2/1/2006 3:04:05 PM", "2/1/2006 3:04 PM", "2/1/2006",
	"2-1-2006 15:04:05", "2-1-2006 15:04", "2-1-2006", "2.1.2006 15:04:05", "2.1.2006 15:04", "2.1.2006",
	"2 Jan 2006 15:04:05", "2 Jan 2006 15:04", "2 Jan 2006", "2-Jan-2006 15:04", "2-Jan-2006",
	"20060102150405", "20060102",
}

var errTime = errors.New("is not a time: write one like 2026-11-21T15:04:05+03:00, 2026-11-21 15:04 or 21/11/2026 15:04")

// Time reads a time as other systems write it: RFC 3339, the common ways without a zone
// (then it is in zone), or seconds or milliseconds since 1970. Empty text is no time.
func Time(text string, zone *time.Location) (time.Time, error) {
	s := strings.Join(strings.Fields(conversations.WesternDigits(text)), " ")
	if s == "" {
		return time.Time{}, nil
	}
	for _, l := range layouts {
		if len(s) < len("2.1.2006") {
			break
		}
		if at, err := time.ParseInLocation(l, s, zone); err == nil {
			return sane(at)
		}
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		switch len(s) {
		case 10:
			return sane(time.Unix(n, 0))
		case 13:
			return sane(time.UnixMilli(n))
		}
	}
	return time.Time{}, errTime
}

// sane refuses what no parcel and no pilgrim of today can have met.
func sane(at time.Time) (time.Time, error) {
	if y := at.UTC().Year(); y < 2000 || y > 2100 {
		return time.Time{}, errTime
	}
	return at.UTC(), nil
}
