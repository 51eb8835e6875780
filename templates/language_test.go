package templates_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/templates"
)

const everyType = `  s: {type: string}
  n: {type: number}
  d: {type: date}
  t: {type: datetime}
  m: {type: money}
  r: {type: reference}
  p: {type: phone}
  u: {type: url}
  c: {type: choice, values: [x, y]}
  l: {type: list}
  contact.name: {type: string}`

// use is a branch never taken that keeps every variable in use.
const use = `{% if not s and s and n and d and t and m and r and p and u and c and l and contact.name %}{% endif %}`

// kit is a template t with a variable of every type and the given text, on one channel.
func kit(lang string, channel channels.Kind, text string) fstest.MapFS {
	section := "=== " + string(channel) + "\n"
	if channel == channels.Email {
		section += "Subject: subject\n"
	}
	return layer(map[string]string{
		"t/template.md":      "---\npurpose: service\nlanguages: [" + lang + "]\nchannels: [" + string(channel) + "]\nvariables:\n" + everyType + "\n---\n",
		"t/" + lang + ".txt": section + text + use,
	})
}

func TestLanguage(t *testing.T) {
	type vars = map[string]any
	for _, c := range []struct {
		name, lang string
		channel    channels.Kind
		text       string
		vars       vars
		want       string
	}{
		{"plain", "en", "sms", "hello", nil, "hello"},
		{"lone braces", "en", "sms", "a } b }} c { d %} e", nil, "a } b }} c { d %} e"},
		{"braces as text", "en", "sms", `{{ "{{ s }}" }}`, nil, "{{ s }}"},
		{"default", "en", "sms", `{{ s | default: "x" }}`, nil, "x"},
		{"default unused", "en", "sms", `{{ s | default: "x" }}`, vars{"s": "y"}, "y"},
		{"single quotes", "en", "sms", `{{ s | default: 'say "x"' }}`, nil, `say "x"`},
		{"chain", "en", "sms", `{{ s | default: "x" | upcase }}`, vars{"s": "é"}, "É"},
		{"truncate", "en", "sms", `{{ s | truncate: 10 | default: "-" }}`, vars{"s": "long enough to cut"}, "long en..."},
		{"truncate nothing", "en", "sms", `{{ s | truncate: 10 | default: "-" }}`, nil, "-"},
		{"dotted", "en", "sms", `{{ contact.name | default: "x" }}`, vars{"contact.name": "A"}, "A"},
		{"nested", "en", "sms", `{{ contact.name | default: "x" }}`, vars{"contact": vars{"name": "A"}}, "A"},
		{"empty is not given", "en", "sms", `{{ s | default: "x" }}{% if n %}n{% else %}-{% endif %}`, vars{"s": " \n", "n": nil}, "x-"},
		{"if", "en", "sms", `a{% if s %} {{ s }}{% endif %}.`, vars{"s": "b"}, "a b."},
		{"if not", "en", "sms", `{% if not s %}no{% else %}{{ s }}{% endif %}`, vars{"s": "b"}, "b"},
		{"elsif", "en", "sms", `{% if s %}1{% elsif n %}2{% else %}3{% endif %}`, vars{"n": 0}, "2"},
		{"and", "en", "sms", `{% if s and n %}{{ s }}{{ n }}{% else %}-{% endif %}`, vars{"s": "b"}, "-"},
		{"or", "en", "sms", `{% if s or n %}1{% else %}-{% endif %}`, vars{"s": "b"}, "1"},
		{"equal", "en", "sms", `{% if c == "x" %}1{% else %}-{% endif %}`, vars{"c": "x"}, "1"},
		{"equal to nothing", "en", "sms", `{% if c == "x" %}1{% else %}-{% endif %}`, nil, "-"},
		{"unequal to nothing", "en", "sms", `{% if c != "x" %}1{% else %}-{% endif %}`, nil, "1"},
		{"tags alone on their lines", "en", "sms", "a\n  {% if s %}\n{{ s }}\n{% endif %}\nb", vars{"s": "x"}, "a\nx\nb"},
		{"untaken leaves no gap", "en", "sms", "a\n\n{% if s %}\n{{ s }}\n\n{% endif %}\nb", nil, "a\n\nb"},
		{"no more than one empty line", "en", "sms", "a  \n\n\n\nb", nil, "a\n\nb"},
		{"plural one", "en", "sms", `{% if n %}{{ n | plural: one: "# day", other: "# days" }}{% endif %}`, vars{"n": 1}, "1 day"},
		{"plural other", "en", "sms", `{% if n %}{{ n | plural: one: "# day", other: "# days" }}{% endif %}`, vars{"n": 1500}, "1,500 days"},
		{"plural over lines", "en", "sms", "{% if n %}{{ n | plural:\n  one: \"one\",\n  other: \"more\" }}{% endif %}", vars{"n": 1}, "one"},
		{"plural two in Arabic", "ar", "sms", `{% if n %}{{ n | plural: zero: "ص", one: "يوم", two: "يومان", few: "# أيام", many: "# يومًا", other: "# يوم" }}{% endif %}`, vars{"n": 2}, "يومان"},
		{"plural few in Arabic", "ar", "sms", `{% if n %}{{ n | plural: zero: "ص", one: "يوم", two: "يومان", few: "# أيام", many: "# يومًا", other: "# يوم" }}{% endif %}`, vars{"n": 7}, "\u20667\u2069 أيام"},
		{"choose", "en", "sms", `{% if c %}{{ c | choose: x: "X!", y: "Y!" }}{% endif %}`, vars{"c": "y"}, "Y!"},
		{"list", "en", "sms", `{% if l %}{{ l }}{% endif %}`, vars{"l": []string{"a", "b", "c"}}, "a, b and c"},
		{"list of one", "ms", "sms", `{% if l %}{{ l }}{% endif %}`, vars{"l": []string{"a"}}, "a"},
		{"list in Malay", "ms", "sms", `{% if l %}{{ l }}{% endif %}`, vars{"l": []string{"a", "b"}}, "a dan b"},
		{"bullets", "en", "whatsapp", `x:{% if l %}{{ l | bullets }}{% endif %}`, vars{"l": []string{"a", "b"}}, "x:\n- a\n- b"},
		{"bullets spoken", "en", "voice", `x: {% if l %}{{ l | bullets }}{% endif %}`, vars{"l": []string{"a", "b"}}, "x: a and b"},
		{"spell", "en", "sms", `{% if r %}{{ r | spell }}{% endif %}`, vars{"r": "AB-12"}, "A B 1 2"},
		{"date of a datetime", "en", "sms", `{% if t %}{{ t | date }}{% endif %}`, vars{"t": "2026-11-23T12:00:00Z"}, "Monday 23 November"},
		{"short date of a datetime", "en", "sms", `{% if t %}{{ t | date | short }}{% endif %}`, vars{"t": "2026-11-23T12:00:00Z"}, "Mon 23 Nov"},
		{"time", "en", "sms", `{% if t %}{{ t | time }}{% endif %}`, vars{"t": "2026-11-23T12:00:00Z"}, "3:00 pm"},
		{"Arabic name in an English text", "en", "sms", `Dear {{ s | default: "x" }}!`, vars{"s": "أحمد (جدة)"}, "Dear \u2068أحمد (جدة)\u2069!"},
		{"number in Arabic", "ar", "sms", `{% if n %}عدد {{ n }}{% endif %}`, vars{"n": 12}, "عدد \u206612\u2069"},
		{"reference in Arabic", "ar", "sms", `{% if r %}{{ r }}{% endif %}`, vars{"r": "UMR-2291"}, "\u2066UMR-2291\u2069"},
		{"telephone in Arabic", "ar", "sms", `{% if p %}{{ p }}{% endif %}`, vars{"p": "+966 50 123 4567"}, "\u2066+966 50 123 4567\u2069"},
		{"link in Arabic", "ar", "whatsapp", `{% if u %}{{ u }}{% endif %}`, vars{"u": "https://example.com/1"}, "\u2066https://example.com/1 \u2069"},
		{"money in Arabic", "ar", "sms", `{% if m %}{{ m }}{% endif %}`, vars{"m": "5 SAR"}, "\u20675.00 ريال سعودي\u2069"},
		{"Latin name in Arabic", "ar", "sms", `{{ s | default: "س" }}`, vars{"s": "Aisyah"}, "\u2068Aisyah\u2069"},
		{"Arabic name in Arabic", "ar", "sms", `{{ s | default: "س" }}`, vars{"s": "أحمد"}, "أحمد"},
		{"voice drops symbols", "en", "voice", `{{ s | default: "x" }}`, vars{"s": "A & B (50%) <b>"}, "A B 50 b"},
		{"voice telephone", "en", "voice", `{% if p %}{{ p }}{% endif %}`, vars{"p": "+60 3-123"}, "6 0 3 1 2 3"},
		{"template syntax in a value", "en", "sms", `{{ s | default: "x" }}`, vars{"s": "{{ r }}{% if s %}"}, "{{ r }}{% if s %}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			lib, err := templates.Load(kit(c.lang, c.channel, c.text))
			if err != nil {
				t.Fatal(err)
			}
			r, err := lib.Render("t", c.lang, c.channel, c.vars, options())
			if err != nil {
				t.Fatal(err)
			}
			if r.Text != c.want {
				t.Errorf("got  %+q\nwant %+q", r.Text, c.want)
			}
		})
	}
}

