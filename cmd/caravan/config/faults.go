package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// origin is where a setting was made: a line of the file, or a variable.
type origin struct {
	file     string
	line     int
	variable string
}

// faults collects everything that is wrong, so that one start shows it all.
type faults struct {
	all     []fault
	origins map[string]origin // of every key and list entry that was set
}

type fault struct {
	at   origin
	text string
}

// at adds a fault at a place.
func (f *faults) at(o origin, path, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if path != "" && o.variable == "" {
		text = path + ": " + text
	}
	f.all = append(f.all, fault{o, text})
}

// of adds a fault of a key, at its place or that of what it belongs to.
func (f *faults) of(path, format string, args ...any) {
	for up := path; ; up = up[:strings.LastIndexByte(up, '.')] {
		if o, ok := f.origins[up]; ok {
			if up != path && o.variable != "" {
				o = origin{} // the variable set something beside it
			}
			f.at(o, path, format, args...)
			return
		}
		if !strings.Contains(up, ".") {
			f.at(origin{}, path, format, args...)
			return
		}
	}
}

// isSet reports whether the key was set at all, rightly or wrongly.
func (f *faults) isSet(path string) bool {
	_, ok := f.origins[path]
	return ok
}

func (f *faults) note(path string, o origin) {
	if f.origins == nil {
		f.origins = make(map[string]origin)
	}
	f.origins[path] = o
}

// list is all faults in the order of the file, then the variables by name.
func (f *faults) list() []error {
	slices.SortStableFunc(f.all, func(a, b fault) int {
		return cmp.Or(cmp.Compare(a.at.variable, b.at.variable), cmp.Compare(a.at.line, b.at.line))
	})
	var errs []error
	for _, one := range f.all {
		errs = append(errs, one)
	}
	return errs
}

// Error is one line: FILE:LINE: KEY: what is wrong, or VARIABLE: what is wrong.
func (f fault) Error() string {
	switch {
	case f.at.variable != "":
		return f.at.variable + ": " + f.text
	case f.at.line != 0:
		return fmt.Sprintf("%s:%d: %s", f.at.file, f.at.line, f.text)
	}
	return f.text
}

// suggest names the known word that a typing error most likely meant, as words to add
// to a message; empty if none is near.
func suggest(word string, known []string) string {
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
