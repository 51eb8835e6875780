package config

import (
	"fmt"
	"os"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/routing/sheet"
)

const fileSuffix = "_file"

var (
	secretType   = reflect.TypeFor[Secret]()
	zoneType     = reflect.TypeFor[*time.Location]()
	durationType = reflect.TypeFor[time.Duration]()
)

// isLeaf reports whether a value of the type is written as one scalar.
func isLeaf(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.String, reflect.Bool, reflect.Int, reflect.Int64, reflect.Float64:
		return true
	}
	return t == zoneType
}

func isLeafList(t reflect.Type) bool { return t.Kind() == reflect.Slice && isLeaf(t.Elem()) }

// decode sets v from the tree. What is not set keeps its value.
func decode(n *node, v reflect.Value, path string, f *faults) {
	if n.kind == null {
		return
	}
	f.note(path, n.at)
	t := v.Type()
	switch {
	case isLeaf(t):
		if want(n, scalar, path, f) {
			if err := decodeLeaf(n.text, v); err != nil {
				f.at(n.at, path, "%v", err)
			}
		}
	case t.Kind() == reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(t.Elem()))
		}
		decode(n, v.Elem(), path, f)
	case t.Kind() == reflect.Slice:
		decodeList(n, v, path, f)
	default:
		if want(n, mapping, path, f) {
			decodeFields(n, v, path, f)
		}
	}
}

func want(n *node, k kind, path string, f *faults) bool {
	if n.kind != k {
		f.at(n.at, path, "want %s, got %s", k, n.kind)
	}
	return n.kind == k
}

// decodeList also takes folders joined by commas, from the environment.
func decodeList(n *node, v reflect.Value, path string, f *faults) {
	if n.kind == scalar && n.at.variable != "" && isLeafList(v.Type()) {
		list := &node{kind: sequence, at: n.at}
		for one := range strings.SplitSeq(n.text, ",") {
			list.items = append(list.items, &node{kind: scalar, at: n.at, text: strings.TrimSpace(one)})
		}
		n = list
	}
	if !want(n, sequence, path, f) {
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.items), len(n.items)))
	for i, item := range n.items {
		decode(item, v.Index(i), fmt.Sprintf("%s.%d", path, i), f)
	}
}

func decodeFields(n *node, v reflect.Value, path string, f *faults) {
	fields := make(map[string]reflect.Value)
	var known []string
	for field, value := range v.Fields() {
		key := field.Tag.Get("yaml")
		fields[key] = value
		known = append(known, key)
	}
	for _, key := range n.keys {
		child, below := n.fields[key], join(path, key)
		field, ok := fields[key]
		if ok {
			decode(child, field, below, f)
			continue
		}
		base, isFile := strings.CutSuffix(key, fileSuffix)
		if field, ok = fields[base]; isFile && ok && field.Type() == secretType {
			decodeSecretFile(n, child, field, join(path, base), below, f)
			continue
		}
		f.at(child.at, below, "unknown key%s", sheet.Suggest(key, known))
	}
}

// decodeSecretFile reads a secret from the file it is in; a newline at its end is not
// part of it.
func decodeSecretFile(parent, n *node, v reflect.Value, secret, path string, f *faults) {
	if n.kind == null || !want(n, scalar, path, f) {
		return
	}
	key := secret[strings.LastIndexByte(secret, '.')+1:]
	if other := parent.fields[key]; other != nil && other.kind != null {
		f.at(n.at, path, "%s is set too", key)
		return
	}
	f.note(secret, n.at)
	text, err := os.ReadFile(n.text)
	if err != nil {
		f.at(n.at, path, "%v", err)
		return
	}
	v.SetString(strings.TrimRight(string(text), "\r\n"))
}

func decodeLeaf(text string, v reflect.Value) error {
	switch {
	case v.Type() == zoneType:
		if text == "" || strings.EqualFold(text, "local") {
			return fmt.Errorf("%q is not a time zone; write one like Asia/Riyadh", text)
		}
		zone, err := time.LoadLocation(text)
		if err != nil {
			return fmt.Errorf("%q is not a time zone; write one like Asia/Riyadh", text)
		}
		v.Set(reflect.ValueOf(zone))
	case v.Type() == durationType:
		d, err := parseDuration(text)
		if err != nil {
			return fmt.Errorf("%q is not a duration; write one like 90s, 5m or 30d", text)
		}
		v.SetInt(int64(d))
	case v.Kind() == reflect.String:
		v.SetString(text)
	case v.Kind() == reflect.Bool:
		if text != "true" && text != "false" {
			return fmt.Errorf("%q is neither true nor false", text)
		}
		v.SetBool(text == "true")
	case v.Kind() == reflect.Float64:
		number, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return fmt.Errorf("%q is not a number", text)
		}
		v.SetFloat(number)
	default:
		number, err := strconv.ParseInt(text, 10, 64)
		if err != nil || v.OverflowInt(number) {
			return fmt.Errorf("%q is not a whole number", text)
		}
		v.SetInt(number)
	}
	return nil
}

// parseDuration also takes whole days: 30d.
func parseDuration(text string) (time.Duration, error) {
	days, found := strings.CutSuffix(text, "d")
	if !found {
		return time.ParseDuration(text)
	}
	n, err := strconv.ParseInt(days, 10, 32)
	if err == nil && (n < -mostDays || n > mostDays) {
		err = strconv.ErrRange
	}
	return time.Duration(n) * 24 * time.Hour, err
}

const mostDays = 36_500
