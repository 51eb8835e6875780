package email

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
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
	lines := strings.Split(unarmored(text), "\n")
	for i, l := range lines {
		if l == "" || l[len(l)-1] > ' ' && l[len(l)-1] != 0xA0 {
			continue
		}
		lines[i] = strings.TrimRight(l, " \t\u00a0")
		if strings.TrimSuffix(l, "\r") == "-- " {
			lines[i] = "-- "
		}
	}
	arrow := loneArrow(lines)
	near := attributionsNear(lines, strings.Contains(text, "كتابة") || strings.Contains(text, "in message"))
	wrote, marker := strings.Contains(text, "wrote:"), strings.Contains(text, "[#")
	out := make([]string, 0, len(lines))
	answered := false // an attribution was seen
	for i := 0; i < len(lines); i++ {
		l := lines[i]
		if isForwardRule(l) {
			out = append(out, lines[i:]...)
			break
		}
		if strings.HasPrefix(l, ">>> ") && groupWise.MatchString(l) && dated.MatchString(l) && i+1 < len(lines) && !quotedAfter(lines[i+1:]) {
			break
		}
		if strings.HasPrefix(l, ">") && (i != arrow || answered) && !inLink(lines, i) || answered && (initials.MatchString(l) || brokenQuote(lines, i)) {
			continue
		}
		if wrote {
			if before, n := lateAttribution(lines[i:]); n > 0 {
				out, answered = append(out, before), true
				i += n - 1
				continue
			}
		}
		if n := near.attribution(lines, i); n > 0 {
			if quotedAfter(lines[i+n:]) {
				i += n - 1
				answered = true
				continue
			}
			if !forward {
				break
			}
		}
		if !forward && historyStarts(lines[i:]) {
			break
		}
		if marker && strings.Contains(l, "[#") && markerLine.MatchString(l) {
			continue
		}
		if isSignatureRule(lines, i) || listFooter(lines, i) || signed(lines, i) {
			i = skipSignature(lines, i) - 1
			continue
		}
		out = append(out, l)
	}
	return dropBanner(tidy(dropPhoneLine(strings.Join(squeeze(out), "\n"))))
}

// near says of each line whether an attribution may start there: it takes up to four
// lines, and its last one is easily known.
type near []bool

// within says that it may be known by words that are not its last ones.
func attributionsNear(lines []string, within bool) near {
	out := make(near, len(lines))
	for i, l := range lines {
		if l != "" && (within || endsOddly(l[len(l)-1])) && mayEndAttribution(l) {
			for j := max(0, i-3); j <= i; j++ {
				out[j] = true
			}
		}
		out[i] = out[i] || l != "" && l[0] >= '0' && l[0] <= '9'
	}
	return out
}

// endsOddly reports that a line with c at its end may be the end of an attribution:
// a colon, "--", the "e" of "wrote", or behind them a blank or an invisible mark.
func endsOddly(c byte) bool {
	return c == ':' || c == '-' || c == 'e' || c <= ' ' || c >= utf8.RuneSelf
}

// attribution is attribution(lines[i:]).
func (n near) attribution(lines []string, i int) int {
	if !n[i] {
		return 0
	}
	return attribution(lines[i:])
}

// loneArrow is the only line that starts with ">", if it ends with "<": it
// points at something and quotes nothing. -1 if there is none.
func loneArrow(lines []string) int {
	at := -1
	for i, l := range lines {
		if strings.HasPrefix(l, ">") {
			if at >= 0 || !strings.HasSuffix(l, "<") {
				return -1
			}
			at = i
		}
	}
	return at
}

// quotedAfter reports whether the next line with words on it is quoted.
func quotedAfter(lines []string) bool {
	for _, l := range lines {
		if strings.TrimSpace(l) != "" {
			return strings.HasPrefix(l, ">") || initials.MatchString(l)
		}
	}
	return true
}

// hasQuote is quotedAfter where there must be such a line.
func hasQuote(lines []string) bool {
	return slices.ContainsFunc(lines, func(l string) bool { return strings.TrimSpace(l) != "" }) && quotedAfter(lines)
}

// groupWise is the line that GroupWise puts above unmarked history.
var groupWise = regexp.MustCompile(`^>>> .{3,300}(?:>>>|wrote:)$`)

// initials is how some programs mark quoted lines: "JD> ".
var initials = regexp.MustCompile(`^ ?[A-Z]{1,3}>`)

// brokenQuote reports a line without its mark in the middle of quoted ones: the
// rest of a link that a program broke, or a link on a line of its own.
func brokenQuote(lines []string, i int) bool {
	l := strings.TrimSpace(lines[i])
	if i == 0 || i+1 >= len(lines) || !strings.HasPrefix(lines[i-1], ">") || !quotedAfter(lines[i+1:]) {
		return false
	}
	if strings.HasPrefix(l, "(http") || strings.HasPrefix(l, "<http") {
		return !strings.Contains(strings.TrimRight(l, "> "), " ")
	}
	open := max(strings.LastIndex(lines[i-1], "(http"), strings.LastIndex(lines[i-1], "<http"))
	return open >= 0 && !strings.ContainsAny(lines[i-1][open+1:], ")>") && strings.ContainsAny(l, ")>") && !strings.Contains(l, " ")
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

// inLink reports whether the ">" at the start of line i closes a link that a
// program broke over two lines.
func inLink(lines []string, i int) bool {
	if i == 0 || strings.HasPrefix(lines[i-1], ">") {
		return false
	}
	open := strings.LastIndex(lines[i-1], "<http")
	return open >= 0 && !strings.Contains(lines[i-1][open:], ">")
}
