package redisstore

import (
	"encoding/binary"
	"math/bits"
	"strconv"
)

// mask says which conversations of a partition may be listed. Bits are numbered
// as Redis numbers them: bit 0 is the highest of the first byte.
type mask struct {
	all    bool // no filter: everything but hidden
	bits   []byte
	among  int // of how many in the partition
	hidden []byte
	gone   map[uint64]bool // taken for this page
}

func bit(b []byte, n uint64) bool {
	return n/8 < uint64(len(b)) && b[n/8]&(0x80>>(n%8)) != 0
}

func (m *mask) has(n uint64) bool {
	return (m.all || bit(m.bits, n)) && !bit(m.hidden, n) && !m.gone[n]
}

// count is how many the mask has, those that were taken for this page among them.
func (m *mask) count() (n int) {
	hidden := m.hidden[:min(len(m.hidden), len(m.bits))]
	for i, h := range hidden {
		n += bits.OnesCount8(m.bits[i] &^ h)
	}
	return n + ones(m.bits[len(hidden):])
}

// members are the first that the mask has from a number on, so many at most.
func (m *mask) members(from uint64, most int) []uint64 {
	var out []uint64
	for i := from / 8; i < uint64(len(m.bits)) && len(out) < most; i++ {
		for b := m.bits[i]; b != 0 && len(out) < most; {
			lead := bits.LeadingZeros8(b)
			b &^= 0x80 >> lead
			if n := i*8 + uint64(lead); n >= from && m.has(n) {
				out = append(out, n)
			}
		}
	}
	return out
}

// and narrows the mask; b is the mask's from now on.
func (m *mask) and(b []byte) {
	if m.all {
		m.all, m.bits = false, b
		return
	}
	m.bits = m.bits[:min(len(m.bits), len(b))]
	i := 0
	for ; i+8 <= len(m.bits); i += 8 {
		binary.NativeEndian.PutUint64(m.bits[i:], binary.NativeEndian.Uint64(m.bits[i:])&binary.NativeEndian.Uint64(b[i:]))
	}
	for ; i < len(m.bits); i++ {
		m.bits[i] &= b[i]
	}
}

// or joins bitmaps: any of several values of one filter.
func or(bitmaps ...string) []byte {
	longest := 0
	for _, b := range bitmaps {
		longest = max(longest, len(b))
	}
	out := make([]byte, longest)
	for _, b := range bitmaps {
		i := 0
		for ; i+8 <= len(b); i += 8 {
			binary.NativeEndian.PutUint64(out[i:], binary.NativeEndian.Uint64(out[i:])|binary.NativeEndian.Uint64([]byte(b[i:i+8])))
		}
		for ; i < len(b); i++ {
			out[i] |= b[i]
		}
	}
	return out
}

// ones counts the bits that are set.
func ones(b []byte) (n int) {
	for ; len(b) >= 8; b = b[8:] {
		n += bits.OnesCount64(binary.NativeEndian.Uint64(b))
	}
	for _, x := range b {
		n += bits.OnesCount8(x)
	}
	return n
}

// bitmapOf makes a bitmap of a small set's members.
func bitmapOf(members []string) []byte {
	var out []byte
	for _, m := range members {
		n, err := strconv.ParseUint(m, 10, 53)
		if err != nil {
			continue
		}
		for uint64(len(out)) <= n/8 {
			out = append(out, 0)
		}
		out[n/8] |= 0x80 >> (n % 8)
	}
	return out
}
