package search

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"slices"
)

// A posting is a set of places of conversations in their partition. At rest it is
// the steps from one to the next as variable-length numbers (encoding/binary), or,
// where that is shorter, a zero byte, the first place, and a bit for each place
// from there on. An empty posting is no bytes.

var errPosting = errors.New("search: not a posting")

// EncodePosting writes a sorted set without repetitions.
func EncodePosting(places []uint64) []byte {
	if len(places) == 0 {
		return nil
	}
	steps := make([]byte, 0, 2*len(places))
	before := uint64(0)
	for i, n := range places {
		step := n - before
		if i == 0 {
			step = n + 1 // never zero
		}
		steps = binary.AppendUvarint(steps, step)
		before = n
	}
	first, last := places[0], places[len(places)-1]
	if span := (last-first)/8 + 1; span+1+uint64(binary.PutUvarint(make([]byte, 10), first)) >= uint64(len(steps)) {
		return steps
	}
	out := binary.AppendUvarint([]byte{0}, first)
	at := len(out)
	out = append(out, make([]byte, (last-first)/8+1)...)
	for _, n := range places {
		out[at+int((n-first)/8)] |= 1 << ((n - first) % 8)
	}
	return out
}

// DecodePosting reads what EncodePosting wrote.
func DecodePosting(raw []byte) ([]uint64, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	if raw[0] == 0 {
		return decodeBits(raw[1:])
	}
	out := make([]uint64, 0, len(raw))
	at := uint64(0)
	for len(raw) > 0 {
		step, n := binary.Uvarint(raw)
		if n <= 0 || step == 0 {
			return nil, errPosting
		}
		if len(out) == 0 {
			step--
		}
		at += step
		out, raw = append(out, at), raw[n:]
	}
	return out, nil
}

func decodeBits(raw []byte) ([]uint64, error) {
	first, n := binary.Uvarint(raw)
	if n <= 0 || first > 1<<53 {
		return nil, errPosting
	}
	var out []uint64
	for i, b := range raw[n:] {
		for ; b != 0; b &= b - 1 {
			out = append(out, first+uint64(i)*8+uint64(bits.TrailingZeros8(b)))
		}
	}
	return out, nil
}

// AddTo adds places, in order, to a posting at rest; changed tells whether any was new.
func AddTo(raw []byte, places []uint64) (all []byte, changed bool, err error) {
	if out, changed, ok := addBits(raw, places); ok {
		return out, changed, nil
	}
	have, err := DecodePosting(raw)
	if err != nil {
		return nil, false, err
	}
	merged := either(have, places)
	if len(merged) == len(have) {
		return raw, false, nil
	}
	return EncodePosting(merged), true, nil
}

// addBits sets bits in a posting that is bits, and still is best so; else it is not ok.
func addBits(raw []byte, places []uint64) (out []byte, changed, ok bool) {
	if len(raw) == 0 || raw[0] != 0 || len(places) == 0 {
		return nil, false, false
	}
	first, n := binary.Uvarint(raw[1:])
	last := places[len(places)-1]
	if n <= 0 || first > 1<<53 || places[0] < first || last > 1<<53 {
		return nil, false, false
	}
	head := 1 + n
	size := max(len(raw), head+int((last-first)/8)+1)
	if size-len(raw) > len(places) {
		return nil, false, false
	}
	out = make([]byte, size)
	copy(out, raw)
	for _, p := range places {
		b, bit := &out[head+int((p-first)/8)], byte(1)<<((p-first)%8)
		changed = changed || *b&bit == 0
		*b |= bit
	}
	return out, changed, true
}

// Add adds places to a sorted set; changed tells whether any was new.
func Add(have []uint64, more ...uint64) (all []uint64, changed bool) {
	for _, n := range more {
		if at, ok := slices.BinarySearch(have, n); !ok {
			have, changed = slices.Insert(have, at, n), true
		}
	}
	return have, changed
}

// both are the places in both sorted sets.
func both(a, b []uint64) []uint64 {
	var out []uint64
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			a = a[1:]
		case a[0] > b[0]:
			b = b[1:]
		default:
			out, a, b = append(out, a[0]), a[1:], b[1:]
		}
	}
	return out
}

// either are the places in any of two sorted sets.
func either(a, b []uint64) []uint64 {
	if len(a) == 0 {
		return b
	}
	if len(b) == 0 {
		return a
	}
	out := make([]uint64, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			out, a = append(out, a[0]), a[1:]
		case a[0] > b[0]:
			out, b = append(out, b[0]), b[1:]
		default:
			out, a, b = append(out, a[0]), a[1:], b[1:]
		}
	}
	return append(append(out, a...), b...)
}
