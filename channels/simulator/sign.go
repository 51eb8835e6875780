package simulator

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // Twilio's scheme
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// SignForm computes X-Twilio-Signature for a form posted to rawURL: HMAC-SHA1
// over the URL and, in byte order of their keys, each key with its sorted,
// distinct values. A nil form signs a GET. The fragment is never signed.
// https://www.twilio.com/docs/usage/security#validating-requests
func SignForm(rawURL string, form url.Values, token string) string {
	if i := strings.IndexByte(rawURL, '#'); i >= 0 {
		rawURL = rawURL[:i]
	}
	var spare [32]string
	keys := spare[:0]
	size := len(rawURL)
	for k, vs := range form {
		keys = append(keys, k)
		for _, v := range vs {
			size += len(k) + len(v)
		}
	}
	slices.Sort(keys)
	signed := make([]byte, 0, size)
	signed = append(signed, rawURL...)
	for _, k := range keys {
		vs := form[k]
		if len(vs) > 1 {
			vs = slices.Compact(slices.Sorted(slices.Values(vs)))
		}
		for _, v := range vs {
			signed = append(append(signed, k...), v...)
		}
	}
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write(signed)
	var sum [sha1.Size]byte
	return base64.StdEncoding.EncodeToString(mac.Sum(sum[:0]))
}

// Signed is a webhook made ready before a load test starts: posting it costs
// neither encoding nor hashing.
type Signed struct {
	URL       string // where it is posted
	Host      string // Host header: the public URL's
	Body      []byte // urlencoded form
	Signature string
}

// Presign encodes and signs form for the address public. It is posted to dial
// (a base URL) instead of public's scheme and host if dial is not empty.
func Presign(public, dial string, form url.Values, token string) Signed {
	public, _, _ = strings.Cut(public, "#")
	w := Signed{URL: public, Body: []byte(form.Encode()), Signature: SignForm(public, form, token)}
	if u, err := url.Parse(public); err == nil {
		w.Host = u.Host
		if dial != "" {
			w.URL = strings.TrimSuffix(dial, "/") + public[len(u.Scheme)+len("://")+len(u.Host):]
		}
	}
	return w
}

// Request builds a fresh request; Body is shared, not copied.
func (w Signed) Request() (*http.Request, error) {
	req, err := http.NewRequest(http.MethodPost, w.URL, bytes.NewReader(w.Body))
	if err != nil {
		return nil, err
	}
	req.Host = w.Host
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	req.Header.Set("X-Twilio-Signature", w.Signature)
	req.Header.Set("User-Agent", "TwilioProxy/1.1")
	return req, nil
}
