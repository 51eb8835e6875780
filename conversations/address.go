package conversations

import (
	"net/mail"
	"regexp"
	"strings"
)

var (
	e164  = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`) // ITU-T E.164
	marks = strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", ".", "", "\u00a0", "", "\u200e", "", "\u200f", "", "\u202a", "", "\u202c", "", "\u2066", "", "\u2069", "")
)

// maxAddress is how long an email address may be, in bytes (RFC 5321 section 4.5.3.1.3).
const maxAddress = 254

// PhoneNumber is a number in E.164, however it was spaced and in whatever digits; ok is
// false if it is none in international form.
func PhoneNumber(s string) (number string, ok bool) {
	s = marks.Replace(strings.TrimSpace(WesternDigits(s)))
	if abroad, found := strings.CutPrefix(s, "00"); found {
		s = "+" + abroad
	}
	return s, e164.MatchString(s)
}

// EmailAddress is a bare address (RFC 5322 addr-spec), without a name; ok is false if it is none.
func EmailAddress(s string) (address string, ok bool) {
	s = strings.TrimSpace(s)
	a, err := mail.ParseAddress(s)
	return s, err == nil && a.Address == s && len(s) <= maxAddress
}
