package email

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

var metaCharset = regexp.MustCompile(`(?i)<meta[^>]{0,200}charset\s*=\s*["']?([\w.:-]+)`)

// decodeCharset turns the bytes of a text part into UTF-8. The label is
// believed only where the bytes allow it; warning says what was done instead.
func decodeCharset(b []byte, label string, html bool) (text, warning string) {
	if t, ok := decodeBOM(b); ok {
		return t, ""
	}
	said := strings.ToLower(strings.Trim(label, "\"' "))
	label = cleanLabel(label)
	if label == "" && html {
		if m := metaCharset.FindSubmatch(b[:min(len(b), 4096)]); m != nil {
			label = cleanLabel(string(m[1]))
		}
	}
	switch label {
	case "", "us-ascii", "utf-8":
		if utf8.Valid(b) && !isJIS(b) {
			return string(b), ""
		}
		if label == "utf-8" && mostlyUTF8(b, 1) && !looks16(b) && !isJIS(b) {
			return mendUTF8(b), "some characters are damaged"
		}
		t, guess := guessCharset(b)
		return t, "charset missing or wrong, read as " + guess
	case "utf-7":
		return decodeUTF7(b), ""
	case "iso-2022-kr":
		return decodeISO2022KR(b), ""
	case "utf-16":
		return decode16(b, zerosFirst(b)), ""
	}
	// UTF-8 hidden behind a label of one byte a character is UTF-8: nothing else looks like it.
	if hasHigh(b) && utf8.Valid(b) && !strings.HasPrefix(label, "utf-16") && !strings.HasPrefix(label, "utf-32") {
		return string(b), "charset says " + said + ", read as utf-8"
	}
	e := encodingOf(label)
	if e == nil {
		if utf8.Valid(b) {
			return string(b), "unknown charset, read as utf-8"
		}
		t, guess := guessCharset(b)
		return t, "unknown charset, read as " + guess
	}
	if m, ok := e.(*charmap.Charmap); ok {
		return decodeMap(m, b), ""
	}
	out, err := e.NewDecoder().Bytes(b)
	if err != nil || bytes.Count(out, []byte("\uFFFD")) > len(out)/30 {
		t, guess := guessCharset(b)
		return t, "charset says " + said + ", read as " + guess
	}
	return string(bytes.ToValidUTF8(out, []byte("\uFFFD"))), ""
}

var (
	codePage = regexp.MustCompile(`^(?:x-)?(?:windows|win|cp|microsoft-cp|ms)[-_]?(125[0-8]|874|932|936|949|950)`)
	isoPart  = regexp.MustCompile(`^(?:x-)?(?:iso)?[-_ ]?8859[-_ ]?(\d{1,2})(?:\D|$)`)
)

// labels are names seen in the wild that no registry has.
var labels = map[string]string{
	"utf8": "utf-8", "utf_8": "utf-8", "utf8mb4": "utf-8", "utf-8utf-8": "utf-8", "unicode-1-1-utf-8": "utf-8",
	"ascii": "us-ascii", "unknown-8bit": "", "x-unknown": "", "unknown": "", "default": "", "_autodetect": "",
	"8bit": "", "7bit": "", "binary": "", "none": "", "x-user-defined": "", "ansi_x3.4-1968": "us-ascii",
	"latin-1": "windows-1252", "latin1": "windows-1252", "ansi": "windows-1252", "x-ansi": "windows-1252",
	"iso-2022-jp-ms": "iso-2022-jp", "iso-2022-jp-1": "iso-2022-jp", "iso-2022-jp-2": "iso-2022-jp", "cp50220": "iso-2022-jp", "cp50221": "iso-2022-jp",
	"eucjp": "euc-jp", "x-euc-jp": "euc-jp", "euckr": "euc-kr", "x-windows-949": "euc-kr", "uhc": "euc-kr",
	"shift-jis": "shift_jis", "windows-31j": "shift_jis", "x-gbk": "gb18030", "gb2312": "gb18030", "gbk": "gb18030", "x-euc-cn": "gb18030",
	"unicode-1-1-utf-7": "utf-7", "x-unicode-2-0-utf-7": "utf-7", "unicode": "utf-16", "ucs-2": "utf-16", "iso-10646-ucs-2": "utf-16",
	"asmo-708": "iso-8859-6", "iso-8859-6-i": "iso-8859-6", "iso-8859-6-e": "iso-8859-6", "arabic": "iso-8859-6",
	"iso-8859-8-i": "iso-8859-8", "iso-8859-8-e": "iso-8859-8", "cyrillic": "iso-8859-5", "tis-620": "windows-874",
}

