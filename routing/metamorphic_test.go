package routing

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

// rewrites change how a text is written and nothing that it says.
var rewrites = map[string]func(string) string{
	"capitals":    strings.ToUpper,
	"small":       strings.ToLower,
	"spacing":     func(s string) string { return "  " + strings.ReplaceAll(s, " ", "   ") + " " },
	"hard spaces": func(s string) string { return strings.ReplaceAll(s, " ", "\u00A0") },
	"Arabic-Indic digits": mapRunes(func(r rune) string {
		if r >= '0' && r <= '9' {
			return string(r - '0' + '٠')
		}
		return string(r)
	}),
	"Persian digits": mapRunes(func(r rune) string {
		if r >= '0' && r <= '9' {
			return string(r - '0' + '۰')
		}
		return string(r)
	}),
	"ASCII digits": mapRunes(func(r rune) string {
		if r >= '٠' && r <= '٩' {
			return string(r - '٠' + '0')
		}
		return string(r)
	}),
	"diacritics": mapRunes(func(r rune) string {
		if arabicLetter(r) {
			return string(r) + "\u064E"
		}
		return string(r)
	}),
	"tatweel": mapRunes(func(r rune) string {
		if strings.ContainsRune("سشصضطظعغفقكلمنهيبتثجحخ", r) {
			return string(r) + "ـ"
		}
		return string(r)
	}),
	"alef": strings.NewReplacer("أ", "ا", "إ", "ا", "آ", "ا", "ى", "ي", "ة", "ه").Replace,
	"elongation": mapRunes(func(r rune) string {
		if unicode.IsLetter(r) && strings.ContainsRune("aeiouاوي", unicode.ToLower(r)) {
			return strings.Repeat(string(r), 3)
		}
		return string(r)
	}),
	"bidi marks": func(s string) string { return "\u202B" + strings.ReplaceAll(s, " ", " \u200F") + "\u202C" },
	"emoji":      func(s string) string { return s + " 🙏🏽😊" },
	"full width": mapRunes(func(r rune) string {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' {
			return string(r - '0' + '０')
		}
		return string(r)
	}),
}

func arabicLetter(r rune) bool { return r >= 'ا' && r <= 'ي' && r != 'ـ' }

func mapRunes(f func(rune) string) func(string) string {
	return func(s string) string {
		var b strings.Builder
		for _, r := range s {
			b.WriteString(f(r))
		}
		return b.String()
	}
}

// answer is all that must not change; the reasons quote the text as it is written.
func answer(u Understanding) string {
	u.Why = nil
	b, err := json.Marshal(u)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func TestRewritesNeverChangeTheAnswer(t *testing.T) {
	c := NewClassifier()
	for _, m := range readLabelled(t) {
		want := answer(c.Classify(Text{Subject: m.Subject, Body: m.Text}, monday, riyadh))
		for name, rewrite := range rewrites {
			text := rewrite(m.Text)
			if name == "elongation" && strings.ContainsAny(m.Text, "0123456789") {
				continue // letters of a number are not elongated
			}
			if strings.Contains(m.Text, "://") && name != "capitals" && name != "small" {
				continue // a link is not rewritten without becoming another
			}
			if got := answer(c.Classify(Text{Subject: m.Subject, Body: text}, monday, riyadh)); got != want {
				t.Errorf("%s, %s:\n%q\n got %s\nwant %s", m.ID, name, text, got, want)
			}
		}
	}
}

// Two rewrites together change nothing either, and a second look gives the same answer.
func TestRewritesCompose(t *testing.T) {
	c, all := NewClassifier(), readLabelled(t)
	names := []string{"capitals", "spacing", "Arabic-Indic digits", "diacritics", "tatweel", "alef", "bidi marks", "emoji"}
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.SampledFrom(all).Draw(t, "message")
		if strings.Contains(m.Text, "://") {
			t.Skip("a link")
		}
		a, b := rapid.SampledFrom(names).Draw(t, "first"), rapid.SampledFrom(names).Draw(t, "second")
		want := answer(c.Classify(Text{Body: m.Text}, monday, riyadh))
		if got := answer(c.Classify(Text{Body: rewrites[a](rewrites[b](m.Text))}, monday, riyadh)); got != want {
			t.Fatalf("got %s\nwant %s", got, want)
		}
	})
}

func FuzzClassify(f *testing.F) {
	for _, s := range []string{"where is my parcel", "وين شحنتي", "\xff\xfe", "call me at 25:99", "12/99", "??", "wen sh7nty 2", "> quoted\n", "\u202e١٢"} {
		f.Add("Re: ", s)
	}
	c := NewClassifier()
	f.Fuzz(func(t *testing.T, subject, body string) {
		u := c.Classify(Text{Subject: subject, Body: body}, monday, riyadh)
		if u.Confidence < 0 || u.Confidence > 1 || u.Callback == nil || u.References == nil || len(u.Why) == 0 || u.Language == "" {
			t.Fatalf("%+v", u)
		}
		if again := c.Classify(Text{Subject: subject, Body: body}, monday, riyadh); answer(again) != answer(u) {
			t.Fatalf("not the same twice: %s, %s", answer(u), answer(again))
		}
	})
}
