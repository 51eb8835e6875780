package twilio

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// maxParams bounds a form; the richest Twilio request has under a hundred parameters.
const maxParams = 1000

// ErrBadForm is returned for a body that is not a form, and for a form that
// lacks a required parameter.
var ErrBadForm = errors.New("bad form")

// Param is one decoded name and value of a form.
type Param struct{ Key, Value string }

// Form is an application/x-www-form-urlencoded body, decoded, in the order it
// came in. Repeated names are kept. Its strings share one buffer.
type Form []Param

// ParseForm decodes a body as the WHATWG URL standard says, except that a
// percent sign without two hexadecimal digits is an ErrBadForm. The form does
// not alias body.
func ParseForm(body []byte) (Form, error) {
	f := make(Form, 0, min(1+bytes.Count(body, []byte{'&'}), maxParams))
	var text strings.Builder
	text.Grow(len(body)) // the upper bound, so that no string below is ever moved
	for len(body) > 0 {
		pair := body
		if i := bytes.IndexByte(body, '&'); i >= 0 {
			pair, body = body[:i], body[i+1:]
		} else {
			body = nil
		}
		if len(pair) == 0 {
			continue
		}
		if len(f) == maxParams {
			return nil, fmt.Errorf("%w: over %d parameters", ErrBadForm, maxParams)
		}
		key, value := pair, []byte(nil)
		if i := bytes.IndexByte(pair, '='); i >= 0 {
			key, value = pair[:i], pair[i+1:]
		}
		k, ok := unescape(&text, key)
		if !ok {
			return nil, fmt.Errorf("%w: parameter %d has a broken escape", ErrBadForm, len(f)+1)
		}
		v, ok := unescape(&text, value)
		if !ok {
			return nil, fmt.Errorf("%w: parameter %d has a broken escape", ErrBadForm, len(f)+1)
		}
		f = append(f, Param{k, v})
	}
	return f, nil
}

func unescape(text *strings.Builder, s []byte) (string, bool) {
	start := text.Len()
	run := 0 // start of the bytes not yet written
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '+':
			text.Write(s[run:i])
			text.WriteByte(' ')
			run = i + 1
		case '%':
			if i+2 >= len(s) {
				return "", false
			}
			hi, lo := unhex(s[i+1]), unhex(s[i+2])
			if hi > 15 || lo > 15 {
				return "", false
			}
			text.Write(s[run:i])
			text.WriteByte(hi<<4 | lo)
			i += 2
			run = i + 1
		}
	}
	text.Write(s[run:])
	return text.String()[start:], true
}

func unhex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 0xff
}

// Get returns the first value of key, or "".
func (f Form) Get(key string) string {
	for i := range f {
		if f[i].Key == key {
			return f[i].Value
		}
	}
	return ""
}

// Require returns an ErrBadForm that names the keys with no or an empty value.
func (f Form) Require(keys ...string) error {
	var missing []string
	for _, k := range keys {
		if f.Get(k) == "" {
			missing = append(missing, k)
		}
	}
	if missing == nil {
		return nil
	}
	return fmt.Errorf("%w: no %s", ErrBadForm, strings.Join(missing, ", "))
}

// Rest returns the parameters for which told is false, verbatim. The values of
// a repeated name are joined by line breaks.
func (f Form) Rest(told func(key, value string) bool) map[string]string {
	rest := make(map[string]string) // hardly ever over eight
	for _, p := range f {
		if told(p.Key, p.Value) {
			continue
		}
		if before, ok := rest[p.Key]; ok {
			p.Value = before + "\n" + p.Value
		}
		rest[p.Key] = p.Value
	}
	return rest
}
