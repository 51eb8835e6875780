package twilio

import (
	"strconv"
	"strings"
	"testing"
	"unicode"
)

func TestEveryErrorIsExplainedInThreeLanguages(t *testing.T) {
	if len(errorWords) != len(errorCodes) {
		t.Errorf("%d codes in Arabic and Malay, %d in English", len(errorWords), len(errorCodes))
	}
	for code := range errorCodes {
		words, ok := Words(strconv.Itoa(code))
		if !ok {
			t.Fatalf("%d is not explained", code)
		}
		for language, text := range words {
			arabic := strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Arabic, r) })
			if len(strings.Fields(text)) < 2 || arabic != (language == "ar") {
				t.Errorf("%d in %s: %q", code, language, text)
			}
			if strings.Contains(text, strconv.Itoa(code)) {
				t.Errorf("%d in %s tells the code for the reason", code, language)
			}
		}
	}
	for _, code := range []string{"", "x", "1", "63016 "} {
		if words, ok := Words(code); ok {
			t.Errorf("%q: %v", code, words)
		}
	}
}
