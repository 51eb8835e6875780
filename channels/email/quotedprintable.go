package email

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// decodeQP decodes quoted-printable (RFC 2045 §6.7); what is no valid escape stays.
// Blanks at the end of a line are somebody else's padding. Lines end as they came, or
// with \n if unix says so.
func decodeQP(b []byte, unix bool) (out []byte, clean bool) {
	d := qpDecoder{in: b, out: make([]byte, len(b)+8), unix: unix}
	for d.at < len(b) {
		d.plain()
		for d.at < len(b) && b[d.at] == '=' {
			d.escape()
		}
		if d.at < len(b) && b[d.at] == '\n' {
			d.lineEnd()
		}
	}
	for d.n > d.floor && isBlank(d.out[d.n-1]) {
		d.n--
	}
	return d.out[:d.n], !d.damaged
}

// qpDecoder is decodeQP under way.
type qpDecoder struct {
	in, out []byte // out has room for eight bytes more than in
	at, n   int    // read, written
	floor   int    // what stands before it in out is no padding
	unix    bool
	damaged bool
}

// plain copies what stands before the next "=" or line feed.
func (d *qpDecoder) plain() {
	in, out, at, n := d.in, d.out, d.at, d.n
	for at+8 <= len(in) {
		word := binary.LittleEndian.Uint64(in[at:])
		binary.LittleEndian.PutUint64(out[n:], word)
		if hit := zeroByte(word^equalSigns) | zeroByte(word^lineFeeds); hit != 0 {
			k := bits.TrailingZeros64(hit) / 8
			d.at, d.n = at+k, n+k
			return
		}
		at, n = at+8, n+8
	}
	for ; at < len(in) && in[at] != '=' && in[at] != '\n'; at, n = at+1, n+1 {
		out[n] = in[at]
	}
	d.at, d.n = at, n
}

// escape takes the "=" and what belongs to it.
func (d *qpDecoder) escape() {
	i := d.at + 1
	if i+1 < len(d.in) {
		if high, low := hexDigit(d.in[i]), hexDigit(d.in[i+1]); high|low >= 0 {
			d.out[d.n] = byte(high<<4 | low)
			d.n++
			d.at, d.floor = i+2, d.n
			return
		}
	}
	if next := softBreak(d.in, i); next > 0 {
		d.at, d.floor = next, d.n
		return
	}
	d.out[d.n] = '='
	d.n++
	d.at, d.damaged = i, true
}

// lineEnd takes a line feed and what stands before it: a return, and padding.
func (d *qpDecoder) lineEnd() {
	end, dos := d.n, false
	if end > d.floor && d.out[end-1] == '\r' {
		end, dos = end-1, !d.unix
	}
	for end > d.floor && isBlank(d.out[end-1]) {
		end--
	}
	if dos {
		d.out[end] = '\r'
		end++
	}
	d.out[end] = '\n'
	d.n, d.floor = end+1, end+1
	d.at++
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

const (
	everyByte  = 0x0101010101010101
	equalSigns = '=' * everyByte
	lineFeeds  = '\n' * everyByte
)

// zeroByte has the highest bit of the first byte of word that is zero set, and none before it.
func zeroByte(word uint64) uint64 { return (word - everyByte) &^ word & (0x80 * everyByte) }

// softBreak is where the text goes on if a line ends at i but for blanks, else zero.
func softBreak(b []byte, i int) int {
	for i < len(b) && isBlank(b[i]) {
		i++
	}
	switch {
	case i == len(b):
		return i
	case b[i] == '\r' && i+1 < len(b) && b[i+1] == '\n':
		return i + 2
	case b[i] == '\r' || b[i] == '\n':
		return i + 1
	}
	return 0
}

// hexDigits are the values of the hexadecimal digits, and -1 for what is none.
var hexDigits = func() (all [256]int8) {
	for c := range all {
		all[c] = int8(bytes.IndexByte([]byte("0123456789ABCDEF"), byte(c)))
		if c >= 'a' && c <= 'f' {
			all[c] = int8(c - 'a' + 10)
		}
	}
	return all
}()

func hexDigit(c byte) int8 { return hexDigits[c] }
