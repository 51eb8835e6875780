package email

import (
	"regexp"
	"slices"
	"strings"
)

// isForward reads the prefixes that mail programs put before a forwarded subject.
func isForward(subject string) bool {
	before, _, ok := strings.Cut(strings.ToLower(subject), ":")
	if !ok {
		return false
	}
	switch strings.TrimSpace(before) {
	case "fw", "fwd", "إعادة توجيه", "اعادة توجيه", "محول", "تحويل", "tr", "wg", "rv", "enc", "i", "doorst", "ilt", "转发", "轉寄", "転送", "전달", "fs", "vs", "vb", "pd", "vl", "továbbítás":
		return true
	}
	return false
}

func isForwardRule(l string) bool {
	l = strings.TrimSpace(l)
	if l == "" || len(l) > 200 || l[0] != '-' && l[0] != '_' && !endsInColon(l) {
		return false
	}
	return forwardLine.MatchString(unmark(l))
}

func endsInColon(l string) bool { return strings.HasSuffix(l, ":") || strings.HasSuffix(l, "：") }

// unmark takes out the invisible marks of direction, and makes all blanks one kind.
func unmark(s string) string {
	// The first bytes of them all.
	if strings.IndexByte(s, 0xE2) >= 0 || strings.IndexByte(s, 0xC2) >= 0 || strings.IndexByte(s, 0xEF) >= 0 {
		return bidiMarks.Replace(s)
	}
	return s
}

// isRuler reports a line drawn over the whole width.
func isRuler(l string) bool {
	return len(l) >= 10 && strings.IndexByte("_-=*", l[0]) >= 0 && strings.Trim(l, "_-=*") == ""
}

// attribution is how many lines, at most four, the line "On … somebody wrote:"
// takes at the start of lines; zero if there is none.
func attribution(all []string) int {
	lines := all[:min(len(all), 4)]
	bare := lines[0] != "" && lines[0][0] >= '0' && lines[0][0] <= '9'
	if !bare && !slices.ContainsFunc(lines, mayEndAttribution) {
		return 0
	}
	joined := ""
	for n := range lines {
		l := strings.TrimSpace(unmark(lines[n]))
		if l == "" || len(l) > 500 || strings.HasPrefix(l, ">") {
			return 0
		}
		if n == 0 && !wroteStart.MatchString(l) && !endsInColon(l) {
			return 0
		}
		joined = strings.TrimSpace(joined + " " + l)
		joined = strings.Replace(joined, "< ", "<", 1) // an address that had no room on the line
		if n <= 1 && bare && bareStart.MatchString(joined) && n+1 < len(all) && quotedAfter(all[n+1:]) {
			return n + 1
		}
		if endsInColon(l) && n+1 < len(all) && quotedAfter(all[n+1:]) && len(joined) < 250 && loose.MatchString(joined) {
			return n + 1
		}
		if endsInColon(l) && (n == 0 || !endsInColon(lines[n-1])) && len(joined) < 300 && strings.Contains(joined, "@") && hasQuote(all[n+1:]) && surelyDated.MatchString(asciiDigits(joined)) {
			return n + 1 // in any language
		}
		if mayEndAttribution(l) && (dated.MatchString(asciiDigits(joined)) || addressWrote.MatchString(joined)) && isAttribution(joined) {
			return n + 1
		}
	}
	return 0
}

// asciiDigits writes the digits of other scripts as ASCII ones.
func asciiDigits(s string) string {
	return strings.Map(func(r rune) rune {
		for _, zero := range "٠۰०০๐" {
			if r >= zero && r <= zero+9 {
				return r - zero + '0'
			}
		}
		return r
	}, s)
}

// mayEndAttribution is a cheap look at what an attribution has at its end.
func mayEndAttribution(l string) bool {
	l = strings.TrimRight(unmark(l), " \t")
	return endsInColon(l) || strings.HasSuffix(l, "--") || strings.HasSuffix(l, "wrote") || strings.Contains(l, "كتابة ما يلي") || strings.Contains(l, "wrote in message")
}

// historyStarts reports whether everything from here on is an older message
// that is not marked line by line: a rule of words, or an Outlook header block.
func historyStarts(lines []string) bool {
	l := strings.TrimSpace(lines[0])
	if l != "" && !isASCIILetter(l[0]) {
		l = unmark(l)
	}
	if l != "" && (strings.IndexByte("-_=*", l[0]) >= 0 || strings.HasPrefix(l, "\u2010") || strings.HasPrefix(l, "\u2013") || strings.HasPrefix(l, "\u2014")) && len(l) < 300 && originalRule.MatchString(l) {
		return true
	}
	if len(l) <= longestBare && originalBare[strings.ToLower(l)] {
		for i := 1; i < len(lines) && i <= 3; i++ {
			if headerBlock(lines[i:]) {
				return true
			}
		}
	}
	if isRuler(l) {
		for i := 1; i < len(lines) && i <= 2; i++ {
			if strings.TrimSpace(lines[i]) != "" {
				kind, value := blockField(lines[i])
				return kind == fieldFrom && strings.Contains(value, "@") || headerBlock(lines[i:])
			}
		}
		return false
	}
	return headerBlock(lines) || notesBlock(lines)
}

