package redisstore

import (
	"encoding/binary"
	"errors"
	"slices"
)

// A record writes a document's fields, or reads them into the same places: one
// description of a document serves both ways. While it writes it only looks. At rest a field is its number and
// form (number<<2 | form, a varint) and its value; fields stand in the order of
// their numbers and empty ones are left out. So a field may be added at any time
// under a new number, and what is not known is skipped. A number never changes
// its meaning.
type record struct {
	out     []byte // what was written
	in      string // what is still to be read
	tag     uint64 // while reading: of the field that comes; 0: the document ends
	since   int64  // ms that instants are counted from
	reading bool
	err     error
}

// Forms of a value.
const (
	formNumber   = iota // a zigzag varint
	formText            // its length and its bytes
	formDocument        // its fields, and a zero
	formWord            // a place in words
)

var errRecord = errors.New("a record is damaged")

// readRecord is a record to be read.
func readRecord(in string) record {
	r := record{in: in, reading: true}
	r.advance()
	return r
}

// read is readRecord in the scratch's own record, which nothing has been written to.
func (s *scratch) read(in string) *record {
	s.in, s.reading = in, true
	s.advance()
	return &s.record
}

// advance goes to the next field.
func (r *record) advance() {
	if r.tag = 0; len(r.in) > 0 {
		r.tag = r.uvarint()
	}
}

// at reports whether field n comes, after passing over what is not known.
func (r *record) at(n uint64) bool {
	for r.tag != 0 && r.tag>>2 < n {
		r.skip()
	}
	return r.tag>>2 == n
}

// skip passes over the field that comes.
func (r *record) skip() {
	switch r.tag & 3 {
	case formText:
		r.bytes()
	case formDocument:
		r.enter()
		r.leave()
		return
	default:
		r.uvarint()
	}
	r.advance()
}

// enter begins the document that the field is; leave ends it, and passes over
// what was not read of it.
func (r *record) enter() {
	if r.tag&3 != formDocument {
		r.fail()
	}
	r.advance()
}

func (r *record) leave() {
	for r.tag != 0 {
		r.skip()
	}
	r.advance()
}

func (r *record) fail() {
	r.in, r.err = "", errRecord
}

func (r *record) uvarint() uint64 {
	var n uint64
	for i := 0; i < len(r.in) && i < binary.MaxVarintLen64; i++ {
		b := r.in[i]
		n |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			r.in = r.in[i+1:]
			return n
		}
	}
	r.fail()
	return 0
}

func (r *record) bytes() string {
	n := r.uvarint()
	if n > uint64(len(r.in)) {
		r.fail()
		return ""
	}
	s := r.in[:n]
	r.in = r.in[n:]
	return s
}

// begin writes a field's number and form.
func (r *record) begin(n, form uint64) { r.out = binary.AppendUvarint(r.out, n<<2|form) }

// text is a string. What is often said takes two bytes.
func text[T ~string](r *record, n uint64, v *T) {
	if r.reading {
		if r.at(n) {
			*v = T(r.text())
			r.advance()
		}
		return
	}
	if *v != "" {
		r.write(n, string(*v))
	}
}

// text is the value of the field that comes.
func (r *record) text() string {
	switch r.tag & 3 {
	case formText:
		return r.bytes()
	case formWord:
		if i := r.uvarint(); i < uint64(len(words)) {
			return words[i]
		}
	}
	r.fail()
	return ""
}

func (r *record) write(n uint64, s string) {
	if len(s) <= wordMost {
		if i, ok := wordPlace[s]; ok {
			r.begin(n, formWord)
			r.out = binary.AppendUvarint(r.out, i)
			return
		}
	}
	r.begin(n, formText)
	r.out = append(binary.AppendUvarint(r.out, uint64(len(s))), s...)
}

// number is any whole number.
func number[T ~int | ~int64](r *record, n uint64, v *T) {
	if r.reading {
		if r.at(n) {
			*v = T(r.number())
			r.advance()
		}
		return
	}
	if *v != 0 {
		r.begin(n, formNumber)
		r.out = binary.AppendVarint(r.out, int64(*v))
	}
}

// number is the value of the field that comes.
func (r *record) number() int64 {
	if r.tag&3 != formNumber {
		r.fail()
		return 0
	}
	u := r.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

// texts is a list of strings.
func texts[T ~string](r *record, n uint64, v *[]T) {
	if r.reading {
		for r.at(n) {
			*v = append(*v, T(r.text()))
			r.advance()
		}
		return
	}
	for _, s := range *v {
		r.write(n, string(s))
	}
}

// list is a list of documents that fields describes.
func list[E any](r *record, n uint64, v *[]E, fields func(*record, *E)) {
	if r.reading {
		for r.at(n) {
			all := append(room(*v), *new(E))
			r.enter()
			fields(r, &all[len(all)-1])
			r.leave()
			*v = all
		}
		return
	}
	for i := range *v {
		one(r, n, &(*v)[i], fields)
	}
}

// room is a list with room for one more: most have one, and most others up to four.
func room[E any](all []E) []E {
	if n := len(all); n == cap(all) {
		return slices.Grow(all, 1+2*n)
	}
	return all
}

// one is a document within the document.
func one[E any](r *record, n uint64, e *E, fields func(*record, *E)) {
	if r.reading {
		if r.at(n) {
			r.enter()
			fields(r, e)
			r.leave()
		}
		return
	}
	r.begin(n, formDocument)
	fields(r, e)
	r.out = append(r.out, 0)
}
