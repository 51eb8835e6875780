package sms

import (
	"strings"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"
)

func TestSegments(t *testing.T) {
	a := func(n int) string { return strings.Repeat("a", n) }
	for name, c := range map[string]struct {
		text string
		want Segmentation
	}{
		"empty":                         {"", Segmentation{GSM7, 0, 0, 0}},
		"one":                           {"hello", Segmentation{GSM7, 1, 5, 0}},
		"160":                           {a(160), Segmentation{GSM7, 1, 160, 0}},
		"161":                           {a(161), Segmentation{GSM7, 2, 161, 0}},
		"306":                           {a(306), Segmentation{GSM7, 2, 306, 0}},
		"307":                           {a(307), Segmentation{GSM7, 3, 307, 0}},
		"euro is two":                   {"€", Segmentation{GSM7, 1, 2, 0}},
		"160 with a euro":               {a(158) + "€", Segmentation{GSM7, 1, 160, 0}},
		"161 with a euro":               {a(159) + "€", Segmentation{GSM7, 2, 161, 0}},
		"escape is not split":           {a(152) + "€" + a(152), Segmentation{GSM7, 3, 306, 0}},
		"escape at the end of a part":   {a(151) + "€" + a(153), Segmentation{GSM7, 2, 306, 0}},
		"line break":                    {"a\r\nb", Segmentation{GSM7, 1, 4, 0}},
		"accents it has":                {"à Ü ñ ¿", Segmentation{GSM7, 1, 7, 0}},
		"accents it has not":            {"â", Segmentation{UCS2, 1, 1, 'â'}},
		"tab":                           {"a\tb", Segmentation{UCS2, 1, 3, '\t'}},
		"backtick":                      {"`", Segmentation{UCS2, 1, 1, '`'}},
		"smart quote":                   {"don’t ‘x’", Segmentation{UCS2, 1, 9, '’'}},
		"arabic":                        {strings.Repeat("ع", 70), Segmentation{UCS2, 1, 70, 'ع'}},
		"arabic, 71":                    {strings.Repeat("ع", 71), Segmentation{UCS2, 2, 71, 'ع'}},
		"arabic, 134":                   {strings.Repeat("ع", 134), Segmentation{UCS2, 2, 134, 'ع'}},
		"arabic, 135":                   {strings.Repeat("ع", 135), Segmentation{UCS2, 3, 135, 'ع'}},
		"one Arabic digit turns it":     {a(100) + "٣", Segmentation{UCS2, 2, 101, '٣'}},
		"emoji is two":                  {"😀", Segmentation{UCS2, 1, 2, '😀'}},
		"35 emoji":                      {strings.Repeat("😀", 35), Segmentation{UCS2, 1, 70, '😀'}},
		"a surrogate pair is not split": {"ع" + strings.Repeat("😀", 66), Segmentation{UCS2, 2, 133, 'ع'}},
		"nor this one":                  {strings.Repeat("😀", 67), Segmentation{UCS2, 3, 134, '😀'}},
		"not UTF-8":                     {"\xff", Segmentation{UCS2, 1, 1, '\uFFFD'}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Segments(c.text); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestSegmentsHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.OneOf(rapid.RuneFrom([]rune("ab€^ع😀é")), rapid.Rune())).Draw(t, "text")
		s := Segments(text)
		single, part := gsmSingle, gsmPart
		if s.Encoding == UCS2 {
			single, part = ucs2Single, ucs2Part
			if n := len(utf16.Encode([]rune(text))); n != s.Units {
				t.Fatalf("%d units, UTF-16 has %d", s.Units, n)
			}
		}
		if (s.Encoding == GSM7) != (s.Forcing == 0 && !strings.ContainsRune(text, 0)) {
			t.Fatalf("%+v", s)
		}
		most := s.Segments * part
		if s.Segments <= 1 {
			most = single * s.Segments
		}
		least := (s.Segments-1)*(part-1) + 1 // a part is short by a unit at most
		if s.Units > most || s.Segments > 1 && s.Units < least {
			t.Fatalf("%d units in %d segments", s.Units, s.Segments)
		}
		if more := Segments(text + "a"); more.Segments < s.Segments {
			t.Fatal("a longer text has fewer segments")
		}
	})
}

func TestTheAlphabetIsWhole(t *testing.T) {
	if n := len([]rune(gsmBasic)); n != 127 { // 128 places, one of them the escape
		t.Errorf("%d characters", n)
	}
	if len(gsmUnits) != 127+10 {
		t.Errorf("%d characters with the extension", len(gsmUnits))
	}
}
