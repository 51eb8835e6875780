package twilio

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"maps"
	"math/rand/v2"
	"net/url"
	"slices"
	"sort"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// sampleBody has the shape of a request that came in by SMS.
const sampleBody = "ToCountry=MY&ToState=&SmsMessageSid=SM0123456789abcdef0123456789abcdef&NumMedia=0&ToCity=&FromZip=&" +
	"SmsSid=SM0123456789abcdef0123456789abcdef&FromState=Selangor&SmsStatus=received&FromCity=&" +
	"Body=Where+is+my+parcel+1086396430%3F+It+should+have+come+on+Monday%2C+and+I+have+called+twice+already.+Please+help&" +
	"FromCountry=MY&To=%2B60312345678&MessagingServiceSid=MG0123456789abcdef0123456789abcdef&ToZip=&NumSegments=1&" +
	"MessageSid=SM0123456789abcdef0123456789abcdef&AccountSid=AC0123456789abcdef0123456789abcdef&" +
	"From=%2B60123456789&ApiVersion=2010-04-01"

// naive signs as Twilio's page says, step by step, and shares nothing with the Validator.
func naive(token, address string, params url.Values) string {
	data := address
	keys := slices.Collect(maps.Keys(params))
	sort.Strings(keys)
	for _, k := range keys {
		seen := map[string]bool{}
		var values []string
		for _, v := range params[k] {
			if !seen[v] {
				seen[v] = true
				values = append(values, v)
			}
		}
		sort.Strings(values)
		for _, v := range values {
			data += k + v
		}
	}
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(data))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func formOf(params url.Values) Form {
	var f Form
	for k, vs := range params {
		for _, v := range vs {
			f = append(f, Param{k, v})
		}
	}
	return f
}

