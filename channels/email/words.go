package email

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// encodedWord matches RFC 2047 §2, forgiving blanks inside the text.
var encodedWord = regexp.MustCompile(`=\?([^?\s]{1,60})\?([bBqQ])\?(.*?)\?=`)

// decodeHeader makes readable UTF-8 of an unstructured header value. Adjacent
// encoded words of one charset are joined before decoding, because senders
// split characters across them.
func decodeHeader(s string) string {
	if !utf8.ValidString(s) || strings.Contains(s, "\x1b$") {
		s, _ = guessCharset([]byte(s))
	}
	if !strings.Contains(s, "=?") {
		return cleanLine(s)
	}
	s = decodeWords(strings.NewReplacer("\r", "", "\n", "").Replace(s))
	if encodedWord.MatchString(s) { // encoded twice, as some programs do on forwarding
		s = decodeWords(s)
	}
	return cleanLine(s)
}

// decodeWords decodes the encoded words of a line.
func decodeWords(s string) string {
	var out strings.Builder
	var pending []byte
	var label string
	flush := func() {
		if len(pending) > 0 {
			text, _ := decodeCharset(pending, label, false)
			out.WriteString(text)
			pending = pending[:0]
		}
	}
	at := 0
	for _, m := range encodedWord.FindAllStringSubmatchIndex(s, -1) {
		word, ok := decodeWord(s[m[4]], s[m[6]:m[7]])
		if !ok {
			continue // unreadable: it stays as it came
		}
		between := s[at:m[0]]
		cs, _, _ := strings.Cut(strings.ToLower(s[m[2]:m[3]]), "*") // RFC 2231 §5 language
		if strings.TrimSpace(between) != "" || at == 0 {
			flush()
			out.WriteString(between)
		} else if cs != label {
			flush()
		}
		label = cs
		pending = append(pending, word...)
		at = m[1]
	}
	flush()
	out.WriteString(s[at:])
	return out.String()
}

// decodeWord undoes the B or Q encoding of one word.
func decodeWord(enc byte, text string) (out []byte, ok bool) {
	if enc == 'b' || enc == 'B' {
		out, _, clean := decodeBase64([]byte(text))
		return out, clean
	}
	text = strings.ReplaceAll(text, "= ", "") // a line that was broken as in a body
	// The NUL keeps trailing blanks, which are no padding here.
	out, _ = decodeQP([]byte(strings.ReplaceAll(text, "_", " ")+"\x00"), false)
	return out[:max(0, len(out)-1)], true
}

// cleanLine drops control characters and folds line breaks, so that a header
// value can be shown, and sent, on one line.
func cleanLine(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case unicode.IsControl(r) || r == utf8.RuneError:
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}
