package templates

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Marks of the Unicode bidirectional algorithm (UAX #9): what stands between an
// isolate and its end cannot reorder the text around it, nor be reordered by it.
const (
	isolateLTR   = "\u2066"
	isolateRTL   = "\u2067"
	isolateFirst = "\u2068" // direction of its first strong letter
	isolateEnd   = "\u2069"
)

// clean makes text that a stranger may have written fit to stand on one line of a
// message: valid UTF-8, white space collapsed, and no control, bidi or invisible
// character that could break out of an isolate, a header or a field. Joiners stay,
// since scripts and emoji need them.
func clean(s string) string {
	if plainASCII(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for _, r := range s {
		switch {
		case r == utf8.RuneError:
			r = '\uFFFD'
		case unicode.IsSpace(r) || r == '\u2028' || r == '\u2029':
			space = b.Len() > 0
			continue
		case dropped(r):
			continue
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// dropped reports whether r is invisible and not wanted in a value.
func dropped(r rune) bool {
	if r == '\u200C' || r == '\u200D' {
		return false
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Noncharacter_Code_Point, r)
}

// plainASCII reports whether clean has nothing to do.
func plainASCII(s string) bool {
	if s == "" {
		return true
	}
	if s[0] == ' ' || s[len(s)-1] == ' ' {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c > '~' || c == ' ' && s[i-1] == ' ' {
			return false
		}
	}
	return true
}

// asciiDigits writes the decimal digits of any script as 0 to 9.
func asciiDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf || !unicode.IsDigit(r) {
			return r
		}
		for _, zero := range [...]rune{'٠', '۰'} {
			if r >= zero && r <= zero+9 {
				return '0' + r - zero
			}
		}
		return r
	}, s)
}

// rightToLeft reports whether s has a character of a right-to-left script.
func rightToLeft(s string) bool { return strings.ContainsFunc(s, rtlRune) }

// rtlRune covers the blocks that Unicode keeps for right-to-left scripts.
func rtlRune(r rune) bool {
	return r >= '\u0590' && r <= '\u08FF' || r >= '\uFB1D' && r <= '\uFDFF' || r >= '\uFE70' && r <= '\uFEFF' ||
		r >= 0x10800 && r <= 0x10FFF || r >= 0x1E800 && r <= 0x1EFFF
}

// seamless reports whether s reads the same in right-to-left text with and without an
// isolate: Arabic letters at both ends, and between them nothing but those, spaces,
// and 0 to 9 with their points. Two units of an SMS are saved by each.
func seamless(s string) bool {
	var last rune
	for i, r := range s {
		letter := r >= '\u0620' && r <= '\u064A' || r >= '\u0671' && r <= '\u06D3'
		mark := r >= '\u064B' && r <= '\u0652'
		inner := r == ' ' || r >= '0' && r <= '9' || r == ':' || r == '.' || r == '\u060C'
		if i == 0 && !letter || !letter && !mark && !inner {
			return false
		}
		last = r
	}
	return last >= '\u0620' && last <= '\u06D3' && (last <= '\u0652' || last >= '\u0671')
}
