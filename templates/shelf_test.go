package templates_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/templates"
)

const sid1, sid2 = "HX00000000000000000000000000000001", "HX00000000000000000000000000000002"

func TestApprovedByNameAndLanguage(t *testing.T) {
	lib, problems := load(t).With([]templates.Approved{
		{Name: "caravan_documents_wanted", Language: "ar", SID: sid1, Body: "نحتاج إلى مستندات للحجز {{1}}."},
		{Name: "caravan_documents_wanted", Language: "en_GB", SID: sid2, Body: "We need documents for booking {{1}}."},
		{Name: "caravan_documents_wanted", Language: "ms", SID: sid2, Body: "Kami perlukan {{1}} dan {{2}}."},
		{Name: "caravan_documents_wanted", Language: "fr", SID: sid2, Body: "{{1}}"},
		{Name: "nobody's", Language: "en", SID: sid2, Body: "{{1}}"},
	})
	if len(problems) != 1 || !strings.Contains(problems[0], "documents_wanted (ms) wants 2 variables") {
		t.Errorf("problems %q", problems)
	}
	vars := map[string]any{"reference": "UMR-2291"}
	for lang, want := range map[string]string{"ar": sid1, "en": sid2, "ms": ""} {
		r, err := lib.Render("documents_wanted", lang, channels.WhatsApp, vars, options())
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case want == "" && r.Content != nil:
			t.Errorf("%s: %+v", lang, r.Content)
		case want != "" && (r.Content == nil || r.Content.SID != want || !r.Content.Exact || !strings.Contains(r.Content.Variables["1"], "UMR-2291")):
			t.Errorf("%s: %+v", lang, r.Content)
		case want == sid2 && r.Text != "We need documents for booking UMR-2291.":
			t.Errorf("the customer gets %q", r.Text)
		}
	}
	if r, err := lib.Render("documents_wanted", "ar", channels.SMS, vars, options()); err != nil || r.Content != nil {
		t.Errorf("an SMS has content %v, %v", r.Content, err)
	}
	if got, _ := load(t).Get("documents_wanted"); len(got.WhatsApp.SID) != 0 {
		t.Error("the library below was changed")
	}
}

func TestContentValuesAreOneLine(t *testing.T) {
	lib, err := templates.Load(layer(map[string]string{
		"t/template.md": "---\npurpose: service\nlanguages: [en]\nchannels: [whatsapp]\nvariables:\n  a: {type: string, required: true}\n  b: {type: list}\n" +
			"whatsapp:\n  content: t\n  sid: {en: " + sid1 + "}\n  variables: [a, 'b | default: \"none\"']\n---\n",
		"t/en.txt": "=== whatsapp\n{{ a }} {{ b | default: \"-\" }}",
	}))
	if err != nil {
		t.Fatal(err)
	}
	r, err := lib.Render("t", "en", channels.WhatsApp, map[string]any{"a": "x\n\ty     z", "b": nil}, options())
	if err != nil || r.Content.Variables["1"] != "x y z" || r.Content.Variables["2"] != "none" {
		t.Errorf("%q, %v", r.Content.Variables, err)
	}
}

// A broken set is refused and the one before stays, for readers that never stop.
func TestShelfKeepsWhatWorks(t *testing.T) {
	files := small(one, "first {{ a }}")
	shelf, err := templates.NewShelf(func() (*templates.Library, error) { return templates.Load(files) })
	if err != nil {
		t.Fatal(err)
	}
	text := func() string {
		r, err := shelf.Render("t", "en", channels.SMS, map[string]any{"a": "A"}, options())
		if err != nil {
			t.Error(err)
		}
		return r.Text
	}
	var readers sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					if s := text(); s != "first A" && s != "second A" {
						t.Errorf("rendered %q", s)
						return
					}
				}
			}
		})
	}
	files = small(one, "broken {{ b }}")
	var faults *templates.LoadError
	if err := shelf.Reload(); !errors.As(err, &faults) || !strings.HasPrefix(faults.Problems[0].String(), "t/en.txt:2:") {
		t.Errorf("a broken set: %v", err)
	}
	if s := text(); s != "first A" {
		t.Errorf("after a broken set: %q", s)
	}
	files = small(one, "second {{ a }}")
	if err := shelf.Reload(); err != nil {
		t.Error(err)
	}
	if s := text(); s != "second A" {
		t.Errorf("after a good set: %q", s)
	}
	close(stop)
	readers.Wait()
}

func TestApprovalOutlivesReload(t *testing.T) {
	shelf, err := templates.NewShelf(func() (*templates.Library, error) { return templates.Load() })
	if err != nil {
		t.Fatal(err)
	}
	if p := shelf.Approve([]templates.Approved{{Name: "caravan_csat", Language: "en", SID: sid1, Body: "How was {{1}}?"}}); len(p) > 0 {
		t.Errorf("problems %v", p)
	}
	if err := shelf.Reload(); err != nil {
		t.Fatal(err)
	}
	approved := func() bool {
		return slices.ContainsFunc(shelf.List(), func(t templates.Template) bool { return t.WhatsApp != nil && t.WhatsApp.SID["en"] == sid1 })
	}
	if !approved() {
		t.Error("a reload forgets what is approved")
	}
	shelf.Approve(nil)
	if approved() {
		t.Error("what the provider took back is still there")
	}
	if got, err := shelf.Get("csat"); err != nil || shelf.Samples("csat", "en")["reference"] == nil {
		t.Errorf("%+v, %v", got, err)
	}
}
