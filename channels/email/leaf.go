package email

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// leaf puts one decoded part in the body or among the attachments. tail is
// text that was found below encoded data.
func (w *walker) leaf(h headers, ct media, data, tail []byte, depth int) content {
	w.report(ct, data)
	disp := parseMedia(h.Get("Content-Disposition"))
	name := fileName(disp, ct)
	asFile := disp.value == "attachment" || disp.params["filename"] != "" ||
		name != "" && disp.value != "inline" && (h.Get("Content-Id") != "" || w.bodySeen())
	switch {
	case ct.value == "application/ms-tnef", ct.value == "application/vnd.ms-tnef", strings.EqualFold(name, "winmail.dat"):
		w.attach(h, ct, data)
		w.openTNEF(data)
		return content{}
	case isCMS(ct.value, name):
		w.attach(h, ct, data)
		return w.openCMS(data, depth)
	case ct.value != "text/plain" && ct.value != "text/html":
		w.attach(h, ct, data)
		w.spareText(ct, name, data)
		return content{}
	case looksBinary(data, ct.params["charset"]):
		w.warn("a text part holds binary data; kept as an attachment")
		w.attach(h, ct, data)
		return content{}
	case asFile:
		w.attach(h, ct, data)
		if disp.value != "attachment" || depth == 0 {
			w.keepSpare(func() content { return w.readText(ct, data, tail) })
		}
		return content{}
	}
	c := w.readText(ct, data, tail)
	w.bodies = append(w.bodies, c)
	return c
}

// report sets aside what a bounce is read from. Reports in a message that was
// merely attached are somebody else's.
func (w *walker) report(ct media, data []byte) {
	switch ct.value {
	case "message/delivery-status", "message/global-delivery-status":
		if w.inside == 0 {
			w.reports = append(w.reports, data)
		}
	case "message/feedback-report":
		if w.inside == 0 {
			w.feedback, _ = w.header(bytes.TrimLeft(data, "\r\n"), false)
			w.complaint = true
		}
	case "message/partial", "text/rfc822-headers", "text/rfc822-header", "message/rfc822-headers", "message/global-headers":
		ih, _ := w.header(append(bytes.Clone(data), "\r\n\r\n"...), false)
		w.returned = append(w.returned, ih)
	}
}

// readText makes content of a text part.
func (w *walker) readText(ct media, data, tail []byte) content {
	w.read += len(data) + len(tail)
	if ct.value == "text/plain" {
		files, rest := cutUU(data)
		if bytes.Contains(rest, []byte("=ybegin ")) {
			more, below := cutYEnc(rest)
			files, rest = append(files, more...), below
		}
		w.attachments = append(w.attachments, files[:min(len(files), max(0, maxParts-len(w.attachments)))]...)
		if len(files) > 0 {
			data = rest
		}
	}
	isHTML := ct.value == "text/html"
	text, warning := decodeCharset(data, ct.params["charset"], isHTML)
	if warning != "" {
		w.warn("%s", warning)
	}
	if len(bytes.TrimSpace(tail)) > 0 {
		more, _ := decodeCharset(tail, "", false)
		text += "\n" + more
	}
	if isHTML || startsAsHTML(text) {
		return w.page(text)
	}
	text = cleanText(text)
	if w.mbox {
		text = strings.TrimPrefix(strings.ReplaceAll("\n"+text, "\n>From ", "\nFrom "), "\n")
	}
	if strings.EqualFold(ct.params["format"], "flowed") {
		text = unflow(text, strings.EqualFold(ct.params["delsp"], "yes"))
	}
	return content{text: text, fresh: text}
}

// startsAsHTML recognises a page that calls itself plain text.
func startsAsHTML(s string) bool {
	s = strings.ToLower(strings.TrimSpace(s[:min(len(s), 200)]))
	return strings.HasPrefix(s, "<!doctype html") || strings.HasPrefix(s, "<html>") || strings.HasPrefix(s, "<html ")
}

// maxSpare is the most bytes of a file that are shown where there is no body.
const maxSpare = 256 << 10

// keepSpare remembers the first file that can be read in place of a body.
func (w *walker) keepSpare(read func() content) {
	if w.spare == nil {
		w.spare = read
	}
}

// spareText looks at a part that is no body by its type but may be read as one
// if there is nothing else.
func (w *walker) spareText(ct media, name string, data []byte) {
	if len(data) > maxSpare {
		return
	}
	switch ct.value {
	case "text/enriched", "text/richtext":
		w.keepSpare(func() content {
			text, _ := decodeCharset(data, ct.params["charset"], false)
			text = cleanText(stripMarks(text))
			return content{text: text, fresh: text}
		})
	case "text/rtf", "application/rtf":
		if name == "" {
			w.keepSpare(func() content { text := rtfText(data); return content{text: text, fresh: text} })
		}
	case "message/partial":
		w.keepSpare(func() content { return w.readText(media{value: "text/plain"}, data, nil) })
	case "application/octet-stream", "text/markdown", "text/x-markdown", "text/unknown", "application/text", "text":
		if name == "" && utf8.Valid(data) && !looksBinary(data, "") {
			w.keepSpare(func() content { return w.readText(media{value: "text/plain", params: ct.params}, data, nil) })
		}
	}
}

// openTNEF adds the files that a winmail.dat holds. Its text is the body's own
// once more, and is read only where there is no other.
func (w *walker) openTNEF(data []byte) {
	t, ok := readTNEF(data, 0)
	if !ok {
		w.warn("winmail.dat could not be read")
		return
	}
	w.attachments = append(w.attachments, t.files[:min(len(t.files), max(0, maxParts-len(w.attachments)))]...)
	if t.text == "" && t.html == "" {
		return
	}
	w.keepSpare(func() content {
		if t.html != "" {
			return w.page(t.html)
		}
		text := cleanText(t.text)
		return content{text: text, fresh: text}
	})
}

// fileName is the name of a part: of its disposition, else of its type (RFC 2183 §2.3).
func fileName(disp, ct media) string {
	if name := disp.params["filename"]; name != "" {
		return baseName(name)
	}
	if name := ct.params["name"]; name != "" {
		return baseName(name)
	}
	return baseName(disp.params["name"])
}

// attach keeps a part as a file.
func (w *walker) attach(h headers, ct media, data []byte) {
	disp := parseMedia(h.Get("Content-Disposition"))
	w.attachments = append(w.attachments, Attachment{
		Name:        fileName(disp, ct),
		ContentType: ct.value,
		Inline:      disp.value == "inline",
		ContentID:   firstID(h.Get("Content-Id")),
		Data:        data,
	})
}
