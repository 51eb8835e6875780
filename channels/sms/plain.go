package sms

import (
	"strings"
	"unicode"
	"unicode/utf16"

	"golang.org/x/text/unicode/norm"
)

// MostUnits is the longest text that Twilio takes as one message, in UTF-16 units
// (error 21617 over it).
const MostUnits = 1600

// Units is how long a text is, as Twilio bounds it.
func Units(text string) int { return len(utf16.Encode([]rune(text))) }

// Assessment is what a text costs, and what it would cost in plain letters.
type Assessment struct {
	Segmentation
	At    int    // place of the Forcing character, in characters from 0
	Room  int    // units that still fit into the last segment
	Plain string // the text in GSM-7, if that can say the same in fewer segments; else empty
	Saves int    // segments fewer in Plain
}

// Assess counts a text's segments and looks for the same text in plain letters.
func Assess(text string) Assessment {
	a := Assessment{Segmentation: Segments(text)}
	a.Room = room(a.Segmentation)
	if a.Encoding == GSM7 {
		return a
	}
	for _, r := range text {
		if r == a.Forcing {
			break
		}
		a.At++
	}
	plain := Plain(text)
	if s := Segments(plain); s.Encoding == GSM7 && s.Segments < a.Segments && s.Segments > 0 {
		a.Plain, a.Saves = plain, a.Segments-s.Segments
	}
	return a
}

// room is what still fits before another segment begins, for characters of one unit.
func room(s Segmentation) int {
	single, part := gsmSingle, gsmPart
	if s.Encoding == UCS2 {
		single, part = ucs2Single, ucs2Part
	}
	if s.Segments <= 1 {
		return single - s.Units
	}
	return max(0, s.Segments*part-s.Units)
}

// Plain writes a text in GSM-7 as far as that changes nothing of what it says:
// typographic quotes and dashes, spaces, accents and foreign digits become plain ones.
// What has no plain form stays as it is.
func Plain(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	for _, r := range text {
		switch {
		case gsmUnits[r] > 0:
			b.WriteRune(r)
		case plainForms[r] != "":
			b.WriteString(plainForms[r])
		case unicode.Is(unicode.Cf, r) || r == 0xFE0F: // invisible: directions, joiners, variation
		case unicode.Is(unicode.Zs, r) || r == '\t':
			b.WriteByte(' ')
		case unicode.IsDigit(r):
			b.WriteByte('0' + digit(r))
		default:
			b.WriteString(unaccented(r))
		}
	}
	return b.String()
}

// digit is a decimal digit's value: each script has its ten in a row, from 0.
func digit(r rune) byte {
	n := byte(0)
	for n < 9 && unicode.IsDigit(r-1) && plainZero(r) != r {
		r--
		n++
	}
	return n
}

// plainZero is the zero of a digit's script.
func plainZero(r rune) rune {
	for _, zero := range []rune{'٠', '۰', '०', '০', '०', '０', '๐'} {
		if r >= zero && r < zero+10 {
			return zero
		}
	}
	return r
}

// unaccented is a letter without its accents, if GSM-7 has that; else the letter.
func unaccented(r rune) string {
	var b strings.Builder
	for _, c := range norm.NFKD.String(string(r)) {
		if unicode.Is(unicode.Mn, c) {
			continue
		}
		if gsmUnits[c] == 0 {
			return string(r)
		}
		b.WriteRune(c)
	}
	return b.String()
}

// plainForms are what GSM-7 has for characters that decompose into nothing.
var plainForms = map[rune]string{
	'‘': "'", '’': "'", '‚': "'", '‛': "'", '`': "'", '´': "'", '′': "'", 'ʼ': "'", '“': `"`, '”': `"`, '„': `"`, '‟': `"`, '″': `"`, '«': `"`, '»': `"`, '‹': "'", '›': "'",
	'‐': "-", '‑': "-", '‒': "-", '–': "-", '—': "-", '―': "-", '−': "-", '…': "...", '•': "*", '·': "*", '●': "*", '▪': "*", '→': "->", '←': "<-", '⇒': "=>",
	'™': "(TM)", '©': "(C)", '®': "(R)", '×': "x", '÷': "/", '≤': "<=", '≥': ">=", '°': " deg", '№': "No.", '،': ",", '؛': ";", '؟': "?", '٪': "%", '٫': ".", '٬': ",",
	'\u00ad': "", '\u2028': "\n", '\u2029': "\n", 'ł': "l", 'Ł': "L", 'đ': "d", 'Đ': "D", 'ı': "i", 'œ': "oe", 'Œ': "OE", 'ç': "c", '⁄': "/",
}
