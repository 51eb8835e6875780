package inbox

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// RFC 3339 ends with the year 9999, so a time that is close to it could be kept,
// and what is worked out from it never shown again: the API takes the years that
// a desk has to do with.
const firstYear, endYear = 1970, 2200

// instant is where an input type holds a time.
type instant struct {
	location string
	index    []int
}

// instants finds the times of an input type, in its structs and behind its pointers.
func instants(t reflect.Type, location string, index []int) []instant {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == reflect.TypeFor[time.Time]() || t == reflect.TypeFor[optional[time.Time]]() {
		return []instant{{location, index}}
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	var out []instant
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() {
			continue
		}
		out = append(out, instants(f.Type, location+nameIn(f), append(index[:len(index):len(index)], i))...)
	}
	return out
}

// nameIn is what a field adds to the location of a fault.
func nameIn(f reflect.StructField) string {
	if name := f.Tag.Get("query"); name != "" {
		return "query." + name
	}
	if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
		return "." + name
	}
	if f.Name == "Body" {
		return "body"
	}
	return ""
}

// read is the time that an input has there; false if it has none.
func (n instant) read(in reflect.Value) (time.Time, bool) {
	for _, i := range n.index {
		if in.Kind() == reflect.Pointer {
			if in.IsNil() {
				return time.Time{}, false
			}
			in = in.Elem()
		}
		in = in.Field(i)
	}
	switch v := in.Interface().(type) {
	case time.Time:
		return v, !v.IsZero()
	case *time.Time:
		return given(v)
	case optional[time.Time]:
		return given(v.value)
	}
	return time.Time{}, false
}

func given(t *time.Time) (time.Time, bool) {
	if t == nil {
		return time.Time{}, false
	}
	return *t, true
}

// timely wraps a handler: times outside the years that the API takes are refused.
func timely[I, O any](handle func(context.Context, *I) (*O, error)) func(context.Context, *I) (*O, error) {
	all := instants(reflect.TypeFor[I](), "", nil)
	if len(all) == 0 {
		return handle
	}
	return func(ctx context.Context, in *I) (*O, error) {
		var faults []Fault
		for _, n := range all {
			if t, ok := n.read(reflect.ValueOf(in).Elem()); ok && (t.UTC().Year() < firstYear || t.UTC().Year() >= endYear) {
				faults = append(faults, Fault{n.location, fmt.Sprintf("lies outside the years %d to %d", firstYear, endYear-1)})
			}
		}
		if len(faults) > 0 {
			return nil, invalid(faults...)
		}
		return handle(ctx, in)
	}
}
