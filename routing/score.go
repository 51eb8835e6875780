package routing

import (
	"encoding/binary"
	"math"
)

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
func (r *recent) unique(keys []uint32) []uint32 {
	out := keys[:0]
	for _, key := range keys {
		if r.fresh(key) {
			out = append(out, key)
		}
	}
	return out
}

// score adds the weights of the features, which must be unique, into logits.
func (m *Model) score(f *features, logits *[lanes]float64) {
	*logits = m.bias
	var room fetched
	for k, keys := range f {
		var sum [lanes]int32
		m.add(keys, &sum, &room)
		m.weigh(k, len(keys), &sum, logits)
	}
}

// judge is score of a document whose words were looked up in a vocabulary of this model.
func (m *Model) judge(d *document) {
	d.logits = m.bias
	for k, keys := range d.features {
		var sum [lanes]int32
		if k == charFamily {
			m.add(d.runs.less, &sum, &d.fetched)
			for k, x := range d.runs.sum {
				sum[k] = x - sum[k]
			}
			m.add(d.runs.more, &sum, &d.fetched)
		} else {
			m.add(keys, &sum, &d.fetched)
		}
		m.weigh(k, len(keys), &sum, &d.logits)
	}
}

// weigh adds what n features of a family sum up to into logits.
func (m *Model) weigh(family, n int, sum *[lanes]int32, logits *[lanes]float64) {
	if n == 0 {
		return
	}
	v := m.scale[family] / math.Sqrt(float64(n))
	for i, x := range sum {
		logits[i] += v * float64(x)
	}
}

// batch is how many features are looked up and added together: so many rows cannot fill
// fields of 16 bits.
const batch = 256

// fetched is room for the slots and rows of a batch.
type fetched struct {
	slots [batch]slot
	rows  [batch]uint32
}

// add sums the weights of the keys that are known. The memory behind is large and seldom in
// the processor's cache. So first all slots are fetched, then all rows, with no decision in
// between that would have to wait for one of them before the next is asked for.
func (m *Model) add(keys []uint32, sum *[lanes]int32, room *fetched) {
	for len(keys) > 0 {
		n := min(len(keys), batch)
		slots := room.slots[:n]
		for i, key := range keys[:n] {
			slots[i] = m.slots[key>>m.shift]
		}
		known := 0
		for i, key := range keys[:n] {
			at := m.probe(slots[i], key>>m.shift, key)
			room.rows[known] = uint32(at)
			if at >= 0 {
				known++
			}
		}
		m.sum(room.rows[:known], sum)
		keys = keys[n:]
	}
}

// sum adds at most batch rows. Eight lanes are added at once: a row's bytes go into fields
// of 16 bits, the even ones and the odd ones apart.
func (m *Model) sum(rows []uint32, sum *[lanes]int32) {
	const fields = 0x00FF00FF00FF00FF
	bias := int32(128 * len(rows))
	for k := 0; k < lanes; k += 8 {
		even, odd := uint64(0), uint64(0)
		for _, at := range rows {
			w := binary.LittleEndian.Uint64(m.rows[at][k:])
			even += w & fields
			odd += w >> 8 & fields
		}
		for b := range 4 {
			sum[k+2*b] += int32(even>>(16*b)&0xFFFF) - bias
			sum[k+2*b+1] += int32(odd>>(16*b)&0xFFFF) - bias
		}
	}
}
