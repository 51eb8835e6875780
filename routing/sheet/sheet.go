// Package sheet reads a YAML file that people write into a Go value, and says everything that is
// wrong with it at once, each by file and line: an unknown key (with the one that was probably
// meant), a list where one value is wanted, a number that is none, a key that stands twice. Read
// does it; who knows more about what the values mean adds to it with Fault, and asks for all with
// Faults. Keys are the fields' `yaml` tags.
package sheet

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// File is a file that was read: where its keys stand, and what is wrong with it.
type File struct {
	name   string
	lines  map[string]int // path of each key and list entry → line
	bad    map[string]bool
	faults []fault
}

type fault struct {
	file string
	line int
	text string
}

// Error is one line: FILE:LINE: PATH: what is wrong.
func (f fault) Error() string { return fmt.Sprintf("%s:%d: %s", f.file, f.line, f.text) }

// Read reads text into v, a pointer to a struct. What the file does not name keeps its value; a
// map takes the file's keys over its own, and loses those the file gives nothing; a list is
// replaced. What cannot be read keeps its value too, and is a fault.
func Read(name string, text []byte, v any) *File {
	f := &File{name: name, lines: map[string]int{"": 1}, bad: map[string]bool{}}
	tree, err := parse(text)
	if err != nil {
		line, words := 1, err.Error()
		if e := yaml.Error(nil); errors.As(err, &e) {
			line, words = e.GetToken().Position.Line, e.GetMessage()
		}
		f.wrong("", line, "not YAML: %s", words)
		return f
	}
	empty := true
	for _, doc := range tree.Docs {
		if _, null := doc.Body.(*ast.NullNode); doc.Body == nil || null {
			continue
		}
		if !empty {
			f.add(line(doc.Body), "", "a second document in the file")
			break
		}
		empty = false
		f.decode(doc.Body, pointed(v), "")
	}
	if empty {
		f.wrong("", 1, "holds nothing")
	}
	return f
}

// parse is the library's, which panics at some texts that are no YAML.
func parse(text []byte) (tree *ast.File, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	return parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
}

// Fault adds what is wrong at a path such as rounds[0].every, with the line of the nearest key
// that stands in the file. It adds nothing where the value could not be read: that was said.
func (f *File) Fault(path, format string, args ...any) {
	if f.Bad(path) {
		return
	}
	f.add(f.lineOf(path), path, format, args...)
}

// Refuse adds what is wrong at a path and makes all that the file holds worth nothing: no Fault
// is added after it.
func (f *File) Refuse(path, format string, args ...any) {
	f.Fault(path, format, args...)
	f.bad[""] = true
}

// Bad reports whether the value at a path, or what it stands in, could not be read.
func (f *File) Bad(path string) bool {
	for ; path != ""; path = above(path) {
		if f.bad[path] {
			return true
		}
	}
	return f.bad[""]
}

// Faults are all, in the order of the file; nil if there are none.
func (f *File) Faults() (out []error) {
	slices.SortStableFunc(f.faults, func(a, b fault) int { return cmp.Compare(a.line, b.line) })
	for _, one := range f.faults {
		out = append(out, one)
	}
	return out
}

// wrong notes that the value at a path could not be read.
func (f *File) wrong(path string, line int, format string, args ...any) {
	f.bad[path] = true
	f.add(line, path, format, args...)
}

func (f *File) add(line int, path, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if path != "" {
		text = path + ": " + text
	}
	f.faults = append(f.faults, fault{f.name, line, text})
}

func (f *File) lineOf(path string) int {
	for ; path != ""; path = above(path) {
		if n, ok := f.lines[path]; ok {
			return n
		}
	}
	return 1
}

// above is what a path stands in.
func above(path string) string { return path[:max(0, strings.LastIndexAny(path, ".["))] }

func below(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// Suggest names the known word that a typing error most likely meant, as words to add
// to a message; empty if none is near.
func Suggest(word string, known []string) string {
	best, near := "", len([]rune(word))/3+2
	for _, k := range known {
		if d := distance(word, k); d < near {
			best, near = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %s?", best)
}

// distance is Levenshtein's: the fewest letters to insert, delete or replace.
func distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range from {
		diagonal := row[0]
		row[0] = i + 1
		for j, s := range to {
			replace := diagonal
			if r != s {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(to)]
}
