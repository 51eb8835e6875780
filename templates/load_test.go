package templates_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/templates"
)

// layer is a folder of templates from file name → content.
func layer(files map[string]string) fstest.MapFS {
	out := fstest.MapFS{}
	for name, content := range files {
		out[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return out
}

// small is a template in English for SMS, with the given variables and text.
func small(variables, text string) fstest.MapFS {
	return layer(map[string]string{
		"t/template.md": "---\nname: t\npurpose: service\nlanguages: [en]\nchannels: [sms]\nvariables:\n" + variables + "\n---\n",
		"t/en.txt":      "=== sms\n" + text,
	})
}

func problems(t *testing.T, fsys fstest.MapFS) []string {
	t.Helper()
	_, err := templates.Load(fsys)
	if err == nil {
		return nil
	}
	var e *templates.LoadError
	if !errors.As(err, &e) {
		t.Fatalf("not a LoadError: %v", err)
	}
	var out []string
	for _, p := range e.Problems {
		out = append(out, p.String())
	}
	return out
}

const one = "  a: {type: string, required: true}"

func TestLoadRefuses(t *testing.T) {
	for _, c := range []struct{ name, variables, text, want string }{
		{"unknown variable", one, "{{ a }} {{ b }}", `t/en.txt:2: unknown variable "b": there are a, company, name`},
		{"unknown variable on a later line", one, "{{ a }}\n\n{{ b }}", `t/en.txt:4: unknown variable "b"`},
		{"unknown in condition", one, "{{ a }}{% if b %}x{% endif %}", `t/en.txt:2: unknown variable "b"`},
		{"unused", one, "hello", `t/template.md:7: variable a is used in no text`},
		{"may be missing", "  a: {type: string}", "{{ a }}", `t/en.txt:2: a may be missing`},
		{"missing in else", "  a: {type: string}", "{% if a %}{{ a }}{% else %}{{ a }}{% endif %}", `t/en.txt:2: a may be missing`},
		{"or guards nothing", "  a: {type: string}\n  b: {type: string}", "{% if a or b %}{{ a }}{{ b | default: \"x\" }}{% endif %}", `a may be missing`},
		{"required in condition", one, "{% if a %}{{ a }}{% endif %}", `t/en.txt:2: variable a is required, so it is always given`},
		{"unknown filter", one, "{{ a | shout }}", `t/en.txt:2: unknown filter "shout"`},
		{"filter on wrong type", one, "{{ a | plural: one: \"x\", other: \"y\" }}", `filter plural takes [number], and a is a string here`},
		{"filter after a phrase", "  n: {type: number, required: true}", "{{ n | plural: one: \"x\", other: \"y\" | upcase }}", `filter upcase takes`},
		{"plural form missing", "  n: {type: number, required: true}", "{{ n | plural: one: \"x\" }}", `counting in this language needs also other`},
		{"plural form unknown", "  n: {type: number, required: true}", "{{ n | plural: one: \"x\", few: \"z\", other: \"y\" }}", `counting in this language has no form "few"`},
		{"choose not exhaustive", "  c: {type: choice, required: true, values: [x, y]}", "{{ c | choose: x: \"X\" }}", `choosing by c needs also y`},
		{"choice bare", "  c: {type: choice, required: true, values: [x, y]}", "{{ c }}", `c is a choice: put it into words with choose`},
		{"choice compared with nonsense", "  c: {type: choice, required: true, values: [x, y]}", "{% if c == \"z\" %}1{% endif %}", `c is never "z": its values are x, y`},
		{"compare a string", one, "{{ a }}{% if a == \"z\" %}1{% endif %}", `only a choice is compared`},
		{"if never closed", one, "{{ a }}\n{% if name %}x", `t/en.txt:3: {% if %} is never closed by {% endif %}`},
		{"endif alone", one, "{{ a }}{% endif %}", `t/en.txt:2: {% endif %} without an {% if %}`},
		{"else twice", one, "{{ a }}{% if name %}1{% else %}2{% else %}3{% endif %}", `{% else %} after {% else %}`},
		{"unknown tag", one, "{{ a }}{% for x in y %}", `t/en.txt:2: unknown tag "for": there are if, elsif, else and endif`},
		{"include", one, "{{ a }}{% include \"/etc/passwd\" %}", `unknown tag "include"`},
		{"braces never closed", one, "{{ a }}\n{{ a ", `t/en.txt:3: {{ is never closed by }}`},
		{"quote never closed", one, "{{ a | default: \"x }}", `{{ is never closed by }}`},
		{"junk in a tag", one, "{{ a ! }}", `expected | or the end, found "!"`},
		{"mixed connectives", one, "{{ a }}{% if name and company or name %}x{% endif %}", `and and or in one condition`},
		{"nested too deep", one, "{{ a }}" + strings.Repeat("{% if name %}", 9) + "x" + strings.Repeat("{% endif %}", 9), `nested more than 8 deep`},
		{"not UTF-8", one, "{{ a }}\xff", `t/en.txt:2: text is not UTF-8`},
		{"hidden direction mark", one, "x\n{{ a }}\u202e", `t/en.txt:3: invisible character '\u202e'`},
		{"bad type", "  a: {type: text}", "x", `t/template.md:7: variable a: type "text" is not one of`},
		{"choice without values", "  a: {type: choice}", "x", `variable a: a choice needs values`},
		{"bad sample", "  a: {type: date, required: true, sample: soon}", "{{ a }}", `variable a: its sample is not a date`},
		{"unknown key", "  a: {type: string, requierd: true}", "{{ a }}", `t/template.md:7: front matter: unknown field "requierd"`},
		{"bad YAML", "  a: {type: string", "{{ a }}", `t/template.md:`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := problems(t, small(c.variables, c.text))
			if !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, c.want) }) {
				t.Errorf("want a problem with\n  %s\ngot\n  %s", c.want, strings.Join(got, "\n  "))
			}
		})
	}
}

