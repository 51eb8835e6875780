package routing

import (
	"bytes"
	"cmp"
	_ "embed" // the built-in model
	"math"
	mathbits "math/bits"
	"slices"
	"sync"
)

// heads are the questions the model answers, each a softmax over its own lanes.
const (
	priorityHead = 33 // after the labels
	callbackHead = 37
	lanes        = 40 // padded to whole words of eight
)

// headEnds closes the lanes of each head: labels, priority, call-back (no, yes).
var headEnds = [...]int{priorityHead, callbackHead, 39}

// priorityLanes is the order of the priority lanes.
var priorityLanes = [...]string{Urgent, High, Normal, Low}

// row holds the weights of a feature, by lane, each + 128. It fills one line of the processor's
// cache, so that no two have to be fetched for it.
type row [64]byte

// Model is a linear model over a message's features: for each feature it knows a weight
// per lane, in one byte each. A family's weights are added up and divided by the root
// of the number of its features. Models are immutable.
type Model struct {
	Name   string  // tells it from every other: "builtin-" or a date, and the hash of its weights
	Inputs string  // fingerprint of examples, lexicon and trainer it was made from
	Report Report  // how it did on messages it was not trained on
	heat   float64 // logits are divided by it, so that confidence means what it says
	scale  [families]float64
	bias   [lanes]float64
	keys   []uint32 // the features known, those first that occur in most lessons
	rows   []row    // their weights
	slots  []slot   // where the row of a key is
	shift  int      // of a key to its slot
}

//go:generate go run ../cmd/caravan train --builtin --out model.bin
//go:embed model.bin
var builtinModel []byte

// BuiltinModel is the model in the binary, trained by go generate.
var BuiltinModel = sync.OnceValue(func() *Model {
	m, err := ReadModel(bytes.NewReader(builtinModel))
	if err != nil {
		panic(err) // the tests read it
	}
	return m
})

// slot says in which row the weights of a feature stand: row+1, so that an empty slot has 0.
type slot struct{ key, row uint32 }

// order puts the features first that occur in most lessons: people mostly write what is mostly
// written, and so the rows that a message needs lie near each other.
func (m *Model) order(seen map[uint32]int) {
	type learnt struct {
		key uint32
		row row
	}
	all := make([]learnt, len(m.keys))
	for i, key := range m.keys {
		all[i] = learnt{key, m.rows[i]}
	}
	slices.SortFunc(all, func(a, b learnt) int {
		return cmp.Or(cmp.Compare(seen[b.key], seen[a.key]), cmp.Compare(a.key, b.key))
	})
	for i, l := range all {
		m.keys[i], m.rows[i] = l.key, l.row
	}
	m.index()
}

// index enters the keys in an open table and reports whether no two are the same. They are
// hashes: their highest bits are where they belong, and what is taken there goes to the next
// free slot.
func (m *Model) index() bool {
	bits := mathbits.Len(uint(len(m.keys) + len(m.keys)/2))
	m.slots, m.shift = make([]slot, 1<<bits), 32-bits
	for row, key := range m.keys {
		at := key >> m.shift
		for m.slots[at].row != 0 {
			if m.slots[at].key == key {
				return false
			}
			at = (at + 1) & uint32(len(m.slots)-1)
		}
		m.slots[at] = slot{key, uint32(row + 1)}
	}
	return true
}

// find is the row of a feature, or -1.
func (m *Model) find(key uint32) int {
	at := key >> m.shift
	return m.probe(m.slots[at], at, key)
}

// probe is the row of a feature that belongs at a slot, or -1.
func (m *Model) probe(s slot, at, key uint32) int {
	for s.key != key && s.row != 0 {
		at = (at + 1) & uint32(len(m.slots)-1)
		s = m.slots[at]
	}
	return int(s.row) - 1
}

// softmax turns the logits of lanes [from, to) into probabilities.
func softmax(logits []float64, heat float64) {
	top := logits[0]
	for _, x := range logits {
		top = max(top, x)
	}
	total := 0.0
	for i, x := range logits {
		logits[i] = math.Exp((x - top) / heat)
		total += logits[i]
	}
	for i := range logits {
		logits[i] /= total
	}
}
