package email

import (
	"fmt"
	"html"
	"strings"

	"github.com/caravan-desk/caravan/channels"
)

// attributions introduce a quoted message: when, who. Mail programs write them
// so in these languages, and replies know them by it.
var attributions = map[string]string{
	"en": "On %s, %s wrote:",
	"ar": "في %s، كتب %s:",
	"ms": "Pada %s, %s menulis:",
}

// attributionOf is the line above a quoted message. The time is digits alone, so
// that it reads the same in every language.
func attributionOf(q channels.Quoted, language string) string {
	base, _, _ := strings.Cut(strings.ToLower(language), "-")
	format, ok := attributions[base]
	if !ok {
		format = attributions["en"]
	}
	return fmt.Sprintf(format, q.At.Format("2006-01-02 15:04"), cleanLine(q.From))
}

// quoteText is a quoted message as plain text, to be put below the answer.
func quoteText(q channels.Quoted, language string) string {
	var b strings.Builder
	b.WriteString("\n\n" + attributionOf(q, language) + "\n")
	for l := range strings.SplitSeq(strings.TrimRight(cleanText(q.Text), "\n"), "\n") {
		b.WriteString(strings.TrimRight("> "+l, " ") + "\n")
	}
	return b.String()
}

// quoteHTML is the same for the HTML form. Each part finds its own direction.
func quoteHTML(q channels.Quoted, language string) string {
	rich := q.HTML
	if rich == "" {
		rich = apart(textPage(q.Text, "<br/>\n"))
	}
	return `<div class="gmail_quote"><div dir="auto" class="gmail_attr">` + html.EscapeString(attributionOf(q, language)) + `</div>` +
		`<blockquote type="cite" class="gmail_quote" dir="auto" style="margin:0 0 0 .8ex;border-inline-start:1px solid #ccc;padding-inline-start:1ex">` +
		rich + `</blockquote></div>`
}
