package templates

import (
	"strings"
	"unicode"
)

// spokenMarks are the marks that a voice turns into pauses and tone instead of names.
const spokenMarks = ".,;:?!'’،؛؟"

// speakable keeps letters, marks, digits and pauses; every symbol becomes a space.
func speakable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) || strings.ContainsRune(spokenMarks, r) {
			return r
		}
		return ' '
	}, s)
}

// unspeakable returns the first character of a template's own text that a voice
// would name, or leave out.
func unspeakable(s string) (r rune, found bool) {
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) && !unicode.IsSpace(r) &&
			!strings.ContainsRune(spokenMarks+"-", r) {
			return r, true
		}
	}
	return 0, false
}

// spell puts a space between characters and drops what is neither letter nor digit,
// so that 1086396430 is read as digits and not as a thousand million.
func spell(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case unicode.IsMark(r):
			b.WriteRune(r)
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if b.Len() > 0 {
				b.WriteByte(' ')
			}
			b.WriteRune(r)
		}
	}
	return b.String()
}