// notesBlock is what old Lotus Notes puts above history: a name, a date, and
// the names of the fields each on a line of its own.
func notesBlock(lines []string) bool {
	if len(lines) < 5 || len(lines[0]) > 100 || !strings.Contains(lines[1], ":") || !notesDate.MatchString(lines[1]) {
		return false
	}
	to := false
	for _, l := range lines[2:min(len(lines), 20)] {
		switch strings.TrimSpace(l) {
		case "To", "An", "Para", "Pour", "A", "Aan":
			to = true
		case "Subject", "Thema", "Asunto", "Objet", "Oggetto", "Onderwerp":
			return to
		}
	}
	return false
}

// headerBlock wants a sender, a date with a digit in it, and a subject or an
// address, in fields that follow each other. A customer's own "From: Riyadh,
// To: Jeddah" is none.
func headerBlock(lines []string) bool {
	kind, value := blockField(lines[0])
	if kind == 0 {
		return false
	}
	firstDate, clock := kind == fieldDate, fullDate.MatchString(value)
	var seen [fieldSubject + 1]bool
	address, blanks, loose := false, 0, 0
	for _, l := range lines[:min(len(lines), 12)] {
		kind, value := blockField(l)
		switch {
		case strings.TrimSpace(l) == "":
			if blanks++; blanks > 3 {
				return false
			}
			continue
		case kind == 0:
			if loose++; loose > 3 { // a long list of recipients goes on
				return false
			}
		case kind == fieldDate && !strings.ContainsAny(asciiDigits(value), "0123456789"):
		default:
			seen[kind] = true
		}
		address = address || strings.Contains(value, "@")
		if seen[fieldDate] && seen[fieldTo] && address && clock && firstDate {
			return true // Hotmail: the date first, and perhaps nothing else
		}
		if seen[fieldFrom] && seen[fieldDate] && (seen[fieldSubject] || address && seen[fieldTo]) {
			return true
		}
	}
	return false
}

// lateAttribution is what stands before an attribution on the same line, if
// quoted lines follow, and how many lines, at most three, that takes.
func lateAttribution(lines []string) (before string, n int) {
	if len(lines) < 2 || len(lines[0]) > 2500 || !strings.Contains(lines[0], "On ") && !strings.Contains(lines[0], "on ") {
		return "", 0
	}
	joined := ""
	for n := range min(len(lines)-1, 3) {
		if lines[n] == "" || strings.HasPrefix(lines[n], ">") {
			break
		}
		joined = strings.TrimSpace(joined + " " + lines[n])
		if !strings.HasSuffix(joined, "wrote:") {
			continue
		}
		if m := lateWrote.FindStringSubmatch(joined); m != nil && quotedAfter(lines[n+1:min(len(lines), n+4)]) {
			before = strings.TrimRight(m[1], "- ")
			if strings.Trim(before, "*>_ ") == "" {
				before = ""
			}
			return before, n + 1
		}
		break
	}
	return "", 0
}

// isSignatureRule reports whether line i is "-- " (RFC 3676 §4.3), or "--" as
// programs that trim lines leave it.
func isSignatureRule(lines []string, i int) bool {
	return lines[i] == "-- " || lines[i] == "--" && i > 0
}

// listFooter reports the rule that mailing lists put above their footer: few
// lines follow, and one is a link or an address.
func listFooter(lines []string, i int) bool {
	if !isRuler(lines[i]) || len(lines)-i > 8 {
		return false
	}
	rest := strings.Join(lines[i:], "\n")
	return strings.Contains(rest, "://") || strings.Contains(rest, "mailing list")
}

// isPhoneLine looks for a word of such a line before it asks the slow phoneLine.
func isPhoneLine(l string) bool {
	if l == "" || len(l) > 400 {
		return false
	}
	l = strings.TrimSpace(unmark(l))
	if strings.Contains(l, "http") {
		l = strings.TrimSpace(linkTail.ReplaceAllString(l, ""))
	}
	lower := strings.ToLower(l)
	return slices.ContainsFunc(phoneWords, func(w string) bool { return strings.Contains(lower, w) }) && phoneLine.MatchString(l)
}

// dropPhoneLine removes "Sent from my phone" from the end.
func dropPhoneLine(s string) string {
	for {
		s = tidy(s)
		i := strings.LastIndexByte(s, '\n')
		if !isPhoneLine(s[i+1:]) {
			return s
		}
		s = s[:max(i, 0)]
	}
}

var (
	// banner is what a mail server of ours puts above a stranger's words.
	banner     = regexp.MustCompile(`(?i)^[\s\[*(⚠️|]*(?:(?:caution|warning|attention|external|notice|important)\b.{0,60}\b(?:external (?:sender|e-?mail|source|message)|outside (?:of )?(?:the|your|our) (?:organi[sz]ation|company|network)|e-?mail\b.{0,30}\boriginated)|external (?:e-?mail|sender|message)\s*[\]:!*-]|(?:you|some people who received this message) don['’]t often get e-?mail from )`)
	bannerMore = regexp.MustCompile(`(?i)^[\s|]*(?:please )?(?:do not|don['’]t|never|exercise|learn why)\b.{0,80}\b(?:links?|attachments?|important|caution)\b|content is safe|unless you (?:recogni|know the|trust the|were expecting)`)
)

// dropBanner removes the warning that a mail server put above the text, if
// there is more than that.
func dropBanner(s string) string {
	first, rest, more := strings.Cut(s, "\n")
	if !more || len(first) > 600 || !banner.MatchString(unmark(first)) {
		return s
	}
	for more {
		if first, _, _ = strings.Cut(rest, "\n"); strings.TrimSpace(first) == "" || !bannerMore.MatchString(first) {
			break
		}
		_, rest, more = strings.Cut(rest, "\n")
	}
	if rest = tidy(rest); rest == "" {
		return s
	}
	return rest
}
