package email

import (
	"bytes"
	"encoding/base64"
	"io"
	"strings"
	"unicode/utf16"

	"github.com/emersion/go-message/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/transform"
)

// readerEncoding decodes what only go-message's registry knows.
type readerEncoding struct{ label string }

// NewDecoder implements encoding.Encoding.
func (e readerEncoding) NewDecoder() *encoding.Decoder {
	return &encoding.Decoder{Transformer: wholeText{label: e.label}}
}

// NewEncoder implements encoding.Encoding; nothing is ever encoded with it.
func (e readerEncoding) NewEncoder() *encoding.Encoder { return encoding.Nop.NewEncoder() }

// wholeText transforms all of its source at once.
type wholeText struct {
	transform.NopResetter
	label string
}

// Transform implements transform.Transformer.
func (w wholeText) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	if !atEOF {
		return 0, 0, transform.ErrShortSrc
	}
	r, err := charset.Reader(w.label, bytes.NewReader(src))
	if err != nil {
		return 0, 0, err
	}
	out, err := io.ReadAll(r)
	if err != nil {
		return 0, 0, err
	}
	if len(out) > len(dst) {
		return 0, 0, transform.ErrShortDst
	}
	return copy(dst, out), len(src), nil
}

// decodeUTF7 reads UTF-7 (RFC 2152); what is no valid shift stays as it came.
func decodeUTF7(b []byte) string {
	var out strings.Builder
	for len(b) > 0 {
		i := bytes.IndexByte(b, '+')
		if i < 0 {
			break
		}
		out.Write(b[:i])
		b = b[i+1:]
		n := 0
		for n < len(b) && sextet(b[n]) >= 0 && b[n] != '-' && b[n] != '_' {
			n++
		}
		raw := make([]byte, base64.RawStdEncoding.DecodedLen(n))
		got, err := base64.RawStdEncoding.Decode(raw, b[:n])
		switch {
		case n == 0 && len(b) > 0 && b[0] == '-':
			out.WriteByte('+')
		case n == 0 || err != nil && got < 2:
			out.WriteByte('+')
			out.Write(b[:n])
		default:
			units := make([]uint16, 0, got/2)
			for j := 0; j+1 < got; j += 2 {
				units = append(units, uint16(raw[j])<<8|uint16(raw[j+1]))
			}
			out.WriteString(string(utf16.Decode(units)))
		}
		b = b[n:]
		if len(b) > 0 && b[0] == '-' {
			b = b[1:]
		}
	}
	out.Write(b)
	return strings.ToValidUTF8(out.String(), "\uFFFD")
}

// decodeISO2022KR reads ISO-2022-KR (RFC 1557): between SO and SI stands
// EUC-KR without its high bits.
func decodeISO2022KR(b []byte) string {
	b = bytes.ReplaceAll(b, []byte("\x1b$)C"), nil)
	out, shifted := make([]byte, 0, len(b)), false
	for _, c := range b {
		switch {
		case c == 0x0e:
			shifted = true
		case c == 0x0f:
			shifted = false
		case shifted && c > ' ':
			out = append(out, c|0x80)
		default:
			out = append(out, c)
		}
	}
	text, _ := korean.EUCKR.NewDecoder().Bytes(out)
	return string(bytes.ToValidUTF8(text, []byte("\uFFFD")))
}
