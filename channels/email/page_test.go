package email

import (
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// checkNoHTML holds that a mail read without its HTML is the same in all else.
func checkNoHTML(t testing.TB, raw []byte, opts Options, full Mail) {
	t.Helper()
	opts.NoHTML = true
	lean := Parse(raw, opts)
	if lean.HTML != "" || full.HTML != "" && lean.HTMLBytes == 0 {
		t.Errorf("there were %d bytes of HTML, and %d came", lean.HTMLBytes, len(lean.HTML))
	}
	lean.HTML = full.HTML
	for i := range min(len(lean.Attachments), len(full.Attachments)) {
		lean.Attachments[i].SHA256 = full.Attachments[i].SHA256
	}
	if !reflect.DeepEqual(lean, full) {
		t.Errorf("without HTML\n%+v\nwith HTML\n%+v", lean, full)
	}
}

func TestNoHTMLChangesNothingElse(t *testing.T) {
	for name, raw := range corpus(t) {
		t.Run(name, func(t *testing.T) {
			opts := Options{Signer: testSigner(), Address: "support@caravan.example", AuthServID: "mx.caravan.example"}
			checkNoHTML(t, raw, opts, Parse(raw, opts))
		})
	}
}

// What a glance promises is so: the page has no mark, and not many more words.
func TestGlanceIsRight(t *testing.T) {
	pieces := []string{
		"two words ", "one", "x&nbsp;y", "&#32;", " < 3 ", "<", ">", "\"", "'", "=", "&", "\n", "\u00a0", "\u2003z", "شكرا لكم ",
		"<p>", "</p>", "<br>", "<br/>", "<div class=a>", "<DIV CLASS='gmail_quote'>", `<div class="x_gmail_attr b">`, "</div>", "<b>", "</b>",
		`<div id="divRplyFwdMsg">`, `<div id=signature>`, `<div style="border-top:1px">From: a@b.example`, `<div style="color:red">`,
		`<a href="https://x.example/a">`, "<a href=https://y.example>", "</a>", `<img alt="a picture of it">`, "<img alt=word src=cid:1>",
		"<li>", "<hr>", "<ul>", "<table>", "<tr>", "<td>", "</table>", "<blockquote>", "<blockquote type=cite>", "</blockquote>",
		"<!--", "-->", "--!>", "<!-->", "<!--->", "<!--[if mso]>", "<![endif]-->", "<!doctype html>", "<?xml?>", "</", "<style>", "</style>", "<script>", "</script >",
		"<title>", "</title>", "<textarea>", "</textarea>", "<svg>", "<![CDATA[", "]]>", "<pre>", "<noscript>", `<span title="a > b">`, "<span title='>' class=moz-signature>",
		`<span class="gmail&#95;attr">`, "<span data-marker=__QUOTED_TEXT__>", "<span name=quote>", "<span hidden>", "<span/class=yahoo_quoted>", "<span =class=yahoo_quoted>", "<head>", "<body>", "</body>", "<select>", "<template>",
	}
	rapid.Check(t, func(t *rapid.T) {
		src := cleanText(strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 60).Draw(t, "pieces"), ""))
		g := glance{src: src}
		if !g.look() {
			return
		}
		_, text, fresh := readPage(src, rapid.Bool().Draw(t, "forward"))
		if text != fresh {
			t.Fatalf("%q has a mark: %q, not %q", src, fresh, text)
		}
		if n := wordCount(text); n > g.words {
			t.Fatalf("%q has %d words, more than %d: %q", src, n, g.words, text)
		}
	})
}

func TestWordCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(rapid.SampledFrom([]rune("ab \t\n\v\f\r\u0085\u00a0\u2003\u3000ش\xff"))).Draw(t, "text")
		if got, want := wordCount(s), len(strings.Fields(s)); got != want {
			t.Fatalf("%q: %d words, want %d", s, got, want)
		}
	})
}
