package templates

import (
	"strings"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"
)

func TestSegments(t *testing.T) {
	for _, c := range []struct {
		name, text string
		n          int
		encoding   string
	}{
		{"empty", "", 1, GSM7},
		{"one full", strings.Repeat("a", 160), 1, GSM7},
		{"one more", strings.Repeat("a", 161), 2, GSM7},
		{"two full", strings.Repeat("a", 306), 2, GSM7},
		{"three", strings.Repeat("a", 307), 3, GSM7},
		{"euro is two", strings.Repeat("€", 80), 1, GSM7},
		{"euro over", strings.Repeat("€", 80) + "a", 2, GSM7},
		{"an escape is not split", strings.Repeat("a", 152) + "€" + strings.Repeat("a", 152), 3, GSM7},
		{"it would fit if split", strings.Repeat("a", 152) + strings.Repeat("a", 154), 2, GSM7},
		{"accents and capitals of the alphabet", "èéùìòÇØøÅåÆæßÉÄÖÑÜäöñüàΔΦΓΛΩΠΨΣΘΞ@£$¥¡¿§¤_\n\r", 1, GSM7},
		{"extension", "^{}\\[~]|€\f", 1, GSM7},
		{"backtick is not in it", "`", 1, UCS2},
		{"c cedilla small is not in it", "ç", 1, UCS2},
		{"tab is not in it", "\t", 1, UCS2},
		{"curly quote", "Don’t", 1, UCS2},
		{"ucs2 one full", strings.Repeat("ش", 70), 1, UCS2},
		{"ucs2 one more", strings.Repeat("ش", 71), 2, UCS2},
		{"ucs2 two full", strings.Repeat("ش", 134), 2, UCS2},
		{"ucs2 three", strings.Repeat("ش", 135), 3, UCS2},
		{"one digit makes all of it dear", strings.Repeat("a", 100) + "٥", 2, UCS2},
		{"emoji is two", strings.Repeat("🕋", 35), 1, UCS2},
		{"emoji over", strings.Repeat("🕋", 36), 2, UCS2},
		{"a surrogate pair is not split", strings.Repeat("ش", 66) + "🕋" + strings.Repeat("ش", 66), 3, UCS2},
		{"not UTF-8", "\xff", 1, UCS2},
	} {
		if n, encoding := Segments(c.text); n != c.n || encoding != c.encoding {
			t.Errorf("%s: %d × %s, want %d × %s", c.name, n, encoding, c.n, c.encoding)
		}
	}
}

// TestSegmentsTwin compares with a twin that cuts the text up and counts the pieces.
func TestSegmentsTwin(t *testing.T) {
	alphabet := []rune("aZ0 \n€[]{}~|^\\@éÅ§")
	wider := append([]rune("شé٥’🕋👍"), alphabet...)
	rapid.Check(t, func(t *rapid.T) {
		from := alphabet
		if rapid.Bool().Draw(t, "wide") {
			from = wider
		}
		text := string(rapid.SliceOfN(rapid.SampledFrom(from), 0, 700).Draw(t, "text"))
		n, encoding := Segments(text)
		wantN, wantEncoding := slowSegments(text)
		if n != wantN || encoding != wantEncoding {
			t.Fatalf("%d × %s, want %d × %s for %q", n, encoding, wantN, wantEncoding, text)
		}
	})
}

func slowSegments(text string) (int, string) {
	encoding, single, part := GSM7, 160, 153
	cost := func(r rune) int {
		if strings.ContainsRune("\f^{}\\[~]|€", r) {
			return 2
		}
		return 1
	}
	for _, r := range text {
		if !strings.ContainsRune(gsmBasic+gsmExtended, r) {
			encoding, single, part = UCS2, 70, 67
			cost = func(r rune) int { return len(utf16.Encode([]rune{r})) }
		}
	}
	var pieces []int
	total := 0
	for _, r := range text {
		c := cost(r)
		total += c
		if len(pieces) == 0 || pieces[len(pieces)-1]+c > part {
			pieces = append(pieces, 0)
		}
		pieces[len(pieces)-1] += c
	}
	if total <= single {
		return 1, encoding
	}
	return len(pieces), encoding
}
