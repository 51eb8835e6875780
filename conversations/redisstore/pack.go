package redisstore

import (
	_ "embed"
	"fmt"
	"sync"

	"github.com/klauspost/compress/s2"
)

// Bodies at rest are packed: S2 blocks against a fixed dictionary of what such
// bodies look like. A short message shrinks by a third, a reason by two thirds;
// reading one back takes a fraction of a microsecond. A packed body starts with
// the number of its dictionary; no plain one does.

// The dictionaries must never change: what was packed with one needs it to be read.
// A better one gets the next number. The first is of JSON; the second is of customers'
// and officers' words and of the reasons that decisions give.
var (
	//go:embed dictionary1.txt
	dictionaryOne []byte
	//go:embed dictionary2.txt
	dictionaryTwo []byte

	packers = [...]*packer{packedJSON: newPacker(dictionaryOne), packedText: newPacker(dictionaryTwo)}
)

const (
	packedJSON = 1
	packedText = 2
	packLeast  = 48       // bytes below which packing is not tried
	unpackMost = 64 << 20 // bytes that a packed body may claim to have
)

// pack appends a body to dst, packed with a dictionary if that makes it smaller.
func pack(with byte, dst, body []byte) []byte {
	if len(body) < packLeast {
		return append(dst, body...)
	}
	at := len(dst)
	dst = append(dst, with)
	need := s2.MaxEncodedLen(len(body))
	if cap(dst)-len(dst) < need {
		grown := make([]byte, len(dst), len(dst)+need)
		copy(grown, dst)
		dst = grown
	}
	if len(body) <= shortBody {
		dst = packers[with].short(dst, body)
	} else {
		dst = dst[:len(dst)+len(packers[with].Encode(dst[len(dst):len(dst)+need], body))]
	}
	if len(dst)-at > len(body) {
		return append(dst[:at], body...)
	}
	return dst
}

// unpack returns what pack was given.
func unpack(stored []byte) ([]byte, error) {
	if len(stored) == 0 || stored[0] == 0 || int(stored[0]) >= len(packers) {
		return stored, nil
	}
	if n, err := s2.DecodedLen(stored[1:]); err != nil || n > unpackMost {
		return nil, fmt.Errorf("unpack: not a packed body")
	}
	body, err := packers[stored[0]].Decode(nil, stored[1:])
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	return body, nil
}

// scratch is room in which a document is written: a record, and what stands at rest.
type scratch struct {
	record
	whole []byte // what comes before the packed record
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// scratchMost is how much room is kept for the next document, in bytes.
const scratchMost = 64 << 10

func newScratch() *scratch { return scratches.Get().(*scratch) }

// packed is whole with the record packed behind it.
func (s *scratch) packed() (string, error) {
	s.whole = pack(packedText, s.whole, s.out)
	return string(s.whole), s.err
}

// free gives the room back. What was taken out of it is a copy.
func (s *scratch) free() {
	if cap(s.out)+cap(s.whole) > scratchMost {
		return
	}
	*s = scratch{record: record{out: s.out[:0]}, whole: s.whole[:0]}
	scratches.Put(s)
}
