package email

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

var update = flag.Bool("update", false, "write the golden files anew")

// testSigner's token for message 1042-3 stands in the corpus as TOKEN.
func testSigner() *Signer { return NewSigner([]byte("a key for the tests of this package")) }

func corpus(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/mails/*.eml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	_, token, _ := strings.Cut(testSigner().Token("1042-3"), ".")
	out := map[string][]byte{}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(f), ".eml")
		out[name] = bytes.ReplaceAll(raw, []byte("1042-3.TOKEN"), []byte("1042-3."+token))
	}
	return out
}

func TestGolden(t *testing.T) {
	for name, raw := range corpus(t) {
		t.Run(name, func(t *testing.T) {
			m := Parse(raw, Options{Signer: testSigner(), Address: "support@caravan.example", AuthServID: "mx.caravan.example"})
			got, err := json.MarshalIndent(Document{File: name + ".eml", Mail: m}, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata/mails", name+".json")
			if *update {
				if err := os.WriteFile(golden, append(got, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if string(want) != string(got)+"\n" {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// What holds for every mail, however odd.
func checkMail(t *testing.T, m Mail) {
	t.Helper()
	if m.InReplyTo == nil || m.References == nil || m.To == nil || m.Cc == nil || m.Attachments == nil || m.Warnings == nil {
		t.Error("a list is null")
	}
	for _, s := range []string{m.Subject, m.Text, m.Reply, m.HTML, m.From.Name, m.MessageID} {
		if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
			t.Errorf("not clean: %q", s)
		}
	}
	if strings.ContainsAny(m.Subject+m.MessageID+m.From.Address, "\r\n") {
		t.Error("a header value holds a line break")
	}
	if strings.Contains(strings.ToLower(m.HTML), "<script") {
		t.Errorf("unsafe: %s", m.HTML)
	}
	if (m.Kind == KindBounce) != (m.Bounce != nil) {
		t.Error("kind and bounce disagree")
	}
}

func FuzzParse(f *testing.F) {
	for _, raw := range corpus(f) {
		if len(raw) < 20_000 {
			f.Add(raw)
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := Parse(raw, Options{Signer: testSigner(), Address: "support@caravan.example"})
		checkMail(t, m)
		checkNoHTML(t, raw, Options{Signer: testSigner(), Address: "support@caravan.example"}, m)
		if _, err := json.Marshal(m); err != nil {
			t.Error(err)
		}
		checkInbound(t, ToInbound(m, Arrival{Signer: testSigner(), Account: "support", SHA256: "00"}))
	})
}
