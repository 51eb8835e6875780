package templates_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/templates"
)

func BenchmarkRender(b *testing.B) {
	lib := load(b)
	for _, c := range []struct {
		name, lang string
		channel    channels.Kind
	}{
		{"acknowledgement", "en", channels.SMS},
		{"acknowledgement", "ar", channels.SMS},
		{"acknowledgement", "ms", channels.WhatsApp},
		{"shipment_status_update", "ar", channels.WhatsApp},
		{"booking_confirmation", "ar", channels.Email},
		{"booking_confirmation", "en", channels.Voice},
	} {
		vars := lib.Samples(c.name, c.lang)
		b.Run(c.name+"/"+c.lang+"/"+string(c.channel), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := lib.Render(c.name, c.lang, c.channel, vars, options()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "renders/s")
		})
	}
}

// BenchmarkLoad loads 2,000 templates in three languages over the built-in ones.
func BenchmarkLoad(b *testing.B) {
	dir := b.TempDir()
	built := templates.BuiltIn()
	for n := range 2000 {
		for _, file := range []string{"template.md", "en.txt", "ar.txt", "ms.txt"} {
			src, err := fs.ReadFile(built, "acknowledgement/"+file)
			if err != nil {
				b.Fatal(err)
			}
			if file == "template.md" {
				src = []byte("---\n" + string(src[len("---\nname: acknowledgement\n"):]))
			}
			folder := filepath.Join(dir, fmt.Sprintf("copy_%d", n))
			if err := os.MkdirAll(folder, 0o755); err != nil {
				b.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(folder, file), src, 0o644); err != nil {
				b.Fatal(err)
			}
		}
	}
	for b.Loop() {
		if _, err := templates.Load(templates.Dir(dir)); err != nil {
			b.Fatal(err)
		}
	}
}
