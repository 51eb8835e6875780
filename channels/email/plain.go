package email

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"
)

// cleanText makes text fit for JSON and for line-wise rules: \n line ends, no
// control characters but tab.
func cleanText(s string) string {
	s = unixLines(s)
	if isClean(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f || (r >= 0x80 && r < 0xa0) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, string(utf8.RuneError)))
}

// unixLines ends the lines with \n that end with \r\n or \r.
func unixLines(s string) string {
	i := strings.IndexByte(s, '\r')
	if i < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for ; i >= 0; i = strings.IndexByte(s, '\r') {
		b.WriteString(s[:i])
		b.WriteByte('\n')
		s = s[i+1:]
		if s != "" && s[0] == '\n' {
			s = s[1:]
		}
	}
	b.WriteString(s)
	return b.String()
}

// What isClean looks for: a byte that is never clean, one above ASCII, and the one
// that control characters above ASCII begin with.
const (
	byteControl = 1 << iota
	byteHigh
	byteC2
)

var byteClasses = func() (all [256]uint8) {
	for c := range all {
		switch {
		case c < ' ' && c != '\n' && c != '\t', c == 0x7f:
			all[c] = byteControl
		case c == 0xC2:
			all[c] = byteHigh | byteC2
		case c >= utf8.RuneSelf:
			all[c] = byteHigh
		}
	}
	return all
}()

// isClean reports that cleanText has nothing to take out of s.
func isClean(s string) bool {
	seen := uint8(0)
	rest := s
	for ; len(rest) >= 8; rest = rest[8:] {
		seen |= byteClasses[rest[0]] | byteClasses[rest[1]] | byteClasses[rest[2]] | byteClasses[rest[3]] |
			byteClasses[rest[4]] | byteClasses[rest[5]] | byteClasses[rest[6]] | byteClasses[rest[7]]
	}
	for i := range len(rest) {
		seen |= byteClasses[rest[i]]
	}
	if seen&byteControl != 0 || seen&byteHigh != 0 && !utf8.ValidString(s) {
		return false
	}
	return seen&byteC2 == 0 || !hasControl2(s)
}

// hasControl2 reports one of U+0080 to U+009F in valid text.
func hasControl2(s string) bool {
	for i := strings.IndexByte(s, 0xC2); i >= 0; i = strings.IndexByte(s, 0xC2) {
		if s[i+1] < 0xA0 {
			return true
		}
		s = s[i+2:]
	}
	return false
}

// blankBytes says of each byte whether it is a blank (1), begins a rune that may be
// one (2), or neither.
var blankBytes = [256]uint8{
	'\t': 1, '\n': 1, '\v': 1, '\f': 1, '\r': 1, ' ': 1,
	0xC2: 2, 0xE1: 2, 0xE2: 2, 0xE3: 2, // U+0085, U+00A0, U+1680, U+2000 …, U+3000
}

// wordCount is how many words strings.Fields would find.
func wordCount(s string) (n int) {
	word := false
	for i := 0; i < len(s); i++ {
		blank := blankBytes[s[i]] == 1
		if blankBytes[s[i]] == 2 {
			r, size := utf8.DecodeRuneInString(s[i:])
			blank = unicode.IsSpace(r)
			i += size - 1
		}
		if !blank && !word {
			n++
		}
		word = !blank
	}
	return n
}

// tidy trims blank lines around a text.
func tidy(s string) string {
	s = strings.TrimRight(s, " \t\n\u00a0")
	for {
		first, rest, found := strings.Cut(s, "\n")
		if !found || strings.TrimSpace(first) != "" {
			return s
		}
		s = rest
	}
}

// unflow joins the soft lines of format=flowed text (RFC 3676).
func unflow(s string, delSp bool) string {
	var out strings.Builder
	out.Grow(len(s))
	soft, lastDepth, first := false, 0, true
	for l := range strings.SplitSeq(s, "\n") {
		depth := len(l) - len(strings.TrimLeft(l, ">"))
		text := strings.TrimPrefix(l[depth:], " ")
		sig := text == "-- "
		if !soft || depth != lastDepth || sig {
			if !first {
				out.WriteByte('\n')
			}
			if depth > 0 {
				out.WriteString(l[:depth] + " ")
			}
		}
		soft, lastDepth, first = strings.HasSuffix(l, " ") && !sig && strings.TrimSpace(text) != "", depth, false
		if soft && delSp {
			text = strings.TrimSuffix(text, " ")
		}
		out.WriteString(text)
	}
	return out.String()
}

// textHTML shows plain text as HTML; each paragraph finds its own direction.
func textHTML(s string) string { return textPage(s, "<br/>") }

// textPage is textHTML with what ends a line.
func textPage(s, br string) string {
	var b strings.Builder
	b.Grow(len(s) + strings.Count(s, "\n")*len(br) + 64)
	for p := range strings.SplitSeq(strings.TrimSpace(s), "\n\n") {
		if p = strings.Trim(p, "\n"); p == "" {
			continue
		}
		b.WriteString(`<p dir="auto">`)
		for first, rest, more := strings.Cut(html.EscapeString(p), "\n"); ; first, rest, more = strings.Cut(rest, "\n") {
			b.WriteString(first)
			if !more {
				break
			}
			b.WriteString(br)
		}
		b.WriteString("</p>")
	}
	return b.String()
}
