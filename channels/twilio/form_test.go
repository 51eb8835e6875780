package twilio

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseForm(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want Form
		bad  bool
	}{
		"empty":              {"", nil, false},
		"plain":              {"A=1&B=2", Form{{"A", "1"}, {"B", "2"}}, false},
		"escapes":            {"From=%2B60123&Body=a+b%20c%26d", Form{{"From", "+60123"}, {"Body", "a b c&d"}}, false},
		"arabic":             {"Body=%D8%A3%D9%8A%D9%86", Form{{"Body", "أين"}}, false},
		"repeated":           {"A=2&A=1&A=2", Form{{"A", "2"}, {"A", "1"}, {"A", "2"}}, false},
		"no value":           {"A&B=", Form{{"A", ""}, {"B", ""}}, false},
		"empty pairs":        {"&&A=1&", Form{{"A", "1"}}, false},
		"equals in value":    {"A=b=c", Form{{"A", "b=c"}}, false},
		"semicolon":          {"A=1;B=2", Form{{"A", "1;B=2"}}, false},
		"empty key":          {"=x", Form{{"", "x"}}, false},
		"escaped key":        {"Sip%2DHeader=1", Form{{"Sip-Header", "1"}}, false},
		"not UTF-8":          {"A=%ff", Form{{"A", "\xff"}}, false},
		"broken escape":      {"A=%zz", nil, true},
		"cut escape":         {"A=%4", nil, true},
		"broken in key":      {"%=1", nil, true},
		"too many":           {strings.Repeat("a=1&", maxParams+1), nil, true},
		"as many as allowed": {strings.Repeat("a=1&", maxParams), slices.Repeat(Form{{"a", "1"}}, maxParams), false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseForm([]byte(c.body))
			if c.bad != (err != nil) || c.bad && !errors.Is(err, ErrBadForm) {
				t.Fatalf("error %v", err)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestFormKeepsNothingOfTheBody(t *testing.T) {
	body := []byte("Body=hello+there&From=%2B1")
	f, err := ParseForm(body)
	if err != nil {
		t.Fatal(err)
	}
	for i := range body {
		body[i] = 'X'
	}
	if f.Get("Body") != "hello there" || f.Get("From") != "+1" {
		t.Errorf("the form changed with the body: %q", f)
	}
}

func TestFormUsedAgain(t *testing.T) {
	f, err := ParseForm([]byte("Body=one&From=%2B1&To=%2B2"))
	if err != nil {
		t.Fatal(err)
	}
	text := f.Get("Body")
	again, err := AppendForm(f[:0], []byte("A=two"))
	if err != nil || !slices.Equal(again, Form{{"A", "two"}}) || text != "one" {
		t.Errorf("got %q, %v; what was read before is %q", again, err, text)
	}
}

func TestRest(t *testing.T) {
	f := Form{{"A", "1"}, {"B", "2"}, {"A", "3"}}
	got := f.Rest(func(k, _ string) bool { return k == "B" })
	if len(got) != 1 || got["A"] != "1\n3" {
		t.Errorf("got %v", got)
	}
}

func TestParseFormReadsWhatIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := Form{}
		var body []string
		for range rapid.IntRange(0, 12).Draw(t, "n") {
			p := Param{rapid.StringN(1, 12, -1).Draw(t, "key"), rapid.String().Draw(t, "value")}
			want = append(want, p)
			body = append(body, url.QueryEscape(p.Key)+"="+url.QueryEscape(p.Value))
		}
		got, err := ParseForm([]byte(strings.Join(body, "&")))
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("got %q, %v, want %q", got, err, want)
		}
	})
}

func FuzzParseForm(f *testing.F) {
	for _, s := range []string{"", "A=1&B=2", "Body=%D8%A3+%26&NumMedia=0", "A=%", "A=%zz", "&&=&a;b=1", "A=%ff%00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := ParseForm(body)
		if strings.Contains(string(body), ";") { // net/url refuses these
			return
		}
		want, theirs := url.ParseQuery(string(body))
		if err != nil {
			if theirs == nil && len(want) < maxParams && !errors.Is(err, ErrBadForm) {
				t.Fatalf("refused %q: %v", body, err)
			}
			return
		}
		if theirs != nil {
			t.Fatalf("accepted %q, net/url: %v", body, theirs)
		}
		n := 0
		for k, vs := range want {
			n += len(vs)
			if got.Get(k) != vs[0] {
				t.Fatalf("%q: %q is %q, net/url says %q", body, k, got.Get(k), vs[0])
			}
		}
		if n != len(got) {
			t.Fatalf("%q: %d parameters, net/url has %d", body, len(got), n)
		}
	})
}

func BenchmarkParseForm(b *testing.B) {
	body := []byte(sampleBody)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseForm(body); err != nil {
			b.Fatal(err)
		}
	}
}
