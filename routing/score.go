package routing

import (
	"encoding/binary"
	"math"
	"slices"
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
	m.fetch(&room, f[:]...)
	for k, keys := range f {
		var sum [lanes]int32
		m.add(room.of(k), 0, &sum)
		m.weigh(k, len(keys), 0, &sum, logits)
	}
}

// judge is score of a document whose words were looked up in a vocabulary of this model. Lanes
// before from, a multiple of eight, are not asked for and mean nothing.
func (m *Model) judge(d *document, from int) {
	d.logits = m.bias
	m.fetch(&d.fetched, d.sought[:]...)
	for _, rows := range d.rows {
		d.fetched.near |= m.touch(rows)
	}
	for k, keys := range d.features {
		var sum [lanes]int32
		if k == charFamily {
			m.add(d.fetched.of(families), from, &sum)
			for i := range sum {
				sum[i] = -sum[i]
			}
			d.runs(from, &sum)
		}
		m.add(d.rows[k], from, &sum)
		m.add(d.fetched.of(k), from, &sum)
		m.weigh(k, len(keys), from, &sum, &d.logits)
	}
}

// runs adds the weights of the runs of letters of all words that have a lemma, of the lanes from on.
func (d *document) runs(from int, sum *[lanes]int32) {
	var p packed
	for _, w := range d.lemmas {
		if w == nil {
			continue
		}
		if p.rows+w.runs.rows > batch {
			p.spill(from, sum)
			p = packed{}
		}
		p.add(from, &w.runs)
	}
	p.spill(from, sum)
}

// weigh adds what n features of a family sum up to into logits, of the lanes from on.
func (m *Model) weigh(family, n, from int, sum *[lanes]int32, logits *[lanes]float64) {
	if n == 0 {
		return
	}
	v := m.scale[family] / math.Sqrt(float64(n))
	for i := from; i < lanes; i++ {
		logits[i] += v * float64(sum[i])
	}
}

// fetched are the rows of some groups of features.
type fetched struct {
	slots []slot
	rows  []uint32          // of the features that are known
	ends  [families + 1]int // of each group in rows
	near  byte              // made of the rows only so that they are fetched
}

// of are the rows of a group.
func (f *fetched) of(group int) []uint32 {
	if group == 0 {
		return f.rows[:f.ends[0]]
	}
	return f.rows[f.ends[group-1]:f.ends[group]]
}

// fetch finds the rows of groups of features and brings them near. The memory behind is large
// and seldom in the processor's cache. So first all slots are asked for, and then all rows, with
// no decision in between that would have to wait for one of them before the next is asked for.
func (m *Model) fetch(f *fetched, groups ...[]uint32) {
	total := 0
	for _, keys := range groups {
		total += len(keys)
	}
	f.slots, f.rows = slices.Grow(f.slots[:0], total)[:total], slices.Grow(f.rows[:0], total)[:total]
	slots, known := f.slots, 0
	for _, keys := range groups {
		for i, key := range keys {
			slots[i] = m.slots[key>>m.shift]
		}
		slots = slots[len(keys):]
	}
	slots = f.slots
	for g, keys := range groups {
		for i, key := range keys {
			at := m.probe(slots[i], key>>m.shift, key)
			f.rows[known] = uint32(at)
			if at >= 0 {
				known++
			}
		}
		slots, f.ends[g] = slots[len(keys):], known
	}
	f.rows = f.rows[:known]
	f.near = m.touch(f.rows)
}

// touch brings rows near.
func (m *Model) touch(rows []uint32) (near byte) {
	for _, at := range rows {
		near |= m.rows[at][0]
	}
	return near
}

// batch is how many rows are added together at most: so many cannot fill fields of 16 bits.
const batch = 256

// add sums rows into sum, of the lanes from on.
func (m *Model) add(rows []uint32, from int, sum *[lanes]int32) {
	for len(rows) > 0 {
		n := min(len(rows), batch)
		p := m.pack(rows[:n], from)
		p.spill(from, sum)
		rows = rows[n:]
	}
}

// packed is the sum of up to batch rows. Eight lanes are added at once: a row's bytes go into
// fields of 16 bits, the even ones and the odd ones apart.
type packed struct {
	lanes [lanes / 8]struct{ even, odd uint64 }
	rows  int32
}

// pack sums at most batch rows, of the lanes from on.
func (m *Model) pack(rows []uint32, from int) (out packed) {
	const fields = 0x00FF00FF00FF00FF
	for k := from / 8; k < len(out.lanes); k++ {
		even, odd := uint64(0), uint64(0)
		for _, at := range rows {
			w := binary.LittleEndian.Uint64(m.rows[at][8*k:])
			even += w & fields
			odd += w >> 8 & fields
		}
		out.lanes[k].even, out.lanes[k].odd = even, odd
	}
	out.rows = int32(len(rows))
	return out
}

// add adds another sum, of the lanes from on; the two together must not be of more than batch rows.
func (p *packed) add(from int, q *packed) {
	for k := from / 8; k < len(p.lanes); k++ {
		p.lanes[k].even += q.lanes[k].even
		p.lanes[k].odd += q.lanes[k].odd
	}
	p.rows += q.rows
}

// spill adds the packed sums to sum, of the lanes from on.
func (p *packed) spill(from int, sum *[lanes]int32) {
	bias := 128 * p.rows
	for k := from / 8; k < len(p.lanes); k++ {
		for b := range 4 {
			sum[8*k+2*b] += int32(p.lanes[k].even>>(16*b)&0xFFFF) - bias
			sum[8*k+2*b+1] += int32(p.lanes[k].odd>>(16*b)&0xFFFF) - bias
		}
	}
}