func mustValidator(t testing.TB, base string, tokens ...string) *Validator {
	t.Helper()
	v, err := NewValidator(base, tokens...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// The vectors that Twilio publishes with its libraries (token 12345).
func TestPublishedVectors(t *testing.T) {
	call := url.Values{"Digits": {"1234"}, "CallSid": {"CA1234567890ABCDE"}, "To": {"+18005551212"},
		"Caller": {"+14158675309"}, "From": {"+14158675309"}}
	conference := maps.Clone(call)
	conference["ReasonConferenceEnded"], conference["Reason"] = []string{"test"}, []string{"Participant"}
	for name, c := range map[string]struct {
		base, uri string
		params    url.Values
		signature string
		want      bool
	}{
		"guide":                           {"https://mycompany.com", "/myapp.php?foo=1&bar=2", call, "RSOYDt4T1cUTdK1PDd93/VVr8B8=", true},
		"key is a prefix of another":      {"https://mycompany.com", "/myapp.php?foo=1&bar=2", conference, "vOEb5UThFn24KEfnOFLQY2AE5FY=", true},
		"port configured, signed without": {"https://mycompany.com:1234", "/myapp.php?foo=1&bar=2", conference, "vOEb5UThFn24KEfnOFLQY2AE5FY=", true},
		"http without port":               {"http://mycompany.com", "/myapp.php?foo=1&bar=2", conference, "n2xBNyzSW7rfYStDtOFiFMv7qNo=", true},
		"http with port":                  {"http://mycompany.com:1234", "/myapp.php?foo=1&bar=2", conference, "n2xBNyzSW7rfYStDtOFiFMv7qNo=", true},
		"sorted as key and value":         {"https://mycompany.com", "/myapp.php?foo=1&bar=2", conference, "95+Bu0JVPi0r/SsESZCVf0dWAjw=", false},
		"form":                            {"https://mycompany.com", "/myapp.php?foo=1&bar=2", url.Values{"property": {"value"}, "boolean": {"true"}}, "NBdBDr/T/lgjI+tlgpXjKZQZs/k=", true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := mustValidator(t, c.base, "12345").Valid(c.uri, formOf(c.params), c.signature); got != c.want {
				t.Errorf("Valid = %v", got)
			}
		})
	}
}

func TestWhatTwilioMaySign(t *testing.T) {
	params := url.Values{"A": {"1"}}
	for name, c := range map[string]struct {
		base, uri string
		signed    string // the address that Twilio signed
		params    url.Values
		want      bool
	}{
		"as configured":             {"https://h.example", "/s", "https://h.example/s", params, true},
		"slash after the base":      {"https://h.example/", "/s", "https://h.example/s", params, true},
		"443 added":                 {"https://h.example", "/s", "https://h.example:443/s", params, true},
		"80 added":                  {"http://h.example", "/s", "http://h.example:80/s", params, true},
		"443 for http":              {"http://h.example", "/s", "http://h.example:443/s", params, false},
		"port kept":                 {"https://h.example:8443", "/s", "https://h.example:8443/s", params, true},
		"port taken away":           {"https://h.example:8443", "/s", "https://h.example/s", params, true},
		"another port":              {"https://h.example:8443", "/s", "https://h.example:8444/s", params, false},
		"another scheme":            {"https://h.example", "/s", "http://h.example/s", params, false},
		"another path":              {"https://h.example", "/s", "https://h.example/t", params, false},
		"base with a path":          {"https://h.example/desk", "/s", "https://h.example/desk/s", params, true},
		"base with a path and port": {"https://h.example/desk", "/s", "https://h.example:443/desk/s", params, true},
		"credentials":               {"https://u:p@h.example", "/s", "https://u:p@h.example/s", params, true},
		"credentials and port":      {"https://u:p@h.example", "/s", "https://u:p@h.example:443/s", params, true},
		"user, port taken away":     {"https://u:p@h.example:1", "/s", "https://u:p@h.example/s", params, true},
		"mixed case":                {"https://H.Example", "/S", "https://H.Example/S", params, true},
		"IPv6":                      {"http://[::1]:8080", "/s", "http://[::1]:8080/s", params, true},
		"IPv6 without its port":     {"http://[::1]:8080", "/s", "http://[::1]/s", params, true},
		"IPv6 with a port added":    {"https://[2001:db8::1]", "/s", "https://[2001:db8::1]:443/s", params, true},
		"double slash":              {"https://h.example", "//s//t", "https://h.example//s//t", params, true},
		"raw non-ASCII path":        {"https://h.example", "/متابعة", "https://h.example/متابعة", params, true},
		"escapes kept":              {"https://h.example", "/s?a=%20b%2Bc", "https://h.example/s?a=%20b%2Bc", params, true},
		"escapes not undone":        {"https://h.example", "/s?a=%20b", "https://h.example/s?a= b", params, false},
		"apostrophe signed escaped": {"https://h.example", "/s?q=it's", "https://h.example/s?q=it%27s", params, true},
		"apostrophe signed bare":    {"https://h.example", "/s?q=it%27s", "https://h.example/s?q=it's", params, true},
		"apostrophe and port":       {"https://h.example", "/s?q=it's", "https://h.example:443/s?q=it%27s", params, true},
		"apostrophe in the path":    {"https://h.example", "/it's", "https://h.example/it%27s", params, false},
		"repeated key":              {"https://h.example", "/s", "https://h.example/s", url.Values{"D": {"5678", "1234", "1234"}}, true},
		"empty value":               {"https://h.example", "/s", "https://h.example/s", url.Values{"A": {""}, "B": {"x"}}, true},
		"case of keys":              {"https://h.example", "/s", "https://h.example/s", url.Values{"a": {"1"}, "B": {"2"}, "A": {"3"}}, true},
		"no parameters":             {"https://h.example", "/s", "https://h.example/s", nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			got := mustValidator(t, c.base, "token").Valid(c.uri, formOf(c.params), naive("token", c.signed, c.params))
			if got != c.want {
				t.Errorf("Valid = %v", got)
			}
		})
	}
}

