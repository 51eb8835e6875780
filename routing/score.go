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

// add sums the weights of the keys that are known.
func (m *Model) add(keys []uint32, sum *[lanes]int32, room *fetched) {
	for len(keys) > 0 {
		n := min(len(keys), batch)
		p := m.pack(m.fetch(keys[:n], room))
		p.spill(sum)
		keys = keys[n:]
	}
}

// fetch finds the rows of at most batch keys. The memory behind is large and seldom in the
// processor's cache. So first all slots are fetched, and pack fetches all rows, with no decision
// in between that would have to wait for one of them before the next is asked for.
func (m *Model) fetch(keys []uint32, room *fetched) []uint32 {
	slots := room.slots[:len(keys)]
	for i, key := range keys {
		slots[i] = m.slots[key>>m.shift]
	}
	known := 0
	for i, key := range keys {
		at := m.probe(slots[i], key>>m.shift, key)
		room.rows[known] = uint32(at)
		if at >= 0 {
			known++
		}
	}
	return room.rows[:known]
}

// packed is the sum of up to batch rows. Eight lanes are added at once: a row's bytes go into
// fields of 16 bits, the even ones and the odd ones apart.
type packed struct {
	even, odd [lanes / 8]uint64
	rows      int32
}

// pack sums at most batch rows.
func (m *Model) pack(rows []uint32) (out packed) {
	const fields = 0x00FF00FF00FF00FF
	for k := range out.even {
		even, odd := uint64(0), uint64(0)
		for _, at := range rows {
			w := binary.LittleEndian.Uint64(m.rows[at][8*k:])
			even += w & fields
			odd += w >> 8 & fields
		}
		out.even[k], out.odd[k] = even, odd
	}
	out.rows = int32(len(rows))
	return out
}

// add adds another sum; the two together must not be of more than batch rows.
func (p *packed) add(q *packed) {
	for k := range p.even {
		p.even[k] += q.even[k]
		p.odd[k] += q.odd[k]
	}
	p.rows += q.rows
}

// spill adds the packed sums to sum.
func (p *packed) spill(sum *[lanes]int32) {
	bias := 128 * p.rows
	for k := range p.even {
		for b := range 4 {
			sum[8*k+2*b] += int32(p.even[k]>>(16*b)&0xFFFF) - bias
			sum[8*k+2*b+1] += int32(p.odd[k]>>(16*b)&0xFFFF) - bias
		}
	}
}
