package email

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// hidden reports whether a reader would not see n: scripts, styles, preheaders.
func hidden(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Head, atom.Script, atom.Style, atom.Title, atom.Template, atom.Noscript, atom.Object, atom.Iframe, atom.Select:
		return true
	}
	if slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "hidden" }) {
		return true
	}
	style := attr(n, "style")
	if !strings.ContainsAny(style, "0nN") && !strings.Contains(style, "mso") && !strings.Contains(style, "idden") {
		return false
	}
	style = strings.ToLower(strings.Join(strings.Fields(style), ""))
	return strings.Contains(style, "display:none") || strings.Contains(style, "visibility:hidden") ||
		strings.Contains(style, "mso-hide:all") || (strings.Contains(style, "max-height") || strings.Contains(style, "opacity") || strings.Contains(style, "line-height")) && preheader.MatchString(style)
}

// preheader matches the styles that hide a line from the reader but not from
// the list of mails: no height, no letters, or no ink.
var preheader = regexp.MustCompile(`max-height:0(?:px)?(?:;|$|!)|(?:^|;)opacity:0(?:\.0+)?(?:;|$|!)|font-size:[01](?:px|pt)?(?:;|!).*line-height:[01](?:px|pt)?(?:;|$|!)`)

// quoting says what of the tree an element marks as not new.
type quoting uint8

const (
	quotedNot  quoting = iota
	quotedNode         // the element itself
	quotedRest         // the element and all that follows
)

// Marks that mail programs put on history and signatures.
var (
	quotedClasses = []string{
		"gmail_attr", "gmail_signature", "gmail_signature_prefix", // Gmail
		"moz-cite-prefix", "moz-signature", "moz-txt-sig", // Thunderbird
		"yahoo_quoted", "protonmail_quote", "protonmail_signature_block", "zmail_extra", "tutanota_quote",
		"appleoriginalcontents", "ms-outlook-mobile-signature", "ios-signature", "gmail_quote_container",
		"mail-quote-collapse", "front-blockquote", "front-signature", "reply-new-signature", "edo-reply-signature",
		"zm_-sign", "moz-forward-container-signature",
	}
	quotedIDs = []string{
		"signature", "applemailsignature", "ms-outlook-mobile-signature", "outlooksignature", "isforwardcontent",
		"composer_signature", "x_signature", "ymail_android_signature", "ymail_ios_signature", "zm-_id_-sgn", "ydp-signature",
	}
	restIDs = []string{
		"divrplyfwdmsg", "appendonsend", "x_divrplyfwdmsg", "mail-editor-reference-message-container",
		"orimsghtmlseperator", "replysplit", "stopspelling", "zwchr", "olk_src_body_section", "reply-intro", "messagereplysection",
	}
)

// quotedNames are all values of id, name and data-marker that quotedBy knows.
var quotedNames = func() map[string]bool {
	all := map[string]bool{"quote": true, "messagesignaturesection": true, "__quoted_text__": true}
	for _, id := range slices.Concat(quotedIDs, restIDs) {
		all[id] = true
	}
	return all
}()

// classMarks reports whether an attribute class has a mark that quotedBy knows.
func classMarks(value string) bool {
	for c := range strings.FieldsSeq(value) {
		if quotedClassSet[ownClass(strings.ToLower(c))] {
			return true
		}
	}
	return false
}

// ownClass is the name that a class had before Outlook, Hotmail or Yahoo renamed what
// they quote: they put something in front.
func ownClass(c string) string {
	if strings.HasPrefix(c, "ydp") && strings.HasSuffix(c, "yahoo_quoted") {
		return "yahoo_quoted"
	}
	return strings.TrimPrefix(strings.TrimPrefix(c, "x_"), "ecx")
}

var quotedClassSet = func() map[string]bool {
	all := map[string]bool{}
	for _, c := range quotedClasses {
		all[c] = true
	}
	return all
}()

// quotedBy reads those marks. A forwarded message is new to us and stays.
func quotedBy(n *html.Node) quoting {
	id, classes := strings.ToLower(attr(n, "id")), strings.Fields(strings.ToLower(attr(n, "class")))
	for _, c := range classes {
		if c = ownClass(c); quotedClassSet[c] && !(c == "gmail_attr" && forwarded(n)) {
			return quotedNode
		}
	}
	name := strings.ToLower(attr(n, "name"))
	switch {
	case name == "quote" || name == "messagereplysection" || name == "messagesignaturesection" || attr(n, "data-marker") == "__QUOTED_TEXT__":
		return quotedNode
	case slices.Contains(quotedIDs, id):
		return quotedNode
	case slices.Contains(restIDs, id):
		return quotedRest
	case n.DataAtom == atom.Div && strings.Contains(attr(n, "style"), "border-top") && headed(n):
		return quotedRest
	case n.DataAtom == atom.Blockquote && (strings.EqualFold(attr(n, "type"), "cite") || slices.Contains(classes, "gmail_quote")):
		return quotedNode
	}
	return quotedNot
}

// forwarded reports whether the first words of n say that what follows was
// forwarded rather than answered.
func forwarded(n *html.Node) bool {
	var b strings.Builder
	firstWords(n, &b)
	for s := range strings.SplitSeq(b.String(), "\n") {
		if isForwardRule(s) {
			return true
		}
	}
	return false
}

// headed reports whether n starts with the sender of an older message, as
// Outlook writes below a line over the whole width.
func headed(n *html.Node) bool {
	var b strings.Builder
	firstWords(n, &b)
	text := strings.TrimSpace(unmark(b.String()))
	kind, _ := blockField(text[:min(len(text), 100)])
	return kind == fieldFrom
}

// firstWords gathers up to some hundred bytes of text below n.
func firstWords(n *html.Node, b *strings.Builder) {
	const enough = 300
	if n.Type == html.TextNode {
		b.WriteString(n.Data + "\n")
	}
	for c := n.FirstChild; c != nil && b.Len() < enough; c = c.NextSibling {
		firstWords(c, b)
	}
}
