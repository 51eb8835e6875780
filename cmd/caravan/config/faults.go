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
