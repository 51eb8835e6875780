package conversations

import "testing"

func TestWording(t *testing.T) {
	for language, want := range map[string]string{"": "en", "mixed": "en", "en": "en", "ar": "ar", "ms": "ms"} {
		if got := (&Conversation{Language: language}).ReplyLanguage(); got != want {
			t.Errorf("a customer who writes %q is answered in %q, not %q", language, got, want)
		}
	}
	c := Conversation{}
	if got := c.FirstReference(); got != "" {
		t.Errorf("no reference, and yet %q", got)
	}
	c.References = []Reference{{Value: "1086396430"}, {Value: "UMR-2026-00417"}}
	if got := c.FirstReference(); got != "1086396430" {
		t.Errorf("the first reference is %q", got)
	}
}
