package config

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/caravan-desk/caravan/routing/sheet"
)

const prefix = "CARAVAN_"

// variable is one setting from the environment.
type variable struct {
	name, value string
	path        []string
}

// overlay lays the environment over the tree. An empty variable counts as not set.
func overlay(root *node, env []string, f *faults) *node {
	var found []variable
	for _, entry := range env {
		name, value, _ := strings.Cut(entry, "=")
		rest, ours := strings.CutPrefix(name, prefix)
		if !ours || value == "" || foreign(rest) {
			continue
		}
		path, ok := resolve(reflect.TypeFor[Config](), rest)
		if !ok {
			f.at(origin{variable: name}, "", "unknown key%s", sheet.Suggest(name, variables()))
			continue
		}
		found = append(found, variable{name, value, path})
	}
	slices.SortFunc(found, func(a, b variable) int { return slices.CompareFunc(a.path, b.path, compareSteps) })
	for _, v := range found {
		root.put(v, v.path, "", f)
	}
	return root
}

// compareSteps orders list entries by number and keys by name.
func compareSteps(a, b string) int {
	i, errA := strconv.Atoi(a)
	j, errB := strconv.Atoi(b)
	if errA == nil && errB == nil {
		return cmp.Compare(i, j)
	}
	return cmp.Compare(a, b)
}

// foreign reports variables that start like ours and are not: the flag --config's, our
// tests', and those Kubernetes sets in every pod for a Service named "caravan"
// (https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables).
func foreign(rest string) bool {
	return rest == "CONFIG" || rest == "PORT" ||
		strings.HasPrefix(rest, "TEST_") || strings.HasPrefix(rest, "SERVICE_") || strings.HasPrefix(rest, "PORT_")
}

// put sets the variable at the rest of its path below n.
func (n *node) put(v variable, rest []string, path string, f *faults) {
	step, rest := rest[0], rest[1:]
	path = join(path, step)
	at := origin{variable: v.name}
	child := &node{kind: scalar, at: at, text: v.value}
	if i, err := strconv.Atoi(step); err == nil {
		n.become(sequence)
		switch {
		case i > len(n.items):
			f.at(at, "", "the next entry has the number %d", len(n.items))
			return
		case i == len(n.items):
			n.items = append(n.items, &node{kind: null, at: at})
		}
		if len(rest) > 0 {
			n.items[i].put(v, rest, path, f)
			return
		}
		n.items[i] = child
		return
	}
	n.become(mapping)
	if len(rest) > 0 {
		if n.fields[step] == nil {
			n.set(step, &node{kind: null, at: at})
		}
		n.fields[step].put(v, rest, path, f)
		return
	}
	n.drop(step + fileSuffix)
	n.drop(strings.TrimSuffix(step, fileSuffix))
	n.set(step, child)
}

// become makes an empty node the kind a variable needs; a fault of the file's, which
// decode reports, is left alone.
func (n *node) become(k kind) {
	if n.kind == null {
		n.kind = k
	}
}

// resolve finds the path of keys and indexes that a variable's name means.
func resolve(t reflect.Type, name string) (path []string, ok bool) {
	switch {
	case t.Kind() == reflect.Pointer && !isLeaf(t):
		return resolve(t.Elem(), name)
	case t.Kind() == reflect.Slice:
		index, rest, more := strings.Cut(name, "_")
		if i, err := strconv.Atoi(index); err != nil || strconv.Itoa(i) != index || i < 0 {
			return nil, false
		}
		if !more {
			return []string{index}, isLeaf(t.Elem())
		}
		path, ok := resolve(t.Elem(), rest)
		return append([]string{index}, path...), ok
	case t.Kind() != reflect.Struct || isLeaf(t):
		return nil, false
	}
	for field := range t.Fields() {
		key := field.Tag.Get("yaml")
		upper := strings.ToUpper(key)
		if name == upper && (isLeaf(field.Type) || isLeafList(field.Type)) {
			return []string{key}, true
		}
		if name == upper+"_FILE" && field.Type == secretType {
			return []string{key + fileSuffix}, true
		}
		if rest, below := strings.CutPrefix(name, upper+"_"); below {
			if path, ok := resolve(field.Type, rest); ok {
				return append([]string{key}, path...), true
			}
		}
	}
	return nil, false
}

// variables are the names of all keys, with 0 for every index.
func variables() []string {
	var names []string
	for _, key := range Keys() {
		names = append(names, Variable(key))
	}
	return names
}

// Variable is the environment variable of a key: http.listen is CARAVAN_HTTP_LISTEN.
func Variable(key string) string {
	return prefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

// Keys are the paths of all keys in the order of the file, with 0 for every index.
func Keys() []string { return keysOf(reflect.TypeFor[Config](), "") }

func keysOf(t reflect.Type, path string) []string {
	switch {
	case isLeaf(t) || isLeafList(t):
		return []string{path}
	case t.Kind() == reflect.Pointer:
		return keysOf(t.Elem(), path)
	case t.Kind() == reflect.Slice:
		return keysOf(t.Elem(), path+".0")
	case t.Kind() != reflect.Struct:
		panic(fmt.Sprintf("config: %s has a type that is never decoded: %s", path, t))
	}
	var keys []string
	for field := range t.Fields() {
		keys = append(keys, keysOf(field.Type, join(path, field.Tag.Get("yaml")))...)
	}
	return keys
}