// cleanLabel is a charset's name as the tables know it.
func cleanLabel(s string) string {
	if s == "" || s == "utf-8" || s == "UTF-8" {
		return strings.ToLower(s)
	}
	s = strings.ToLower(strings.TrimSpace(s))
	s = strings.TrimPrefix(strings.TrimPrefix(s, "3d"), "charset=")
	s = strings.Trim(s, "\"'\\ \t")
	if i := strings.IndexAny(s, " ;,\"'<>"); i >= 0 {
		s = s[:i]
	}
	s, _, _ = strings.Cut(s, "*") // RFC 2231 §5 language
	if to, ok := labels[s]; ok {
		return to
	}
	if m := codePage.FindStringSubmatch(s); m != nil {
		switch m[1] {
		case "932":
			return "shift_jis"
		case "936":
			return "gb18030"
		case "949":
			return "euc-kr"
		case "950":
			return "big5"
		}
		return "windows-" + m[1]
	}
	if m := isoPart.FindStringSubmatch(s); m != nil {
		if m[1] == "1" {
			return "windows-1252" // what those who write iso-8859-1 mean (WHATWG Encoding §4.2)
		}
		return "iso-8859-" + m[1]
	}
	return s
}

// encodingOf finds the decoder for a clean label, or nil. The WHATWG index
// comes first: it knows what senders mean rather than what they say.
func encodingOf(label string) encoding.Encoding {
	switch label {
	case "gb18030":
		return simplifiedchinese.GB18030
	case "hz-gb-2312", "hz":
		return simplifiedchinese.HZGB2312
	case "big5":
		return traditionalchinese.Big5
	case "shift_jis":
		return japanese.ShiftJIS
	case "iso-2022-jp":
		return japanese.ISO2022JP
	case "euc-kr":
		return korean.EUCKR
	case "utf-32", "utf-32be":
		return utf32.UTF32(utf32.BigEndian, utf32.UseBOM)
	case "utf-32le":
		return utf32.UTF32(utf32.LittleEndian, utf32.UseBOM)
	case "cp850", "ibm850":
		return charmap.CodePage850
	case "cp437", "ibm437":
		return charmap.CodePage437
	}
	if e, err := htmlindex.Get(label); err == nil {
		if name, _ := htmlindex.Name(e); name != "replacement" {
			return e
		}
	}
	if r, err := charset.Reader(label, strings.NewReader("")); err == nil && r != nil {
		return readerEncoding{label}
	}
	return nil
}

// decodeBOM reads text that names its own encoding by a byte order mark.
func decodeBOM(b []byte) (string, bool) {
	switch {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")) && utf8.Valid(b):
		return string(b[3:]), true
	case bytes.HasPrefix(b, []byte("\xff\xfe\x00\x00")):
		out, err := utf32.UTF32(utf32.LittleEndian, utf32.ExpectBOM).NewDecoder().Bytes(b)
		return string(out), err == nil
	case bytes.HasPrefix(b, []byte("\xff\xfe")), bytes.HasPrefix(b, []byte("\xfe\xff")):
		return decode16(b, true), true
	}
	return "", false
}

// decode16 reads UTF-16; a byte order mark outweighs big.
func decode16(b []byte, big bool) string {
	order := unicode.LittleEndian
	if big {
		order = unicode.BigEndian
	}
	out, _ := unicode.UTF16(order, unicode.UseBOM).NewDecoder().Bytes(b)
	return string(bytes.ToValidUTF8(out, []byte("\uFFFD")))
}

// zerosFirst reports whether the zeros of UTF-16 text stand where big-endian
// Latin letters have them; without any, big-endian is the rule (RFC 2781 §4.3).
func zerosFirst(b []byte) bool {
	even, odd := 0, 0
	for i, c := range b {
		if c == 0 && i%2 == 0 {
			even++
		} else if c == 0 {
			odd++
		}
	}
	return even >= odd
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
	label = cleanLabel(label)
	if strings.HasPrefix(label, "utf-16") || strings.HasPrefix(label, "utf-32") ||
		bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff")) || looks16(b) {
		return false
	}
	return bytes.Count(b, []byte{0}) > len(b)/20+1
}
