package email

import (
	"errors"
	"net/mail"
	"regexp"
	"strings"
	"time"
)

var (
	dateComment = regexp.MustCompile(`\([^()]*\)`)
	dateLayouts = []string{
		"2 Jan 2006 15:04:05 -0700", "2 Jan 2006 15:04 -0700", "2 Jan 2006 15:04:05 MST", "2 Jan 2006 15:04:05",
		"2 Jan 06 15:04:05 -0700", "2 Jan 06 15:04:05 MST", "2 Jan 2006 15:04", "2 January 2006 15:04:05 -0700",
		"Jan 2 15:04:05 2006", "Jan 2 2006 15:04:05 -0700", "Jan 2 15:04:05 2006 -0700",
		"2006-01-02 15:04:05 -0700", "2006-01-02T15:04:05Z07:00", "2006-01-02 15:04:05", "2006-01-02T15:04:05",
		"2-Jan-2006 15:04:05 -0700", "2/1/2006 15:04:05",
	}
)

// date reads the Date field, in UTC; without a zone it is taken as UTC.
func (w *walker) date(m *Mail, h headers) {
	v := cleanLine(h.Get("Date"))
	if v == "" {
		w.warn("no date")
		return
	}
	t, ok := parseDate(v)
	if !ok {
		w.warn("unreadable date")
		return
	}
	m.Date = &t
}

// zones are the names that mail programs write in place of an offset: those of
// RFC 5322 §4.3, and those that mean one thing only.
var zones = map[string]string{
	"EST": "-0500", "EDT": "-0400", "CST": "-0600", "CDT": "-0500", "MST": "-0700", "MDT": "-0600", "PST": "-0800", "PDT": "-0700",
	"UT": "+0000", "UTC": "+0000", "WET": "+0000", "CET": "+0100", "MET": "+0100", "CEST": "+0200", "MEST": "+0200", "EET": "+0200",
	"EEST": "+0300", "MSK": "+0300", "TRT": "+0300", "PKT": "+0500", "WIB": "+0700", "ICT": "+0700", "MYT": "+0800", "SGT": "+0800",
	"HKT": "+0800", "JST": "+0900", "KST": "+0900",
}

// zoneName is a name of a zone at the end of a date.
var zoneName = regexp.MustCompile(`\s([A-Z]{2,4})\s*(?:\([^()]*\))?\s*$`)

func parseDate(v string) (time.Time, bool) {
	if t, err := time.Parse("Mon, 2 Jan 2006 15:04:05 -0700", v); err == nil {
		if t = t.UTC(); t.Year() >= 1970 && t.Year() <= 9999 {
			return t, true // as nearly all are written
		}
	}
	if m := zoneName.FindStringSubmatchIndex(v); m != nil && zones[v[m[2]:m[3]]] != "" {
		v = v[:m[2]] + zones[v[m[2]:m[3]]]
	}
	t, err := mail.ParseDate(v)
	if err != nil {
		s := strings.Join(strings.Fields(dateComment.ReplaceAllString(v, " ")), " ")
		if before, after, ok := strings.Cut(s, ", "); ok && len(before) <= 9 {
			s = after
		} else if len(s) > 4 && s[3] == ' ' && !strings.ContainsAny(s[:3], "0123456789") && strings.Contains("MonTueWedThuFriSatSun", s[:3]) {
			s = s[4:]
		}
		for _, layout := range dateLayouts {
			if t, err = time.Parse(layout, s); err == nil {
				break
			}
		}
	}
	if err != nil {
		t, err = digDate(v)
	}
	if t = t.UTC(); err != nil || t.Year() < 1970 || t.Year() > 9999 {
		return time.Time{}, false
	}
	return t, true
}

// plainDate is a date and a time somewhere in a field.
var plainDate = regexp.MustCompile(`(\d{1,2})[ -]([A-Za-z]{3})[a-z]*[ ,-]+(\d{4})[ ,]+(\d{1,2}:\d\d(?::\d\d)?)(?:\s*([+-]\d{4}))?`)

// digDate finds a date among words that no layout foresees.
func digDate(v string) (time.Time, error) {
	m := plainDate.FindStringSubmatch(v)
	if m == nil {
		return time.Time{}, errNoDate
	}
	clock, zone := m[4], m[5]
	if strings.Count(clock, ":") == 1 {
		clock += ":00"
	}
	if zone == "" {
		zone = "+0000"
	}
	return time.Parse("2 Jan 2006 15:04:05 -0700", strings.Join([]string{m[1], m[2], m[3], clock, zone}, " "))
}

var errNoDate = errors.New("no date in it")
