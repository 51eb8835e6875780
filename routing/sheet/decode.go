package sheet

import (
	"encoding"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Short is a struct that may also be written as the value of one of its fields alone:
// `review: 12h` for `review: {within: 12h}`. It is read so where the file has one value, or
// keys none of which is the struct's.
type Short interface {
	Short() any // a pointer to the field
}

func pointed(v any) reflect.Value { return reflect.ValueOf(v).Elem() }

func line(n ast.Node) int {
	if m, ok := n.(*ast.MappingNode); ok && len(m.Values) > 0 {
		return m.Values[0].Key.GetToken().Position.Line
	}
	return n.GetToken().Position.Line
}

// pairs are a mapping's keys with their values; ok is false if the node is none.
func pairs(n ast.Node) (_ []*ast.MappingValueNode, ok bool) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

func key(pair *ast.MappingValueNode) string { return pair.Key.GetToken().Value }

// scalar is what stands there as it was written; ok is false if it is not one value.
func scalar(n ast.Node) (_ string, ok bool) {
	switch n := n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode, *ast.SequenceNode, *ast.NullNode:
		return "", false
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return strings.TrimSuffix(n.Value.Value, "\n"), true
	}
	return n.GetToken().Value, true
}

// decode sets v from what stands at a path.
func (f *File) decode(n ast.Node, v reflect.Value, path string) {
	switch at := n.(type) {
	case *ast.TagNode:
		f.decode(at.Value, v, path)
		return
	case *ast.AnchorNode, *ast.AliasNode:
		f.wrong(path, line(n), "anchors and aliases are not supported")
		return
	case *ast.NullNode, nil:
		return
	}
	text, one := scalar(n)
	keys, isMap := pairs(n)
	if s, ok := v.Addr().Interface().(Short); ok && (one || isMap && !slices.ContainsFunc(keys, among(v.Type()))) {
		f.decode(n, pointed(s.Short()), path)
		return
	}
	if t, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok && one {
		f.check(n, path, t.UnmarshalText([]byte(text)))
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		to := reflect.New(v.Type().Elem())
		f.decode(n, to.Elem(), path)
		v.Set(to)
	case reflect.Struct:
		if f.want(n, "keys", isMap, path) {
			f.fields(keys, v, path)
		}
	case reflect.Map:
		if f.want(n, "keys", isMap, path) {
			f.entries(keys, v, path)
		}
	case reflect.Slice:
		f.list(n, v, path)
	default:
		if f.want(n, "one value", one, path) {
			f.check(n, path, set(text, v))
		}
	}
}

// among says whether a key is one of the struct's.
func among(t reflect.Type) func(*ast.MappingValueNode) bool {
	known := tags(t)
	return func(pair *ast.MappingValueNode) bool { return known[key(pair)] != nil }
}

// tags are the fields of a struct by their key.
func tags(t reflect.Type) map[string][]int {
	out := map[string][]int{}
	for _, field := range reflect.VisibleFields(t) {
		if tag := field.Tag.Get("yaml"); tag != "" {
			out[tag] = field.Index
		}
	}
	return out
}

func (f *File) want(n ast.Node, what string, ok bool, path string) bool {
	if !ok {
		got := "one value"
		if _, isMap := pairs(n); isMap {
			got = "keys"
		} else if _, isList := n.(*ast.SequenceNode); isList {
			got = "a list"
		}
		f.wrong(path, f.near(path, n), "want %s, got %s", what, got)
	}
	return ok
}

func (f *File) check(n ast.Node, path string, err error) {
	if err != nil {
		f.wrong(path, f.near(path, n), "%v", err)
	}
}

// near is the line of the key, or else of what stands there.
func (f *File) near(path string, n ast.Node) int {
	if at, ok := f.lines[path]; ok {
		return at
	}
	return line(n)
}

// key notes where a key stands, unless it stood before.
func (f *File) key(pair *ast.MappingValueNode, path string) bool {
	at := pair.Key.GetToken().Position.Line
	if _, twice := f.lines[path]; twice {
		f.wrong(path, at, "set twice")
		return false
	}
	f.lines[path] = at
	return true
}

func (f *File) fields(keys []*ast.MappingValueNode, v reflect.Value, path string) {
	known := tags(v.Type())
	for _, pair := range keys {
		name := key(pair)
		at := below(path, name)
		if !f.key(pair, at) {
			continue
		}
		if index := known[name]; index != nil {
			f.decode(pair.Value, v.FieldByIndex(index), at)
			continue
		}
		f.wrong(at, f.lines[at], "unknown key%s", Suggest(name, slices.Sorted(maps.Keys(known))))
	}
}

func (f *File) entries(keys []*ast.MappingValueNode, v reflect.Value, path string) {
	out := reflect.MakeMap(v.Type())
	for k, e := range v.Seq2() {
		out.SetMapIndex(k, e)
	}
	for _, pair := range keys {
		k := reflect.ValueOf(key(pair))
		at := below(path, key(pair))
		if !f.key(pair, at) {
			continue
		}
		if _, null := pair.Value.(*ast.NullNode); null {
			if !out.MapIndex(k).IsValid() {
				f.wrong(at, f.lines[at], "is given nothing")
			}
			out.SetMapIndex(k, reflect.Value{})
			continue
		}
		e := reflect.New(v.Type().Elem()).Elem()
		f.decode(pair.Value, e, at)
		out.SetMapIndex(k, e)
	}
	v.Set(out)
}

func (f *File) list(n ast.Node, v reflect.Value, path string) {
	seq, ok := n.(*ast.SequenceNode)
	if !f.want(n, "a list", ok, path) {
		return
	}
	out := reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values))
	for i, item := range seq.Values {
		at := fmt.Sprintf("%s[%d]", path, i)
		f.lines[at] = line(item)
		f.decode(item, out.Index(i), at)
	}
	v.Set(out)
}

// set reads one value, as it was written.
func set(text string, v reflect.Value) error {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		if text != "true" && text != "false" {
			return fmt.Errorf("%q is neither true nor false", text)
		}
		v.SetBool(text == "true")
	case reflect.Int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("%q is not a whole number", text)
		}
		v.SetInt(int64(n))
	case reflect.Float64:
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return fmt.Errorf("%q is not a number", text)
		}
		v.SetFloat(n)
	default:
		panic("sheet: no way to read a " + v.Type().String())
	}
	return nil
}
