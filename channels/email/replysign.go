package email

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// maxSignature is the most lines of a signature below a rule that is no "-- ".
const maxSignature = 8

var (
	// contact is what a signature has below the name: a number, an address, a site.
	contact = regexp.MustCompile(`(?i)(?:^|\D)\+?[\d٠-٩](?:[ ()./-]?[\d٠-٩]){6,}|[^\s@]+@[^\s@]+\.[a-z]{2}|\bwww\.|https?://`)
	// closing is what people write above their name, in the languages of our customers first.
	closing = regexp.MustCompile(`(?i)^(?:(?:kind|best|warm|with best|with kind)(?:est)? regards|regards|best(?: wishes)?|sincerely(?: yours)?|yours (?:sincerely|faithfully|truly)|cheers|(?:many )?thanks(?: (?:and|&) (?:best )?regards)?|thank you|` +
		`مع (?:أطيب |خالص )?(?:التحية|التحيات|تحياتي|الشكر)(?: والتقدير)?|(?:و?تفضلوا بقبول .{3,30}|تحياتي|شكرا(?: لكم)?|شكراً(?: لكم)?)|` +
		`(?:sekian,? )?terima kasih|yang (?:benar|ikhlas|menurut perintah)|salam(?: hormat)?|hormat (?:saya|kami)|cordialement|mit freundlichen grüßen|saludos|cordiali saluti|atenciosamente|met vriendelijke groet|saygılarımla)\s*[,.،!]*$`)
)

// isDrawn reports a line that is drawn, from the third character on, and whether it is
// of dashes that no table is made of.
func isDrawn(l string) (drawn, dashes bool) {
	if l = strings.TrimSpace(l); len(l) < 3 || l[0] >= utf8.RuneSelf && l[0] != 0xE2 || l[0] != 0xE2 && l[0] != l[1] {
		return false, false
	}
	first, _ := utf8.DecodeRuneInString(l)
	if !strings.ContainsRune("—–―─━‒_-=*~", first) || utf8.RuneCountInString(l) < 3 || strings.Trim(l, string(first)) != "" {
		return false, false
	}
	return true, first >= utf8.RuneSelf
}

// signed reports whether line i is a rule with nothing but a signature below it, up to
// the end or to where history starts: a name, and how to reach its bearer. Rules that
// tables are made of count only where the letter was closed above them.
func signed(lines []string, i int) bool {
	drawn, dashes := isDrawn(lines[i])
	if !drawn || !dashes && !closedAbove(lines[:i]) || strings.HasSuffix(lastWords(lines[:i]), ":") {
		return false
	}
	n, reachable := 0, false
	for j, l := range lines[i+1:] {
		l = strings.TrimSpace(unmark(l))
		if l == "" {
			continue
		}
		if strings.HasPrefix(l, ">") || historyStarts(lines[i+1+j:]) || attribution(lines[i+1+j:]) > 0 {
			break
		}
		again, _ := isDrawn(l)
		name := !strings.ContainsAny(l, "0123456789:?!") && !strings.HasSuffix(l, ".")
		if n++; again || n > maxSignature || n == 1 && !name || len(l) > 160 || strings.HasSuffix(l, "?") {
			return false
		}
		reachable = reachable || contact.MatchString(l)
	}
	return reachable
}

// closedAbove reports whether the letter was closed in the last three lines with words.
func closedAbove(lines []string) bool {
	for i, n := len(lines)-1, 0; i >= 0 && n < 3; i-- {
		if l := strings.TrimSpace(unmark(lines[i])); l != "" {
			if n++; closing.MatchString(l) {
				return true
			}
		}
	}
	return false
}

func lastWords(lines []string) string {
	for i := len(lines) - 1; i >= 0; i-- {
		if l := strings.TrimSpace(lines[i]); l != "" {
			return l
		}
	}
	return ""
}

// unarmored is text without the armour of a signature in clear (RFC 9580 §7).
func unarmored(text string) string {
	const begin, sign, end = "-----BEGIN PGP SIGNED MESSAGE-----\n", "\n-----BEGIN PGP SIGNATURE-----\n", "\n-----END PGP SIGNATURE-----"
	before, rest, found := strings.Cut(text, begin)
	if !found {
		return text
	}
	_, rest, found = strings.Cut(rest, "\n\n") // below what hash it is
	if !found {
		return text
	}
	rest, below, _ := strings.Cut(rest, sign)
	_, below, _ = strings.Cut(below, end)
	return before + strings.TrimPrefix(strings.ReplaceAll("\n"+rest, "\n- ", "\n"), "\n") + below
}
