package email

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestTokenRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := NewSigner([]byte(rapid.StringN(1, 40, -1).Draw(t, "key")))
		id := rapid.StringMatching(`[0-9A-Za-z_-]{1,64}`).Draw(t, "id")
		token := s.Token(id)
		for _, text := range []string{
			"<" + s.MessageID(id, "caravan.example") + ">",
			s.Plus("support@caravan.example", id),
			"Desk <" + strings.ToUpper("support") + "+" + id + strings.ToUpper(token[len(id):]) + "@CARAVAN.EXAMPLE>",
		} {
			if got, ok := s.Open(text); !ok || got != id {
				t.Fatalf("Open(%q) = %q, %v", text, got, ok)
			}
		}
		// One changed character of the ID or of the signature opens nothing.
		i := rapid.IntRange(0, len(token)-1).Draw(t, "place")
		c := rapid.SampledFrom([]byte("abcdefghijklmnopqrstuvwxyz234567")).Draw(t, "byte")
		if token[i] == c || token[i] == '.' || i == len(token)-1 {
			return
		}
		forged := token[:i] + string(c) + token[i+1:]
		if got, ok := s.Open(forged + "@caravan.example"); ok && got == id {
			t.Fatalf("forged %q opens", forged)
		}
	})
}

func TestTokenKeys(t *testing.T) {
	old, other := NewSigner([]byte("old")), NewSigner([]byte("other"))
	rotated := NewSigner([]byte("new"), []byte("old"))
	id := old.MessageID("1042-3", "caravan.example")
	if got, ok := rotated.Open(id); !ok || got != "1042-3" {
		t.Error("a token of the old key is lost")
	}
	if _, ok := other.Open(id); ok {
		t.Error("another key opens it")
	}
	if _, ok := (*Signer)(nil).Open(id); ok {
		t.Error("no key opens it")
	}
	if rotated.Token("1042-3") == old.Token("1042-3") {
		t.Error("still signed with the old key")
	}
}

func FuzzToken(f *testing.F) {
	s := testSigner()
	f.Add(s.MessageID("1042-3", "caravan.example"))
	f.Add("support+1042-3.aaaaaaaaaaaaaaaa@caravan.example")
	f.Add(strings.Repeat("1.", 500) + "@")
	f.Fuzz(func(t *testing.T, text string) {
		if id, ok := s.Open(text); ok && !strings.Contains(strings.ToLower(text), strings.ToLower(s.Token(id))) {
			t.Errorf("%q opened to %q", text, id)
		}
	})
}
