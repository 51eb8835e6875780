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
	if !plainASCII(s) {
		s = cleanText(s)
	}
	s = wireLines(s)
	encoding := textEncoding(s)
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
		p.body = []byte(s)
	}
	return p
}

// wireLines ends every line with CRLF, also the last one.
func wireLines(s string) string {
	var b strings.Builder
	b.Grow(len(s) + strings.Count(s, "\n") + 2)
	for s != "" {
		l, rest, _ := strings.Cut(s, "\n")
		b.WriteString(l)
		b.WriteString("\r\n")
		s = rest
	}
	if b.Len() == 0 {
		return "\r\n"
	}
	return b.String()
}

// plainASCII is a cheap look at what needs no cleaning.
func plainASCII(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < ' ' && c != '\n' && c != '\t') || c >= 0x7f {
			return false
		}
	}
	return true
}

// textEncoding chooses the transfer encoding (RFC 2045 §6.2).
func textEncoding(s string) string {
	other := 0
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf && utf8.RuneStart(s[i]) {
			other++
		}
	}
	if other > 0 && other*6 > utf8.RuneCountInString(s) {
		return "base64"
	}
	if other > 0 || strings.HasPrefix(s, "From ") || strings.Contains(s, "\r\nFrom ") || strings.Contains(s, " \r\n") {
		return "quoted-printable"
	}
	for rest := s; len(rest) > longest; {
		i := strings.IndexByte(rest, '\n')
		if i < 0 || i > longest {
			return "quoted-printable"
		}
		rest = rest[i+1:]
	}
	return "7bit"
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
