package email

import (
	"bytes"
	"strings"
)

// span is a range of bytes.
type span struct{ start, end int }

// split cuts the body of a multipart at its delimiter lines (RFC 2046 §5.1.1).
// A missing or wrong boundary is guessed from the body. ok is false if no part is found.
func (w *walker) split(boundary string, body []byte) (parts []span, ok bool) {
	w.read += len(body)
	if boundary = strings.TrimRight(boundary, " \t"); boundary != "" {
		if parts, closed := splitAt(body, boundary); len(parts) > 0 {
			if !closed {
				w.warn("multipart without its closing boundary")
			}
			return parts, true
		}
	}
	w.read += len(body)
	guess := sniffBoundary(body)
	if guess == "" {
		return nil, false
	}
	w.warn("wrong or missing boundary, guessed from the body")
	parts, _ = splitAt(body, guess)
	return parts, len(parts) > 0
}

// splitAt finds the parts between the lines that are "--" + boundary.
func splitAt(body []byte, boundary string) (parts []span, closed bool) {
	delim := []byte("--" + boundary)
	start := -1
	for at := 0; at < len(body); {
		i := bytes.Index(body[at:], delim)
		if i < 0 {
			break
		}
		i += at
		end := i + len(delim)
		at = end
		if i > 0 && body[i-1] != '\n' && body[i-1] != '\r' {
			continue
		}
		rest, next := line(body, end)
		if closed && start < 0 && fieldNameAt(body, next) == "" {
			continue // below the end only what looks like a part is one
		}
		mark := bytes.TrimRight(rest, " \t")
		last := bytes.Equal(mark, []byte("--"))
		if len(mark) > 0 && !last {
			continue
		}
		if start >= 0 {
			parts = append(parts, span{start, max(start, trimBreak(body, i))})
		}
		start, at = next, next
		if last {
			start, closed = -1, true
		}
	}
	if start >= 0 && len(bytes.TrimSpace(body[start:])) > 0 {
		parts = append(parts, span{start, len(body)})
	}
	return parts, closed
}

func fieldNameAt(b []byte, i int) string {
	text, _ := line(b, i)
	return fieldName(text)
}

// line returns the line at i without its ending, and where the next one starts.
func line(b []byte, i int) (text []byte, next int) {
	const usual = 1000 // the longest that RFC 5322 allows
	n := bytes.IndexByte(b[i:min(len(b), i+usual)], '\n')
	if n >= 0 {
		if r := bytes.IndexByte(b[i:i+n], '\r'); r >= 0 {
			n = r
		}
	} else if n = bytes.IndexAny(b[i:], "\r\n"); n < 0 {
		return b[i:], len(b)
	}
	next = i + n + 1
	if b[i+n] == '\r' && next < len(b) && b[next] == '\n' {
		next++
	}
	return b[i : i+n], next
}

// trimBreak is where the content before a delimiter line at i ends: the line
// break before a delimiter belongs to the delimiter.
func trimBreak(b []byte, i int) int {
	if i > 0 && b[i-1] == '\n' {
		i--
	}
	if i > 0 && b[i-1] == '\r' {
		i--
	}
	return i
}

// sniffBoundary finds a line "--x" that is followed by a header line, as a
// delimiter would be.
func sniffBoundary(body []byte) string {
	for i := 0; i < len(body); {
		text, next := line(body, i)
		i = next
		text = bytes.TrimRight(text, " \t")
		if len(text) < 4 || len(text) > 200 || !bytes.HasPrefix(text, []byte("--")) || bytes.IndexByte(text, ' ') >= 0 {
			continue
		}
		if name := fieldNameAt(body, next); len(name) > 8 && strings.EqualFold(name[:8], "content-") {
			return string(text[2:])
		}
	}
	return ""
}
