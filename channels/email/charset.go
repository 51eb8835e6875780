package email

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message/charset"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

var metaCharset = regexp.MustCompile(`(?i)<meta[^>]{0,200}charset\s*=\s*["']?([\w.:-]+)`)

// decodeCharset turns the bytes of a text part into UTF-8. The label is
// believed only where the bytes allow it; warning says what was done instead.
func decodeCharset(b []byte, label string, html bool) (text, warning string) {
	if t, ok := decodeBOM(b); ok {
		return t, ""
	}
	label = strings.ToLower(strings.Trim(strings.TrimSpace(label), `"'`))
	if label == "" && html {
		if m := metaCharset.FindSubmatch(b[:min(len(b), 4096)]); m != nil {
			label = strings.ToLower(string(m[1]))
		}
	}
	switch label {
	case "", "us-ascii", "ascii", "utf-8", "utf8", "unknown-8bit", "x-unknown", "default":
		if utf8.Valid(b) {
			return string(b), ""
		}
		t, guess := guessCharset(b)
		return t, "charset missing or wrong, read as " + guess
	case "iso-8859-8-i", "iso-8859-8-e":
		label = "iso-8859-8"
	}
	// UTF-8 hidden behind a label of one byte a character is UTF-8: nothing else looks like it.
	if hasHigh(b) && utf8.Valid(b) && !strings.HasPrefix(label, "utf-16") && !strings.HasPrefix(label, "utf-32") {
		return string(b), "charset says " + label + ", read as utf-8"
	}
	r, err := charset.Reader(label, bytes.NewReader(b))
	if err == nil {
		var out []byte
		if out, err = io.ReadAll(r); err == nil {
			return string(bytes.ToValidUTF8(out, []byte("\uFFFD"))), ""
		}
	}
	if utf8.Valid(b) {
		return string(b), "unknown charset, read as utf-8"
	}
	t, guess := guessCharset(b)
	return t, "unknown charset, read as " + guess
}

// decodeBOM reads text that names its own encoding by a byte order mark.
func decodeBOM(b []byte) (string, bool) {
	switch {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")) && utf8.Valid(b):
		return string(b[3:]), true
	case bytes.HasPrefix(b, []byte("\xff\xfe")), bytes.HasPrefix(b, []byte("\xfe\xff")):
		out, err := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder().Bytes(b)
		return string(out), err == nil
	}
	return "", false
}

// guessCharset reads unlabelled 8-bit text: Arabic in its two one-byte
// encodings, else Western. Every byte comes through.
func guessCharset(b []byte) (text, name string) {
	high, pairs := 0, 0
	for i, c := range b {
		if c < 0x80 {
			continue
		}
		high++
		if i > 0 && b[i-1] >= 0xC0 && c >= 0xC0 {
			pairs++
		}
	}
	// Arabic words are runs of letters of the upper half; Western ones have single accents.
	if high > 0 && pairs*2 >= high-1 && high > 1 {
		if bytes.Count(b, []byte("\xc7\xe4")) > bytes.Count(b, []byte("\xc7\xe1")) {
			return decodeMap(charmap.ISO8859_6, b), "iso-8859-6"
		}
		return decodeMap(charmap.Windows1256, b), "windows-1256"
	}
	return decodeMap(charmap.Windows1252, b), "windows-1252"
}

// decodeMap decodes byte by byte; a byte without a meaning stays as its code point.
func decodeMap(m *charmap.Charmap, b []byte) string {
	var s strings.Builder
	s.Grow(len(b) + len(b)/2)
	for _, c := range b {
		r := m.DecodeByte(c)
		if r == utf8.RuneError {
			r = rune(c)
		}
		s.WriteRune(r)
	}
	return s.String()
}

func hasHigh(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return true
		}
	}
	return false
}

// looksBinary reports whether a part labelled as text is no text in any
// charset: NULs, unless they are the empty halves of UTF-16 or UTF-32.
func looksBinary(b []byte, label string) bool {
	label = strings.ToLower(label)
	if strings.HasPrefix(label, "utf-16") || strings.HasPrefix(label, "utf-32") || strings.HasPrefix(label, "ucs") ||
		bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff")) {
		return false
	}
	return bytes.Count(b, []byte{0}) > len(b)/20+1
}
