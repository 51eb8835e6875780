package routing

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"github.com/caravan-desk/caravan/routing/training"
)

func examples(tb testing.TB) []Example {
	tb.Helper()
	all, err := ReadExamples(training.Files)
	if err != nil {
		tb.Fatal(err)
	}
	return all
}

// The model in the binary was made from the examples and the lexicon as they are now.
// If this fails: go generate ./routing
func TestBuiltinModelIsFresh(t *testing.T) {
	m := BuiltinModel()
	if want := Inputs(examples(t)); m.Inputs != want {
		t.Errorf("model.bin was made from other inputs (%s) than there are now (%s): go generate ./routing", m.Inputs, want)
	}
	if !strings.HasPrefix(m.Name, "builtin-") || m.Name != "builtin-"+m.digest() {
		t.Errorf("model.bin is called %s, its weights say %s", m.Name, m.digest())
	}
}

// What Learn measured on messages that the measured model had not seen, and below which
// it must not fall. Raise these as the model improves; never lower one.
var heldOut = Measure{Desk: 0.91, Category: 0.79, CategoryF1: 0.785, Language: 0.985, Priority: 0.89, References: 0.98, Callback: 0.88}

func TestHeldOutMeasurement(t *testing.T) {
	r := BuiltinModel().Report
	for question, got := range map[string][2]float64{
		"desk": {r.All.Desk, heldOut.Desk}, "category": {r.All.Category, heldOut.Category}, "category F1": {r.All.CategoryF1, heldOut.CategoryF1},
		"language": {r.All.Language, heldOut.Language}, "priority": {r.All.Priority, heldOut.Priority},
		"references": {r.All.References, heldOut.References}, "call-back": {r.All.Callback, heldOut.Callback},
	} {
		if got[0] < got[1] {
			t.Errorf("%s %.3f on messages not trained on, must be at least %.3f", question, got[0], got[1])
		}
	}
	var b strings.Builder
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + b.String())
}

// few are the examples of a small part, for tests that train.
func few(tb testing.TB) (out []Example) {
	for _, e := range examples(tb) {
		if feature(hashOf(seedWhole, e.Scenario))%12 == 0 {
			out = append(out, e)
		}
	}
	return out
}

func TestLearnIsDeterministic(t *testing.T) {
	var first, second bytes.Buffer
	for _, b := range []*bytes.Buffer{&first, &second} {
		m, _ := Learn(few(t), nil, "test-")
		if err := m.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("the same examples gave two models")
	}
	m, err := ReadModel(&first)
	if err != nil {
		t.Fatal(err)
	}
	if m.Name != "test-"+m.digest() || m.Report.All.Messages != len(few(t)) {
		t.Errorf("read back: %s, %+v", m.Name, m.Report.All)
	}
}

// What it learned is more than what it is told: without the messages of one category it
// never answers with that category, with them it does.
func TestLearningTeaches(t *testing.T) {
	var without []Example
	c := untaught()
	for _, e := range few(t) {
		if e.Want.Category != "held_in_customs" {
			without = append(without, e)
		}
	}
	text := Text{Body: "my parcel is held in customs, which papers do they want"}
	if u := c.With(c.train(without)).Classify(text, monday, riyadh); u.Category == "held_in_customs" {
		t.Error("a model that never saw the category gives it")
	}
	if u := c.With(c.train(few(t))).Classify(text, monday, riyadh); u.Category != "held_in_customs" {
		t.Errorf("with examples it is %s", u.Category)
	}
}

func TestReadModelRefusesWhatIsDamaged(t *testing.T) {
	var b bytes.Buffer
	if err := BuiltinModel().Write(&b); err != nil {
		t.Fatal(err)
	}
	whole := b.Bytes()
	for name, damaged := range map[string][]byte{
		"empty": nil, "no head": []byte("hello\n"), "cut short": whole[:len(whole)-1], "too long": append(bytes.Clone(whole), 0),
		"other format": bytes.Replace(whole, []byte(modelFormat), []byte("caravan model 0"), 1),
		"no heat":      []byte(`{"format":"` + modelFormat + `","lanes":40}` + "\n"),
	} {
		if _, err := ReadModel(bytes.NewReader(damaged)); err == nil {
			t.Errorf("%s: read", name)
		}
	}
}

