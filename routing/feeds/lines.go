package feeds

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// lines takes a file apart into records. encoding/csv would take all that follows a
// quotation mark that is never closed for one cell; here only the line it stands in is lost.
type lines struct {
	r     *bufio.Reader
	n     int    // lines read
	ahead []read // read, and not yet part of a record
	ended bool   // the reader gives nothing more
}

// read is what one reading gave.
type read struct {
	text string
	err  error
}

var (
	errLong   = fmt.Errorf("is longer than %d bytes", maxLine)
	errOpen   = errors.New("opens a quotation mark that is never closed")
	errQuote  = errors.New("goes on behind the quotation mark that ends a cell: a quotation mark within a cell is doubled")
	errUTF16  = errors.New("is not UTF-8 but UTF-16: save the file as CSV UTF-8")
	errBlank  = errors.New("holds nothing")
	errBinary = errors.New("is no text: save the sheet as CSV UTF-8")
)

// newlines ends every line with LF, also one that ends with CR LF or, as old Macs and some
// terminals write it, CR alone.
type newlines struct {
	r  io.Reader
	cr bool // the last byte was one
}

func (n *newlines) Read(p []byte) (int, error) {
	got, err := n.r.Read(p)
	out := p[:0]
	for _, b := range p[:got] {
		was := n.cr
		if n.cr = b == '\r'; n.cr {
			b = '\n'
		} else if was && b == '\n' {
			continue
		}
		out = append(out, b)
	}
	return len(out), err
}

// header is the first line that says something.
func (l *lines) header() (string, error) {
	for {
		line, err := l.next()
		if errors.Is(err, io.EOF) {
			return "", errBlank
		}
		if err != nil {
			return "", err
		}
		if l.n == 1 {
			if strings.HasPrefix(line, "\xff\xfe") || strings.HasPrefix(line, "\xfe\xff") {
				return "", errUTF16
			}
			if strings.HasPrefix(line, "PK\x03\x04") || strings.ContainsRune(line, 0) {
				return "", errBinary
			}
			line = strings.TrimPrefix(line, "\ufeff")
		}
		if strings.TrimSpace(line) != "" && !strings.HasPrefix(strings.ToLower(line), "sep=") { // as Excel begins its files
			return line, nil
		}
	}
}

// next is the next line without its end; io.EOF after the last. The reader's own error
// takes the place of the line that it cut short.
func (l *lines) next() (string, error) {
	if len(l.ahead) > 0 {
		first := l.ahead[0]
		l.ahead = l.ahead[1:]
		l.n++
		return first.text, first.err
	}
	if l.ended {
		return "", io.EOF
	}
	line, err := l.r.ReadSlice('\n')
	whole := string(line)
	long := errors.Is(err, bufio.ErrBufferFull)
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = l.r.ReadSlice('\n')
	}
	l.ended = err != nil
	if errors.Is(err, io.EOF) && whole == "" {
		return "", err
	}
	l.n++
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	if long {
		return "", errLong
	}
	return strings.TrimSuffix(whole, "\n"), nil
}

// record is the next record, of so many cells, and the line that it begins on. One that
// goes on over several lines and comes to nothing is taken back but for its first.
func (l *lines) record(comma byte, width int) (n int, cells []string, err error) {
	text, err := l.next()
	if n = l.n; err != nil {
		return n, nil, err
	}
	var more []read
	for whole := text; ; {
		cells, err = split(whole, comma)
		if len(more) == 0 && !errors.Is(err, errOpen) || err == nil && len(cells) == width {
			return n, cells, err
		}
		if !errors.Is(err, errOpen) || len(more) == maxFolds || len(whole) > maxLine {
			break
		}
		line, err := l.next()
		if errors.Is(err, io.EOF) {
			break
		}
		more = append(more, read{line, err})
		if err != nil {
			break
		}
		whole += "\n" + line
	}
	l.ahead, l.n = append(more, l.ahead...), n
	return n, nil, errOpen
}

// split takes a record apart (RFC 4180 section 2). Blanks around quotation marks are allowed,
// and a quotation mark that does not begin a cell is a sign like any other.
func split(s string, comma byte) (cells []string, err error) {
	for {
		cell, rest, more := "", "", false
		if t := strings.TrimLeft(s, " "); strings.HasPrefix(t, `"`) {
			if cell, rest, err = quoted(t[1:]); err != nil {
				return nil, err
			}
			rest = strings.TrimLeft(rest, " ")
			if rest != "" && rest[0] != comma {
				return nil, errQuote
			}
			if more = rest != ""; more {
				rest = rest[1:]
			}
		} else {
			cell, rest, more = strings.Cut(s, string(comma))
		}
		if cells = append(cells, cell); len(cells) > maxColumns {
			return nil, fmt.Errorf("has more than %d cells", maxColumns)
		}
		if !more {
			return cells, nil
		}
		s = rest
	}
}

// quoted reads a cell from behind its first quotation mark.
func quoted(s string) (cell, rest string, err error) {
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(s, `"`)
		b.WriteString(before)
		if !ok {
			return "", "", errOpen
		}
		if !strings.HasPrefix(after, `"`) {
			return b.String(), after, nil
		}
		b.WriteByte('"')
		s = after[1:]
	}
}

// separator is the one of the usual signs that stands most often in a header, outside
// quotation marks; of equals the first.
func separator(header string) byte {
	const signs = ",;\t|"
	var n [len(signs)]int
	inside := false
	for i := range len(header) {
		if header[i] == '"' {
			inside = !inside
		} else if at := strings.IndexByte(signs, header[i]); at >= 0 && !inside {
			n[at]++
		}
	}
	best := 0
	for i := range n {
		if n[i] > n[best] {
			best = i
		}
	}
	return signs[best]
}
