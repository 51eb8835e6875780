package config

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// kind is what a node of the configuration is.
type kind string

const (
	scalar   kind = "one value"
	mapping  kind = "keys"
	sequence kind = "a list"
	null     kind = "nothing"
)

// node is a part of the configuration with the place it came from. The file and the
// environment become one tree of them before anything is decoded.
type node struct {
	kind   kind
	at     origin
	text   string           // of a scalar
	keys   []string         // of a mapping, in order
	fields map[string]*node // of a mapping
	items  []*node          // of a sequence
}

// set gives a mapping a field, replacing the one before.
func (n *node) set(key string, child *node) {
	if n.fields == nil {
		n.fields = make(map[string]*node)
	}
	if _, ok := n.fields[key]; !ok {
		n.keys = append(n.keys, key)
	}
	n.fields[key] = child
}

// drop takes a field away that came from the file.
func (n *node) drop(key string) {
	if old := n.fields[key]; old == nil || old.at.variable != "" {
		return
	}
	n.fields[key] = &node{kind: null}
}

// parse reads the file's text. What is wrong with its form goes to f, and the tree
// holds the rest.
func parse(file string, text []byte, f *faults) *node {
	root := &node{kind: mapping, at: origin{file: file, line: 1}}
	parsed, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		at := origin{file: file}
		words := err.Error()
		if e := yaml.Error(nil); errors.As(err, &e) {
			at.line, words = e.GetToken().Position.Line, e.GetMessage()
		}
		f.at(at, "", "not YAML: %s", words)
		return root
	}
	r := reader{file, f}
	for i, doc := range parsed.Docs {
		if doc.Body == nil {
			continue
		}
		if i > 0 {
			f.at(r.at(doc.Body), "", "a second document in the file")
			break
		}
		switch read := r.read(doc.Body, ""); read.kind {
		case mapping:
			root = read
		case null:
		default:
			f.at(read.at, "", "want keys, got %s", read.kind)
		}
	}
	return root
}

// reader turns the YAML library's tree into ours.
type reader struct {
	file   string
	faults *faults
}

func (r reader) at(n ast.Node) origin {
	return origin{file: r.file, line: n.GetToken().Position.Line}
}

func (r reader) read(n ast.Node, path string) *node {
	out := &node{kind: scalar, at: r.at(n)}
	switch n := n.(type) {
	case *ast.MappingNode:
		out.kind = mapping
		for i, pair := range n.Values {
			if i == 0 {
				out.at = r.at(pair.Key)
			}
			r.field(out, pair, path)
		}
	case *ast.MappingValueNode: // a mapping of one pair
		out.kind, out.at = mapping, r.at(n.Key)
		r.field(out, n, path)
	case *ast.SequenceNode:
		out.kind = sequence
		for i, item := range n.Values {
			out.items = append(out.items, r.read(item, fmt.Sprintf("%s.%d", path, i)))
		}
	case *ast.NullNode:
		out.kind = null
	case *ast.StringNode:
		out.text = n.Value
	case *ast.LiteralNode:
		out.text = strings.TrimSuffix(n.Value.Value, "\n")
	case *ast.TagNode:
		return r.read(n.Value, path)
	case *ast.AnchorNode, *ast.AliasNode:
		r.faults.at(out.at, path, "anchors and aliases are not supported")
		out.kind = null
	default: // numbers and booleans, as written: +15005550006 is a number to YAML
		out.text = n.GetToken().Value
	}
	return out
}

func (r reader) field(out *node, pair *ast.MappingValueNode, path string) {
	key := pair.Key.GetToken().Value
	at := r.at(pair.Key)
	path = join(path, key)
	if _, twice := out.fields[key]; twice {
		r.faults.at(at, path, "set twice")
	}
	child := r.read(pair.Value, path)
	child.at = at
	out.set(key, child)
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
