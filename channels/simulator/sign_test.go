package simulator

import (
	"net/url"
	"testing"

	"pgregory.net/rapid"
)

// The vector of https://www.twilio.com/docs/usage/security, and the edge cases of
// the official validators.
func TestSignForm(t *testing.T) {
	call := url.Values{"CallSid": {"CA1234567890ABCDE"}, "Caller": {"+14158675309"}, "Digits": {"1234"}, "From": {"+14158675309"}, "To": {"+18005551212"}}
	for name, c := range map[string]struct {
		url, token, want string
		form             url.Values
	}{
		"published":      {"https://mycompany.com/myapp.php?foo=1&bar=2", "12345", "RSOYDt4T1cUTdK1PDd93/VVr8B8=", call},
		"fragment":       {"https://mycompany.com/myapp.php?foo=1&bar=2#rc=3", "12345", "RSOYDt4T1cUTdK1PDd93/VVr8B8=", call},
		"no parameters":  {"https://a.example/x", "t", SignForm("https://a.example/x", url.Values{}, "t"), nil},
		"repeated":       {"https://a.example/x", "t", SignForm("https://a.example/x", url.Values{"k": {"a", "b"}}, "t"), url.Values{"k": {"b", "a", "b"}}},
		"empty value":    {"https://a.example/x", "t", SignForm("https://a.example/xk", nil, "t"), url.Values{"k": {""}}},
		"order of keys":  {"https://a.example/x", "t", SignForm("https://a.example/xReasonzReasonConferenceEndeda", nil, "t"), url.Values{"ReasonConferenceEnded": {"a"}, "Reason": {"z"}}},
		"capitals first": {"https://a.example/x", "t", SignForm("https://a.example/xB1a2", nil, "t"), url.Values{"a": {"2"}, "B": {"1"}}},
	} {
		if got := SignForm(c.url, c.form, c.token); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

func TestSignatureIgnoresOrderAndRepetition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		form := url.Values(rapid.MapOf(rapid.String(), rapid.SliceOfN(rapid.String(), 1, 4)).Draw(t, "form"))
		other := url.Values{}
		for k, vs := range form {
			for _, v := range rapid.Permutation(vs).Draw(t, "values") {
				other[k] = append(other[k], v, v)
			}
		}
		if SignForm("https://a.example", form, "t") != SignForm("https://a.example", other, "t") {
			t.Fatal("signatures differ")
		}
	})
}

func TestPresign(t *testing.T) {
	form := url.Values{"Body": {"مرحبا"}}
	w := Presign("https://desk.example.com/hook?x=1#rc=2", "http://127.0.0.1:99/", form, "t")
	if w.URL != "http://127.0.0.1:99/hook?x=1" || w.Host != "desk.example.com" || string(w.Body) != form.Encode() {
		t.Errorf("%+v", w)
	}
	if w.Signature != SignForm("https://desk.example.com/hook?x=1", form, "t") {
		t.Error("signed over the wrong address")
	}
	req, err := w.Request()
	if err != nil || req.Host != w.Host || req.Header.Get("X-Twilio-Signature") != w.Signature {
		t.Errorf("%+v %v", req, err)
	}
}

func BenchmarkPresignedInbound(b *testing.B) {
	in := Inbound{From: "+447700900142", Text: "where is my parcel 1086396430?"}
	b.ReportAllocs()
	for b.Loop() {
		Presign("https://desk.example.com/webhooks/twilio/sms", "", in.Form("AC1", NewSID("SM"), "+15005550006", nil), "t")
	}
}
