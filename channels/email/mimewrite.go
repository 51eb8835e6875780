package email

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"mime"
	"mime/quotedprintable"
	"strings"
	"unicode/utf8"
)

const (
	foldAt    = 76  // columns of a header line, where it can be folded (RFC 5322 §2.1.1)
	longest   = 900 // octets in a line that needs no encoding; RFC 5322 allows 998
	base64Row = 57  // octets that make a line of 76 (RFC 2045 §6.8)
)

// part is a MIME entity to be written: fields, and a body or further parts.
type part struct {
	fields  fields
	body    []byte // as it goes onto the wire
	text    string // the same, of text that goes as it is
	subtype string // of multipart, if there are parts
	parts   []part
}

// fields are a header, in the order in which they are written.
type fields []struct{ name, value string }

func (f *fields) add(name, value string) {
	*f = append(*f, struct{ name, value string }{name, value})
}

// write writes a whole entity; head comes before its own fields.
func (p part) write(b *bytes.Buffer, head fields) {
	boundary := ""
	if len(p.parts) > 0 {
		boundary = rand.Text()
		head.add("Content-Type", "multipart/"+p.subtype+"; boundary="+boundary)
	}
	for _, list := range []fields{head, p.fields} {
		for _, f := range list {
			writeField(b, f.name, f.value)
		}
	}
	b.WriteString("\r\n")
	b.Write(p.body)
	b.WriteString(p.text)
	for _, child := range p.parts {
		b.WriteString("--" + boundary + "\r\n")
		child.write(b, nil)
		if !bytes.HasSuffix(b.Bytes(), []byte("\r\n")) {
			b.WriteString("\r\n")
		}
	}
	if boundary != "" {
		b.WriteString("--" + boundary + "--\r\n")
	}
}

// size is about how many bytes write writes, beside the head.
func (p part) size() int {
	n := len(p.body) + len(p.text) + 256
	for _, child := range p.parts {
		n += child.size()
	}
	return n
}

// writeField folds a field at its blanks.
func writeField(b *bytes.Buffer, name, value string) {
	b.WriteString(name + ":")
	column := len(name) + 1
	for value != "" {
		word, rest, _ := strings.Cut(value, " ")
		if column+1+len(word) > foldAt && column > len(name)+1 {
			b.WriteString("\r\n")
			column = 0
		}
		b.WriteByte(' ')
		b.WriteString(word)
		column += 1 + len(word)
		value = rest
	}
	b.WriteString("\r\n")
}

// textPart encodes text in the way that leaves most of it readable.
func textPart(contentType, s string) part {
	plain := plainASCII(s)
	if !plain {
		s = cleanText(s)
	}
	s, fits := wireLines(s)
	encoding := "7bit"
	switch {
	case !plain && mostlyOther(s):
		encoding = "base64"
	case !fits || !plain && hasHigh([]byte(s)):
		encoding = "quoted-printable"
	}
	p := part{}
	p.fields.add("Content-Type", contentType+"; charset=utf-8")
	p.fields.add("Content-Transfer-Encoding", encoding)
	switch encoding {
	case "base64":
		p.body = base64Lines([]byte(s))
	case "quoted-printable":
		var b bytes.Buffer
		b.Grow(len(s) + len(s)/8)
		w := quotedprintable.NewWriter(&b)
		_, _ = w.Write([]byte(s)) // a buffer never fails
		_ = w.Close()
		p.body = b.Bytes()
	default:
		p.text = s
	}
	return p
}

// wireLines ends every line with CRLF, also the last one. fits: no line is too long,
// or looks to a mail server as if it began an mbox, or ends in a blank, which some
// servers take away; such text has to be encoded (RFC 2045 §6.7).
func wireLines(s string) (wire string, fits bool) {
	var b strings.Builder
	b.Grow(len(s) + strings.Count(s, "\n") + 2)
	fits = true
	for s != "" {
		l, rest, _ := strings.Cut(s, "\n")
		fits = fits && len(l) <= longest && !strings.HasPrefix(l, "From ") && !strings.HasSuffix(l, " ")
		b.WriteString(l)
		b.WriteString("\r\n")
		s = rest
	}
	if b.Len() == 0 {
		return "\r\n", true
	}
	return b.String(), fits
}

// needsCleaning are the bytes that plainASCII looks for.
var needsCleaning = func() (t [256]uint8) {
	for c := range t {
		if c < ' ' && c != '\n' && c != '\t' || c >= 0x7f {
			t[c] = 1
		}
	}
	return t
}()

// plainASCII is a cheap look at what needs no cleaning.
func plainASCII(s string) bool {
	found := uint8(0)
	for i := range len(s) {
		found |= needsCleaning[s[i]]
	}
	return found == 0
}

// mostlyOther reports that more than a sixth of the characters are not ASCII:
// base64 is shorter for them than quoted-printable (RFC 2045 §6.2).
func mostlyOther(s string) bool {
	other := 0
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf && utf8.RuneStart(s[i]) {
			other++
		}
	}
	return other > 0 && other*6 > utf8.RuneCountInString(s)
}

func base64Lines(data []byte) []byte {
	rows := (len(data) + base64Row - 1) / base64Row
	out := make([]byte, 0, base64.StdEncoding.EncodedLen(len(data))+2*rows+2)
	for len(data) > 0 {
		n := min(base64Row, len(data))
		out = append(base64.StdEncoding.AppendEncode(out, data[:n]), '\r', '\n')
		data = data[n:]
	}
	return out
}

// formatParams writes value; name="…", in RFC 2231 form where needed.
func formatParams(value, name, param string) string {
	if param == "" {
		return value
	}
	return mime.FormatMediaType(value, map[string]string{name: param})
}
