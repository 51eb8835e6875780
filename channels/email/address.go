package email

import (
	"regexp"
	"strings"
)

// Bounds on what is read of one header field.
const (
	maxAddresses = 1000
	maxIDs       = 1000
	maxName      = 1000 // bytes of a display name that holds bare commas
)

// sender reads From, falling back to Sender and Return-Path.
func (w *walker) sender(m *Mail, h headers) {
	for _, k := range []string{"From", "Sender", "Return-Path"} {
		list := addresses(h.Values(k))
		if k == "From" && len(list) > 1 {
			w.warn("more than one sender, the first one is shown")
		}
		for _, a := range list {
			if strings.Contains(a.Address, "@") {
				m.From = a
				if k != "From" {
					w.warn("no address in From, taken from %s", k)
				}
				return
			}
		}
		if k == "From" && len(list) > 0 {
			m.From = list[0]
		}
	}
	w.warn("no sender's address")
}

// addresses reads address lists (RFC 5322 §3.4), accepting what people and
// programs really write: bare names, specials outside quotes, groups, comments.
func addresses(values []string) []Address {
	out := []Address{}
	for _, v := range values {
		name := "" // words before a comma that nobody quoted: "Doe, John <…>"
		for _, s := range splitAddresses(v) {
			if !strings.ContainsAny(s, "@<") && strings.TrimSpace(s) != "" && len(name) < maxName {
				name += s + ","
				continue
			}
			if name != "" && strings.IndexByte(s, '<') > 0 {
				s = name + s
			} else if a, ok := address(strings.TrimSuffix(name, ",")); ok && len(out) < maxAddresses {
				out = append(out, a)
			}
			name = ""
			if a, ok := address(s); ok && len(out) < maxAddresses {
				out = append(out, a)
			}
		}
		if a, ok := address(strings.TrimSuffix(name, ",")); ok && len(out) < maxAddresses {
			out = append(out, a)
		}
	}
	return out
}

// splitAddresses cuts at commas and semicolons that stand outside quotes,
// angle brackets and comments, and drops group names.
func splitAddresses(v string) []string {
	var out []string
	start, depth, quoted, angle := 0, 0, false, false
	// An opening without its closing opens nothing.
	lastQuote, lastParen, lastAngle := strings.LastIndexByte(v, '"'), strings.LastIndexByte(v, ')'), strings.LastIndexByte(v, '>')
	lastOpen := strings.LastIndexByte(v, '<')
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case c == '\\' && (quoted || depth > 0):
			i++
		case c == '"' && depth == 0:
			quoted = !quoted && i < lastQuote
		case quoted:
		case c == '(':
			if i < lastParen {
				depth++
			}
		case c == ')' && depth > 0:
			depth--
		case depth > 0:
		case c == '<':
			angle = i < lastAngle
		case c == '>':
			if next := strings.TrimLeft(v[i+1:min(len(v), i+100)], " \t"); angle && i < lastOpen && next != "" && !strings.ContainsRune(",;>(", rune(next[0])) {
				out = append(out, v[start:i+1]) // the comma is missing
				start = i + 1
			}
			angle = false
		case angle:
		case c == ',' || c == ';':
			out = append(out, v[start:i])
			start = i + 1
		case c == ':' && !strings.Contains(v[start:i], "@"):
			start = i + 1
		}
	}
	return append(out, v[start:])
}

// quotedString is one (RFC 5322 §3.2.4), or a local part written as one.
var quotedString = regexp.MustCompile(`"(?:[^"\\]|\\.)*"(@[^\s<>(),;]+)?`)

// bareAt is where the address without brackets stands in s: outside quotes, if
// there is one.
func bareAt(s string) []int {
	if i := strings.IndexByte(s, '@'); i > 0 && i < len(s)-1 && i == strings.LastIndexByte(s, '@') && !strings.ContainsAny(s, " \t\r\n\f\v<>()[]\",;:") {
		return []int{0, len(s)} // nothing but the address
	}
	if strings.IndexByte(s, '"') < 0 {
		return bareAddress.FindStringIndex(s)
	}
	masked := []byte(s)
	for _, q := range quotedString.FindAllStringSubmatchIndex(s, maxAddresses) {
		if q[2] >= 0 {
			return q[:2]
		}
		for i := q[0]; i < q[1]; i++ {
			masked[i] = ' '
		}
	}
	if loc := bareAddress.FindIndex(masked); loc != nil {
		return loc
	}
	return bareAddress.FindStringIndex(s)
}

