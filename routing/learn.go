package routing

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"math"
	"slices"
	"sync"
)

// folds is into how many parts the scenarios fall when a model is measured.
const folds = 5

// Learn makes a model from our labelled messages and, if there are any, a house's own,
// and measures it: each fifth of the scenarios is understood by a twin trained on the
// other four, so that nothing is asked that was taught. The measurement on our messages
// becomes the model's Report, comparable between models, and sets how sure it may be;
// that on the house's own is returned beside. Then the model is trained once more, on
// everything. The same messages give the same model. Prefix starts its name.
func Learn(ours, own []Example, prefix string) (*Model, Report) {
	c, all := untaught(), slices.Concat(ours, own)
	twins := c.twins(all)
	heat := cool(ours, twins)
	m := c.train(all)
	m.heat, m.Report, m.Inputs = heat, measure(ours, twins), Inputs(all)
	m.Name = prefix + m.digest()
	return m, measure(own, twins)
}

// Without measures on both sets of messages what is known without the house's own.
func Without(ours, own []Example) (onOurs, onOwn Report) {
	twins := untaught().twins(ours)
	cool(ours, twins)
	return measure(ours, twins), measure(own, twins)
}

// twins are trained on the examples, each without one fold.
func (c *Classifier) twins(examples []Example) (out [folds]*Classifier) {
	var wg sync.WaitGroup
	for k := range out {
		wg.Go(func() {
			var rest []Example
			for _, e := range examples {
				if foldOf(e) != k {
					rest = append(rest, e)
				}
			}
			out[k] = c.With(c.train(rest))
		})
	}
	wg.Wait()
	return out
}

// measure asks about each example the twin that has not seen it.
func measure(examples []Example, twins [folds]*Classifier) Report {
	t := newTally()
	for _, e := range examples {
		t.add(e, twins[foldOf(e)])
	}
	return t.report()
}

// foldOf is the part a message falls into: the same for all of its scenario, and the
// same whatever other messages there are.
func foldOf(e Example) int { return int(feature(hashOf(seedWhole, e.Scenario)) % folds) }

// cool finds the heat at which confidence means what it says: the one under which the
// right answers are likeliest (temperature scaling, Guo et al. 2017), and gives it to
// the twins.
func cool(examples []Example, twins [folds]*Classifier) float64 {
	var heats [40]struct{ loss float64 }
	for _, e := range examples {
		y, ok := e.Want.label()
		if !ok {
			continue
		}
		twin := twins[foldOf(e)]
		f, _ := twin.features(Text{Channel: e.Channel, Subject: e.Subject, Body: e.Text})
		var logits [lanes]float64
		twin.Model().score(&f, &logits)
		for i := range heats {
			p := logits
			softmax(p[:priorityHead], heatAt(i))
			heats[i].loss -= math.Log(p[y] + 1e-9)
		}
	}
	best := 0
	for i := range heats {
		if heats[i].loss < heats[best].loss {
			best = i
		}
	}
	for _, twin := range twins {
		twin.Model().heat = heatAt(best)
	}
	return heatAt(best)
}

func heatAt(i int) float64 { return 0.3 + 0.05*float64(i) }

// digest is the start of the hash of the weights, whatever their order.
func (m *Model) digest() string {
	h := sha256.New()
	for _, k := range slices.Sorted(slices.Values(m.keys)) {
		h.Write([]byte{byte(k), byte(k >> 8), byte(k >> 16), byte(k >> 24)})
		h.Write(m.rows[m.find(k)][:lanes])
	}
	return hex.EncodeToString(h.Sum(nil))[:8]
}

// trainerVersion changes when the same inputs give another model: new features, new settings.
const trainerVersion = 3

// Inputs is the fingerprint of what a model is made from: the examples, the lexicon and
// the trainer's version.
func Inputs(examples []Example) string {
	h := sha256.New()
	h.Write([]byte{trainerVersion})
	for _, e := range examples {
		line, err := json.Marshal(e)
		if err != nil {
			panic(err) // strings and numbers always marshal
		}
		h.Write(line)
	}
	names, err := fs.Glob(lexiconFiles, "lexicon/*.tsv")
	for _, name := range names {
		text, readErr := lexiconFiles.ReadFile(name)
		if err = readErr; err != nil {
			break
		}
		h.Write(text)
	}
	if err != nil {
		panic(err) // embedded files can be read
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}