func TestLoadRefusesFiles(t *testing.T) {
	const front = "---\npurpose: service\n---\n"
	const text = "=== email\nSubject: s\n\nbody\n=== text\nplain\n"
	whole := map[string]string{"t/template.md": front, "t/en.txt": text, "t/ar.txt": text, "t/ms.txt": text}
	if got := problems(t, layer(whole)); got != nil {
		t.Fatalf("a whole template is refused: %v", got)
	}
	for _, c := range []struct{ name, file, content, want string }{
		{"language missing", "t/ar.txt", "", "t/template.md: has no ar.txt"},
		{"header missing", "t/template.md", "", "t: has no template.md"},
		{"no front matter", "t/template.md", "hello", "t/template.md:1: front matter is missing"},
		{"other name", "t/template.md", "---\nname: u\npurpose: service\n---\n", `t/template.md:2: name is "u", but the folder is "t"`},
		{"purpose", "t/template.md", "---\npurpose: fun\n---\n", `t/template.md:2: purpose is "fun": it is service, marketing or staff`},
		{"channel", "t/template.md", "---\npurpose: service\nchannels: [fax]\n---\n", `t/template.md:3: channels: "fax" is not one of`},
		{"fallback language", "t/template.md", "---\npurpose: service\nlanguages: [en]\nfallback:\n  language: ar\n---\n", `t/template.md:5: fallback language "ar" is not among`},
		{"sid", "t/template.md", "---\npurpose: service\nwhatsapp:\n  sid:\n    en: HX1\n---\n", `t/template.md:5: "HX1" is not a Content SID`},
		{"content variable may be missing", "t/template.md", "---\npurpose: service\nwhatsapp:\n  variables: [name]\n---\n", `t/template.md:4: name may be missing`},
		{"content variable unknown", "t/template.md", "---\npurpose: service\nwhatsapp:\n  variables: [nobody]\n---\n", `t/template.md:4: unknown variable "nobody"`},
		{"content variable not an expression", "t/template.md", "---\npurpose: service\nwhatsapp:\n  variables: ['name | default: \"x\" }} {{ name | default: \"y\"']\n---\n", `is not one expression`},
		{"no subject", "t/en.txt", "=== text\nplain\n", "t/en.txt: email has no subject"},
		{"channel's text missing", "t/en.txt", "=== email\nSubject: s\n\nbody\n=== sms\nx\n=== voice\nx\n", "t/en.txt: has no text for whatsapp"},
		{"unknown section", "t/en.txt", text + "=== fax\nx", `t/en.txt:7: unknown section "fax"`},
		{"section twice", "t/en.txt", text + "=== text\nx", `t/en.txt:7: section "text" stands twice`},
		{"text before a section", "t/en.txt", "hello\n" + text, "t/en.txt:1: text before the first section"},
		{"symbol in a voice text", "t/en.txt", text + "=== voice\nhello\nsave 5% now", `t/en.txt:9: '%' cannot be spoken`},
		{"symbol in the text voice falls back to", "t/en.txt", "=== email\nSubject: s\n=== text\nthis & that", `t/en.txt:4: '&' cannot be spoken`},
		{"unknown language", "t/xx.txt", text, "t/xx.txt: neither template.md nor a language's file (ar.txt, en.txt, ms.txt)"},
		{"stray file", "t.txt", "x", "t.txt: a template is a folder"},
		{"bad name", "T-1/template.md", front, "T-1: a template's name is small letters, digits and _"},
		{"too large", "t/en.txt", strings.Repeat("x", 65<<10), "t/en.txt: cannot be read: not a file of at most 65536 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := maps.Clone(whole)
			files[c.file] = c.content
			if c.content == "" {
				delete(files, c.file)
			}
			got := problems(t, layer(files))
			if !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, c.want) }) {
				t.Errorf("want a problem with\n  %s\ngot\n  %s", c.want, strings.Join(got, "\n  "))
			}
		})
	}
}