// emptyParens is what an address in a comment leaves behind.
var emptyParens = regexp.MustCompile(`\(\s*\)`)

var bareAddress = regexp.MustCompile(`[^\s<>()\[\]",;:]+@[^\s<>()",;:]+`)

// address reads one mailbox: the last <…> that holds an address, or a bare one.
func address(s string) (Address, bool) {
	s = strings.TrimSpace(s)
	if s == "" {
		return Address{}, false
	}
	if i := strings.LastIndexByte(s, '<'); i >= 0 {
		spec, after, _ := strings.Cut(s[i+1:], ">")
		name := displayName(s[:i])
		if name == "" {
			name = displayName(after)
		}
		return Address{Name: name, Address: cleanSpec(spec)}, spec != "" || name != ""
	}
	if strings.Contains(s, "=?") && !strings.Contains(s, "@") { // the address itself was encoded
		if d := decodeHeader(s); d != s && strings.Contains(d, "@") {
			return address(d)
		}
	}
	if loc := bareAt(s); loc != nil {
		name := displayName(emptyParens.ReplaceAllString(s[:loc[0]]+" "+s[loc[1]:], " "))
		return Address{Name: name, Address: cleanSpec(s[loc[0]:loc[1]])}, true
	}
	return Address{Name: displayName(s)}, true
}

// cleanSpec is an addr-spec as it can be written to: no source route (RFC 5322
// §4.4), no mailto:, no blanks.
func cleanSpec(s string) string {
	s = strings.Join(strings.Fields(cleanLine(s)), "")
	s = strings.TrimPrefix(strings.Trim(s, `'<>`), "mailto:")
	if strings.HasPrefix(s, "@") {
		if _, after, ok := strings.Cut(s, ":"); ok {
			s = after
		}
	}
	return strings.TrimSuffix(s, ".")
}

// displayName is the readable form of a phrase or a comment.
func displayName(s string) string {
	s = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(s), `""`))
	if strings.HasPrefix(s, "(") && strings.HasSuffix(s, ")") {
		s = s[1 : len(s)-1]
	}
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		s = strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(s[1 : len(s)-1])
	}
	s = strings.Join(strings.Fields(decodeHeader(strings.ReplaceAll(s, `" "`, " "))), " ")
	if strings.HasPrefix(s, "(") && !strings.Contains(s, ")") {
		s = s[1:]
	}
	if len(s) >= 2 && (s[0] == '\'' || s[0] == '"') && s[0] == s[len(s)-1] {
		s = s[1 : len(s)-1]
	}
	return s
}

var angleID = regexp.MustCompile(`<\s*([^<>\s]+(?:\s+[^<>\s]+)*?)\s*>`)

// messageIDs reads msg-ids (RFC 5322 §3.6.4) without their brackets, each once.
func messageIDs(values []string) []string {
	out, seen := []string{}, map[string]bool{}
	add := func(id string) {
		id = strings.Join(strings.Fields(cleanLine(id)), "")
		if id != "" && len(id) <= 998 && !seen[id] && len(out) < maxIDs {
			seen[id] = true
			out = append(out, id)
		}
	}
	for _, v := range values {
		if n := len(v); n > 2 && v[0] == '<' && v[n-1] == '>' && !strings.ContainsAny(v[1:n-1], "<> \t\r\n\f\v") {
			add(v[1 : n-1])
			continue
		}
		found := angleID.FindAllStringSubmatch(v, maxIDs)
		for _, m := range found {
			add(m[1])
		}
		if len(found) == 0 {
			for _, f := range strings.FieldsFunc(v, func(r rune) bool { return r <= ' ' || strings.ContainsRune(",;<>", r) }) {
				if strings.Contains(f, "@") {
					add(strings.Trim(f, `"`))
				}
			}
		}
	}
	return out
}

// firstID is the identifier in a Message-ID or Content-ID field.
func firstID(v string) string {
	if ids := messageIDs([]string{v}); len(ids) > 0 {
		return ids[0]
	}
	return strings.Trim(cleanLine(v), "<> ")
}
