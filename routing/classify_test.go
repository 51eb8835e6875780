package routing

import (
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"
)

var (
	riyadh = time.FixedZone("Asia/Riyadh", 3*3600)
	monday = time.Date(2026, 11, 23, 10, 0, 0, 0, riyadh)
)

func BenchmarkClassify(b *testing.B) {
	c := NewClassifier()
	texts := []string{
		"Salam, shipment saya 2451080365 dah kena hold kat customs Jeddah, بعدين كيف؟ pls advise",
		"Hi, where is my parcel? Tracking number 30109165494, it was supposed to arrive on Monday and nobody called me.",
		"السلام عليكم، أبغى باقة عمرة لشخصين في رجب، كم السعر؟",
		"sy dah bank in deposit rm1000, ni resit. tolong confirm ye, esok pukul 3 boleh call saya",
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		c.Classify(Text{Body: texts[i%len(texts)]}, monday, riyadh)
	}
}

func TestEveryDecisionHasAReason(t *testing.T) {
	c := NewClassifier()
	for _, m := range readLabelled(t) {
		u := c.Classify(Text{Body: m.Text}, monday, riyadh)
		if len(u.Why) == 0 {
			t.Errorf("%s: no reason", m.ID)
		}
		if u.Confidence <= 0 || u.Confidence > 1 {
			t.Errorf("%s: confidence %v", m.ID, u.Confidence)
		}
	}
}

func TestNothingSaidIsUnclear(t *testing.T) {
	c := NewClassifier()
	for _, text := range []string{"", "   ", "…", "🙏", "qwrtz plmnb", "3321"} {
		u := c.Classify(Text{Body: text}, monday, riyadh)
		if u.Desk != DeskOther || u.Category != "unclear" || len(u.References) > 0 {
			t.Errorf("%q: %+v", text, u)
		}
	}
}

// Two languages are mixed where each has words to itself, not where one lends a noun, a
// greeting or a particle.
func TestLanguage(t *testing.T) {
	c := NewClassifier()
	for text, want := range map[string]string{
		"Dah transfer tadi. Please confirm you received it.": mixed,
		"Ayang dah makan ke? I'm stuck in a meeting":         mixed,
		"الغوا الحجز please, visa got rejected":              mixed,
		"ابغى احجز, 2 adults 1 child please":                 mixed,
		"Boleh check parcel saya? It's been a week.":         mixed,
		"nak book flight ticket dengan hotel":                "ms",
		"parcel saya status out for delivery sejak semalam":  "ms",
		"the parcel still not here la":                       "en",
		"Failed again. Nobody came, on Monday or today.":     "en",
		"السلام عليكم, where is my parcel":                   "en",
		"المندوب كتب delivered وما جا احد":                   "ar",
		"wen el sho7na ya akhi":                              "ar",
	} {
		if got := c.Language("", text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestClassifierIsSafeForConcurrentUse(t *testing.T) {
	c, all := NewClassifier(), readLabelled(t)
	want := make([]string, len(all))
	for i, m := range all {
		want[i] = answer(c.Classify(Text{Body: m.Text}, monday, riyadh))
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i, m := range all {
				if got := answer(c.Classify(Text{Body: m.Text}, monday, riyadh)); got != want[i] {
					t.Errorf("%s: got %s, want %s", m.ID, got, want[i])
				}
			}
		})
	}
	wg.Wait()
}

func TestLexiconFaultsNameTheLine(t *testing.T) {
	for text, want := range map[string]string{
		"trace\t1": "rules.tsv:1: want target, weight and patterns", "x/y\t1\tz": `rules.tsv:1: unknown target "x/y"`,
		"# words\n\ntrace\tmuch\tz": "rules.tsv:3: weight", "trace\t1\ta ~": `rules.tsv:1: pattern "a ~"`, "trace\t1\t{nobody}": "class {nobody} is used but has no members",
	} {
		_, err := compile(fstest.MapFS{"lexicon/rules.tsv": {Data: []byte(text)}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}
