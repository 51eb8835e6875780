package email

import (
	"html"
	"strings"
)

const (
	maxDepth    = 20  // nested multiparts and messages
	maxParts    = 500 // MIME entities in one mail
	maxWarnings = 50
)

// walker goes through the MIME tree of one mail (RFC 2046), gathering
// attachments and warnings. Every leaf ends in a body or an attachment.
type walker struct {
	read        int            // bytes looked at so far, for the tests: parsing must stay linear
	forward     bool           // the subject says that it was forwarded
	mbox        bool           // it came out of an mbox file, which marks "From " lines
	raw         []byte         // the whole mail
	inside      int            // messages around the present part
	noHTML      bool           // the safe HTML is not wanted, only what is to be read
	pages       []string       // the HTML that was met, as it came
	bodies      []content      // the texts that were met
	spare       func() content // what is shown if there is no body
	parts       int
	attachments []Attachment
	warnings    []string
	seen        map[string]bool
	reports     [][]byte  // message/delivery-status bodies
	reported    []headers // the groups of fields in them
	returned    []headers // headers of the messages inside
	complaint   bool      // a feedback report is there (RFC 5965)
	feedback    headers   // its fields
	reportType  string    // of the outermost multipart/report
}

// entity walks one MIME entity. digest says that parts without a type are messages.
func (w *walker) entity(h headers, body []byte, depth int, digest bool) content {
	w.parts++
	ct := w.mediaType(h, body, depth, digest)
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
	unix := isBody(h, ct)
	data, tail := w.decodeTail(h, body, unix)
	if unix && looksBinary(data, ct.params["charset"]) {
		data, tail = w.decodeTail(h, body, false)
	}
	return w.leaf(h, ct, data, tail, depth)
}

// isBody reports a part that is surely read as text, and is no file whose bytes count.
func isBody(h headers, ct media) bool {
	charset := cleanLabel(ct.params["charset"])
	return (ct.value == "text/plain" || ct.value == "text/html") && ct.params["name"] == "" && !h.Has("Content-Disposition") &&
		(charset == "utf-8" || !strings.HasPrefix(charset, "utf-"))
}

// mediaType reads Content-Type; without one it is the default (RFC 2045 §5.2),
// unless a whole multipart shows in the body.
func (w *walker) mediaType(h headers, body []byte, depth int, digest bool) media {
	ct := parseMedia(h.Get("Content-Type"))
	if strings.Contains(ct.value, "/") {
		if i := strings.IndexByte(ct.value, '/'); i == 0 || i == len(ct.value)-1 {
			ct.value = map[bool]string{true: "text/plain", false: "application/octet-stream"}[strings.HasPrefix(ct.value, "text")]
		}
		return ct
	}
	if ct.value != "" && ct.value != "text" {
		w.warn("unreadable Content-Type")
	}
	switch {
	case digest:
		ct.value = "message/rfc822"
	case ct.value == "html":
		ct.value = "text/html"
	case ct.value == "" && depth == 0 && sniffBoundary(body[:min(len(body), 2000)]) != "":
		w.warn("multipart without Content-Type")
		ct.value = "multipart/mixed"
	default:
		ct.value = "text/plain"
	}
	return ct
}

// multipart walks the children and joins what they add.
func (w *walker) multipart(h headers, ct media, body []byte, depth int) content {
	if ct.value == "multipart/encrypted" {
		w.warn("encrypted; the text is inside an attachment")
	}
	if ct.value == "multipart/report" && w.reportType == "" && w.inside == 0 {
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
		return w.leaf(h, ct, body, nil, depth)
	}
	var children []content
	for _, p := range parts {
		if w.parts >= maxParts {
			w.warn("more than %d parts; the rest is kept as one attachment", maxParts)
			w.attachments = append(w.attachments, Attachment{ContentType: "application/octet-stream", Data: body[p.start:]})
			break
		}
		ph, pb := w.header(body[p.start:p.end], false)
		if ph.Has("Message-Id") && ph.Has("From") { // the returned message itself, not put into a part of its own
			w.returned = append(w.returned, ph)
		}
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
func (w *walker) message(h headers, ct media, raw []byte, depth int) content {
	w.attach(h, ct, raw)
	if depth >= maxDepth || w.parts > maxParts {
		w.warn("too many nested messages; kept as attachments")
		return content{}
	}
	ih, body := w.header(raw, true)
	w.returned = append(w.returned, ih)
	w.inside++
	c := w.entity(ih, body, depth+1, false).read()
	w.inside--
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
