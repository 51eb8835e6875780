package email

import "encoding/binary"

// base64Digits are the values of the digits of base64 (RFC 4648 §4), each at the four
// places that it may have in a group, and notDigit for what is none.
var base64Digits = func() (all [4][256]uint32) {
	for place := range all {
		for c := range all[place] {
			all[place][c] = notDigit
			if v := sextet(byte(c)); v >= 0 && c != '-' && c != '_' {
				all[place][c] = uint32(v) << (18 - 6*place)
			}
		}
	}
	return all
}()

const notDigit = 1 << 24

// base64Groups decodes into dst what stands at the start of src in whole groups of four
// digits, as every mail program writes it, with line ends between them. It returns how
// much of src that is, and how much it comes to. dst has room for eight bytes more.
func base64Groups(dst, src []byte) (read, written int) {
	t := &base64Digits
	for {
		for len(src)-read >= 8 {
			s := src[read : read+8]
			x := t[0][s[0]] | t[1][s[1]] | t[2][s[2]] | t[3][s[3]]
			y := t[0][s[4]] | t[1][s[5]] | t[2][s[6]] | t[3][s[7]]
			if (x|y)&notDigit != 0 {
				break
			}
			binary.BigEndian.PutUint64(dst[written:], uint64(x)<<40|uint64(y)<<16)
			read, written = read+8, written+6
		}
		before := read
		if len(src)-read >= 4 {
			s := src[read : read+4]
			if x := t[0][s[0]] | t[1][s[1]] | t[2][s[2]] | t[3][s[3]]; x&notDigit == 0 {
				dst[written], dst[written+1], dst[written+2] = byte(x>>16), byte(x>>8), byte(x)
				read, written = read+4, written+3
			}
		}
		for read < len(src) && (src[read] == '\r' || src[read] == '\n') {
			read++
		}
		if read == before {
			return read, written
		}
	}
}
