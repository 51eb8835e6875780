package routing

import "strings"

// longest is how many bytes of a message are read: a human matter is told in far less.
const longest = 64 << 10

// fresh is what is new in a message: the subject without reply prefixes, and the body up
// to the quoted history and the signature. A body that is all quotation is kept whole.
func fresh(subject, body string) string {
	subject = strings.TrimSpace(subject)
	for {
		rest, ok := cutPrefixFold(subject, "re:", "fw:", "fwd:", "رد:", "bls:")
		if !ok {
			break
		}
		subject = strings.TrimSpace(rest)
	}
	if body = newWords(body); len(body) > longest {
		body = body[:longest]
	}
	if subject == "" {
		return body
	}
	return subject + "\n" + body
}

func newWords(body string) string {
	if !strings.ContainsAny(body, "\n") {
		return body
	}
	lines := strings.Split(body, "\n")
	kept := make([]string, 0, len(lines))
	for _, line := range lines {
		l := strings.TrimSpace(line)
		if history(l) {
			break
		}
		if !strings.HasPrefix(l, ">") {
			kept = append(kept, line)
		}
	}
	if out := strings.Join(kept, "\n"); strings.TrimSpace(out) != "" {
		return out
	}
	return body
}

// history reports whether a line begins the quoted message or the signature.
func history(l string) bool {
	switch {
	case l == "--" || l == "—" || strings.HasPrefix(l, "-----") || strings.HasPrefix(l, "_____"):
		return true
	case strings.HasSuffix(l, "wrote:") || strings.HasSuffix(l, "menulis:") || strings.HasSuffix(l, "كتب:"):
		return true
	}
	_, sent := cutPrefixFold(l, "sent from my ", "get outlook for ", "dihantar dari ", "أرسلت من ", "from: ", "من: ", "daripada: ")
	return sent
}

func cutPrefixFold(s string, prefixes ...string) (string, bool) {
	for _, p := range prefixes {
		if len(s) >= len(p) && strings.EqualFold(s[:len(p)], p) {
			return s[len(p):], true
		}
	}
	return s, false
}
