package email

import (
	"bytes"
	"strings"
)

// Identifiers of what a CMS message holds (RFC 5652 §4, §5, §6; RFC 3274; RFC 5083),
// as DER writes them.
var (
	oidData          = []byte("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01")
	oidSigned        = []byte("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02")
	oidEnveloped     = []byte("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03")
	oidAuthEnveloped = []byte("\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17")
)

// isCMS reports a mail, or a part of one, that is signed as a whole or encrypted: then
// even its text is inside (RFC 8551 §3.5).
func isCMS(contentType, name string) bool {
	switch contentType {
	case "application/pkcs7-mime", "application/x-pkcs7-mime":
		return true
	case "application/octet-stream":
		return strings.HasSuffix(strings.ToLower(name), ".p7m")
	}
	return false
}

// openCMS reads the entity that is signed. Nobody checks the signature here, no more
// than that of a mail whose signature lies beside the text.
func (w *walker) openCMS(data []byte, depth int) content {
	entity, encrypted, ok := signedEntity(data)
	switch {
	case encrypted:
		w.warn("encrypted; the text is inside an attachment")
	case ok && depth < maxDepth && w.parts <= maxParts:
		h, body := w.header(entity, false)
		return w.entity(h, body, depth+1, false)
	}
	return content{}
}

// signedEntity is what SignedData holds (RFC 5652 §5.1, §5.2); ok is false where it is
// none, or is signed without what it is about.
func signedEntity(data []byte) (entity []byte, encrypted, ok bool) {
	info, _, ok := element(data, 0x30)
	switch {
	case !ok:
		return nil, false, false
	case bytes.HasPrefix(info, oidEnveloped), bytes.HasPrefix(info, oidAuthEnveloped):
		return nil, true, true
	case !bytes.HasPrefix(info, oidSigned):
		return nil, false, false
	}
	var signed, inner, held []byte
	if held, _, ok = element(info[len(oidSigned):], 0xA0); ok {
		signed, _, ok = element(held, 0x30)
	}
	for _, tag := range []byte{0x02, 0x31} { // version, digest algorithms
		if ok {
			_, signed, ok = element(signed, tag)
		}
	}
	if ok {
		inner, _, ok = element(signed, 0x30)
	}
	if !ok || !bytes.HasPrefix(inner, oidData) {
		return nil, false, false
	}
	if held, _, ok = element(inner[len(oidData):], 0xA0); !ok {
		return nil, false, false
	}
	return octets(held)
}

// octets is an octet string, in one piece or many (X.690 §8.7.3).
func octets(b []byte) (all []byte, encrypted, ok bool) {
	if one, _, ok := element(b, 0x04); ok {
		return one, false, true
	}
	pieces, _, ok := element(b, 0x24)
	for ok && len(pieces) > 0 {
		var one []byte
		if one, pieces, ok = element(pieces, 0x04); ok {
			all = append(all, one...)
		}
	}
	return all, false, len(all) > 0
}

// element takes the BER element that b starts with, if it has that tag (X.690 §8.1):
// what is in it, and what comes behind it. One of no given length goes on to the end
// mark on its level, or as far as there are whole elements.
func element(b []byte, tag byte) (inside, rest []byte, ok bool) {
	if len(b) < 2 || b[0] != tag {
		return nil, nil, false
	}
	if b[1] == 0x80 {
		end := endOfContents(b[2:])
		return b[2 : 2+end], b[min(len(b), 2+end+2):], true
	}
	n, head := int(b[1]), 2
	if n > 0x80 {
		size := n & 0x7f
		if size > 4 || len(b) < 2+size {
			return nil, nil, false
		}
		n, head = 0, 2+size
		for _, c := range b[2:head] {
			n = n<<8 | int(c)
		}
	}
	if n > len(b)-head {
		return nil, nil, false
	}
	return b[head : head+n], b[head+n:], true
}

// endOfContents is where the end mark (two zeros) of an element of no given length
// stands; where b ends without one it is the end of b.
func endOfContents(b []byte) int {
	at, open := 0, 0 // elements of no given length that are open around at
	for at+1 < len(b) {
		switch {
		case b[at] == 0 && b[at+1] == 0:
			if open == 0 {
				return at
			}
			open, at = open-1, at+2
		case b[at+1] == 0x80:
			open, at = open+1, at+2
		default:
			_, rest, ok := element(b[at:], b[at])
			if !ok {
				return len(b)
			}
			at = len(b) - len(rest)
		}
	}
	return len(b)
}
