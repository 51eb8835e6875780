package email

import (
	"bytes"
	"encoding/base64"
	"strings"
)

// decode undoes the Content-Transfer-Encoding (RFC 2045 §6), forgiving what it can.
func (w *walker) decode(h headers, body []byte) []byte {
	data, _ := w.decodeTail(h, body, false)
	return data
}

// decodeTail is decode that also hands out text that a gateway put below encoded data.
// unix says that lines may end with \n alone.
func (w *walker) decodeTail(h headers, body []byte, unix bool) (data, tail []byte) {
	w.read += len(body)
	enc := strings.ToLower(strings.TrimSpace(h.Get("Content-Transfer-Encoding")))
	enc, _, _ = strings.Cut(enc, ";")
	enc, _, _ = strings.Cut(enc, "(")
	enc = strings.Trim(enc, `"'., `)
	switch enc {
	case "", "7bit", "8bit", "binary", "7-bit", "8-bit", "7bits", "8bits", "utf-8", "us-ascii", "none":
		return body, nil
	case "base64", "base-64", "b", "b64":
		if hasWords(body) {
			w.warn("called base64 but is plain text")
			return body, nil
		}
		out, tail, clean := decodeBase64(body)
		if !clean {
			w.warn("damaged base64")
		}
		return out, tail
	case "quoted-printable", "quotedprintable", "quoted_printable", "qp", "q":
		out, clean := decodeQP(body, unix)
		if !clean {
			w.warn("damaged quoted-printable")
		}
		return out, nil
	case "x-uuencode", "uuencode", "x-uue", "uue":
		if files, _ := cutUU(body); len(files) == 1 {
			return files[0].Data, nil
		}
		w.warn("damaged uuencode")
		return body, nil
	}
	w.warn("unknown transfer encoding, kept as it came")
	return body, nil
}

// hasWords reports text of several words a line, which base64 never has.
func hasWords(b []byte) bool {
	spaced, all := 0, 0
	for l := range bytes.Lines(b[:min(len(b), 4096)]) {
		if l = bytes.TrimSpace(l); len(l) > 0 {
			all++
			if bytes.IndexByte(l, ' ') > 0 {
				spaced++
			}
		}
	}
	return spaced > all/2
}

// decodeBase64 decodes either alphabet of RFC 4648, skipping what belongs to
// neither. It goes on after padding where more of the same follows, since
// gateways join encoded pieces; anything else that follows is the tail.
func decodeBase64(b []byte) (out, tail []byte, clean bool) {
	out = make([]byte, base64.StdEncoding.DecodedLen(len(b))+8)
	at, n := base64Groups(out, b)
	if more, err := base64.StdEncoding.Decode(out[n:], b[at:]); err == nil {
		return out[:n+more], nil, true
	}
	url := bytes.ContainsAny(b, "-_") && !bytes.ContainsAny(b, "+/")
	out, clean = out[:0], true
	var acc uint32
	var bits int
	for i, c := range b {
		v := sextet(c)
		switch {
		case v >= 0 && (url || c != '-' && c != '_'):
			acc = acc<<6 | uint32(v)
			if bits += 6; bits >= 8 {
				bits -= 8
				out = append(out, byte(acc>>bits))
				acc &= 1<<bits - 1
			}
			continue
		case c == '=':
			acc, bits = 0, 0
		case c != '\r' && c != '\n' && c != ' ' && c != '\t':
			clean = false
			continue
		}
		if (c == '=' || c == '\n' && i > 0 && (b[i-1] == '\n' || i > 1 && b[i-2] == '\n')) && endsHere(b[i+1:]) {
			return out, bytes.TrimLeft(b[i+1:], "= \t\r\n"), false
		}
	}
	return out, nil, clean
}

// endsHere reports whether what follows padding or a blank line is no base64:
// its first line holds other characters.
func endsHere(rest []byte) bool {
	first := bytes.TrimLeft(rest[:min(len(rest), 1000)], "= \t\r\n")
	first, _ = line(first, 0)
	for _, c := range bytes.TrimRight(first, " \t") {
		if sextet(c) < 0 && c != '=' || c == '_' || c == '-' {
			return true
		}
	}
	return false
}

// sextet is the value of a base64 digit of either alphabet (RFC 4648), or -1.
func sextet(c byte) int {
	switch {
	case c >= 'A' && c <= 'Z':
		return int(c - 'A')
	case c >= 'a' && c <= 'z':
		return int(c-'a') + 26
	case c >= '0' && c <= '9':
		return int(c-'0') + 52
	case c == '+' || c == '-':
		return 62
	case c == '/' || c == '_':
		return 63
	}
	return -1
}
