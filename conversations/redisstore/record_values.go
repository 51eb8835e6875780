package redisstore

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"
)

// Values that are made of strings and numbers.

// usual is a string that nearly always has one value, which is left out. The
// empty string stands for that value in its turn.
func usual[T ~string](r *record, n uint64, v *T, value T) {
	var other string
	if !r.reading && *v != value {
		other = said(string(*v))
	}
	text(r, n, &other)
	switch {
	case !r.reading:
	case other == "":
		*v = value
	default:
		*v = T(meant(other))
	}
}

// said is a string that is not empty, where an empty one has another meaning; meant
// is what it stands for.
func said(s string) string {
	if s == "" || s[0] == 0 {
		return "\x00" + s
	}
	return s
}

func meant(s string) string { return strings.TrimPrefix(s, "\x00") }

// rare is what is seldom there, in JSON.
func rare[T any](r *record, n uint64, v **T) {
	var raw string
	if !r.reading && *v != nil {
		b, err := json.Marshal(*v)
		if err != nil {
			r.err = err
		}
		raw = string(b)
	}
	if text(r, n, &raw); !r.reading || raw == "" {
		return
	}
	*v = new(T)
	if err := json.Unmarshal([]byte(raw), *v); err != nil {
		r.err = err
	}
}

// fraction is a number with six decimals that matter.
func (r *record) fraction(n uint64, v *float64) {
	const unit = 1e6
	whole := int64(math.Round(*v * unit))
	if number(r, n, &whole); r.reading {
		*v = float64(whole) / unit
	}
}

func (r *record) flag(n uint64, v *bool) {
	i := 0
	if *v {
		i = 1
	}
	if number(r, n, &i); r.reading {
		*v = i != 0
	}
}

// epoch is the first instant of a document: those that follow are written as what
// lies between, in ms.
func (r *record) epoch(n uint64, v *time.Time) {
	r.instant(n, v)
	r.since = ms(*v)
}

// instant is a time; the zero time is none.
func (r *record) instant(n uint64, v *time.Time) {
	switch {
	case r.reading && r.at(n):
		*v = fromMS(r.since + r.number())
		r.advance()
	case !r.reading && !v.IsZero():
		r.begin(n, formNumber)
		r.out = binary.AppendVarint(r.out, ms(*v)-r.since)
	}
}

// moment is an instant that there may be none of.
func (r *record) moment(n uint64, v **time.Time) {
	var at time.Time
	if *v != nil {
		at = **v
	}
	if r.instant(n, &at); r.reading && !at.IsZero() {
		found := at
		*v = &found
	}
}

// pair is an entry of a map.
type pair struct{ key, value string }

func (r *record) table(n uint64, v *map[string]string) {
	var pairs []pair
	if len(*v) > 0 {
		pairs = make([]pair, 0, len(*v))
		for k, value := range *v {
			pairs = append(pairs, pair{k, value})
		}
		slices.SortFunc(pairs, func(a, b pair) int { return strings.Compare(a.key, b.key) })
	}
	list(r, n, &pairs, func(r *record, p *pair) { text(r, 1, &p.key); text(r, 2, &p.value) })
	if r.reading && len(pairs) > 0 {
		*v = make(map[string]string, len(pairs))
		for _, p := range pairs {
			(*v)[p.key] = p.value
		}
	}
}
