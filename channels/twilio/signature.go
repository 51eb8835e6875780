package twilio

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// SignatureHeader carries Twilio's signature of a request.
const SignatureHeader = "X-Twilio-Signature"

// Validator tells Twilio's requests from a stranger's. It signs the configured
// public URL, never what the request says of its host. A signature holds no
// time and no nonce: a replay is valid, and it is for the keeper of messages to
// drop it. https://www.twilio.com/docs/usage/webhooks/webhooks-security
type Validator struct {
	bases [2]string // as configured; with the port added, or taken away
	keys  []*key
}

// key lends HMACs of one auth token.
type key struct{ pool sync.Pool }

// NewValidator checks against publicURL, the address that was given to Twilio
// without the path of the webhook; a path in it is one that a proxy takes away
// again before the request reaches us. Any one of authTokens may have signed: a
// primary and a secondary one during a rotation, or those of subaccounts.
func NewValidator(publicURL string, authTokens ...string) (*Validator, error) {
	publicURL = strings.TrimRight(publicURL, "/")
	u, err := url.Parse(publicURL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, fmt.Errorf("public URL %q is not an http or https address", publicURL)
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("public URL %q has a query or a fragment", publicURL)
	}
	v := &Validator{bases: [2]string{publicURL, togglePort(publicURL)}}
	for _, t := range authTokens {
		if t == "" {
			return nil, errors.New("an auth token is empty: anyone could sign with it")
		}
		v.keys = append(v.keys, &key{sync.Pool{New: func() any { return hmac.New(sha1.New, []byte(t)) }}})
	}
	if v.keys == nil {
		return nil, errors.New("no auth token to check signatures with")
	}
	return v, nil
}

// togglePort takes the port away from base, or adds the scheme's own where there is none.
func togglePort(base string) string {
	scheme, rest, _ := strings.Cut(base, "://")
	end := strings.IndexByte(rest, '/')
	if end < 0 {
		end = len(rest)
	}
	authority, path := rest[:end], rest[end:]
	host := strings.LastIndexByte(authority, '@') + 1
	if i := strings.LastIndexByte(authority, ':'); i >= host && i > strings.LastIndexByte(authority, ']') {
		authority = authority[:i]
	} else if scheme == "https" {
		authority += ":443"
	} else {
		authority += ":80"
	}
	return scheme + "://" + authority + path
}

// scratch is what one check works in.
type scratch struct {
	params Form
	tail   []byte // the parameters as they are signed
	signed []byte
	sum    [sha1.Size]byte
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// Valid reports whether signature is Twilio's own for a form posted to
// requestURI, the raw path and query of the request.
func (v *Validator) Valid(requestURI string, f Form, signature string) bool {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	s.appendParams(f)
	return v.valid(s, requestURI, signature)
}

// appendParams writes key and value of every parameter, keys in byte order, the
// values of one key sorted and each once.
func (s *scratch) appendParams(f Form) {
	s.params = append(s.params[:0], f...)
	slices.SortFunc(s.params, func(a, b Param) int {
		if c := strings.Compare(a.Key, b.Key); c != 0 {
			return c
		}
		return strings.Compare(a.Value, b.Value)
	})
	s.tail = s.tail[:0]
	for i, p := range s.params {
		if i > 0 && p == s.params[i-1] {
			continue
		}
		s.tail = append(append(s.tail, p.Key...), p.Value...)
	}
	clear(s.params) // the pool must not hold on to a customer's words
}

// valid tries the ways in which Twilio's own back ends write one URL: with and
// without the port, and an apostrophe in the query bare or as %27.
func (v *Validator) valid(s *scratch, requestURI, signature string) bool {
	var given [sha1.Size + 1]byte // DecodedLen of 28 characters
	if len(signature) != base64.StdEncoding.EncodedLen(sha1.Size) {
		return false
	}
	n, err := base64.StdEncoding.Strict().Decode(given[:], []byte(signature))
	if err != nil || n != sha1.Size {
		return false
	}
	if v.signedAs(s, requestURI, given[:n]) {
		return true
	}
	other := otherApostrophes(requestURI)
	return other != requestURI && v.signedAs(s, other, given[:n])
}

func otherApostrophes(requestURI string) string {
	path, query, _ := strings.Cut(requestURI, "?")
	switch {
	case strings.Contains(query, "'"):
		return path + "?" + strings.ReplaceAll(query, "'", "%27")
	case strings.Contains(query, "%27"):
		return path + "?" + strings.ReplaceAll(query, "%27", "'")
	}
	return requestURI
}

func (v *Validator) signedAs(s *scratch, requestURI string, given []byte) bool {
	for _, base := range v.bases {
		s.signed = append(append(append(s.signed[:0], base...), requestURI...), s.tail...)
		for _, k := range v.keys {
			mac := k.pool.Get().(hash.Hash)
			mac.Reset()
			mac.Write(s.signed)
			equal := hmac.Equal(mac.Sum(s.sum[:0]), given)
			k.pool.Put(mac)
			if equal {
				return true
			}
		}
	}
	return false
}
