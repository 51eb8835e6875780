package email

import (
	"bytes"
	"regexp"
	"unicode/utf8"
)

// maxHeader is the most bytes of one header block that are read; what is
// beyond is dropped with a warning (the raw bytes are kept anyway).
const maxHeader = 1 << 20

// header cuts the header block off raw and repairs what would make a strict
// reader refuse the whole mail: an mbox "From " line, lines without a colon,
// continuations that lost their indent, an indented first line, NULs, bare CRs,
// a missing blank line.
func (w *walker) header(raw []byte, top bool) (h headers, body []byte) {
	block := make([]byte, 0, 1024)
	i, fields := 0, 0
	var last []byte // the name of the field above
	defer func() { w.read += i }()
	if top {
		raw = bytes.TrimLeft(bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf")), "\r\n")
	}
	for i < len(raw) {
		text, next := line(raw, i)
		if len(text) == 0 {
			i = next
			break
		}
		if fields == 0 && top {
			text = bytes.TrimLeft(text, " \t")
		}
		name := nameLength(text)
		switch {
		case len(text) == 0:
			i = next
			continue
		case (text[0] == ' ' || text[0] == '\t') && fields > 0:
			if len(bytes.TrimSpace(text)) == 0 && !continues(raw, next) {
				// A line of blanks where the header ends, as some gateways write it.
				return readHeaders(string(w.recode(block))), raw[next:]
			}
		case name > 0:
			fields++
			last = text[:name]
		case fields > 0 && w.joins(text, raw[next:], block, string(last)):
			w.warn("a header line without its indent was joined to the one before")
			text = append([]byte{' '}, text...)
		case continues(raw, next):
			if !top || fields > 0 || !bytes.HasPrefix(text, []byte("From ")) {
				w.warn("a header line without a colon was ignored")
			}
			i = next
			continue
		default:
			if top || fields > 0 {
				w.warn("no blank line between header and body")
			}
			return readHeaders(string(w.recode(block))), raw[i:]
		}
		if len(block)+len(text) > maxHeader {
			w.warn("header longer than %d bytes, cut", maxHeader)
		} else {
			if bytes.IndexByte(text, 0) >= 0 {
				text = bytes.ReplaceAll(text, []byte{0}, nil)
			}
			block = append(append(block, text...), '\r', '\n')
		}
		i = next
	}
	return readHeaders(string(w.recode(block))), raw[min(i, len(raw)):]
}

// labelled finds the charset that a header block names for its body.
var labelled = regexp.MustCompile(`(?i)charset\s*=\s*["']?([\w.:-]+)`)

// recode makes UTF-8 of the lines of a block that are none (RFC 6532 allows
// nothing else): by the charset of the body, or by what all such lines look like.
func (w *walker) recode(block []byte) []byte {
	if utf8.Valid(block) {
		return block
	}
	label := ""
	if m := labelled.FindSubmatch(block); m != nil {
		label = cleanLabel(string(m[1]))
	} else {
		label = bodyCharset(w.raw)
	}
	read := func(b []byte) string { text, _ := guessCharset(b); return text }
	if e := encodingOf(label); e != nil && label != "utf-8" && label != "us-ascii" {
		read = func(b []byte) string { text, _ := decodeCharset(b, label, false); return text }
	} else {
		var odd []byte
		for l := range bytes.Lines(block) {
			if !utf8.Valid(l) {
				odd = append(odd, l...)
			}
		}
		if _, name := guessCharset(odd); name != "utf-8" {
			read = func(b []byte) string { text, _ := decodeCharset(b, name, false); return text }
		}
	}
	out := make([]byte, 0, len(block)*2)
	for l := range bytes.Lines(block) {
		if utf8.Valid(l) {
			out = append(out, l...)
		} else {
			out = append(out, read(l)...)
		}
	}
	return out
}

// fieldName is the name of a header field (RFC 5322 §3.6.8) that starts a
// line, or empty. It starts with a letter; blanks before the colon are forgiven.
func fieldName(line []byte) string { return string(line[:nameLength(line)]) }

// nameLength is the length of that name.
func nameLength(line []byte) int {
	n := bytes.IndexByte(line[:min(len(line), 101)], ':')
	for n > 0 && isBlank(line[n-1]) {
		n--
	}
	if n <= 0 || !isASCIILetter(line[0]) {
		return 0
	}
	for _, c := range line[:n] {
		if c <= ' ' || c > '~' {
			return 0
		}
	}
	return n
}

// keptFields are header fields that an officer or a later rule may ask for,
// beyond those that Mail has a place for.
var keptFieldNames = []string{
	"Reply-To", "Sender", "Return-Path", "List-Id", "List-Unsubscribe", "Auto-Submitted", "Precedence",
	"X-Auto-Response-Suppress", "Authentication-Results", "Importance", "X-Priority", "X-Mailer", "User-Agent",
	"Thread-Index", "Thread-Topic", "Disposition-Notification-To",
}

func keptFields(h headers) map[string]string {
	out := map[string]string{}
	for _, k := range keptFieldNames {
		if v := h.Get(k); v != "" {
			out[k] = decodeHeader(v)
		}
	}
	return out
}

// renamed are the fields in which providers keep a Message-ID that they have
// replaced by one of their own: Google, Microsoft 365, and list software.
func renamed(h headers) []string {
	var out []string
	for _, k := range []string{
		"X-Google-Original-Message-Id", "X-Gm-Original-Message-Id", "X-Microsoft-Original-Message-Id",
		"X-Ms-Exchange-Parent-Message-Id", "X-Original-Message-Id", "X-Message-Id-Original", "Original-Message-Id",
	} {
		out = append(out, h.Values(k)...)
	}
	return out
}

// delivered lists the addresses that the delivering servers noted.
func delivered(h headers) []string {
	var out []string
	for _, k := range []string{"Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Forwarded-To"} {
		for _, a := range addresses(h.Values(k)) {
			out = append(out, a.Address)
		}
	}
	return out
}