func TestLoadTellsEverythingAtOnce(t *testing.T) {
	got := problems(t, layer(map[string]string{
		"a/template.md": "---\npurpose: service\nlanguages: [en]\nchannels: [sms]\n---\n",
		"a/en.txt":      "=== sms\n{{ x }}\n{{ y }}",
		"b/template.md": "---\npurpose: none\nlanguages: [en]\nchannels: [sms]\n---\n",
		"b/en.txt":      "=== sms\n{{ z }}",
	}))
	want := []string{"a/en.txt:2: ", "a/en.txt:3: ", "b/en.txt:2: ", "b/template.md:2: "}
	if len(got) != len(want) {
		t.Fatalf("got %d problems, want %d:\n%s", len(got), len(want), strings.Join(got, "\n"))
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("problem %d is %q, want %q…", i, got[i], want[i])
		}
	}
}

func TestLoadNamesTheFolder(t *testing.T) {
	_, err := templates.Load(templates.Dir("/nowhere/at/all"))
	if err == nil || !strings.Contains(err.Error(), "/nowhere/at/all: cannot be read") {
		t.Errorf("got %v", err)
	}
}

// TestLayers lays a second SMS text, a Content SID and a language over a built-in template.
func TestLayers(t *testing.T) {
	const sid = "HX0123456789abcdef0123456789abcdef"
	lib, err := templates.Load(
		layer(map[string]string{"acknowledgement/en.txt": "=== sms\nfirst {{ reference }}"}),
		layer(map[string]string{
			"README.md":                   "not a template",
			".git/config":                 "hidden",
			"acknowledgement/template.md": "---\nwhatsapp:\n  sid: {en: " + sid + "}\n---\n",
			"acknowledgement/en.txt":      "=== sms\nsecond {{ reference }}",
		}))
	if err != nil {
		t.Fatal(err)
	}
	vars := lib.Samples("acknowledgement", "en")
	sms, err := lib.Render("acknowledgement", "en", channels.SMS, vars, options())
	if err != nil || sms.Text != "second T-1042" {
		t.Errorf("sms is %q, %v", sms.Text, err)
	}
	whatsapp, err := lib.Render("acknowledgement", "en", channels.WhatsApp, vars, options())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(whatsapp.Text, "Hello Aisyah Rahman") {
		t.Errorf("the built-in text is gone: %q", whatsapp.Text)
	}
	want := map[string]string{"1": "T-1042", "2": "Monday 23 November at 3:00 pm"}
	if c := whatsapp.Content; c == nil || c.SID != sid || !maps.Equal(c.Variables, want) {
		t.Errorf("content is %+v, want %s with %v", c, sid, want)
	}
	arabic, err := lib.Render("acknowledgement", "ar", channels.WhatsApp, vars, options())
	if err != nil || arabic.Content != nil {
		t.Errorf("content without a SID in this language: %+v, %v", arabic.Content, err)
	}
}

