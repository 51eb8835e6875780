package email

import "strings"

// page is an HTML part of which nothing was made yet. Most letters say the same in
// plain text, and then nothing needs to be made of it at intake: see addsNothing.
type page struct {
	src     string // cleaned
	forward bool

	made        bool
	text, fresh string
}

// page is an HTML part as content. The safe form is made here and now where it is
// wanted, the text when somebody reads it.
func (w *walker) page(src string) content {
	w.pages = append(w.pages, src)
	if w.noHTML {
		return content{rich: true, fromHTML: true, page: &page{src: cleanText(src), forward: w.forward}}
	}
	safe, full, fresh := readHTML(src, w.forward)
	return content{text: full, fresh: fresh, html: safe, rich: true, fromHTML: true}
}

// read is the page's whole text, and the text without what its mark-up calls quoted.
func (p *page) read() (text, fresh string) {
	if !p.made {
		p.made = true
		_, p.text, p.fresh = readPage(p.src, p.forward)
	}
	return p.text, p.fresh
}

// addsNothing reports that the page surely has neither many more words than its
// plain text nor a mark on anything quoted. It looks at the bytes once, builds no
// tree, and where it does not understand them it says no.
func (p *page) addsNothing(plain string) bool {
	g := glance{src: p.src}
	if p.made || !g.look() {
		return false
	}
	if g.words <= fewWords {
		return true
	}
	read := wordCount(plain)
	if g.words/5 > read { // perhaps they are only long ones
		g = glance{src: p.src, exact: true}
		g.look()
	}
	return g.words <= fewWords || g.words/5 <= read
}

// fewWords is how many words a page may have whatever its plain text says.
const fewWords = 40

// glance counts the words that an HTML page shows at most, and looks for marks of
// what is quoted (quotedBy).
type glance struct {
	src    string
	exact  bool // count the words of a text; else it has one for every two bytes
	words  int  // never fewer than htmlText writes
	starts int  // start tags
	links  bool // which may be repeated at any of them
}

// look is false where something may be marked as quoted, or is not simple.
func (g *glance) look() bool {
	s := g.src
	for at := 0; at < len(s); {
		i := strings.IndexByte(s[at:], '<')
		if i < 0 {
			g.text(s[at:])
			break
		}
		g.text(s[at : at+i])
		at += i + 1
		if at == len(s) {
			g.words++
			break
		}
		var ok bool
		switch c := s[at] | 0x20; {
		case c >= 'a' && c <= 'z':
			at, ok = g.tag(at)
		case s[at] == '!' && strings.HasPrefix(s[at:], "!--"):
			at, ok = commentEnd(s, at+3), true
		case s[at] == '/' || s[at] == '!' || s[at] == '?':
			at, ok = g.bogus(at)
		default:
			g.words++
			ok = true
		}
		if !ok {
			return false
		}
	}
	if g.links {
		g.words += g.starts
	}
	return true
}

// text counts words; each reference may stand for a blank.
func (g *glance) text(s string) {
	if g.exact {
		g.words += wordCount(s) + strings.Count(s, "&")
	} else {
		g.words += (len(s) + 1) / 2
	}
}

// bogus passes an end tag, a declaration or the like.
func (g *glance) bogus(at int) (next int, ok bool) {
	end := strings.IndexByte(g.src[at:], '>')
	if end < 0 {
		g.text("<" + g.src[at:])
		return len(g.src), true
	}
	for _, c := range []byte(g.src[at : at+end]) {
		if c == '"' || c == '\'' || c == '[' {
			return 0, false
		}
	}
	return at + end + 1, true
}

// commentEnd is where a comment ends whose words start at i (HTML §13.2.5.43 ff.).
func commentEnd(s string, i int) int {
	if strings.HasPrefix(s[i:], ">") {
		return i + 1
	}
	if strings.HasPrefix(s[i:], "->") {
		return i + 2
	}
	for {
		n := strings.Index(s[i:], "--")
		if n < 0 {
			return len(s)
		}
		i += n + 2
		for i < len(s) && s[i] == '-' {
			i++
		}
		if strings.HasPrefix(s[i:], ">") {
			return i + 1
		}
		if strings.HasPrefix(s[i:], "!>") {
			return i + 2
		}
	}
}

// tag looks at a start tag whose name begins at i.
func (g *glance) tag(i int) (next int, ok bool) {
	end := strings.IndexByte(g.src[i:], '>')
	if end < 0 {
		return len(g.src), true // never finished, never shown
	}
	seg, next := g.src[i:i+end], i+end+1
	n := 0
	for n < len(seg) && !endsName[seg[n]] {
		n++
	}
	name := strings.ToLower(seg[:n])
	g.starts++
	switch name {
	case "style", "script":
		next = rawEnd(g.src, next, name)
	case "a":
		g.links = true
	case "li", "hr", "img", "image":
		g.words++
	case "blockquote", "textarea", "xmp", "plaintext", "noembed", "noframes", "noscript", "svg", "math", "frameset", "select", "template":
		return next, false
	}
	return next, strings.IndexByte(seg, '=') < 0 || g.attributes(seg[n:])
}

// endsName says which bytes end the name of a tag or an attribute, beside ">" and "=".
var endsName = [256]bool{' ': true, '\t': true, '\n': true, '\f': true, '/': true}

// trimBlanks is s from its first byte on that is no blank of HTML.
func trimBlanks(s string) string {
	for s != "" && endsName[s[0]] && s[0] != '/' {
		s = s[1:]
	}
	return s
}

// rawEnd is where the words of a style or script element end, which start at i.
func rawEnd(s string, i int, name string) int {
	for {
		n := strings.Index(s[i:], "</")
		if n < 0 {
			return len(s)
		}
		i += n + 2
		if len(s)-i > len(name) && strings.EqualFold(s[i:i+len(name)], name) && strings.IndexByte(" \t\n\f/>", s[i+len(name)]) >= 0 {
			return i - 2
		}
	}
}

// attributes reads the rest of a start tag; it is false at a mark, or where the tag
// did not end at the first ">".
func (g *glance) attributes(s string) bool {
	for {
		for s != "" && endsName[s[0]] {
			s = s[1:]
		}
		if s == "" {
			return true
		}
		n := 1 // a name may start with "="
		for n < len(s) && !endsName[s[n]] && s[n] != '=' {
			n++
		}
		name := strings.ToLower(s[:n])
		s = trimBlanks(s[n:])
		if s == "" || s[0] != '=' {
			continue
		}
		s = trimBlanks(s[1:])
		value := ""
		if s != "" && (s[0] == '"' || s[0] == '\'') {
			end := strings.IndexByte(s[1:], s[0])
			if end < 0 {
				return false
			}
			value, s = s[1:1+end], s[2+end:]
		} else {
			end := strings.IndexAny(s, " \t\n\f")
			if end < 0 {
				end = len(s)
			}
			value, s = s[:end], s[end:]
		}
		if !g.attribute(name, value) {
			return false
		}
	}
}

func (g *glance) attribute(name, value string) bool {
	switch name {
	case "alt":
		g.text(value)
	case "id", "name", "data-marker":
		return !strings.Contains(value, "&") && !quotedNames[strings.ToLower(strings.TrimSpace(value))]
	case "class":
		return !strings.Contains(value, "&") && !classMarks(value)
	case "style":
		return !strings.Contains(value, "&") && !strings.Contains(value, "border-top")
	}
	return true
}
