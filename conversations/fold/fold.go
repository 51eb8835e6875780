// Package fold makes spellings equal that mean the same: case, digits of any
// script, alef, ya and ta marbuta, hamza, diacritics, tatweel, accents and marks
// of direction. Understanding and searching fold alike, so that what a rule reads
// is what an officer finds. Compose a text, then fold it rune by rune.
package fold

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Compose turns presentation forms, full-width and decomposed letters into plain
// ones (Unicode NFKC); a text without any comes back as it is.
func Compose(text string) string {
	if compatible(text) {
		return norm.NFKC.String(text)
	}
	return text
}

func compatible(text string) bool {
	for i := range len(text) {
		if b := text[i]; b < 0xCC || b > 0xCD && b < 0xE2 { // begins no rune of those below
			continue
		}
		switch r, _ := utf8.DecodeRuneInString(text[i:]); {
		case r >= 0x300 && r < 0x370, r >= 0x2460 && r < 0x24FF, r >= 0xFB00 && r < 0xFE00, r >= 0xFE70 && r < 0xFEFF, r >= 0xFF00 && r < 0xFFF0, r >= 0x1D400 && r < 0x1D800:
			return true
		}
	}
	return false
}

const (
	Dropped   rune = -1 // carries no meaning: marks, controls, tatweel, hamza
	Separator rune = -2 // between words
)

// arabicFold maps the Arabic block (U+0600–U+06FF); zero means Separator.
var arabicFold = func() (t [256]rune) {
	for r := rune(0x620); r <= 0x6D3; r++ {
		if unicode.IsLetter(r) {
			t[r-0x600] = r
		}
	}
	for r := rune(0x600); r <= 0x6FF; r++ {
		if unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r) {
			t[r-0x600] = Dropped
		}
	}
	for i := rune(0); i < 10; i++ {
		t[0x60+i], t[0xF0+i] = '0'+i, '0'+i
	}
	for from, to := range map[rune]rune{'أ': 'ا', 'إ': 'ا', 'آ': 'ا', 'ٱ': 'ا', 'ى': 'ي', 'ی': 'ي', 'ئ': 'ي', 'ؤ': 'و', 'ة': 'ه', 'ۀ': 'ه', 'ہ': 'ه', 'ھ': 'ه', 'ک': 'ك', 'گ': 'ك', 'ڤ': 'ف', 'پ': 'ب', 'چ': 'ج'} {
		t[from-0x600] = to
	}
	t['ء'-0x600], t['ـ'-0x600] = Dropped, Dropped
	return t
}()

// common holds what Rune answers for the scripts that nearly all text is written in.
var common = func() (t [0x700]int16) {
	for r := range t {
		t[r] = int16(foldRune(rune(r)))
	}
	return t
}()

// Rune is a letter or digit as it is compared, or Dropped, or Separator.
func Rune(r rune) rune {
	if uint32(r) < uint32(len(common)) {
		return rune(common[r])
	}
	return foldRune(r)
}

func foldRune(r rune) rune {
	switch {
	case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
		return r
	case r >= 'A' && r <= 'Z':
		return r + 'a' - 'A'
	case r < 0x80:
		return Separator
	case r >= 0x600 && r <= 0x6FF:
		if f := arabicFold[r-0x600]; f != 0 {
			return f
		}
		return Separator
	case r == '\u00AD', r >= 0x200B && r <= 0x200F, r >= 0x202A && r <= 0x202E, r >= 0x2060 && r <= 0x2069, r == 0xFEFF, r >= 0xFE00 && r <= 0xFE0F:
		return Dropped
	case r >= 0xC0 && r < 0x250:
		return latin(r)
	case unicode.Is(unicode.Mn, r):
		return Dropped
	case unicode.IsDigit(r):
		return digit(r)
	case unicode.IsLetter(r):
		return unicode.ToLower(r)
	}
	return Separator
}

// latin takes the accent off a letter.
func latin(r rune) rune {
	if r == '×' || r == '÷' {
		return Separator
	}
	if p := norm.NFD.PropertiesString(string(r)).Decomposition(); len(p) > 0 && p[0] < utf8.RuneSelf {
		r = rune(p[0])
	}
	return unicode.ToLower(r)
}

// digit is the ASCII digit of the same value; Unicode keeps the ten of a script in a row.
func digit(r rune) rune {
	n := rune(0)
	for n < 9 && unicode.IsDigit(r-n-1) {
		n++
	}
	return '0' + n
}
