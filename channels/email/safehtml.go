package email

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// remoteAttr holds the address of a remote image until somebody asks to see it.
const remoteAttr = "data-remote-src"

// policy allows what a letter needs and nothing that acts: no scripts, styles
// that hide or cover, forms, frames, or remote content.
var policy = sync.OnceValue(func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "div", "span", "b", "strong", "i", "em", "u", "s", "strike", "del", "ins", "sub",
		"sup", "small", "big", "code", "pre", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "center", "font", "bdi",
		"bdo", "abbr", "cite", "q", "address", "section", "article", "dl", "dt", "dd")
	p.AllowLists()
	p.AllowTables()
	p.AllowAttrs("dir").Matching(regexp.MustCompile(`(?i)^(ltr|rtl|auto)$`)).Globally()
	p.AllowAttrs("lang").Matching(regexp.MustCompile(`^[A-Za-z0-9-]{1,35}$`)).Globally()
	p.AllowAttrs("align").Matching(regexp.MustCompile(`(?i)^(left|right|center|justify)$`)).Globally()
	p.AllowStyles(shownStyles...).Globally()
	p.AllowURLSchemes("http", "https", "mailto", "tel", "cid")
	p.RequireParseableURLs(true)
	p.AllowAttrs("href").OnElements("a")
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	p.AddTargetBlankToFullyQualifiedLinks(true)
	p.AllowAttrs("src").Matching(regexp.MustCompile(`^cid:[^\s"'<>]+$`)).OnElements("img")
	p.AllowAttrs(remoteAttr).Matching(regexp.MustCompile(`^https?://[^\s"'<>]+$`)).OnElements("img")
	p.AllowAttrs("alt", "title").OnElements("img")
	p.AllowAttrs("width", "height").Matching(bluemonday.NumberOrPercent).OnElements("img", "table", "td", "th")
	return p
})

func sanitize(s string) string { return strings.TrimSpace(policy().Sanitize(s)) }

// shownStyles are the properties that the policy lets through.
var shownStyles = []string{"text-align", "direction", "font-weight", "font-style", "text-decoration"}

// shows reports whether a style may hold a property that the policy lets
// through; others need not be parsed to be dropped.
func shows(style string) bool {
	style = strings.ToLower(style)
	return strings.ContainsRune(style, '\\') || slices.ContainsFunc(shownStyles, func(p string) bool { return strings.Contains(style, p) })
}

// holdBack takes out of the tree what a reader would not see, and moves the
// address of every remote image aside, so that opening a mail fetches nothing;
// the page may put it back on a click.
func holdBack(n *html.Node) {
	if n.Type == html.ElementNode {
		n.Attr = slices.DeleteFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "style" && !shows(a.Val) })
	}
	if n.Type == html.ElementNode && n.DataAtom == atom.Img {
		for i, a := range n.Attr {
			v := strings.ToLower(strings.TrimSpace(a.Val))
			if a.Key == "src" && (strings.HasPrefix(v, "http://") || strings.HasPrefix(v, "https://")) {
				n.Attr[i] = html.Attribute{Key: remoteAttr, Val: strings.TrimSpace(a.Val)}
			}
		}
	}
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling
		if c.Type == html.ElementNode && hidden(c) {
			n.RemoveChild(c)
		} else {
			holdBack(c)
		}
		c = next
	}
}