func TestHTML(t *testing.T) {
	for _, c := range []struct{ name, lang, text, s, want string }{
		{"value escaped", "en", "a {{ s | default: \"x\" }}", `<script>"'&`, "a &lt;script&gt;&#34;&#39;&amp;</p>"},
		{"literal escaped", "en", "1 < 2 & {{ s | default: \"x\" }}", "3", "1 &lt; 2 &amp; 3</p>"},
		{"paragraphs and breaks", "en", "a\nb\n\nc", "", ">a<br>\nb</p>\n<p style=\"margin:0 0 16px\">c</p>"},
		{"list", "en", "a\n- b\n- c\nd", "", ">a</p>\n<ul style=\"margin:0 0 16px;padding:0 24px\">\n<li>b</li>\n<li>c</li>\n</ul>\n<p style=\"margin:0 0 16px\">d</p>"},
		{"a value makes no list", "en", "{{ s | default: \"x\" }}", "- b", ">- b</p>"},
		{"isolated", "ar", "{{ s | default: \"س\" }}", "A", `<span dir="auto">A</span></p>`},
		{"page", "ar", "س", "", `<html lang="ar" dir="rtl">`},
		{"inner", "ar", "س", "", `<div lang="ar" dir="rtl" style="max-width:600px;margin:0 auto;text-align:right">`},
	} {
		t.Run(c.name, func(t *testing.T) {
			lib, err := templates.Load(kit(c.lang, channels.Email, c.text))
			if err != nil {
				t.Fatal(err)
			}
			vars := map[string]any{"s": c.s}
			r, err := lib.Render("t", c.lang, channels.Email, vars, options())
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(r.HTML, c.want) {
				t.Errorf("want %s in\n%s", c.want, r.HTML)
			}
		})
	}
}

