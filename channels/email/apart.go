package email

import (
	"regexp"
	"strings"
	"unicode"
)

// grouped are links, and numbers of six digits or more, in groups or not, in escaped text:
// inside a right-to-left line their parts would be shown in reverse (UAX 9).
var grouped = regexp.MustCompile(`https?://[^\s<>"'،؛]*[^\s<>"'،؛.,;:!?)\]]|\+?\p{Nd}(?:[ \x{a0}().-]{0,2}\p{Nd}){5,}`)

// apart isolates links and numbers in HTML that was made of a right-to-left text.
func apart(page string) string {
	if !strings.ContainsFunc(page, func(r rune) bool { return unicode.In(r, unicode.Arabic, unicode.Hebrew) }) {
		return page
	}
	return grouped.ReplaceAllString(page, `<bdi dir="ltr">$0</bdi>`)
}
