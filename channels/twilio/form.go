package twilio

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
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

// decoding is what one form is decoded in.
type decoding struct {
	text []byte // the decoded names and values
	ends []int  // where each of them ends
}

var decodings = sync.Pool{New: func() any { return new(decoding) }}

// ParseForm decodes a body as the WHATWG URL standard says, except that a
// percent sign without two hexadecimal digits is an ErrBadForm. The form does
// not alias body.
func ParseForm(body []byte) (Form, error) { return AppendForm(nil, body) }

// AppendForm is ParseForm into a form that may have been used before.
func AppendForm(f Form, body []byte) (Form, error) {
	d := decodings.Get().(*decoding)
	defer d.free()
	d.text = slices.Grow(d.text, len(body))
	for len(body) > 0 {
		if len(d.ends) == 2*maxParams && body[0] != '&' {
			return f, fmt.Errorf("%w: over %d parameters", ErrBadForm, maxParams)
		}
		n, ok := d.pair(body)
		if !ok {
			return f, fmt.Errorf("%w: parameter %d has a broken escape", ErrBadForm, len(d.ends)/2+1)
		}
		body = body[n:]
	}
	return d.appendTo(f), nil
}

// pair decodes the name and the value that s begins with, and returns how long they
// are with the ampersand; ok is false if an escape is broken. Nothing between two
// ampersands is no parameter.
func (d *decoding) pair(s []byte) (n int, ok bool) {
	text, ends, i := d.text, len(d.ends), 0
	for ; i < len(s) && s[i] != '&'; i++ {
		switch c := s[i]; {
		case c == '+':
			text = append(text, ' ')
		case c == '=' && len(d.ends) == ends:
			d.ends = append(d.ends, len(text))
		case c != '%':
			text = append(text, c)
		case i+2 >= len(s) || hexadecimal[s[i+1]]|hexadecimal[s[i+2]] > 15:
			return 0, false
		default:
			text = append(text, hexadecimal[s[i+1]]<<4|hexadecimal[s[i+2]])
			i += 2
		}
	}
	for i > 0 && len(d.ends) < ends+2 {
		d.ends = append(d.ends, len(text))
	}
	d.text = text
	return min(i+1, len(s)), true
}

// appendTo adds what was decoded, in a string that is just as long.
func (d *decoding) appendTo(f Form) Form {
	f, text, from := slices.Grow(f, len(d.ends)/2), string(d.text), 0
	for i := 0; i < len(d.ends); i += 2 {
		key, value := d.ends[i], d.ends[i+1]
		f = append(f, Param{text[from:key], text[key:value]})
		from = value
	}
	return f
}

// free gives it back without the customer's words.
func (d *decoding) free() {
	clear(d.text)
	d.text, d.ends = d.text[:0], d.ends[:0]
	decodings.Put(d)
}

// hexadecimal is each digit's value; over 15 for what is none.
var hexadecimal = func() (values [256]byte) {
	for c := range values {
		values[c] = 0xff
		if n, err := strconv.ParseUint(string([]byte{byte(c)}), 16, 8); err == nil {
			values[c] = byte(n)
		}
	}
	return values
}()

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