func TestRenderRefuses(t *testing.T) {
	lib := load(t)
	_, err := lib.Render("acknowledgement", "en", channels.SMS, map[string]any{
		"refrence": "T-1", "extra": map[string]any{"deep": 1}, "reply_by": "tomorrow",
	}, options())
	var missing *templates.MissingError
	var unknown *templates.UnknownError
	var bad *templates.ValueError
	if !errors.As(err, &missing) || !slices.Equal(missing.Names, []string{"reference"}) {
		t.Errorf("missing: %v", missing)
	}
	if !errors.As(err, &unknown) || !slices.Equal(unknown.Names, []string{"extra.deep", "refrence"}) {
		t.Errorf("unknown: %v", unknown)
	}
	if !errors.As(err, &bad) || bad.Name != "reply_by" || strings.Contains(err.Error(), "tomorrow") {
		t.Errorf("value: %v", err)
	}

	var language *templates.LanguageError
	only, err := templates.Load(small(one, "{{ a }}"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err = only.Render("t", "ar", channels.SMS, map[string]any{"a": "x"}, options()); !errors.As(err, &language) {
		t.Errorf("language: %v", err)
	}
	var channel *templates.ChannelError
	if _, err = only.Render("t", "en", channels.Voice, map[string]any{"a": "x"}, options()); !errors.As(err, &channel) {
		t.Errorf("channel: %v", err)
	}
	var long *templates.TooLongError
	if _, err = only.Render("t", "en", channels.SMS, map[string]any{"a": strings.Repeat("x", 1601)}, options()); !errors.As(err, &long) || long.Limit != 1600 {
		t.Errorf("length: %v", err)
	}
	if _, err = only.Render("nothing", "en", channels.SMS, nil, options()); !errors.Is(err, templates.ErrNotFound) {
		t.Errorf("name: %v", err)
	}
}

func TestLanguageFallback(t *testing.T) {
	lib := load(t)
	vars := lib.Samples("acknowledgement", "en")
	for asked, want := range map[string]string{"en": "en", "ms-MY": "ms", "AR": "ar", "ar_SA": "ar", "fr": "en", "": "en", "mixed": "en"} {
		r, err := lib.Render("acknowledgement", asked, channels.SMS, vars, options())
		if err != nil || r.Language != want {
			t.Errorf("%q: %q, %v, want %q", asked, r.Language, err, want)
		}
		warned := len(r.Warnings) > 0
		if fell := !strings.HasPrefix(strings.ToLower(asked), want); warned != fell {
			t.Errorf("%q: warnings %v", asked, r.Warnings)
		}
	}
}

func TestWarnsOfTheCharacterThatCosts(t *testing.T) {
	lib := load(t)
	vars := lib.Samples("acknowledgement", "en")
	vars["company"] = "Caravan’s"
	r, err := lib.Render("acknowledgement", "en", channels.SMS, vars, options())
	if err != nil || r.Encoding != templates.UCS2 || len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "U+2019") {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestJSON holds what `caravan template render` prints.
func TestJSON(t *testing.T) {
	lib := load(t)
	r, err := lib.Render("acknowledgement", "en", channels.SMS, map[string]any{"reference": "T-1", "reply_by": "2026-11-23T12:00:00Z"}, options())
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(r)
	want := `{"template":"acknowledgement","channel":"sms","language":"en","text":"We have received your message, ref. T-1. We will reply by Mon 23 Nov, 3:00 pm.","segments":1,"encoding":"GSM-7","warnings":[]}`
	if err != nil || string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
