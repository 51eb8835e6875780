package templates_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/templates"
)

// spent is the processor time of this process: on a busy machine it tells what the
// clock on the wall does not.
func spent(tb testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkRender renders short and long templates; the goal is 100,000 short ones
// in a second of one core.
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
			began := spent(b)
			for b.Loop() {
				if _, err := lib.Render(c.name, c.lang, c.channel, vars, options()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/(spent(b)-began).Seconds(), "renders/core-s")
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
	began := spent(b)
	for b.Loop() {
		if _, err := templates.Load(templates.Dir(dir)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric((spent(b)-began).Seconds()/float64(b.N), "core-s/load")
}
