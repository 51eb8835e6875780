package sheet_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/routing/sheet"
)

// span is a value that reads its own text.
type span time.Duration

func (s *span) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is no time", text)
	}
	*s = span(d)
	return nil
}

// term may be written as its Within alone.
type term struct {
	Within map[string]span `yaml:"within"`
	Pauses *[]string       `yaml:"pauses"`
}

func (t *term) Short() any { return &t.Within }

type order struct {
	Name  string            `yaml:"name"`
	Count int               `yaml:"count"`
	Share float64           `yaml:"share"`
	Open  bool              `yaml:"open"`
	Tags  []string          `yaml:"tags"`
	Notes map[string]string `yaml:"notes"`
	Terms map[string]term   `yaml:"terms"`
	Parts []struct {
		Name  string `yaml:"name"`
		After span   `yaml:"after"`
	} `yaml:"parts"`
}

func TestRead(t *testing.T) {
	o := order{Name: "before", Count: 3, Tags: []string{"old"}, Notes: map[string]string{"a": "1", "b": "2"}}
	kept := o.Notes
	f := sheet.Read("o.yaml", []byte(`
count: 0012
tags: []
share: 0.5
open: true
notes:
  b:
  c: "yes: no"
  d: |
    two
    lines
terms:
  short: {normal: 2h, urgent: 30m}
  long: {within: {normal: 1h}, pauses: []}
parts:
  - {name: 10:00, after: 5m}
  - name: +966500000001
`), &o)
	if errs := f.Faults(); errs != nil {
		t.Fatal(errors.Join(errs...))
	}
	if o.Name != "before" || o.Count != 12 || o.Share != 0.5 || !o.Open || o.Tags == nil || len(o.Tags) != 0 {
		t.Errorf("%+v", o)
	}
	if got := fmt.Sprint(o.Notes); got != "map[a:1 c:yes: no d:two\nlines]" || len(kept) != 2 {
		t.Errorf("notes %s, before %v", got, kept)
	}
	short, long := o.Terms["short"], o.Terms["long"]
	if short.Within["urgent"] != span(30*time.Minute) || short.Pauses != nil || long.Within["normal"] != span(time.Hour) || long.Pauses == nil {
		t.Errorf("terms %+v", o.Terms)
	}
	if o.Parts[0].Name != "10:00" || o.Parts[0].After != span(5*time.Minute) || o.Parts[1].Name != "+966500000001" {
		t.Errorf("parts %+v", o.Parts)
	}
}

func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name, yaml string
		want       []string
	}{
		{"all at once, in order", "nmae: x\ncount: many\ntags: one\nopen: yes\nshare: much\nterms: {a: {within: {normal: soon}, pausess: []}}\nparts:\n  - after: late\n    nam: y\n  - 7\n", []string{
			"1: nmae: unknown key; did you mean name?", `2: count: "many" is not a whole number`, "3: tags: want a list, got one value",
			`4: open: "yes" is neither true nor false`, `5: share: "much" is not a number`,
			`6: terms.a.within.normal: "soon" is no time`, "6: terms.a.pausess: unknown key; did you mean pauses?",
			`8: parts[0].after: "late" is no time`, "9: parts[0].nam: unknown key; did you mean name?", "10: parts[1]: want keys, got one value",
		}},
		{"twice", "name: a\nnotes: {k: 1, k: 2}\nname: b\n", []string{"2: notes.k: set twice", "3: name: set twice"}},
		{"a list for one value", "name: [a]\nnotes: [a]\nparts: {name: x}\n", []string{"1: name: want one value, got a list", "2: notes: want keys, got a list", "3: parts: want a list, got keys"}},
		{"nothing for a key that is not there", "notes:\n  a:\n", []string{"2: notes.a: is given nothing"}},
		{"a number too large", "count: 99999999999999999999\n", []string{`1: count: "99999999999999999999" is not a whole number`}},
		{"anchors", "tags: &t [a]\nname: *t\n", []string{"1: tags: anchors and aliases are not supported", "2: name: anchors and aliases are not supported"}},
		{"two documents", "name: a\n---\nname: b\n", []string{"3: a second document in the file"}},
		{"nothing", "# a comment\n", []string{"1: holds nothing"}},
		{"one value", "hello\n", []string{"1: want keys, got one value"}},
	} {
		var o order
		var got []string
		for _, err := range sheet.Read("o.yaml", []byte(c.yaml), &o).Faults() {
			got = append(got, strings.TrimPrefix(err.Error(), "o.yaml:"))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
	if errs := sheet.Read("o.yaml", []byte("name: a\ntags: [x\nopen: true\n"), &order{}).Faults(); len(errs) != 1 || !strings.Contains(errs[0].Error(), "not YAML") {
		t.Errorf("no YAML: %v", errs)
	}
}

// TestFaultsOfTheReader: who checks the values adds to what is wrong, where nothing was said.
func TestFaultsOfTheReader(t *testing.T) {
	var o order
	f := sheet.Read("o.yaml", []byte("count: x\nparts:\n  - name: a\n"), &o)
	f.Fault("count", "is less than 1")
	f.Fault("parts[0].name", "is too short")
	f.Fault("parts[0].after", "is missing")
	f.Fault("terms", "are missing")
	f.Refuse("parts", "are too few")
	f.Fault("name", "is missing")
	want := `o.yaml:1: count: "x" is not a whole number
o.yaml:1: terms: are missing
o.yaml:2: parts: are too few
o.yaml:3: parts[0].name: is too short
o.yaml:3: parts[0].after: is missing`
	if got := errors.Join(f.Faults()...).Error(); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

func TestSuggest(t *testing.T) {
	for word, want := range map[string]string{"calender": "; did you mean calendar?", "xyz": ""} {
		if got := sheet.Suggest(word, []string{"calendar", "at"}); got != want {
			t.Errorf("%q: %q", word, got)
		}
	}
}

// FuzzRead: no text stops it, and what it cannot read it says, with a line of the text.
func FuzzRead(f *testing.F) {
	f.Add("name: a\ntags: [b]\nterms: {x: 1h, y: {within: {normal: 2h}}}\n")
	f.Add("? [a]\n: b\n<<: *x\n---\n- !!str 3\n")
	f.Add("\ufeffname: \"\\u0000\"\r\n\tcount: .inf\n")
	f.Fuzz(func(t *testing.T, text string) {
		var o order
		lines := strings.Count(text, "\n") + strings.Count(text, "\r") + 1
		for _, err := range sheet.Read("o.yaml", []byte(text), &o).Faults() {
			var line int
			if _, scan := fmt.Sscanf(err.Error(), "o.yaml:%d:", &line); scan != nil || line < 1 || line > lines+1 {
				t.Errorf("%q of %d lines: %v", text, lines, err)
			}
		}
	})
}
