package templates

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"
)

func TestCoerce(t *testing.T) {
	zone := time.FixedZone("", 3*3600)
	choice := &Variable{Name: "c", Type: Choice, Values: []string{"x", "y"}}
	v := func(t Type) *Variable { return &Variable{Name: "v", Type: t} }
	for _, c := range []struct {
		d    *Variable
		in   any
		want string // text, or the error's beginning after "!"; empty: not given
	}{
		{v(String), "  a \n b\t", "a b"},
		{v(String), "", ""},
		{v(String), " \u202e ", ""},
		{v(String), "a\u202eb\u2066c\u200fd\u0000e\ufefff", "abcdef"},
		{v(String), "\xffa", "\ufffda"},
		{v(String), "👨\u200d👩", "👨\u200d👩"},
		{v(String), 5, "!expected a text, not a number"},
		{v(String), strings.Repeat("x", 4001), "!longer than 4000"},
		{v(Number), 3, "3"},
		{v(Number), 3.50, "3.5"},
		{v(Number), uint64(7), "7"},
		{v(Number), json.Number("007.0"), "7.0"},
		{v(Number), "٣", "3"},
		{v(Number), "1e3", "!expected a plain decimal"},
		{v(Number), -1, "!expected a plain decimal"},
		{v(Number), math.NaN(), "!not a number"},
		{v(Number), math.Inf(1), "!not a number"},
		{v(Number), 1e300, "!expected a plain decimal"},
		{v(Number), true, "!expected a number, not true or false"},
		{v(Date), "2026-11-21", "2026-11-21T00:00:00+03:00"},
		{v(Date), "2026-11-21T23:00:00Z", "2026-11-22T02:00:00+03:00"},
		{v(Date), "21/11/2026", "!expected a date"},
		{v(DateTime), "2026-11-21T12:00:00Z", "2026-11-21T15:00:00+03:00"},
		{v(DateTime), time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), "2026-11-21T15:00:00+03:00"},
		{v(DateTime), time.Time{}, ""},
		{v(DateTime), "2026-11-21", "!expected an RFC 3339 time"},
		{v(DateTime), 5, "!expected a time, not a number"},
		{v(MoneyType), "1250 MYR", "1250.00 MYR"},
		{v(MoneyType), "SAR 1250.5", "1250.50 SAR"},
		{v(MoneyType), Money{"0.1", "KWD"}, "0.100 KWD"},
		{v(MoneyType), map[string]any{"amount": 12.5, "currency": "usd"}, "12.50 USD"},
		{v(MoneyType), map[string]any{"amount": "10.000", "currency": "SAR"}, "10.00 SAR"},
		{v(MoneyType), map[string]any{"amount": "10.005", "currency": "SAR"}, "!SAR has 2 decimals"},
		{v(MoneyType), map[string]any{"amount": "10", "currency": "SAR", "tax": 1}, "!expected only amount and currency"},
		{v(MoneyType), map[string]any{"currency": "SAR"}, "!expected a number"},
		{v(MoneyType), "1250", "!expected an amount and a currency"},
		{v(MoneyType), "1250 SARR", "!expected a currency of ISO 4217"},
		{v(MoneyType), "-5 SAR", "!expected a plain decimal"},
		{v(Reference), "UMR-2291", "UMR-2291"},
		{v(Reference), strings.Repeat("1", 65), "!longer than 64"},
		{v(Phone), "+60 3-1234 5678", "+60 3-1234 5678"},
		{v(Phone), "٠٥٠١٢٣٤٥٦٧", "0501234567"},
		{v(Phone), "call me", "!expected a telephone number"},
		{v(Phone), "12", "!expected a telephone number of 3 to 15"},
		{v(URL), "https://example.com/a?b=c&d", "https://example.com/a?b=c&d"},
		{v(URL), "https://example.com/شحنة", "https://example.com/%D8%B4%D8%AD%D9%86%D8%A9"},
		{v(URL), "javascript:alert(1)", "!expected an absolute http"},
		{v(URL), "//example.com", "!expected an absolute http"},
		{v(URL), "https://user@example.com", "!expected an absolute http"},
		{v(URL), `https://exa"mple.com`, "!expected an a"},
		{choice, "x", "x"},
		{choice, "z", "!expected one of x, y"},
		{v(List), []string{"a", " ", "b"}, "a|b"},
		{v(List), []any{"a"}, "a"},
		{v(List), "a", "a"},
		{v(List), []any{1}, "!expected a text"},
		{v(List), make([]string, 51), "!more than 50"},
		{v(List), map[string]any{}, "!expected a list of texts, not an object"},
	} {
		got, err := coerce(c.d, c.in, zone)
		if want, fails := strings.CutPrefix(c.want, "!"); fails {
			if err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%s %v: error %v, want %q", c.d.Type, c.in, err, want)
			}
			continue
		}
		if err != nil || inWords(got) != c.want || got.given() != (c.want != "") {
			t.Errorf("%s %v: %q, %v, want %q", c.d.Type, c.in, inWords(got), err, c.want)
		}
	}
}

func inWords(v value) string {
	switch v.typ {
	case Date, DateTime:
		return v.at.Format(time.RFC3339)
	case MoneyType:
		return v.text + " " + v.code
	case List:
		return strings.Join(v.items, "|")
	}
	return v.text
}

func TestSeamless(t *testing.T) {
	for s, want := range map[string]bool{
		"أحمد العتيبي": true, "الاثنين 23 نوفمبر، الساعة 3:00 مساءً": true, "ظهرًا": true,
		"": false, "23 نوفمبر": false, "نوفمبر 23": false, "أحمد (": false, "أحمد A أحمد": false, "أ-ب": false, " أ": false,
	} {
		if got := seamless(s); got != want {
			t.Errorf("seamless(%q) = %v", s, got)
		}
	}
}

func TestSpell(t *testing.T) {
	for in, want := range map[string]string{
		"1086396430": "1 0 8 6 3 9 6 4 3 0", "UMR-2291": "U M R 2 2 9 1", "+60 3-1234": "6 0 3 1 2 3 4", "": "", "--": "",
	} {
		if got := spell(in); got != want {
			t.Errorf("spell(%q) = %q, want %q", in, got, want)
		}
	}
}
