package email

import (
	"strings"
)

// replyOf finds what is new in a mail. text is its whole text, fresh the text
// without what HTML mark-up called quoted, rich says that text was made from
// HTML; in a forwarded mail the history is the news.
func replyOf(text, fresh string, rich, forward bool) string {
	if rich {
		return newText(fresh, forward)
	}
	reply := newText(text, forward)
	if reply == text && fresh != text {
		return newText(fresh, forward)
	}
	return reply
}

// newText drops quoted history and the signature from plain text. Answers
// between quoted lines stay; a forwarded message stays.
func newText(text string, forward bool) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " \t\u00a0")
		if strings.TrimSuffix(l, "\r") == "-- " {
			lines[i] = "-- "
		}
	}
	var out []string
	for i := 0; i < len(lines); i++ {
		l := lines[i]
		if isForwardRule(l) {
			out = append(out, lines[i:]...)
			break
		}
		if strings.HasPrefix(l, ">") {
			continue
		}
		if n := attribution(lines[i:]); n > 0 {
			if quotedAfter(lines[i+n:]) {
				i += n - 1
				continue
			}
			if !forward {
				break
			}
		}
		if !forward && historyStarts(lines[i:]) {
			break
		}
		if isSignatureRule(lines, i) || listFooter(lines, i) {
			i = skipSignature(lines, i) - 1
			continue
		}
		out = append(out, l)
	}
	return tidy(dropPhoneLine(strings.Join(squeeze(out), "\n")))
}

// quotedAfter reports whether the next line with words on it is quoted.
func quotedAfter(lines []string) bool {
	for _, l := range lines {
		if strings.TrimSpace(l) != "" {
			return strings.HasPrefix(l, ">")
		}
	}
	return true
}

// skipSignature is the first line after the signature that starts at i: it
// ends where history starts, so that answers below the history are not lost.
func skipSignature(lines []string, i int) int {
	for i++; i < len(lines); i++ {
		if strings.HasPrefix(lines[i], ">") || isForwardRule(lines[i]) || attribution(lines[i:]) > 0 || historyStarts(lines[i:]) {
			break
		}
	}
	return i
}

// squeeze leaves at most one blank line in a row: where history was cut out
// there would be many.
func squeeze(lines []string) []string {
	out := lines[:0]
	for i, l := range lines {
		if l == "" && i > 0 && len(out) > 0 && out[len(out)-1] == "" {
			continue
		}
		out = append(out, l)
	}
	return out
}
