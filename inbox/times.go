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

// A filter's bounds: what is kept, and what is worked out from it, lies between.
var (
	beforeAll = time.Date(firstYear, 1, 1, 0, 0, 0, 0, time.UTC)
	behindAll = time.Date(endYear+1, 1, 1, 0, 0, 0, 0, time.UTC)
)

// clamp brings a filter's bound within them, which asks for the same.
func clamp(t time.Time) time.Time {
	switch {
	case t.Before(beforeAll):
		return beforeAll
	case t.After(behindAll):
		return behindAll
	}
	return t
}

// timely wraps a handler: times outside the years that the API takes are refused, but for
// a filter's, which are kept nowhere.
func timely[I, O any](handle func(context.Context, *I) (*O, error)) func(context.Context, *I) (*O, error) {
	all := instants(reflect.TypeFor[I](), "", nil)
	if len(all) == 0 {
		return handle
	}
	return func(ctx context.Context, in *I) (*O, error) {
		var faults []Fault
		for _, n := range all {
			if strings.HasPrefix(n.location, "query.") {
				if bound, ok := reflect.ValueOf(in).Elem().FieldByIndex(n.index).Addr().Interface().(*time.Time); ok && !bound.IsZero() {
					*bound = clamp(*bound)
				}
				continue
			}
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
