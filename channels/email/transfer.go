package email

import (
	"bytes"
	"encoding/base64"
	"strings"

	"github.com/emersion/go-message/textproto"
)

// decode undoes the Content-Transfer-Encoding (RFC 2045 §6), forgiving what it can.
func (w *walker) decode(h textproto.Header, body []byte) []byte {
	enc := strings.ToLower(strings.TrimSpace(h.Get("Content-Transfer-Encoding")))
	enc = strings.Trim(strings.TrimSuffix(enc, ";"), `"' `)
	switch enc {
	case "", "7bit", "8bit", "binary", "7-bit", "8-bit", "utf-8", "none":
		return body
	case "base64", "base-64", "b":
		out, clean := decodeBase64(body)
		if !clean {
			w.warn("damaged base64")
		}
		return out
	case "quoted-printable", "qp", "q":
		out, clean := decodeQP(body)
		if !clean {
			w.warn("damaged quoted-printable")
		}
		return out
	}
	w.warn("unknown transfer encoding, kept as it came")
	return body
}

// decodeBase64 skips what is not of the alphabet and goes on after padding,
// since gateways join encoded pieces.
func decodeBase64(b []byte) (out []byte, clean bool) {
	out = make([]byte, base64.StdEncoding.DecodedLen(len(b)))
	if n, err := base64.StdEncoding.Decode(out, b); err == nil {
		return out[:n], true
	}
	out, clean = out[:0], true
	var acc uint32
	var bits int
	for _, c := range b {
		v := sextet(c)
		switch {
		case v >= 0:
			acc = acc<<6 | uint32(v)
			if bits += 6; bits >= 8 {
				bits -= 8
				out = append(out, byte(acc>>bits))
				acc &= 1<<bits - 1
			}
		case c == '=':
			acc, bits = 0, 0
		case c != '\r' && c != '\n' && c != ' ' && c != '\t':
			clean = false
		}
	}
	return out, clean
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

// decodeQP decodes quoted-printable (RFC 2045 §6.7); what is no valid escape stays.
func decodeQP(b []byte) (out []byte, clean bool) {
	out, clean = make([]byte, 0, len(b)), true
	for i := 0; i < len(b); {
		text, next := line(b, i)
		ending := b[i+len(text) : next]
		trimmed := bytes.TrimRight(text, " \t")
		soft := bytes.HasSuffix(trimmed, []byte("="))
		if soft {
			trimmed = trimmed[:len(trimmed)-1]
		}
		for j := 0; j < len(trimmed); j++ {
			if trimmed[j] != '=' {
				out = append(out, trimmed[j])
				continue
			}
			if j+2 < len(trimmed) && hexDigit(trimmed[j+1]) >= 0 && hexDigit(trimmed[j+2]) >= 0 {
				out = append(out, byte(hexDigit(trimmed[j+1])<<4|hexDigit(trimmed[j+2])))
				j += 2
				continue
			}
			out, clean = append(out, '='), false
		}
		if !soft {
			out = append(out, ending...)
		}
		i = next
	}
	return out, clean
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}
