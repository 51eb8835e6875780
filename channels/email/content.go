package email

import (
	"slices"
	"strings"
)

// content is what an entity adds to the body.
type content struct {
	text     string // whole readable text
	fresh    string // text without what the HTML itself marks as quoted
	html     string // safe HTML, empty if there was none or none is wanted
	rich     bool   // there was HTML
	fromHTML bool   // text was made from html
	apart    bool   // text was written for itself: html may not say the same
	page     *page  // HTML of which text and fresh are still to be made
}

// read is the content with its text made, where that was put off.
func (c content) read() content {
	if c.page != nil {
		c.text, c.fresh = c.page.read()
		c.page = nil
	}
	return c
}

// alternative joins renderings of one content: plain text is preferred for
// reading, HTML for showing.
func alternative(children []content) content {
	var plain, rich []content
	for _, c := range children {
		switch {
		case c.fromHTML || c.rich:
			rich = append(rich, c)
			if c.apart {
				plain = append(plain, content{text: c.text, fresh: c.fresh})
			}
		case strings.TrimSpace(c.text) != "":
			plain = append(plain, c)
		}
	}
	if len(plain) == 0 {
		return mixed(rich)
	}
	out, r := mixed(plain), mixed(rich)
	if !r.rich {
		return out
	}
	out.html, out.rich, out.apart = r.html, true, true
	if r.page != nil && r.page.addsNothing(out.text) {
		return out
	}
	r = r.read()
	if isStub(out.text, r.text) {
		return content{text: joinText(out.text, r.text), fresh: r.fresh, html: r.html, rich: true, fromHTML: true, apart: true}
	}
	// The HTML knows better what is quoted, where it marks it at all.
	if strings.TrimSpace(r.fresh) != strings.TrimSpace(r.text) {
		out.fresh = r.fresh
	}
	return out
}

// isStub reports a plain text that only says that the HTML should be read.
func isStub(plain, rich string) bool {
	n := wordCount(rich)
	return n > fewWords && wordCount(plain) < n/5
}

// mixed joins contents that follow each other.
func mixed(children []content) content {
	children = slices.DeleteFunc(children, func(c content) bool { return c.page == nil && !c.rich && c.text == "" && c.fresh == "" })
	if len(children) == 1 {
		return children[0]
	}
	var out content
	shown := false
	for i := range children {
		children[i] = children[i].read()
		out.rich = out.rich || children[i].rich
		shown = shown || children[i].html != ""
	}
	out.fromHTML = out.rich
	for _, c := range children {
		out.text = joinText(out.text, c.text)
		out.fresh = joinText(out.fresh, c.fresh)
		out.apart = out.apart || c.apart
		if shown && c.html == "" && strings.TrimSpace(c.text) != "" {
			c.html = textHTML(c.text)
		}
		if c.html != "" {
			out.html += c.html
		}
		out.fromHTML = out.fromHTML && (c.fromHTML || c.text == "")
	}
	return out
}

func joinText(a, b string) string {
	switch {
	case strings.TrimSpace(a) == "":
		return b
	case strings.TrimSpace(b) == "":
		return a
	}
	return strings.TrimRight(a, "\n") + "\n\n" + strings.TrimLeft(b, "\n")
}
