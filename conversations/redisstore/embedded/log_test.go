package embedded

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

func TestLogWriterLevels(t *testing.T) {
	var out bytes.Buffer
	w := &logWriter{log: slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}}))}
	say := func(words string) { w.Write([]byte(words)) }
	say("7:C 22 Nov 2026 00:24:09.123 # oO0Oo Redis is start")
	say("ing\n7:M 22 Nov 2026 00:24:09.124 * Ready to accept connections\n\n")
	w.ready()
	say("7:M 22 Nov 2026 00:24:10.000 # Error writing to the AOF file: No space left on device\n")
	say("7:M 22 Nov 2026 00:24:10.001 * Background saving started\n")
	say("7:M 22 Nov 2026 00:24:11.000 # User requested shutdown...\nplain words\n")
	want := `level=DEBUG msg="embedded store says" line="oO0Oo Redis is starting"
level=DEBUG msg="embedded store says" line="Ready to accept connections"
level=WARN msg="embedded store says" line="Error writing to the AOF file: No space left on device"
level=DEBUG msg="embedded store says" line="Background saving started"
level=DEBUG msg="embedded store says" line="User requested shutdown..."
level=DEBUG msg="embedded store says" line="plain words"
`
	if got := out.String(); got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
	if got := w.tail(); strings.Count(got, ";") != tailLines-1 || !strings.HasSuffix(got, "plain words") {
		t.Errorf("tail: %q", got)
	}
}
