package routing

import "math/bits"

// arcs are the ways through the trie of patterns: from a node, by a word or class, to
// a node. Nearly every question is answered "none", a hundred times a message, so once
// they are closed they stand in one open table.
type arcs struct {
	of    map[uint64]int32
	slots []arcSlot
	shift int
}

type arcSlot struct {
	key uint64
	to  int32 // 0: empty, for no arc leads to the root
}

func arc(from, by int32) uint64 { return uint64(from)<<32 | uint64(by) }

// close builds the table, at most a quarter full.
func (a *arcs) close() {
	size := bits.Len(uint(4*len(a.of) + 1))
	a.slots, a.shift = make([]arcSlot, 1<<size), 64-size
	for key, to := range a.of {
		at := a.place(key)
		for a.slots[at].to != 0 {
			at = (at + 1) & (len(a.slots) - 1)
		}
		a.slots[at] = arcSlot{key, to}
	}
	a.of = nil
}

// place is where a key is looked for first (Fibonacci hashing).
func (a *arcs) place(key uint64) int { return int(key * 0x9E3779B97F4A7C15 >> a.shift) }

// find is where an arc leads, or 0.
func (a *arcs) find(key uint64) int32 {
	for at := a.place(key); ; at = (at + 1) & (len(a.slots) - 1) {
		if s := a.slots[at]; s.key == key || s.to == 0 {
			return s.to
		}
	}
}
