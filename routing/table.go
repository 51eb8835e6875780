package routing

import "math/bits"

// table finds numbers by keys, words by their hash. Nearly every question is answered "none".
// So once a table is closed it stands in one open array, behind a filter that is small
// enough to stay in the processor's cache and knows most of what is not there.
type table struct {
	of     map[uint64]int32
	slots  []tableSlot
	filter []uint64 // bits of the keys' places, filterBits a key or more
	shift  int      // of a spread key to its slot
	narrow int      // of a spread key to its bit
}

type tableSlot struct {
	key uint64
	to  int32 // 0: empty
}

const filterBits = 16

func newTable() table { return table{of: map[uint64]int32{}} }

// close builds the array, at most a quarter full.
func (t *table) close() {
	size := bits.Len(uint(4*len(t.of) + 1))
	t.slots, t.shift = make([]tableSlot, 1<<size), 64-size
	wide := max(6, bits.Len(uint(filterBits*len(t.of))))
	t.filter, t.narrow = make([]uint64, 1<<(wide-6)), 64-wide
	for key, to := range t.of {
		at := spread(key) >> t.shift
		for t.slots[at].to != 0 {
			at = (at + 1) & uint64(len(t.slots)-1)
		}
		t.slots[at] = tableSlot{key, to}
		bit := spread(key) >> t.narrow
		t.filter[bit>>6] |= 1 << (bit & 63)
	}
	t.of = nil
}

// spread makes every bit of a key count in the highest of the result (Fibonacci hashing).
func spread(key uint64) uint64 { return key * 0x9E3779B97F4A7C15 }

// find is the number of a key, or 0.
func (t *table) find(key uint64) int32 {
	bit := spread(key) >> t.narrow
	if t.filter[bit>>6]>>(bit&63)&1 == 0 {
		return 0
	}
	return t.probe(key)
}

func (t *table) probe(key uint64) int32 {
	for at := spread(key) >> t.shift; ; at = (at + 1) & uint64(len(t.slots)-1) {
		if s := &t.slots[at]; s.key == key || s.to == 0 {
			return s.to
		}
	}
}
