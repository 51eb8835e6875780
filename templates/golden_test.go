package templates_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/templates"
)

var update = flag.Bool("update", false, "write the golden files anew")

var riyadh = time.FixedZone("Asia/Riyadh", 3*60*60)

func options() templates.Options {
	return templates.Options{Now: time.Date(2026, 11, 21, 6, 0, 0, 0, time.UTC), Timezone: riyadh}
}

func load(t testing.TB) *templates.Library {
	t.Helper()
	lib, err := templates.Load()
	if err != nil {
		t.Fatalf("built-in library:\n%v", err)
	}
	return lib
}

// TestGolden renders every built-in template × language × channel, once with every
// variable and once with only what is required, into one file for a reader of each language.
func TestGolden(t *testing.T) {
	lib := load(t)
	for _, tpl := range lib.List() {
		for _, lang := range tpl.Languages {
			t.Run(tpl.Name+"/"+lang, func(t *testing.T) {
				all := lib.Samples(tpl.Name, lang)
				least := maps.Clone(all)
				for _, v := range tpl.Variables {
					if !v.Required {
						delete(least, v.Name)
					}
				}
				var b strings.Builder
				for _, channel := range tpl.Channels {
					golden(t, &b, lib, tpl.Name, lang, channel, "every variable", all)
					golden(t, &b, lib, tpl.Name, lang, channel, "required variables", least)
				}
				for _, v := range tpl.Variables {
					for _, choice := range v.Values {
						vars := maps.Clone(least)
						vars[v.Name] = choice
						golden(t, &b, lib, tpl.Name, lang, channels.SMS, v.Name+" "+choice, vars)
						golden(t, &b, lib, tpl.Name, lang, channels.Voice, v.Name+" "+choice, vars)
					}
				}
				compare(t, filepath.Join("testdata", "golden", tpl.Name+"."+lang+".txt"), b.String())
			})
		}
	}
}

func golden(t *testing.T, b *strings.Builder, lib *templates.Library, name, lang string, channel channels.Kind, title string, vars map[string]any) {
	t.Helper()
	r, err := lib.Render(name, lang, channel, vars, options())
	if err != nil {
		t.Fatalf("%s, %s: %v", channel, title, err)
	}
	fmt.Fprintf(b, "=== %s, %s", channel, title)
	if channel == channels.SMS {
		fmt.Fprintf(b, ", %d × %s", r.Segments, r.Encoding)
	}
	b.WriteString("\n")
	if r.Subject != "" {
		fmt.Fprintf(b, "Subject: %s\n\n", r.Subject)
	}
	fmt.Fprintf(b, "%s\n", r.Text)
	if r.HTML != "" {
		fmt.Fprintf(b, "\n--- html\n%s", r.HTML)
	}
	for _, w := range r.Warnings {
		fmt.Fprintf(b, "--- warning: %s\n", w)
	}
	b.WriteString("\n")
}

func compare(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (write it with go test ./templates -update)", err)
	}
	if got != string(want) {
		t.Errorf("%s differs from what is rendered now; look at the difference, then go test ./templates -update", file)
	}
}
