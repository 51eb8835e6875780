package routing

import (
	"slices"
	"strings"
	"sync"
	"testing"
)

// What is kept of words changes nothing: a message's features are those that a classifier
// finds which keeps none, and their weights add up to the same.
func TestLemmasChangeNothing(t *testing.T) {
	c, plain := NewClassifier(), untaught()
	texts := []string{"", "shipment shipment SHIPMENT shipments", "AWB30109165494 b4 7abibi " + strings.Repeat("x", 70) + " where"}
	for _, e := range few(t) {
		texts = append(texts, e.Text)
	}
	for _, text := range texts {
		for _, which := range []string{"first", "second"} {
			v, d := c.words.Load(), new(document)
			v.read(d, Text{Body: text}, evaluated)
			v.model.judge(d, 0)
			want, _ := plain.features(Text{Body: text})
			for k := range want {
				if !slices.Equal(d.features[k], want[k]) {
					t.Fatalf("%q, %s time: family %d has other features", text, which, k)
				}
			}
			var logits [lanes]float64
			if v.model.score(&want, &logits); d.logits != logits {
				t.Fatalf("%q, %s time: other weights", text, which)
			}
		}
	}
}

// Only words that the model has learnt are kept: no stranger's name, and no number.
func TestOnlyLearntWordsAreKept(t *testing.T) {
	c := NewClassifier()
	c.Classify(Text{Body: "Where is my parcel 2451080365 or awb30109165494, asks Qwrtzplm from Vxyzstan"}, monday, riyadh)
	kept := map[string]bool{}
	for i := range c.words.Load().lemmas {
		if w := c.words.Load().lemmas[i].Load(); w != nil {
			kept[string(w.word[:w.size])] = true
		}
	}
	if !kept["parcel"] || kept["2451080365"] || kept["awb30109165494"] || kept["qwrtzplm"] || kept["vxyzstan"] {
		t.Errorf("kept: %v", kept)
	}
}

// Many messages at once are understood as each is alone.
func TestClassifyTogether(t *testing.T) {
	alone, together := NewClassifier(), NewClassifier()
	all := few(t)[:200]
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for _, e := range all {
				got, want := together.Classify(Text{Body: e.Text}, monday, riyadh), alone.Classify(Text{Body: e.Text}, monday, riyadh)
				if !slices.Equal(got.Why, want.Why) || got.Desk != want.Desk || got.Confidence != want.Confidence {
					t.Errorf("%q: %+v, want %+v", e.Text, got, want)
				}
			}
		})
	}
	wg.Wait()
}
