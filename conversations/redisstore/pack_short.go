package redisstore

import (
	"encoding/binary"
	"math/bits"

	"github.com/klauspost/compress/s2"
)

// packer packs bodies against a dictionary as S2 blocks
// (https://github.com/google/snappy/blob/main/format_description.txt, and for copies out of
// a dictionary https://github.com/klauspost/compress/tree/master/s2#dictionaries). What is
// short it packs itself: the library's encoder clears a table of 64 kB for every body,
// which costs a body of a hundred bytes more than the packing.
type packer struct {
	*s2.Dict
	words []byte
	table [1 << dictBits]uint16 // hash of four bytes → their last place in words, plus one
}

const (
	shortBody = 4096 // bytes up to which a body is packed here
	dictBits  = 13
	bodyBits  = 9
	leastCopy = 4
	nearCopy  = 2048 // offsets below it fit a copy of two bytes, if the copy is
	nearMost  = 11   // bytes or less
	copyMost  = 64   // bytes in one copy of three
)

func newPacker(words []byte) *packer {
	p := &packer{Dict: s2.MakeDict(words, nil), words: words}
	for i := 0; i+leastCopy <= len(words); i++ {
		p.table[four(words[i:]).hash()>>(32-dictBits)] = uint16(i + 1)
	}
	return p
}

// fourBytes are what a copy begins with.
type fourBytes uint32

func four(b []byte) fourBytes    { return fourBytes(binary.LittleEndian.Uint32(b)) }
func (f fourBytes) hash() uint32 { return uint32(f) * 0x9E3779B1 } // the high bits are the best

// short appends the block of a body of at most shortBody bytes to dst.
func (p *packer) short(dst, body []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(body)))
	var seen [1 << bodyBits]uint16 // hash of four bytes → their last place in body, plus one
	told, at := 0, 0               // body[:told] is in dst
	for at+leastCopy <= len(body) {
		f := four(body[at:])
		h := f.hash()
		before := &seen[h>>(32-bodyBits)]
		n, offset := p.longest(body, at, f, int(p.table[h>>(32-dictBits)]), int(*before))
		*before = uint16(at + 1)
		if n < leastCopy || n == leastCopy && offset >= nearCopy && at > told {
			at++
			continue
		}
		dst = appendCopy(appendLiteral(dst, body[told:at]), offset, n)
		at += n
		told = at
	}
	return appendLiteral(dst, body[told:])
}

// longest is the length of the longer match at a place of the body, in the dictionary or
// in what went before, and how far back it begins; the dictionary stands before the body.
// Places are one more than they are, 0 for none.
func (p *packer) longest(body []byte, at int, f fourBytes, inWords, before int) (n, offset int) {
	if before > 0 && four(body[before-1:]) == f {
		n, offset = common(body[at:], body[before-1:]), at-before+1
	}
	if inWords > 0 && four(p.words[inWords-1:]) == f {
		if k := common(body[at:], p.words[inWords-1:]); k > n {
			n, offset = k, at+len(p.words)-inWords+1
		}
	}
	return n, offset
}

// common is how many bytes a and b begin with alike.
func common(a, b []byte) (n int) {
	for len(a) >= n+8 && len(b) >= n+8 {
		if d := binary.LittleEndian.Uint64(a[n:]) ^ binary.LittleEndian.Uint64(b[n:]); d != 0 {
			return n + bits.TrailingZeros64(d)/8
		}
		n += 8
	}
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// Tags of a block's elements. That of a literal is zero.
const (
	copyTag1 = 1 // an offset of eleven bits
	copyTag2 = 2 // of sixteen
)

func appendLiteral(dst, b []byte) []byte {
	switch n := len(b) - 1; {
	case n < 0:
		return dst
	case n < 60:
		dst = append(dst, byte(n)<<2)
	case n < 1<<8:
		dst = append(dst, 60<<2, byte(n))
	default:
		dst = append(dst, 61<<2, byte(n), byte(n>>8))
	}
	return append(dst, b...)
}

func appendCopy(dst []byte, offset, n int) []byte {
	for n > copyMost {
		k := copyMost
		if n-k < leastCopy { // what is left must be a copy by itself
			k = n - leastCopy
		}
		dst = appendCopy(dst, offset, k)
		n -= k
	}
	if n <= nearMost && offset < nearCopy {
		return append(dst, byte(offset>>8)<<5|byte(n-leastCopy)<<2|copyTag1, byte(offset))
	}
	return append(dst, byte(n-1)<<2|copyTag2, byte(offset), byte(offset>>8))
}