func TestForgeries(t *testing.T) {
	params := url.Values{"Body": {"hello"}, "From": {"+1"}}
	v := mustValidator(t, "https://h.example", "primary", "secondary")
	good := naive("secondary", "https://h.example/s", params)
	if !v.Valid("/s", formOf(params), good) {
		t.Fatal("the secondary token is refused")
	}
	for name, signature := range map[string]string{
		"none": "", "not base64": strings.Repeat("!", 28), "too short": good[:24], "too long": good + "AAAA",
		"line break": good[:27] + "\n", "no padding": good[:27], "third token": naive("third", "https://h.example/s", params),
		"empty token": naive("", "https://h.example/s", params), "one bit": flip(good),
	} {
		if v.Valid("/s", formOf(params), signature) {
			t.Errorf("%s: accepted", name)
		}
	}
	for key := range params {
		changed := maps.Clone(params)
		changed[key] = []string{params.Get(key) + "x"}
		if v.Valid("/s", formOf(changed), good) {
			t.Errorf("%s may be changed", key)
		}
	}
	added := maps.Clone(params)
	added["New"] = []string{""}
	if v.Valid("/s", formOf(added), good) {
		t.Error("a parameter may be added")
	}
}

// flip changes one bit of the digest, the last one that is used.
func flip(signature string) string {
	b, _ := base64.StdEncoding.DecodeString(signature)
	b[len(b)-1] ^= 1
	return base64.StdEncoding.EncodeToString(b)
}

func TestNewValidatorRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		base   string
		tokens []string
	}{
		"no token": {"https://h.example", nil}, "empty token": {"https://h.example", []string{"a", ""}},
		"no scheme": {"h.example", []string{"a"}}, "no host": {"https://", []string{"a"}},
		"other scheme": {"ftp://h.example", []string{"a"}}, "query": {"https://h.example?a=1", []string{"a"}},
		"fragment": {"https://h.example#rc=3", []string{"a"}}, "broken": {"https://h.example:x", []string{"a"}},
	} {
		if _, err := NewValidator(c.base, c.tokens...); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestValidatorAgreesWithTheNaiveOne(t *testing.T) {
	v := mustValidator(t, "https://desk.example.com/x", "t0ken")
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SampledFrom([]string{"Reason", "ReasonConferenceEnded", "a", "A", "", "ب", "Digits"})
		values := rapid.OneOf(rapid.SampledFrom([]string{"", "1", "2"}), rapid.String())
		params := url.Values{}
		for range rapid.IntRange(0, 20).Draw(t, "n") {
			params.Add(keys.Draw(t, "key"), values.Draw(t, "value"))
		}
		f := formOf(params)
		rand.Shuffle(len(f), func(i, j int) { f[i], f[j] = f[j], f[i] })
		if !v.Valid("/hook?a=b", f, naive("t0ken", "https://desk.example.com/x/hook?a=b", params)) {
			t.Fatalf("refused %q", f)
		}
	})
}

func FuzzValidator(f *testing.F) {
	f.Add("/s?q=it's", "Body=hello&From=%2B1", "RSOYDt4T1cUTdK1PDd93/VVr8B8=")
	f.Add("", "", "")
	f.Add("/s?%27", "=&=", strings.Repeat("=", 28))
	v := mustValidator(f, "https://h.example", "a secret that no fuzzer finds")
	f.Fuzz(func(t *testing.T, uri, body, signature string) {
		form, err := ParseForm([]byte(body))
		if err != nil {
			return
		}
		if v.Valid(uri, form, signature) {
			t.Fatal("a forgery was accepted")
		}
		params := url.Values{}
		for _, p := range form {
			params.Add(p.Key, p.Value)
		}
		if !v.Valid(uri, form, naive("a secret that no fuzzer finds", "https://h.example"+uri, params)) {
			t.Fatal("a genuine request was refused")
		}
	})
}

func BenchmarkValid(b *testing.B) {
	f, err := ParseForm([]byte(sampleBody))
	if err != nil {
		b.Fatal(err)
	}
	params, _ := url.ParseQuery(sampleBody)
	signature := naive("0123456789abcdef0123456789abcdef", "https://desk.example.com/webhooks/twilio/sms", params)
	v := mustValidator(b, "https://desk.example.com", "0123456789abcdef0123456789abcdef")
	b.ReportAllocs()
	for b.Loop() {
		if !v.Valid("/webhooks/twilio/sms", f, signature) {
			b.Fatal("refused")
		}
	}
}
