package sms

import (
	"strings"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"
)

func TestPlain(t *testing.T) {
	for text, want := range map[string]string{
		"don’t “worry” — it’s here…":           `don't "worry" - it's here...`,
		"Kami akan hubungi anda – sila tunggu": "Kami akan hubungi anda - sila tunggu",
		"AWB ١٠٨٦٣٩٦٤٣٠":                       "AWB 1086396430",
		"AWB ۱۰۸۶۳۹۶۴۳۰":                       "AWB 1086396430",
		"São Paulo, Łódź, façade":              "Sao Paulo, Lodz, facade",
		"a\u00a0b\u200bc\u200fd\te":            "a bcd e",
		"é à ñ ü":                              "é à ñ ü", // it has these
		"ﬁne １２３":                              "fine 123",
		"شحنتك":                                "شحنتك",
		"ok 👍":                                 "ok 👍",
	} {
		if got := Plain(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestAssess(t *testing.T) {
	long := strings.Repeat("Your parcel is out for delivery today. ", 3)
	for name, c := range map[string]struct {
		text string
		want Assessment
	}{
		"plain":            {"hello", Assessment{Segmentation{GSM7, 1, 5, 0}, 0, 155, "", 0}},
		"a smart quote":    {long + "Don’t miss it", Assessment{Segmentation{UCS2, 2, 130, '’'}, 120, 4, long + "Don't miss it", 1}},
		"saves nothing":    {"don’t", Assessment{Segmentation{UCS2, 1, 5, '’'}, 3, 65, "", 0}},
		"Arabic stays":     {strings.Repeat("شحنة ", 30), Assessment{Segmentation{UCS2, 3, 150, 'ش'}, 0, 51, "", 0}},
		"two, and no more": {strings.Repeat("a", 161), Assessment{Segmentation{GSM7, 2, 161, 0}, 0, 145, "", 0}},
	} {
		if got := Assess(c.text); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestPlainNeverCostsMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.OneOf(rapid.RuneFrom([]rune("ab €’“—…٣۴ش👍ł\u00a0\u200f\t")), rapid.Rune())).Draw(t, "text")
		if a := Assess(text); a.Plain != "" && (Segments(a.Plain).Encoding != GSM7 || a.Saves < 1) {
			t.Fatalf("%+v", a)
		}
		if again := Plain(Plain(text)); again != Plain(text) {
			t.Fatalf("%q, then %q", Plain(text), again)
		}
	})
}

// TestAgainstTheBits counts 10,000 random texts the way a phone does: in bits of a
// 140-octet payload, of which a part of a longer text gives 48 to its header
// (3GPP TS 23.040 section 9.2.3.24). It shares neither tables nor arithmetic with Segments.
func TestAgainstTheBits(t *testing.T) {
	pools := [][]rune{
		[]rune("abcdefghij KLMNOP 0123456789 .,:;!?@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà\n\r"),
		[]rune("abc^{}\\[~]|€\f"), []rune("شحنتك وصلت إلى الرياض ٠١٢٣"), []rune("😀👍🕋a"), []rune("a’–…`\tç"),
	}
	seen := map[Encoding]int{}
	check := rapid.Custom(func(t *rapid.T) string {
		pool := pools[rapid.IntRange(0, len(pools)-1).Draw(t, "pool")]
		n := rapid.IntRange(1, 420).Draw(t, "length")
		text := make([]rune, n)
		for i := range text {
			if text[i] = pool[rapid.IntRange(0, len(pool)-1).Draw(t, "character")]; rapid.IntRange(0, 40).Draw(t, "other") == 0 {
				text[i] = rapid.Rune().Draw(t, "any")
			}
		}
		return string(text)
	})
	for seed := range 10_000 {
		text := check.Example(seed)
		got := Segments(text)
		seen[got.Encoding]++
		if want := partsInBits(text); got.Segments != want {
			t.Fatalf("%q: %d segments, the bits say %d", text, got.Segments, want)
		}
	}
	if seen[GSM7] < 1000 || seen[UCS2] < 1000 {
		t.Errorf("drew %v", seen)
	}
}

// defaultAlphabet are the code points of 3GPP TS 23.038 table 6.2.1, and of its extension.
var (
	defaultAlphabet = []rune{0x0A, 0x0D, 0x20, 0xA1, 0xA3, 0xA4, 0xA5, 0xA7, 0xBF, 0xC4, 0xC5, 0xC6, 0xC7, 0xC9, 0xD1, 0xD6, 0xD8, 0xDC, 0xDF, 0xE0, 0xE4, 0xE5, 0xE6,
		0xE8, 0xE9, 0xEC, 0xF1, 0xF2, 0xF6, 0xF8, 0xF9, 0xFC, 0x393, 0x394, 0x398, 0x39B, 0x39E, 0x3A0, 0x3A3, 0x3A6, 0x3A8, 0x3A9}
	extension = []rune{0x0C, 0x5B, 0x5C, 0x5D, 0x5E, 0x7B, 0x7C, 0x7D, 0x7E, 0x20AC}
)

// bits is how long a character is in the default alphabet; 0 if it is not there.
func bits(r rune) int {
	for _, e := range extension {
		if r == e {
			return 14
		}
	}
	for _, d := range defaultAlphabet {
		if r == d {
			return 7
		}
	}
	if r > 0x20 && r < 0x7F && r != '`' {
		return 7
	}
	return 0
}

func partsInBits(text string) int {
	var sizes []int
	for _, r := range text {
		sizes = append(sizes, bits(r))
	}
	for _, n := range sizes {
		if n == 0 { // one character outside takes all of them out
			sizes = nil
			for _, r := range text {
				sizes = append(sizes, 16*len(utf16.Encode([]rune{r})))
			}
			break
		}
	}
	const payload, header = 140 * 8, 6 * 8
	sum := 0
	for _, n := range sizes {
		sum += n
	}
	if sum <= payload {
		return 1
	}
	parts, free := 0, 0
	for _, n := range sizes {
		if n > free {
			parts++
			if free = payload - header; sizes[0]%7 == 0 && sizes[0]%16 != 0 {
				free = free / 7 * 7 // a septet is not cut by the header's fill bits
			}
		}
		free -= n
	}
	return parts
}
