package email

import (
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
)

// media is a Content-Type or Content-Disposition value with its parameters.
type media struct {
	value  string // lower case
	params map[string]string
}

// parseMedia reads "value; name=value; …" (RFC 2045 §5.1, RFC 2231) as the
// wild writes it: unquoted blanks, encoded words, missing semicolons at the end.
func parseMedia(s string) media {
	s = strings.TrimSpace(s)
	value, rest, _ := strings.Cut(s, ";")
	value, _, _ = strings.Cut(value, "(")
	value = strings.ToLower(strings.Trim(cleanLine(value), `"'<> `))
	if i := strings.IndexAny(value, " ,"); i > 0 { // a semicolon is missing
		if j := strings.IndexByte(s, '='); j > 0 {
			rest = s[strings.IndexAny(s, " \t,\r\n")+1:]
		}
		value = value[:i]
	}
	m := media{value: value}
	var pieces map[string][]piece
	for rest != "" {
		var name, val string
		name, val, rest = nextParam(rest)
		if name == "" {
			continue
		}
		base, n, extended := paramName(name)
		if m.params == nil {
			m.params = make(map[string]string, 2)
		}
		if !extended && n < 0 {
			if _, dup := m.params[base]; !dup {
				m.params[base] = decodeHeader(val)
			}
			continue
		}
		if pieces == nil {
			pieces = map[string][]piece{}
		}
		pieces[base] = append(pieces[base], piece{n, extended, val})
	}
	for base, ps := range pieces {
		if v := joinPieces(ps); v != "" {
			m.params[base] = v
		}
	}
	return m
}

// piece is one section of an RFC 2231 parameter.
type piece struct {
	n        int
	extended bool // percent-encoded
	value    string
}

// nextParam cuts one name=value off s.
func nextParam(s string) (name, value, rest string) {
	s = strings.TrimLeft(s, "; \t\r\n")
	i := strings.IndexAny(s, "=;")
	if i < 0 {
		return "", "", ""
	}
	if s[i] == ';' {
		return "", "", s[i:]
	}
	name = strings.ToLower(strings.TrimSpace(s[:i]))
	s = strings.TrimLeft(s[i+1:], " \t\r\n")
	if !strings.HasPrefix(s, `"`) {
		value, rest, _ = strings.Cut(s, ";")
		return name, strings.TrimSpace(value), rest
	}
	var b strings.Builder
	for i = 1; i < len(s); i++ {
		if s[i] == '"' {
			return name, b.String(), s[i+1:]
		}
		// Only quotes and backslashes are escaped: Windows paths come unescaped.
		if s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\') {
			i++
		}
		b.WriteByte(s[i])
	}
	return name, b.String(), ""
}

// paramName reads "name", "name*", "name*0", "name*0*"; n is -1 without a section.
func paramName(s string) (base string, n int, extended bool) {
	base, rest, found := strings.Cut(s, "*")
	if !found {
		return base, -1, false
	}
	if rest == "" {
		return base, 0, true
	}
	rest, extended = strings.CutSuffix(rest, "*")
	if n, err := strconv.Atoi(rest); err == nil && n >= 0 {
		return base, n, extended
	}
	return base, 0, true
}

// joinPieces puts the sections together and decodes them.
func joinPieces(ps []piece) string {
	slices.SortStableFunc(ps, func(a, b piece) int { return a.n - b.n })
	var raw []byte
	label, extended := "", false
	for i, p := range ps {
		v := p.value
		if p.extended {
			extended = true
			if cs := strings.SplitN(v, "'", 3); i == 0 && len(cs) == 3 {
				label, v = cs[0], cs[2]
			}
			if dec, err := url.PathUnescape(v); err == nil {
				v = dec
			}
		}
		raw = append(raw, v...)
	}
	if !extended {
		return decodeHeader(string(raw))
	}
	text, _ := decodeCharset(raw, label, false)
	return cleanLine(text)
}

// turns are the characters that change the direction of what follows them (UAX #9
// §2.1 to §2.4). In a file's name they only serve to show another ending than it has.
var turns = strings.NewReplacer("\u202a", "", "\u202b", "", "\u202c", "", "\u202d", "", "\u202e", "",
	"\u2066", "", "\u2067", "", "\u2068", "", "\u2069", "")

// baseName is the last element of a file name as any system would write it.
func baseName(s string) string {
	s = path.Base(strings.ReplaceAll(turns.Replace(cleanLine(s)), `\`, "/"))
	if s == "." || s == "/" || s == ".." {
		return ""
	}
	return s
}
