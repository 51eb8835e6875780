package templates

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/caravan-desk/caravan/channels"
)

// compileText checks one text with a variable of every type, on one channel.
func compileText(lang string, channel channels.Kind, text string) (*compiled, *loader) {
	vars := make(map[string]headerVariable)
	for _, t := range types {
		v := headerVariable{Type: t}
		if t == Choice {
			v.Values = []string{"x", "y"}
		}
		vars[string(t)] = v
	}
	l := &loader{}
	s := section{file: lang, line: 1, text: text, subject: "s", at: 1}
	return l.compile("t", &draft{
		hasHeader: true, file: headerFile,
		header:   header{Purpose: Service, Languages: []string{lang}, Channels: []channels.Kind{channel}, Variables: vars},
		texts:    map[string]map[string]section{lang: {string(channel): s}},
		textFile: map[string]string{lang: lang},
	}), l
}

var fuzzValues = map[string]any{
	"string": "A <b> {{ x }}\n\u202e", "number": 3, "date": "2026-11-21", "datetime": "2026-11-21T12:00:00Z", "money": "5 SAR",
	"reference": "UMR-1", "phone": "+60 123", "url": "https://example.com/?a=1&b=2", "choice": "x", "list": []string{"a", "ب"},
}

// FuzzTemplate wants every source either refused with a place, or rendered within
// the channel's limit; never a panic, never without end.
func FuzzTemplate(f *testing.F) {
	for _, s := range []string{
		"hello {{ name | default: \"x\" | upcase }}", "{% if string %}{{ string }}{% elsif not number %}x{% else %}{{ number }}{% endif %}",
		`{% if number %}{{ number | plural: one: "#", other: "#s" }}{% endif %}`, `{% if choice == "x" %}{{ choice | choose: x: 'a', y: 'b' }}{% endif %}`,
		"{% if list and url %}\n{{ list | bullets }}\n{{ url }}\n{% endif %}", "{{", "{%", "{{ '", "{% if a", "{{ \"{{\" }}", "{% endif %}", "{{ a | b: c: 1, 2 }}",
		"{% if string %}", strings.Repeat("{% if name %}", 20), "\xff", "- a\n- {{ name | default: \"b\" }}",
	} {
		f.Add(s, uint8(0), uint8(0))
		f.Add(s, uint8(1), uint8(3))
	}
	f.Fuzz(func(t *testing.T, src string, lang, channel uint8) {
		language, kind := allLanguages[int(lang)%len(allLanguages)], allChannels[int(channel)%len(allChannels)]
		c, l := compileText(language, kind, src)
		var refused bool
		for _, p := range l.problems {
			if p.Line < 0 || p.Line > strings.Count(src, "\n")+1 && p.File == language {
				t.Fatalf("problem at line %d of %d: %s", p.Line, strings.Count(src, "\n")+1, p)
			}
			refused = refused || !strings.HasSuffix(p.Text, "is used in no text")
		}
		if refused || strings.TrimSpace(src) == "" {
			return
		}
		lib := &Library{templates: map[string]*compiled{"t": c}}
		for _, vars := range []map[string]any{nil, fuzzValues} {
			r, err := lib.Render("t", language, kind, vars, Options{Now: time.Unix(0, 0)})
			if err == nil && (utf8.RuneCountInString(r.Text) > limits[kind] || !utf8.ValidString(r.Text+r.HTML)) {
				t.Fatalf("%q renders to %q", src, r.Text)
			}
		}
	})
}

func FuzzHeader(f *testing.F) {
	f.Add("---\nname: t\npurpose: service\nvariables:\n  a: {type: string, sample: {en: x}}\nwhatsapp: {sid: {en: HX}}\n---\nnote")
	f.Add("---\n- a\n---")
	f.Add("---\na: &a [*a]\n---\n")
	f.Add("---\nvariables: {a.b: {type: choice, values: [x]}}\n---\n")
	f.Fuzz(func(t *testing.T, src string) {
		var l loader
		h, ok := readHeader("f", []byte(src), l.add)
		if ok == (len(l.problems) > 0) {
			t.Fatalf("ok %v with %v", ok, l.problems)
		}
		if ok {
			l.compile("t", &draft{header: h, hasHeader: true, file: "f"})
		}
	})
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"", " a ", "a\u202eb", "\xff", "a\n\nb", "\u200d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := clean(s)
		if !utf8.ValidString(got) || clean(got) != got || strings.ContainsAny(got, "\n\r\t\u2066\u2067\u2068\u2069\u202e") {
			t.Fatalf("clean(%q) = %q", s, got)
		}
		if plainASCII(s) && got != s {
			t.Fatalf("clean changed %q to %q", s, got)
		}
	})
}
