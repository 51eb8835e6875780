package redisstore

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"github.com/caravan-desk/caravan/conversations"
)

// unlogged are types that only wake somebody, and are never written.
var unlogged = map[conversations.EventType]bool{conversations.EventUnproved: true, conversations.EventErrand: true}

// An event whose type has no code would come back as one of no type at all, which the
// feed takes for a position: so every type has one, and no two the same.
func TestEveryEventTypeHasACode(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../event.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	types, seen := 0, map[string]conversations.EventType{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		if name, ok := spec.Type.(*ast.Ident); !ok || name.Name != "EventType" {
			return true
		}
		value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		types++
		kind := conversations.EventType(value)
		code := eventCodes[kind]
		if (code == "") != unlogged[kind] {
			t.Errorf("%s: code %q", kind, code)
		}
		if other, taken := seen[code]; taken && code != "" {
			t.Errorf("%s and %s share the code %q", kind, other, code)
		}
		seen[code] = kind
		return true
	})
	if types < 25 {
		t.Errorf("%d types: is event.go still where they are?", types)
	}
}
