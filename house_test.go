package caravan_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	longestFile     = 300 // lines
	longestFunction = 60  // lines, from func to its closing brace; tests are free
)

// longFiles are those that may be longer, with the reason.
var longFiles = map[string]string{}

// longFunctions are those that may be longer, as file:name, with the reason.
var longFunctions = map[string]string{}

// sleepers are tests that may call time.Sleep, with the reason.
var sleepers = map[string]string{}

func TestFilesAreShort(t *testing.T) {
	for name, text := range sources(t) {
		if lines := bytes.Count(text, []byte("\n")); lines > longestFile && longFiles[name] == "" {
			t.Errorf("%s has %d lines, more than %d. Split it by what it does, or give longFiles in house_test.go the reason.", name, lines, longestFile)
		}
	}
	forget(t, "longFiles", longFiles)
}

func TestFunctionsAreShort(t *testing.T) {
	for name, text := range sources(t) {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		inspect(t, name, text, func(files *token.FileSet, n ast.Node) {
			f, ok := n.(*ast.FuncDecl)
			if !ok {
				return
			}
			lines := files.Position(f.End()).Line - files.Position(f.Pos()).Line + 1
			if lines > longestFunction && longFunctions[name+":"+f.Name.Name] == "" {
				t.Errorf("%s: %s has %d lines, more than %d. Split it, or give longFunctions in house_test.go the reason.", name, f.Name.Name, lines, longestFunction)
			}
		})
	}
}

func TestTestsDoNotSleep(t *testing.T) {
	for name, text := range sources(t) {
		if !strings.HasSuffix(name, "_test.go") || sleepers[name] != "" {
			continue
		}
		inspect(t, name, text, func(files *token.FileSet, n ast.Node) {
			s, ok := n.(*ast.SelectorExpr)
			if !ok || s.Sel.Name != "Sleep" {
				return
			}
			if p, ok := s.X.(*ast.Ident); ok && p.Name == "time" {
				t.Errorf("%s: a test sleeps. Wait for what you wait for (redistest.Eventually, a channel), or pass the time in.", files.Position(s.Pos()))
			}
		})
	}
	forget(t, "sleepers", sleepers)
}

// forget tells of exceptions whose file is gone.
func forget(t *testing.T, list string, exceptions map[string]string) {
	t.Helper()
	for name := range exceptions {
		if _, err := os.Stat(name); err != nil {
			t.Errorf("%s is gone: take it out of %s", name, list)
		}
	}
}

func inspect(t *testing.T, name string, text []byte, visit func(*token.FileSet, ast.Node)) {
	t.Helper()
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, name, text, parser.SkipObjectResolution)
	if err != nil {
		t.Errorf("parse %s: %v", name, err)
		return
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		visit(files, n)
		return true
	})
}

// sources are the texts of all our Go files, without those that were generated
// (https://go.dev/s/generatedcode).
func sources(t *testing.T) map[string][]byte {
	t.Helper()
	all := make(map[string][]byte)
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules" || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if d.IsDir() || filepath.Ext(path) != ".go" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err == nil && !bytes.HasPrefix(text, []byte("// Code generated ")) {
			all[filepath.ToSlash(path)] = text
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
