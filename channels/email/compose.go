package email

import (
	"bytes"
	"html"
	"mime"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/caravan-desk/caravan/channels"
)

// maxReferences is how many Message-IDs go into References: the first, which
// names the thread, and the latest.
const maxReferences = 20

// letter is everything that goes into one outgoing mail.
type letter struct {
	channels.Outbound
	From   mail.Address
	Signer *Signer
	Plus   bool // replies go to a sub-address with the token
	Date   time.Time
	Files  [][]byte // the attachments' bytes, in their order
}

// id is the Message-ID, without brackets.
func (l letter) id() string {
	_, domain, _ := strings.Cut(l.From.Address, "@")
	return l.Signer.MessageID(l.MessageID, domain)
}

// compose writes the MIME form: text and HTML as alternatives, inline files
// related to them, the others beside them.
func compose(l letter, out *bytes.Buffer) {
	body := alternatives(l)
	var inline, files []part
	for i, a := range l.Attachments {
		p := filePart(a, l.Files[i])
		if a.Inline && a.ContentID != "" {
			inline = append(inline, p)
		} else {
			files = append(files, p)
		}
	}
	if len(inline) > 0 {
		body = part{subtype: "related", parts: append([]part{body}, inline...)}
	}
	if len(files) > 0 {
		body = part{subtype: "mixed", parts: append([]part{body}, files...)}
	}
	out.Grow(body.size() + 4096)
	body.write(out, l.head())
}

// head is the header of the whole message.
func (l letter) head() fields {
	h := make(fields, 0, 20)
	refs := references(l.References, l.InReplyTo)
	h.add("From", l.From.String())
	if l.Plus {
		reply := mail.Address{Name: l.From.Name, Address: l.Signer.Plus(l.From.Address, l.MessageID)}
		h.add("Reply-To", reply.String())
	}
	h.add("To", (&mail.Address{Name: cleanLine(l.Name), Address: l.To.Value}).String())
	h.add("Subject", encodeSubject(cutRunes(cleanLine(l.Subject), longest)))
	h.add("Date", l.Date.Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	h.add("Message-ID", "<"+l.id()+">")
	if id := firstID(l.InReplyTo); id != "" {
		h.add("In-Reply-To", "<"+id+">")
	}
	if len(refs) > 0 {
		h.add("References", "<"+strings.Join(refs, "> <")+">")
	}
	l.thread(&h, refs)
	if l.Language != "" {
		h.add("Content-Language", cleanLine(l.Language))
	}
	h.add(MarkerHeader, l.Signer.Token(l.MessageID))
	if l.Auto {
		kind := "auto-generated"
		if l.InReplyTo != "" {
			kind = "auto-replied"
		}
		h.add("Auto-Submitted", kind)            // RFC 3834
		h.add("X-Auto-Response-Suppress", "All") // Exchange and Outlook heed no RFC 3834
		h.add("Precedence", "bulk")              // older responders heed only this
	}
	h.add("MIME-Version", "1.0")
	return h
}

// encodeSubject chooses the encoding (RFC 2047) that is shorter.
func encodeSubject(s string) string {
	if mostlyOther(s) {
		return mime.BEncoding.Encode("utf-8", s)
	}
	return mime.QEncoding.Encode("utf-8", s)
}

// references are the Message-IDs of the thread, oldest first, ending with the
// one answered.
func references(ids []string, answered string) []string {
	out := messageIDs(ids)
	if id := firstID(answered); id != "" {
		out = append(slices.DeleteFunc(out, func(s string) bool { return s == id }), id)
	}
	if n := len(out); n > maxReferences {
		out = append(out[:1:1], out[n-maxReferences+1:]...)
	}
	return out
}

// alternatives is the body: plain text and HTML.
func alternatives(l letter) part {
	rich := l.HTML
	if rich == "" {
		rich = apart(textPage(l.Text, "<br/>\n")) // no line so long that it has to be encoded
	}
	plain := l.Text
	if plain == "" {
		_, plain, _ = readHTML(l.HTML, true)
	}
	turned := direction(l.Language, plain)
	if l.Quoted != nil {
		plain += quoteText(*l.Quoted, l.Language)
		rich += quoteHTML(*l.Quoted, l.Language)
	}
	marker := l.Signer.Marker(l.MessageID)
	plain = strings.TrimRight(plain, "\n") + "\n\n" + marker + "\n"
	rich += "\n" + `<p dir="ltr" style="color:#999;font-size:x-small">` + marker + "</p>"
	page := "<!DOCTYPE html>\n<html" + langAttr(l.Language) + ` dir="` + turned + `"><head><meta charset="utf-8"></head><body dir="` + turned + `">` + rich + "</body></html>\n"
	return part{subtype: "alternative", parts: []part{textPart("text/plain", plain), textPart("text/html", page)}}
}

func langAttr(language string) string {
	if language == "" {
		return ""
	}
	return ` lang="` + html.EscapeString(language) + `"`
}

// direction is rtl for the scripts that run so: by language, or where that is
// not told by the first letter.
func direction(language, text string) string {
	switch base, _, _ := strings.Cut(strings.ToLower(language), "-"); base {
	case "ar", "fa", "ur", "he", "ps", "sd", "ug", "yi", "dv":
		return "rtl"
	case "":
		for _, r := range text {
			if unicode.IsLetter(r) {
				if unicode.In(r, unicode.Arabic, unicode.Hebrew, unicode.Syriac, unicode.Thaana) {
					return "rtl"
				}
				break
			}
		}
	}
	return "ltr"
}

// filePart is an attachment.
func filePart(a channels.Attachment, data []byte) part {
	contentType, params, err := mime.ParseMediaType(a.ContentType)
	if err != nil || strings.HasPrefix(contentType, "multipart/") || strings.HasPrefix(contentType, "message/") {
		contentType, params = "application/octet-stream", nil
	}
	if contentType = mime.FormatMediaType(contentType, params); contentType == "" {
		contentType = "application/octet-stream"
	}
	disposition := "attachment"
	if a.Inline {
		disposition = "inline"
	}
	p := part{body: base64Lines(data)}
	p.fields.add("Content-Type", contentType)
	p.fields.add("Content-Transfer-Encoding", "base64")
	p.fields.add("Content-Disposition", formatParams(disposition, "filename", shortName(baseName(a.Name))))
	if a.ContentID != "" {
		p.fields.add("Content-ID", "<"+strings.Trim(cleanLine(a.ContentID), "<> ")+">")
	}
	return p
}

// shortName keeps a file's name, in RFC 2231 form, within a line; its ending stays.
func shortName(name string) string {
	const most = 200 // bytes
	if len(name) <= most {
		return name
	}
	ext := name[max(0, strings.LastIndexByte(name, '.')):]
	if len(ext) > 16 {
		ext = ""
	}
	return cutRunes(name, most-len(ext)) + ext
}