// TestBuiltIn holds the built-in library to what every part of the house counts on.
func TestBuiltIn(t *testing.T) {
	lib := load(t)
	var names []string
	for _, tpl := range lib.List() {
		names = append(names, tpl.Name)
		if tpl.Purpose == templates.Staff { // mails alone
			if len(tpl.Languages) != 3 || len(tpl.Channels) != 1 || tpl.Description == "" {
				t.Errorf("%s: languages %v, channels %v", tpl.Name, tpl.Languages, tpl.Channels)
			}
			continue
		}
		if tpl.Purpose != templates.Service || tpl.Description == "" || tpl.Fallback.Language != "en" || len(tpl.Fallback.Channels) == 0 {
			t.Errorf("%s: incomplete front matter: %+v", tpl.Name, tpl)
		}
		if len(tpl.Languages) != 3 || len(tpl.Channels) != 4 {
			t.Errorf("%s: languages %v, channels %v", tpl.Name, tpl.Languages, tpl.Channels)
		}
		for _, lang := range tpl.Languages {
			r, err := lib.Render(tpl.Name, lang, channels.SMS, lib.Samples(tpl.Name, lang), options())
			if err != nil {
				t.Fatal(err)
			}
			if lang != "ar" && r.Encoding != templates.GSM7 {
				t.Errorf("%s/%s: SMS is %s: %q", tpl.Name, lang, r.Encoding, r.Text)
			}
			if r.Segments > 3 {
				t.Errorf("%s/%s: SMS takes %d segments", tpl.Name, lang, r.Segments)
			}
			if strings.Contains(r.Text, "://") || strings.Contains(r.Text, "+60") {
				t.Errorf("%s/%s: Malaysian carriers block an SMS with a link or a number: %q", tpl.Name, lang, r.Text)
			}
		}
	}
	for _, want := range strings.Fields(`acknowledgement out_of_hours more_details_wanted trace_opened callback_promised callback_missed callback_unreached
		shipment_status_update shipment_news shipment_out_for_delivery shipment_attempted shipment_held_in_customs shipment_address_needed
		shipment_returning shipment_delivered shipment_ready_for_pickup shipment_delayed shipment_damaged shipment_missing claim_received claim_decided
		booking_received quotation booking_reserved payment_received booking_confirmation documents_wanted documents_received documents_ready
		visa_status flight_change pre_tour_checklist pre_tour_briefing booking_changed booking_cancelled refund_decided refund_paid booking_news
		feedback_request csat nps`) {
		if !slices.Contains(names, want) {
			t.Errorf("the library lacks %s", want)
		}
	}
	if _, err := lib.Get("nothing"); !errors.Is(err, templates.ErrNotFound) {
		t.Errorf("Get of nothing: %v", err)
	}
}
