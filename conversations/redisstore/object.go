package redisstore

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"github.com/caravan-desk/caravan/channels"
)

// object writes one JSON object, field by field, leaving empty fields out. The
// documents are written with every message, and reflection would cost a third of
// all the processor time that keeping one takes.
type object struct {
	b   []byte
	err error
}

func (o *object) open() { o.b = append(o.b, '{') }

// close ends the object; a comma after the last field is taken back.
func (o *object) close() {
	if n := len(o.b); o.b[n-1] == ',' {
		o.b = o.b[:n-1]
	}
	o.b = append(o.b, '}')
}

func (o *object) key(k string) {
	o.b = append(o.b, '"')
	o.b = append(o.b, k...)
	o.b = append(o.b, '"', ':')
}

func (o *object) str(k, v string) {
	if v == "" {
		return
	}
	o.key(k)
	o.quote(v)
	o.b = append(o.b, ',')
}

func (o *object) num(k string, v int64) {
	if v == 0 {
		return
	}
	o.key(k)
	o.b = append(strconv.AppendInt(o.b, v, 10), ',')
}

func (o *object) flag(k string, v bool) {
	if v {
		o.key(k)
		o.b = append(o.b, "true,"...)
	}
}

// list writes an array whose n elements are written by each.
func (o *object) list(k string, n int, each func(i int)) {
	if n == 0 {
		return
	}
	o.key(k)
	o.b = append(o.b, '[')
	for i := range n {
		each(i)
		o.b = append(o.b, ',')
	}
	o.b[len(o.b)-1] = ']'
	o.b = append(o.b, ',')
}

func (o *object) strs(k string, v []string) {
	o.list(k, len(v), func(i int) { o.quote(v[i]) })
}

func (o *object) handles(k string, v []channels.Handle) {
	o.list(k, len(v), func(i int) { o.handle(v[i]) })
}

func (o *object) handle(h channels.Handle) {
	o.open()
	o.str("kind", string(h.Kind))
	o.str("issuer", h.Issuer)
	o.str("value", h.Value)
	o.close()
}

// other writes what is rare enough for reflection.
func (o *object) other(k string, v any) {
	raw, err := json.Marshal(v)
	if err != nil {
		o.err = err
		return
	}
	o.key(k)
	o.b = append(append(o.b, raw...), ',')
}

// quote writes a JSON string. Anything out of the ordinary is left to encoding/json.
func (o *object) quote(s string) {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c == 0x7f {
			o.escape(s)
			return
		}
	}
	if !utf8.ValidString(s) {
		o.escape(s)
		return
	}
	o.b = append(o.b, '"')
	o.b = append(o.b, s...)
	o.b = append(o.b, '"')
}

func (o *object) escape(s string) {
	raw, err := json.Marshal(s)
	if err != nil {
		o.err = err
		return
	}
	o.b = append(o.b, raw...)
}
