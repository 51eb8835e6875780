package email

import (
	"bytes"
	"html"
	"strings"

	"github.com/emersion/go-message/textproto"
)

const (
	maxDepth    = 20  // nested multiparts and messages
	maxParts    = 500 // MIME entities in one mail
	maxWarnings = 50
)

// walker goes through the MIME tree of one mail (RFC 2046), gathering
// attachments and warnings. Every leaf ends in a body or an attachment.
type walker struct {
	forward     bool // the subject says that it was forwarded
	parts       int
	attachments []Attachment
	warnings    []string
	seen        map[string]bool
	reports     [][]byte           // message/delivery-status bodies
	returned    []textproto.Header // headers of the messages inside
	reportType  string             // of the outermost multipart/report
}

// content is what an entity adds to the body.
type content struct {
	text     string // whole readable text
	fresh    string // text without what the HTML itself marks as quoted
	html     string // safe HTML, empty if there was none
	fromHTML bool   // text was made from html
}

// entity walks one MIME entity. digest says that parts without a type are messages.
func (w *walker) entity(h textproto.Header, body []byte, depth int, digest bool) content {
	w.parts++
	ct := parseMedia(h.Get("Content-Type"))
	if ct.value == "" || !strings.Contains(ct.value, "/") {
		if ct.value != "" && ct.value != "text" {
			w.warn("unreadable Content-Type")
		}
		ct.value = "text/plain"
		if digest {
			ct.value = "message/rfc822"
		}
	}
	switch {
	case strings.HasPrefix(ct.value, "multipart/"):
		if depth >= maxDepth || w.parts > maxParts {
			w.warn("too many nested parts; the rest is kept as one attachment")
			w.attach(h, ct, body)
			return content{}
		}
		return w.multipart(h, ct, body, depth)
	case ct.value == "message/rfc822" || ct.value == "message/global":
		return w.message(h, ct, w.decode(h, body), depth)
	}
	return w.leaf(h, ct, w.decode(h, body))
}

// multipart walks the children and joins what they add.
func (w *walker) multipart(h textproto.Header, ct media, body []byte, depth int) content {
	if ct.value == "multipart/report" && w.reportType == "" {
		w.reportType = strings.ToLower(ct.params["report-type"])
	}
	parts, ok := w.split(ct.params["boundary"], body)
	if !ok {
		if dec := w.decode(h, body); len(dec) != len(body) {
			parts, ok = w.split(ct.params["boundary"], dec)
			body = dec
		}
	}
	if !ok {
		w.warn("multipart without parts")
		ct.value = "text/plain"
		return w.leaf(h, ct, body)
	}
	var children []content
	for _, p := range parts {
		if w.parts >= maxParts {
			w.warn("more than %d parts; the rest is kept as one attachment", maxParts)
			w.attachments = append(w.attachments, Attachment{ContentType: "application/octet-stream", Data: body[p.start:]})
			break
		}
		ph, pb := w.header(body[p.start:p.end], false)
		children = append(children, w.entity(ph, pb, depth+1, ct.value == "multipart/digest"))
	}
	if ct.value == "multipart/alternative" {
		return alternative(children)
	}
	return mixed(children)
}

// message keeps a message inside the message as an attachment, and walks it:
// its text joins the readable text below a line of who wrote it, its files
// join the attachments.
func (w *walker) message(h textproto.Header, ct media, raw []byte, depth int) content {
	w.attach(h, ct, raw)
	if depth >= maxDepth || w.parts > maxParts {
		w.warn("too many nested messages; kept as attachments")
		return content{}
	}
	ih, body := w.header(raw, true)
	w.returned = append(w.returned, ih)
	c := w.entity(ih, body, depth+1, false)
	var head strings.Builder
	for _, k := range []string{"From", "Date", "Subject", "To"} {
		if v := decodeHeader(ih.Get(k)); v != "" {
			head.WriteString(k + ": " + v + "\n")
		}
	}
	c.text = forwardRule + "\n" + head.String() + "\n" + c.text
	if c.html != "" {
		c.html = "<hr/><p>" + strings.ReplaceAll(html.EscapeString(strings.TrimSpace(head.String())), "\n", "<br/>") + "</p>" + c.html
	}
	c.fresh = ""
	return c
}

// leaf puts one decoded part in the body or among the attachments.
func (w *walker) leaf(h textproto.Header, ct media, data []byte) content {
	switch ct.value {
	case "message/delivery-status", "message/global-delivery-status":
		w.reports = append(w.reports, data)
	case "text/rfc822-headers", "message/rfc822-headers", "message/global-headers":
		ih, _ := w.header(append(bytes.Clone(data), "\r\n\r\n"...), false)
		w.returned = append(w.returned, ih)
	}
	disp := parseMedia(h.Get("Content-Disposition"))
	named := disp.value == "attachment" || disp.params["filename"] != "" ||
		(ct.params["name"] != "" && disp.value != "inline" && h.Get("Content-Id") != "")
	if named || (ct.value != "text/plain" && ct.value != "text/html") {
		w.attach(h, ct, data)
		return content{}
	}
	if looksBinary(data, ct.params["charset"]) {
		w.warn("a text part holds binary data; kept as an attachment")
		w.attach(h, ct, data)
		return content{}
	}
	text, warning := decodeCharset(data, ct.params["charset"], ct.value == "text/html")
	if warning != "" {
		w.warn("%s", warning)
	}
	if ct.value == "text/html" {
		safe, full, fresh := readHTML(text, w.forward)
		return content{text: full, fresh: fresh, html: safe, fromHTML: true}
	}
	text = cleanText(text)
	if strings.EqualFold(ct.params["format"], "flowed") {
		text = unflow(text, strings.EqualFold(ct.params["delsp"], "yes"))
	}
	return content{text: text, fresh: text}
}

// attach keeps a part as a file.
func (w *walker) attach(h textproto.Header, ct media, data []byte) {
	disp := parseMedia(h.Get("Content-Disposition"))
	name := disp.params["filename"]
	if name == "" {
		name = ct.params["name"]
	}
	w.attachments = append(w.attachments, Attachment{
		Name:        baseName(name),
		ContentType: ct.value,
		Inline:      disp.value == "inline",
		ContentID:   firstID(h.Get("Content-Id")),
		Data:        data,
	})
}

// alternative joins renderings of one content: plain text is preferred for
// reading, HTML for showing.
func alternative(children []content) content {
	var plain, rich []content
	for _, c := range children {
		switch {
		case c.fromHTML:
			rich = append(rich, c)
		case strings.TrimSpace(c.text) != "":
			plain = append(plain, c)
		}
	}
	if len(plain) == 0 {
		return mixed(rich)
	}
	out := mixed(plain)
	if r := mixed(rich); r.html != "" {
		out.html = r.html
		// The HTML knows better what is quoted, where it marks it at all.
		if strings.TrimSpace(r.fresh) != strings.TrimSpace(r.text) {
			out.fresh = r.fresh
		}
	}
	return out
}

// mixed joins contents that follow each other.
func mixed(children []content) content {
	var out content
	rich := false
	for _, c := range children {
		rich = rich || c.html != ""
	}
	out.fromHTML = rich
	for _, c := range children {
		out.text = joinText(out.text, c.text)
		out.fresh = joinText(out.fresh, c.fresh)
		if rich && c.html == "" && strings.TrimSpace(c.text) != "" {
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
