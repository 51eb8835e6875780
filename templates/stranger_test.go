package templates_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/templates"
	"golang.org/x/net/html"
	"pgregory.net/rapid"
)

// A stranger's words go into the texts of this package. Whatever they are, they stay
// content: they are no template, no HTML, no further line, and turn nothing around.

// TestStranger draws words from what has broken such systems before.
func TestStranger(t *testing.T) {
	lib := load(t)
	nasty := []string{
		"{{", "}}", "{% if name %}", "{%", "%}", "{{ reference }}", "|", "#",
		"<", ">", "&", `"`, "'", "<script>alert(1)</script>", "</p>", "<!--", "&lt;", "javascript:", "\" onload=x",
		"\u202e", "\u202d", "\u2066", "\u2067", "\u2068", "\u2069", "\u200e", "\u200f", "\u061c", "\u202a", "\u202c",
		"\n", "\r\n", "\u2028", "\u2029", "\u0085", "\n\n- ", "- ", "=== sms", "\x00", "\x1b", "\ufeff", "\u200b", "\u00ad", "\u200d", "\xff", "\xc3",
		"a", "Z", "5", "٥", " ", "\u00a0", "أحمد", "(جدة)", "שלום", "👍", "https://evil.test/?a=b&c", "Bcc: x@y.z", "%0a", "é", "𐤀", "e\u0301",
	}
	rapid.Check(t, func(rt *rapid.T) {
		words := strings.Join(rapid.SliceOfN(rapid.SampledFrom(nasty), 0, 12).Draw(rt, "words"), "")
		stranger(rt, lib, words)
	})
}

func FuzzStranger(f *testing.F) {
	lib := load(f)
	for _, s := range []string{"", "x", "{{ reference }}{% if %}", "<script>alert('x')</script>", "\u202eabc\u2069\u2066", "a\n\n- b", "\xff\xfe", "أحمد (x)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, words string) {
		if len(words) < 300 {
			stranger(t, lib, words)
		}
	})
}

type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// stranger gives the words to every variable that takes any, in every built-in
// template, language and channel, and compares with what harmless words make.
func stranger(t failer, lib *templates.Library, words string) {
	t.Helper()
	for _, tpl := range lib.List() {
		for _, lang := range tpl.Languages {
			harmless, hostile := lib.Samples(tpl.Name, lang), lib.Samples(tpl.Name, lang)
			for _, v := range tpl.Variables {
				switch v.Type {
				case templates.String, templates.Reference:
					harmless[v.Name], hostile[v.Name] = "xx", words
					if v.Type == templates.Reference && utf8.RuneCountInString(words) > 64 {
						hostile[v.Name] = "xx"
					}
				case templates.List:
					harmless[v.Name], hostile[v.Name] = []string{"xx", "xx"}, []string{words, words}
				}
			}
			for _, channel := range tpl.Channels {
				want, err := lib.Render(tpl.Name, lang, channel, harmless, options())
				if err != nil {
					t.Fatalf("%s/%s/%s: %v", tpl.Name, lang, channel, err)
				}
				got, err := lib.Render(tpl.Name, lang, channel, hostile, options())
				if err != nil {
					continue // nothing was left of the words, or they are too long: nothing is sent
				}
				where := tpl.Name + "/" + lang + "/" + string(channel)
				onlyContent(t, where, got, want, strings.TrimSpace(words) != "")
			}
		}
	}
}

func onlyContent(t failer, where string, got, want templates.Rendered, given bool) {
	t.Helper()
	for _, s := range []string{got.Text, got.Subject, got.HTML} {
		if !utf8.ValidString(s) {
			t.Fatalf("%s: not UTF-8: %q", where, s)
		}
		isolated(t, where, s)
	}
	if strings.ContainsAny(got.Subject, "\r\n") {
		t.Fatalf("%s: subject on two lines: %q", where, got.Subject)
	}
	if strings.Count(got.Text, "\n") > strings.Count(want.Text, "\n") {
		t.Fatalf("%s: more lines than\n%s\nin\n%s", where, want.Text, got.Text)
	}
	if got.Channel == channels.Voice && strings.ContainsAny(got.Text, "<>&{}|#%*=\"") {
		t.Fatalf("%s: symbols in %q", where, got.Text)
	}
	if got.Channel == channels.Email && given {
		elements(t, where, got.HTML, want.HTML)
	}
}

// isolated wants every isolate closed, none within another, and no other mark of direction.
func isolated(t failer, where, s string) {
	t.Helper()
	open := false
	for _, r := range s {
		switch {
		case r >= '\u2066' && r <= '\u2068':
			if open {
				t.Fatalf("%s: an isolate within another: %+q", where, s)
			}
			open = true
		case r == '\u2069':
			if !open {
				t.Fatalf("%s: an isolate closed twice: %+q", where, s)
			}
			open = false
		case r == '\u061c' || r == '\u200e' || r == '\u200f' || r >= '\u202a' && r <= '\u202e':
			t.Fatalf("%s: a mark of direction: %+q", where, s)
		case r == '\n' && open:
			t.Fatalf("%s: an isolate open at a line's end: %+q", where, s)
		}
	}
	if open {
		t.Fatalf("%s: an isolate left open: %+q", where, s)
	}
}

// elements wants got to have no element and no attribute that want has not, spans of
// direction aside.
func elements(t failer, where, got, want string) {
	t.Helper()
	allowed := make(map[string]int)
	for _, e := range tags(t, where, want) {
		allowed[e]++
	}
	for _, e := range tags(t, where, got) {
		if allowed[e]--; allowed[e] < 0 && e != `span dir="auto"` && e != `span dir="ltr"` {
			t.Fatalf("%s: element <%s> came from a variable:\n%s", where, e, got)
		}
	}
}

func tags(t failer, where, page string) (out []string) {
	t.Helper()
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return out
		case html.CommentToken:
			t.Fatalf("%s: a comment in\n%s", where, page)
		case html.StartTagToken, html.SelfClosingTagToken:
			out = append(out, strings.TrimSuffix(strings.Trim(string(z.Raw()), "<>"), "/"))
		}
	}
}
