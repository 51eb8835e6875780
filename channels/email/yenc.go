package email

import (
	"bytes"
	"regexp"
)

// yBegin is the line above data in yEnc 1.3, as newsreaders post it. The name is its last field.
var yBegin = regexp.MustCompile(`^=ybegin (?:[a-z]+=\d+ )+name=(.{1,255}?)\s*$`)

// cutYEnc takes yEnc files out of plain text. What begins like one but does not end
// like one stays in the text. A part of a file is a file.
func cutYEnc(b []byte) (files []Attachment, rest []byte) {
	mark := []byte("=ybegin ")
	for at := 0; at < len(b); {
		i := bytes.Index(b[at:], mark)
		if i < 0 {
			break
		}
		i += at
		head, start := line(b, i)
		m := yBegin.FindSubmatch(head)
		if m == nil || i > 0 && b[i-1] != '\n' && b[i-1] != '\r' {
			at = i + len(mark)
			continue
		}
		if part, next := line(b, start); bytes.HasPrefix(part, []byte("=ypart ")) {
			start = next
		}
		length := bytes.Index(b[start:], []byte("\n=yend "))
		if length < 0 {
			break
		}
		_, end := line(b, start+length+1)
		name := decodeHeader(string(m[1]))
		files = append(files, Attachment{Name: baseName(name), ContentType: typeByName(name), Data: decodeYEnc(b[start : start+length])})
		rest = append(rest, b[:i]...)
		b, at = b[end:], 0
	}
	if files == nil {
		return nil, b
	}
	return files, append(rest, b...)
}

// decodeYEnc takes 42 off every byte, and 64 more off one behind "=".
func decodeYEnc(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == '\r' || c == '\n':
		case c == '=' && i+1 < len(b):
			i++
			out = append(out, b[i]-64-42)
		default:
			out = append(out, c-42)
		}
	}
	return out
}
