package email

import (
	"bytes"
	"fmt"
	"html"
	"mime"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/emersion/go-message"

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

// compose builds the MIME form: text and HTML as alternatives, inline files
// related to them, the others beside them.
func compose(l letter) ([]byte, error) {
	body, err := alternatives(l)
	if err != nil {
		return nil, err
	}
	var inline, files []*message.Entity
	for i, a := range l.Attachments {
		e := fileEntity(a, l.Files[i])
		if a.Inline && a.ContentID != "" {
			inline = append(inline, e)
		} else {
			files = append(files, e)
		}
	}
	for _, wrap := range []struct {
		subtype string
		parts   []*message.Entity
	}{{"related", inline}, {"mixed", files}} {
		if len(wrap.parts) > 0 {
			if body, err = multi(wrap.subtype, append([]*message.Entity{body}, wrap.parts...)); err != nil {
				return nil, err
			}
		}
	}
	l.head(&body.Header)
	var out bytes.Buffer
	if err := body.WriteTo(&out); err != nil {
		return nil, fmt.Errorf("write mail: %w", err)
	}
	return out.Bytes(), nil
}

// head sets the fields of the whole message. go-message writes those added
// last first.
func (l letter) head(h *message.Header) {
	if l.Auto {
		h.Set("X-Auto-Response-Suppress", "All") // Exchange and Outlook heed no RFC 3834
		h.Set("Precedence", "bulk")              // older responders heed only this
		kind := "auto-generated"
		if l.InReplyTo != "" {
			kind = "auto-replied"
		}
		h.Set("Auto-Submitted", kind)
	}
	h.Set(MarkerHeader, l.Signer.Token(l.MessageID))
	if l.Language != "" {
		h.Set("Content-Language", cleanLine(l.Language))
	}
	refs := references(l.References, l.InReplyTo)
	l.thread(h, refs)
	if len(refs) > 0 {
		h.Set("References", "<"+strings.Join(refs, "> <")+">")
	}
	if id := firstID(l.InReplyTo); id != "" {
		h.Set("In-Reply-To", "<"+id+">")
	}
	h.Set("Message-Id", "<"+l.id()+">")
	h.Set("Date", l.Date.Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	h.Set("Subject", encodeSubject(cleanLine(l.Subject)))
	to := mail.Address{Name: cleanLine(l.Name), Address: l.To.Value}
	h.Set("To", to.String())
	if l.Plus {
		reply := mail.Address{Name: l.From.Name, Address: l.Signer.Plus(l.From.Address, l.MessageID)}
		h.Set("Reply-To", reply.String())
	}
	h.Set("From", l.From.String())
	h.Set("Mime-Version", "1.0")
}

// encodeSubject chooses the encoding (RFC 2047) that is shorter.
func encodeSubject(s string) string {
	if textEncoding(s) == "base64" {
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
func alternatives(l letter) (*message.Entity, error) {
	rich := l.HTML
	if rich == "" {
		rich = textHTML(l.Text)
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
	page := fmt.Sprintf("<!DOCTYPE html>\n<html%s dir=\"%s\"><head><meta charset=\"utf-8\"></head><body dir=\"%[2]s\">%s</body></html>\n",
		langAttr(l.Language), turned, rich)
	return multi("alternative", []*message.Entity{textEntity("text/plain", plain), textEntity("text/html", page)})
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

// textEntity encodes text in the way that leaves most of it readable.
func textEntity(contentType, s string) *message.Entity {
	var h message.Header
	h.SetContentType(contentType, map[string]string{"charset": "utf-8"})
	s = strings.ReplaceAll(cleanText(s), "\n", "\r\n")
	if !strings.HasSuffix(s, "\r\n") {
		s += "\r\n"
	}
	h.Set("Content-Transfer-Encoding", textEncoding(s))
	return &message.Entity{Header: h, Body: strings.NewReader(s)}
}

// textEncoding chooses the transfer encoding (RFC 2045 §6.2).
func textEncoding(s string) string {
	const longest = 900 // octets in a line that needs no encoding; RFC 5322 allows 998
	runes := utf8.RuneCountInString(s)
	other := 0
	for _, r := range s {
		if r >= utf8.RuneSelf {
			other++
		}
	}
	if other*6 > runes {
		return "base64"
	}
	if other > 0 || strings.Contains(s, "\r\nFrom ") || strings.HasPrefix(s, "From ") {
		return "quoted-printable"
	}
	for l := range strings.SplitSeq(s, "\r\n") {
		if len(l) > longest || strings.HasSuffix(l, " ") {
			return "quoted-printable"
		}
	}
	return "7bit"
}

func fileEntity(a channels.Attachment, data []byte) *message.Entity {
	var h message.Header
	contentType, params, err := mime.ParseMediaType(a.ContentType)
	if err != nil || strings.HasPrefix(contentType, "multipart/") || strings.HasPrefix(contentType, "message/") {
		contentType, params = "application/octet-stream", nil
	}
	delete(params, "charset") // go-message would refuse another than UTF-8
	h.SetContentType(contentType, params)
	disposition := "attachment"
	if a.Inline {
		disposition = "inline"
	}
	if a.ContentID != "" {
		h.Set("Content-Id", "<"+strings.Trim(cleanLine(a.ContentID), "<>")+">")
	}
	h.Set("Content-Disposition", formatParams(disposition, "filename", baseName(a.Name)))
	h.Set("Content-Transfer-Encoding", "base64")
	return &message.Entity{Header: h, Body: bytes.NewReader(data)}
}

// formatParams writes value; name="…", in RFC 2231 form where needed.
func formatParams(value, name, param string) string {
	if param == "" {
		return value
	}
	return mime.FormatMediaType(value, map[string]string{name: param})
}

func multi(subtype string, parts []*message.Entity) (*message.Entity, error) {
	var h message.Header
	h.SetContentType("multipart/"+subtype, nil)
	e, err := message.NewMultipart(h, parts)
	if err != nil {
		return nil, fmt.Errorf("build mail: %w", err)
	}
	return e, nil
}
