package email

import (
	"bytes"
	"regexp"
)

// uuBegin is the line above uuencoded data (POSIX uuencode).
var uuBegin = regexp.MustCompile(`^begin(?:-base64)? [0-7]{3,6} (.{1,255}?)\s*$`)

// maxGrowth is how much larger a file may be than its data lines: blanks at
// the end of a line stand for zeros, and may have been trimmed.
const maxGrowth = 4

// cutUU takes uuencoded files out of plain text. What begins like one but does
// not decode stays in the text.
func cutUU(b []byte) (files []Attachment, rest []byte) {
	if !bytes.Contains(b, []byte("begin")) {
		return nil, b
	}
	kept := 0
	for i := 0; i < len(b); {
		text, next := line(b, i)
		if !bytes.HasPrefix(text, []byte("begin")) {
			i = next
			continue
		}
		m := uuBegin.FindSubmatch(text)
		if m == nil {
			i = next
			continue
		}
		data, end, ok := decodeUU(b, next, bytes.HasPrefix(text, []byte("begin-base64")))
		if !ok {
			i = max(next, end)
			continue
		}
		name := decodeHeader(string(m[1]))
		files = append(files, Attachment{Name: baseName(name), ContentType: typeByName(name), Data: data})
		rest = append(rest, b[kept:i]...)
		i, kept = end, end
	}
	return files, append(rest, b[kept:]...)
}

// decodeUU reads data lines from i to the line "end", or as far as they go; end is where
// they stop. ok says that there was data.
func decodeUU(b []byte, i int, base64 bool) (data []byte, end int, ok bool) {
	start := i
	for i < len(b) {
		text, next := line(b, i)
		if mark := bytes.TrimRight(text, " \t"); bytes.Equal(mark, []byte("end")) || base64 && bytes.Equal(mark, []byte("====")) {
			if base64 {
				data, _, ok = decodeBase64(b[start:i])
				return data, next, ok
			}
			return data, next, true
		}
		if !base64 {
			out, good := uuLine(text)
			if !good {
				return data, i, len(data) >= 2*45 // two full lines are no accident
			}
			data = append(data, out...)
			if len(data) > maxGrowth*(next-start)+1024 {
				return nil, next, false
			}
		}
		i = next
	}
	return data, i, len(data) >= 2*45
}

// uuLine decodes one line: a length, then groups of four characters for three
// bytes. Blanks at the end may have been trimmed on the way.
func uuLine(l []byte) (out []byte, ok bool) {
	if len(l) == 0 {
		return nil, true
	}
	n := int(l[0]-' ') & 63
	if l[0] < ' ' || l[0] > '`' || len(l)-1 > (n+2)/3*4+3 {
		return nil, false
	}
	at := func(i int) byte {
		if i >= len(l) {
			return 0
		}
		return (l[i] - ' ') & 63
	}
	for _, c := range l[1:] {
		if c < ' ' || c > '`' {
			return nil, false
		}
	}
	for i := 1; len(out) < n; i += 4 {
		a, b, c, d := at(i), at(i+1), at(i+2), at(i+3)
		out = append(out, a<<2|b>>4, b<<4|c>>2, c<<6|d)
	}
	return out[:n], true
}