func TestReadExamplesNamesEveryFault(t *testing.T) {
	_, err := ReadExamples(fstest.MapFS{"a.jsonl": {Data: []byte(`{"id":"1","text":"x","want":{"desk":"trace","category":"claim"}}

{"id":"2","text":"x","want":{"desk":"trace","category":"refund"}}
{"id":"3","text":"x","want":{"priority":"asap"}}
{"id":"4","text":"x","want":{"language":"fr"}}
{"id":"5","text":"x","want":{"references":[{"kind":"phone","value":"1"}]}}
{"text":"x"}
{"id":"6","words":"x"}
nonsense
`)}})
	if err == nil {
		t.Fatal("no fault found")
	}
	for _, want := range []string{`a.jsonl:3: 2: no category "refund"`, `a.jsonl:4: 3: no priority "asap"`, `a.jsonl:5: 4: no language "fr"`, "a.jsonl:6: 5: not a reference", "a.jsonl:7: no id", "a.jsonl:8: not an example", "a.jsonl:9: not an example"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
}

func FuzzReadModel(f *testing.F) {
	var b bytes.Buffer
	m := &Model{Name: "x", heat: 1, keys: []uint32{3, 9}, rows: make([]row, 2)}
	if err := m.Write(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	c := NewClassifier()
	f.Fuzz(func(t *testing.T, file []byte) {
		if m, err := ReadModel(bytes.NewReader(file)); err == nil {
			c.With(m).Classify(Text{Body: "where is my parcel"}, monday, riyadh)
		}
	})
}

// Adding eight lanes at a time gives what adding one at a time gives, over any number of rows.
func TestAddIsTheSumOfTheRows(t *testing.T) {
	m := BuiltinModel()
	rapid.Check(t, func(t *rapid.T) {
		places := rapid.SliceOfN(rapid.IntRange(0, len(m.keys)-1), 0, 700).Draw(t, "rows")
		keys, want := make([]uint32, len(places)), [lanes]int32{}
		for i, at := range places {
			keys[i] = m.keys[at]
			for k, w := range m.rows[at][:lanes] {
				want[k] += int32(w) - 128
			}
		}
		var got [lanes]int32
		var f fetched
		m.fetch(&f, keys)
		if m.add(f.rows, 0, &got); got != want {
			t.Fatalf("%d rows: %v, want %v", len(places), got, want)
		}
	})
}

// In which order a file has its features is all the same, but each is there once: a model of
// yesterday, in another order, answers and is called as before.
func TestModelInAnyOrder(t *testing.T) {
	m := BuiltinModel()
	other := &Model{Name: m.Name, heat: m.heat, scale: m.scale, bias: m.bias, keys: slices.Clone(m.keys), rows: slices.Clone(m.rows)}
	other.order(nil) // by their keys
	if !slices.IsSorted(other.keys) || slices.IsSorted(m.keys) || other.digest() != m.digest() {
		t.Error("put in order, it is another model")
	}
	text := Text{Body: "my parcel 2451080365 is still held in customs, which papers do you need"}
	was, is := NewClassifier().Classify(text, monday, riyadh), NewClassifier().With(other).Classify(text, monday, riyadh)
	if !slices.Equal(was.Why, is.Why) || was.Confidence != is.Confidence {
		t.Errorf("%+v, then %+v", was, is)
	}
	other.keys[1] = other.keys[0]
	var file bytes.Buffer
	if err := other.Write(&file); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadModel(&file); err == nil {
		t.Error("a feature stands twice, and nobody minds")
	}
}
