package templates_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/caravan-desk/caravan/channels/sms"
	"github.com/caravan-desk/caravan/templates"
)

// What a preview shows is what the adapter counts: templates may not import it, so this holds them together.
func TestSegmentsAgreeWithTheAdapter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.OneOf(rapid.RuneFrom([]rune("abcdefgh €^|~é\nش٣😀’")), rapid.Rune())).Filter(func(s string) bool { return s != "" }).Draw(t, "text")
		n, encoding := templates.Segments(text)
		if want := sms.Segments(text); n != want.Segments || encoding != string(want.Encoding) {
			t.Fatalf("%q: %d %s here, %d %s there", text, n, encoding, want.Segments, want.Encoding)
		}
	})
}
