package routing

import (
	"bytes"
	_ "embed" // the built-in model
	"encoding/binary"
	"math"
	mathbits "math/bits"
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
	keys   []uint32      // the features known, ascending
	rows   [][lanes]byte // their weights + 128
	starts []uint32      // place in keys where each bucket begins, and their end
	shift  int           // of a key to its bucket
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

// index notes where the keys of each bucket begin. Keys are hashes, so that buckets by
// their highest bits hold about one each.
func (m *Model) index() {
	bits := max(1, mathbits.Len(uint(len(m.keys))))
	m.starts, m.shift = make([]uint32, 1<<bits+1), 32-bits
	at := 0
	for b := range m.starts {
		for at < len(m.keys) && int(m.keys[at]>>m.shift) < b {
			at++
		}
		m.starts[b] = uint32(at)
	}
}

// find is the row of a feature, or -1.
func (m *Model) find(key uint32) int {
	b := key >> m.shift
	for at := m.starts[b]; at < m.starts[b+1]; at++ {
		if m.keys[at] == key {
			return int(at)
		}
	}
	return -1
}

// recent forgets a feature when another takes its place, so that a feature repeated
// after many others may count again: the price of not keeping a set per message.
type recent [1 << 10]uint32

func (r *recent) fresh(key uint32) bool {
	at := &r[key%uint32(len(r))]
	if *at == key {
		return false
	}
	*at = key
	return true
}

// unique drops repeated features in place.
func (f *features) unique(r *recent) {
	*r = recent{}
	for k, keys := range f {
		out := keys[:0]
		for _, key := range keys {
			if r.fresh(key) {
				out = append(out, key)
			}
		}
		f[k] = out
	}
}

// score adds the weights of the features, which must be unique, into logits.
func (m *Model) score(f *features, logits *[lanes]float64) {
	*logits = m.bias
	for k, keys := range f {
		if len(keys) == 0 {
			continue
		}
		var sum [lanes]int32
		known := m.add(keys, &sum)
		v := m.scale[k] / math.Sqrt(float64(len(keys)))
		for i := range sum {
			logits[i] += v * float64(sum[i]-128*known)
		}
	}
}

// add sums the rows of the keys that are known and returns how many are. Eight lanes
// are added at once: a row's bytes go into 16-bit fields, the even ones and the odd
// ones apart, which 256 rows cannot fill.
func (m *Model) add(keys []uint32, sum *[lanes]int32) (known int32) {
	const most, fields = 256, 0x00FF00FF00FF00FF
	var even, odd [lanes / 8]uint64
	n := 0
	for _, key := range keys {
		at := m.find(key)
		if at < 0 {
			continue
		}
		row := &m.rows[at]
		for k := range even {
			w := binary.LittleEndian.Uint64(row[8*k:])
			even[k] += w & fields
			odd[k] += w >> 8 & fields
		}
		if n++; n == most {
			known += int32(n)
			n = 0
			spill(&even, &odd, sum)
		}
	}
	spill(&even, &odd, sum)
	return known + int32(n)
}

// spill empties the 16-bit fields into the sums.
func spill(even, odd *[lanes / 8]uint64, sum *[lanes]int32) {
	for k := range even {
		for b := range 4 {
			sum[8*k+2*b] += int32(even[k] >> (16 * b) & 0xFFFF)
			sum[8*k+2*b+1] += int32(odd[k] >> (16 * b) & 0xFFFF)
		}
		even[k], odd[k] = 0, 0
	}
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
