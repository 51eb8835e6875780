package email

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// readHTML makes three things of an HTML part: a safe form to show, its whole
// text, and the text without what its own mark-up calls quoted. In a forwarded
// mail the history below is what was forwarded, and stays.
func readHTML(src string, forward bool) (safe, text, fresh string) {
	src = cleanText(src)
	doc, text, fresh := readPage(src, forward)
	if doc == nil {
		return sanitize(src), text, fresh
	}
	holdBack(doc)
	var b strings.Builder
	if err := html.Render(&b, doc); err != nil {
		return sanitize(src), text, fresh
	}
	return sanitize(b.String()), text, fresh
}

// readPage is the tree of an HTML part, or nil if it is nested deeper than the
// parser allows, and both its texts.
func readPage(src string, forward bool) (doc *html.Node, text, fresh string) {
	doc, err := html.Parse(strings.NewReader(src))
	if err != nil {
		text = stripTags(src)
		return nil, text, text
	}
	fresh, whole := htmlText(doc, true, forward)
	if text = fresh; !whole {
		text, _ = htmlText(doc, false, forward)
	}
	return doc, text, fresh
}

// stripTags is the text of HTML that cannot be parsed into a tree.
func stripTags(src string) string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(src))
	skip := 0
	for {
		switch z.Next() {
		case html.ErrorToken:
			return cleanText(strings.Join(strings.Fields(b.String()), " "))
		case html.TextToken:
			if skip == 0 {
				b.Write(z.Text())
			}
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			t := z.Token()
			if t.DataAtom == atom.Script || t.DataAtom == atom.Style {
				skip = map[bool]int{true: 1, false: 0}[t.Type == html.StartTagToken]
			}
			b.WriteByte(' ')
		}
	}
}

// stripMarks takes the commands out of text/enriched (RFC 1896).
func stripMarks(src string) string {
	return strings.ReplaceAll(enrichedMark.ReplaceAllString(strings.ReplaceAll(src, "<<", "\x00"), ""), "\x00", "<")
}

var enrichedMark = regexp.MustCompile(`(?is)<param>.{0,200}?</param>|</?[a-z][a-z0-9-]{0,60}>`)

// htmlText renders a tree as plain text; with cut, quoted history and
// signatures that the mark-up names are left out. whole: there were none.
func htmlText(doc *html.Node, cut, forward bool) (text string, whole bool) {
	t := &textWriter{cut: cut, forward: forward}
	t.node(doc)
	text = cleanText(t.b.String())
	if t.done { // the line above the history goes with it
		for cut := true; cut; {
			text, cut = strings.CutSuffix(strings.TrimRight(text, "\n "), "\n"+drawnRule)
		}
	}
	return text, !t.left
}

// drawnRule stands for <hr>.
const drawnRule = "----------"

// textWriter lays text out in lines, as a browser would.
type textWriter struct {
	b       strings.Builder
	cut     bool
	forward bool // history is wanted
	done    bool // everything from here on is history
	left    bool // something was left out
	quote   int  // depth of blockquotes
	pre     int
	nl      int  // line breaks owed
	space   bool // a blank is owed
	dirty   bool // the present line has text
}

func (t *textWriter) node(n *html.Node) {
	if t.done {
		return
	}
	switch n.Type {
	case html.TextNode:
		t.text(n.Data)
		return
	case html.ElementNode:
		if hidden(n) {
			return
		}
		if t.cut {
			switch quotedBy(n) {
			case quotedNode:
				t.left = true
				return
			case quotedRest:
				if !t.forward {
					t.done, t.left = true, true
					return
				}
			}
		}
		t.element(n)
		return
	}
	t.children(n)
}

func (t *textWriter) children(n *html.Node) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		t.node(c)
	}
}

func (t *textWriter) element(n *html.Node) {
	switch n.DataAtom {
	case atom.Br:
		t.nl++
		t.dirty = false
	case atom.Hr:
		t.block(1)
		t.text(drawnRule)
		t.block(1)
	case atom.Img:
		if alt := attr(n, "alt"); len(alt) > 1 {
			t.text(" [" + alt + "] ")
		}
	case atom.Blockquote:
		t.block(1)
		t.quote++
		t.children(n)
		t.block(1)
		t.quote--
	case atom.Pre, atom.Textarea:
		t.block(1)
		t.pre++
		t.children(n)
		t.pre--
		t.block(1)
	case atom.A:
		t.link(n)
	case atom.Li:
		t.block(1)
		t.text("- ")
		t.children(n)
		t.block(1)
	case atom.Td, atom.Th:
		t.space = t.space || t.dirty
		t.children(n)
		t.space = true
	case atom.P, atom.Ul, atom.Ol, atom.Table, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Dl:
		t.block(2)
		t.children(n)
		t.block(2)
	case atom.Div, atom.Tr, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Address, atom.Center,
		atom.Form, atom.Fieldset, atom.Dt, atom.Dd, atom.Body, atom.Caption, atom.Main, atom.Nav, atom.Figure:
		t.block(1)
		t.children(n)
		t.block(1)
	default:
		t.children(n)
	}
}

// maxLink is the longest address shown after a link's words; longer ones are tracking noise.
const maxLink = 300

func (t *textWriter) link(n *html.Node) {
	before := t.b.Len()
	t.children(n)
	href := strings.TrimSpace(attr(n, "href"))
	if len(href) > maxLink || !(strings.HasPrefix(href, "http://") || strings.HasPrefix(href, "https://")) || before == t.b.Len() {
		return
	}
	bare := strings.TrimSuffix(href[strings.Index(href, "//")+2:], "/")
	if !strings.Contains(t.b.String()[before:], bare) {
		t.text(" <" + href + ">")
	}
}

// block makes sure that what follows starts on a new line; 2 leaves a blank line.
func (t *textWriter) block(n int) {
	if t.dirty || t.nl > 0 {
		t.nl = max(t.nl, n)
	}
	t.dirty, t.space = false, false
}

func (t *textWriter) text(s string) {
	if t.pre > 0 {
		for i, l := range strings.Split(s, "\n") {
			if i > 0 {
				t.nl++
				t.dirty = false
			}
			if l != "" {
				t.word(l)
			}
		}
		return
	}
	if s != "" && strings.IndexByte(" \t\r\n", s[0]) >= 0 {
		t.space = true
	}
	for rest := strings.TrimLeft(s, " \t\r\n"); rest != ""; rest = strings.TrimLeft(rest, " \t\r\n") {
		n := strings.IndexAny(rest, " \t\r\n")
		if n < 0 {
			n = len(rest)
		}
		t.word(strings.ReplaceAll(rest[:n], "\u00a0", " "))
		rest = rest[n:]
		t.space = t.space || rest != ""
	}
	if s != "" && strings.IndexByte(" \t\r\n", s[len(s)-1]) >= 0 {
		t.space = true
	}
}

// word writes what is owed, then s.
func (t *textWriter) word(s string) {
	if t.b.Len() > 0 {
		for range min(t.nl, 3) {
			t.b.WriteByte('\n')
			if t.quote > 0 {
				t.b.WriteString(strings.Repeat(">", t.quote) + " ")
			}
		}
	}
	if (t.nl == 0 || t.b.Len() == 0) && t.space && t.dirty {
		t.b.WriteByte(' ')
	}
	if t.b.Len() == 0 && t.quote > 0 {
		t.b.WriteString(strings.Repeat(">", t.quote) + " ")
	}
	t.b.WriteString(s)
	t.nl, t.space, t.dirty = 0, false, true
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}
