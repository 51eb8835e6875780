package redisstore

import (
	_ "embed"
	"fmt"

	"github.com/klauspost/compress/s2"
)

// Bodies at rest are packed: S2 blocks against a fixed dictionary of what such
// bodies look like. A conversation shrinks to a third, a short message by half;
// reading one back takes a fraction of a microsecond. A packed body starts with
// the number of its dictionary, a plain one with '{'.

// dictionaryOne must never change: what was packed with it needs it to be read.
// A better one gets the next number.
//
//go:embed dictionary1.txt
var dictionaryOne []byte

var packer = s2.MakeDict(dictionaryOne, nil)

const (
	packedOne  = 1
	packLeast  = 64       // bytes below which packing is not tried
	unpackMost = 64 << 20 // bytes that a packed body may claim to have
)

// pack appends a body to dst, packed if that makes it smaller.
func pack(dst, body []byte) []byte {
	if packer == nil || len(body) < packLeast {
		return append(dst, body...)
	}
	at := len(dst)
	dst = append(dst, packedOne)
	need := s2.MaxEncodedLen(len(body))
	if cap(dst)-len(dst) < need {
		grown := make([]byte, len(dst), len(dst)+need)
		copy(grown, dst)
		dst = grown
	}
	block := packer.Encode(dst[len(dst):len(dst)+need], body)
	if len(block) >= len(body) {
		return append(dst[:at], body...)
	}
	return dst[:len(dst)+len(block)]
}

// unpack returns what pack was given.
func unpack(stored []byte) ([]byte, error) {
	if len(stored) == 0 || stored[0] != packedOne {
		return stored, nil
	}
	if n, err := s2.DecodedLen(stored[1:]); err != nil || n > unpackMost {
		return nil, fmt.Errorf("unpack: not a packed body")
	}
	body, err := packer.Decode(nil, stored[1:])
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	return body, nil
}
