package templates

import (
	"html"
	"strings"
)

const (
	pageStyle  = "margin:0;padding:24px 16px;background:#ffffff;color:#1f2328;font-family:-apple-system,'Segoe UI',Tahoma,Arial,sans-serif;font-size:16px;line-height:1.6"
	blockStyle = "margin:0 0 16px"
	listStyle  = "margin:0 0 16px;padding:0 24px"
	linkStyle  = "color:#0b57d0"
)

// htmlSink writes the same text as a mail's HTML body: paragraphs, line breaks, and
// lists of the lines that begin with "- ". Only literals make structure; a value is
// escaped and, where its direction differs, isolated by an element with dir (which
// is what the HTML standard's style sheet isolates by).
type htmlSink struct {
	buf   []byte
	rtl   bool
	open  string // the block we are in: "", "p" or "li"
	lines int    // line breaks seen since the last content
}

func (h *htmlSink) size() int { return len(h.buf) }

func (h *htmlSink) literal(s string) {
	for s != "" {
		line, rest, broken := strings.Cut(s, "\n")
		if line = h.startLine(line); line != "" {
			h.buf = append(h.buf, html.EscapeString(line)...)
		}
		if !broken {
			return
		}
		h.lines++
		s = rest
	}
}

// startLine opens what a line of a literal begins, and returns the rest of it.
func (h *htmlSink) startLine(line string) string {
	if h.open != "" && h.lines == 0 {
		return line
	}
	line = strings.TrimLeft(line, " \t")
	if item, ok := strings.CutPrefix(line, "- "); ok {
		h.item()
		return item
	}
	if line != "" {
		h.inline()
	}
	return line
}

// inline makes sure that content has a block to stand in.
func (h *htmlSink) inline() {
	switch {
	case h.open == "p" && h.lines == 0, h.open == "li" && h.lines == 0:
	case h.open == "p" && h.lines == 1:
		h.buf = append(h.buf, "<br>\n"...)
	default:
		h.close()
		h.buf = append(h.buf, `<p style="`+blockStyle+`">`...)
		h.open = "p"
	}
	h.lines = 0
}

func (h *htmlSink) item() {
	if h.open == "li" && h.lines == 1 {
		h.buf = append(h.buf, "</li>\n<li>"...)
	} else {
		h.close()
		h.buf = append(h.buf, `<ul style="`+listStyle+"\">\n<li>"...)
		h.open = "li"
	}
	h.lines = 0
}

func (h *htmlSink) close() {
	switch h.open {
	case "p":
		h.buf = append(h.buf, "</p>\n"...)
	case "li":
		h.buf = append(h.buf, "</li>\n</ul>\n"...)
	}
	h.open = ""
}

func (h *htmlSink) value(s string, d direction) {
	h.inline()
	if !h.rtl && (d == ltr || !rightToLeft(s)) {
		h.buf = append(h.buf, html.EscapeString(s)...)
		return
	}
	h.buf = append(h.buf, `<span dir="`+[...]string{ltr: "ltr", rtl: "rtl", first: "auto"}[d]+`">`...)
	h.buf = append(h.buf, html.EscapeString(s)...)
	h.buf = append(h.buf, "</span>"...)
}

func (h *htmlSink) link(url string) {
	h.inline()
	safe := html.EscapeString(url)
	h.buf = append(h.buf, `<a href="`+safe+`" dir="ltr" style="`+linkStyle+`">`+safe+"</a>"...)
}

// page wraps the blocks; dir stands on the inner element too, since web mail drops html and body.
func (h *htmlSink) page(language, subject string) string {
	h.close()
	dir, side := "ltr", "left"
	if h.rtl {
		dir, side = "rtl", "right"
	}
	return `<!doctype html>
<html lang="` + language + `" dir="` + dir + `">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>` + html.EscapeString(subject) + `</title></head>
<body style="` + pageStyle + `">
<div lang="` + language + `" dir="` + dir + `" style="max-width:600px;margin:0 auto;text-align:` + side + `">
` + string(h.buf) + `</div>
</body>
</html>
`
}
