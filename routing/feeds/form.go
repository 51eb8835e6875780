package feeds

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// Feed is a system that posts events to us in a form of its own.
type Feed struct {
	Name      string
	Kind      string            // conversations.KindShipment or KindBooking
	Secrets   []string          // each signs; a second one while the first is being replaced
	Tolerance time.Duration     // how far a signature's time may be from ours
	Zone      *time.Location    // of times without one
	Events    string            // path of the list of events, or of the only one; empty: the body itself
	Fields    map[string]string // field → its path within an event, or its column in a file
	Facts     map[string]string // of a booking: name → path within an event
	Codes     map[string]string // code → what it means in words, where an event has no status
	Canonical func(conversations.Reference) conversations.Reference
}

// mostEvents is how many events one body may hold.
const mostEvents = 10_000

// JSON reads a body; its error says what is wrong with the body as a whole. N counts the
// events, from 1. A field without a path of its own is found among the event's keys, and
// those of its "customer", by the names that a file's columns have; a booking's "facts"
// are facts.
func (f Feed) JSON(body []byte) (iter.Seq[Line], error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var whole any
	if err := d.Decode(&whole); err != nil {
		return nil, errors.New("is not valid JSON")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("is more than one JSON value")
	}
	at := whole
	if f.Events != "" {
		var ok bool
		if at, ok = find(whole, f.Events); !ok {
			return nil, fmt.Errorf("has nothing at %s", f.Events)
		}
	}
	list, ok := at.([]any)
	if !ok {
		list = []any{at}
	}
	if len(list) > mostEvents {
		return nil, fmt.Errorf("holds more than %d events", mostEvents)
	}
	return func(yield func(Line) bool) {
		for i, one := range list {
			line := Line{N: i + 1}
			line.Event, line.Err = f.event(one)
			if !yield(line) {
				return
			}
		}
	}, nil
}

// CSV reads a body that is a file.
func (f Feed) CSV(body io.Reader) (Header, iter.Seq[Line], error) {
	return Sheet{Kind: f.Kind, Zone: f.Zone, Columns: f.Fields, Codes: f.Codes, Canonical: f.Canonical}.Read(body)
}

// event is one object of a body.
func (f Feed) event(one any) (Event, error) {
	object, ok := one.(map[string]any)
	if !ok {
		return Event{}, errors.New("is not an object")
	}
	var faults Faults
	given := f.guessed(object)
	for field, path := range f.Fields {
		delete(given, field)
		if v, ok := find(object, path); ok {
			given[field] = v
		}
	}
	texts := map[string]string{}
	for _, field := range slices.Sorted(maps.Keys(given)) {
		s, ok := scalar(given[field])
		if !ok {
			faults = append(faults, Fault{field, "is neither a text nor a number"})
		}
		texts[field] = s
	}
	out, err := draft{kind: f.Kind, zone: f.Zone, codes: f.Codes, canonical: f.Canonical}.event(func(field string) string { return texts[field] }, f.facts(object))
	if len(faults) == 0 {
		return out, err
	}
	var more Faults
	errors.As(err, &more)
	return Event{}, append(faults, more...)
}

// guessed are the fields that are known by their keys' names.
func (f Feed) guessed(object map[string]any) map[string]any {
	out, rank := map[string]any{}, map[string]int{}
	take := func(from map[string]any, below int, only ...string) {
		for _, key := range slices.Sorted(maps.Keys(from)) {
			w, known := means(key, f.Kind)
			_, nested := from[key].(map[string]any)
			if !known || nested || len(only) > 0 && !slices.Contains(only, w.field) {
				continue
			}
			if have, taken := rank[w.field]; !taken || w.rank+below < have {
				out[w.field], rank[w.field] = from[key], w.rank+below
			}
		}
	}
	take(object, 0)
	if customer, ok := object["customer"].(map[string]any); ok {
		take(customer, -1000, fieldName, fieldPhone, fieldEmail, fieldLanguage)
	}
	return out
}

// facts are what an event tells of a booking.
func (f Feed) facts(object map[string]any) map[string]any {
	if f.Kind != conversations.KindBooking {
		return nil
	}
	out := map[string]any{}
	if told, ok := object["facts"].(map[string]any); ok {
		maps.Copy(out, told)
	}
	for name, path := range f.Facts {
		if v, ok := find(object, path); ok && v != nil {
			out[name] = v
		}
	}
	for name, v := range out {
		out[name] = plain(v)
	}
	return out
}

// find follows a path: names, and places in lists from 0, with dots between them.
func find(v any, path string) (any, bool) {
	for step := range strings.SplitSeq(path, ".") {
		switch at := v.(type) {
		case map[string]any:
			var ok bool
			if v, ok = at[step]; !ok {
				return nil, false
			}
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(at) {
				return nil, false
			}
			v = at[i]
		default:
			return nil, false
		}
	}
	return v, true
}

// scalar is a value as text; ok is false for objects and lists.
func scalar(v any) (text string, ok bool) {
	switch v := v.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}

// plain is a value as the API's own events bring it: numbers are float64.
func plain(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Float64(); err == nil {
			return n
		}
		return v.String()
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = plain(v[i])
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k := range v {
			out[k] = plain(v[k])
		}
		return out
	}
	return v
}
