package email

import (
	"bytes"
	"regexp"
	"strings"
)

// continues reports whether the line at i still looks like part of a header.
func continues(raw []byte, i int) bool {
	if i >= len(raw) {
		return false
	}
	text, _ := line(raw, i)
	return fieldName(text) != ""
}

// joins reports whether a line without a colon belongs to the field above it,
// having lost its indent on the way; rest is what follows it.
func (w *walker) joins(text, rest, block []byte, field string) bool {
	switch {
	case continues(rest, 0):
		return goesOn(block, field)
	case isOpen(block) && parameter.Match(text):
		return true
	}
	return resumes(rest, block)
}

// parameter is how a parameter of a structured field starts.
var parameter = regexp.MustCompile(`^[A-Za-z0-9*-]{1,40}=\S`)

// isOpen reports whether a block ends where a field cannot end.
func isOpen(block []byte) bool {
	end := bytes.TrimRight(block, " \t\r\n")
	return len(end) > 0 && (end[len(end)-1] == ';' || end[len(end)-1] == ',')
}

// goesOn reports whether a line without indent may belong to the field above
// it: the block is open at its end, or the field is one that holds free text.
func goesOn(block []byte, field string) bool {
	if isOpen(block) {
		return true
	}
	switch strings.ToLower(field) {
	case "subject", "received", "references", "in-reply-to", "received-spf", "authentication-results", "thread-topic":
		return true
	}
	return false
}

// mainFields are those of which a mail has one each.
var mainFields = []string{"From", "To", "Subject", "Date", "Message-Id", "Content-Type", "Mime-Version", "Content-Transfer-Encoding"}

// resumes reports whether the header goes on below lines that are no fields: a
// main field that block does not have yet stands above the first blank line.
func resumes(rest, block []byte) bool {
	const far = 40 // lines
	for n, i := 0, 0; n < far && i < len(rest); n++ {
		text, next := line(rest, i)
		if len(bytes.TrimSpace(text)) == 0 {
			return false
		}
		if name := fieldName(text); name != "" {
			for _, f := range mainFields {
				if strings.EqualFold(name, f) {
					return !hasField(block, f)
				}
			}
		}
		i = next
	}
	return false
}

// hasField reports whether a field of that name starts a line of block.
func hasField(block []byte, name string) bool {
	for l := range bytes.Lines(block) {
		if strings.EqualFold(fieldName(l), name) {
			return true
		}
	}
	return false
}
