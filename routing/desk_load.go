package routing

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"maps"
	"path"
	"slices"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/caravan-desk/caravan/routing/hours"
)

//go:embed desks
var deskFiles embed.FS

// BuiltinDesks is the folder of desks in the binary, to be given to LoadDesks.
func BuiltinDesks() fs.FS {
	sub, err := fs.Sub(deskFiles, "desks")
	if err != nil {
		panic(err) // the embedded folder is there by construction
	}
	return sub
}

// LoadDesks reads every *.yaml of the folders, or the built-in desks if there are none; a
// later folder's desk replaces an earlier one of the same name. Calendars are read from
// each folder's calendars/*.yaml, and the built-in ones are always there; folders that hold
// nothing but calendars and rules go with the built-in desks. Triage is always added. All faults are reported together, each as file:line: what is wrong.
func LoadDesks(folders ...fs.FS) (Desks, error) {
	if len(folders) == 0 {
		folders = []fs.FS{BuiltinDesks()}
	}
	l := deskLoad{digest: sha256.New(), calendars: map[string]*hours.Calendar{always.Name: always}}
	l.readCalendars(BuiltinDesks())
	for _, folder := range folders {
		l.readCalendars(folder)
	}
	hung := &book{calendars: l.calendars, digest: hex.EncodeToString(l.digest.Sum(nil)[:16])}
	l.digest.Reset()
	for _, folder := range folders {
		l.each(folder, "*.yaml", l.desk)
	}
	if len(l.desks) == 0 && len(l.faults) == 0 && more(folders) {
		l.each(BuiltinDesks(), "*.yaml", l.desk)
	}
	for i, c := range l.checks {
		c.across(l.desks[i], l.desks, l.calendars)
		l.faults = append(l.faults, c.faults...)
	}
	if err := errors.Join(l.faults...); err != nil {
		return nil, err
	}
	l.desks = slices.DeleteFunc(l.desks, func(d Desk) bool { return d.Off })
	if len(l.desks) == 0 {
		return nil, errors.New("no desk found: the folders hold no *.yaml of one that is on")
	}
	l.desks = append(l.desks, triage)
	shelf := &almanacShelf{desks: hex.EncodeToString(l.digest.Sum(nil)[:16])}
	shelf.hung.Store(hung)
	for i := range l.desks {
		l.desks[i].almanac = shelf
		l.desks[i].offered = l.desks[i].offers()
		l.desks[i].own = named(l.desks[i].Clocks)
	}
	return l.desks, nil
}

// named are the clocks of a desk's own.
func named(clocks map[string]Term) []string {
	var out []string
	for name, t := range clocks {
		if t.Starts != "" {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// more reports whether folders hold calendars or rules: without desks they are for the built-in ones.
func more(folders []fs.FS) bool {
	return slices.ContainsFunc(folders, func(f fs.FS) bool {
		calendars, _ := fs.Glob(f, "calendars/*.yaml")
		rules, _ := fs.Glob(f, "rules/*.yaml")
		return len(calendars)+len(rules) > 0
	})
}

// deskLoad is one run over the folders.
type deskLoad struct {
	digest    hash.Hash // of all files
	desks     Desks
	checks    []*deskCheck // of the same places
	calendars map[string]*hours.Calendar
	faults    []error
}

// each reads a folder's files of a pattern.
func (l *deskLoad) each(folder fs.FS, pattern string, read func(name string, text []byte)) {
	names, err := fs.Glob(folder, pattern)
	if err != nil {
		l.faults = append(l.faults, fmt.Errorf("list desks: %w", err))
	}
	for _, name := range names {
		text, err := fs.ReadFile(folder, name)
		if err != nil {
			l.faults = append(l.faults, fmt.Errorf("read desk: %w", err))
			continue
		}
		fmt.Fprintf(l.digest, "%s %d\n%s", name, len(text), text)
		read(name, text)
	}
}

func (l *deskLoad) readCalendars(folder fs.FS) {
	l.each(folder, "calendars/*.yaml", func(name string, text []byte) {
		var s hours.Spec
		at, err := decodeFile(name, text, &s)
		if err != nil {
			l.faults = append(l.faults, err)
			return
		}
		c, faults := hours.New(s)
		for _, f := range faults {
			at.fault(f.Where, "%s", f.What)
		}
		l.faults = append(l.faults, at.faults...)
		l.calendars[s.Name] = c
	})
}

func (l *deskLoad) desk(name string, text []byte) {
	d, c, err := parseDesk(name, text)
	if err != nil {
		l.faults = append(l.faults, err)
		return
	}
	c.check(d)
	if i := l.desks.index(d.Name); i >= 0 {
		l.desks[i], l.checks[i] = d, c
	} else {
		l.desks, l.checks = append(l.desks, d), append(l.checks, c)
	}
}

// parseDesk reads one file, over the desk that it extends if it does.
func parseDesk(name string, text []byte) (d Desk, c *deskCheck, err error) {
	var head struct {
		Extends string `yaml:"extends"`
	}
	if yaml.Unmarshal(text, &head) == nil && head.Extends != "" {
		base, rerr := fs.ReadFile(BuiltinDesks(), head.Extends+".yaml")
		if rerr == nil {
			rerr = yaml.Unmarshal(base, &d)
		}
		if rerr != nil {
			_, at, err := decodeDesk(name, text)
			if err != nil {
				return d, nil, err
			}
			at.fault("extends", "%q is no built-in desk", head.Extends)
			return d, nil, errors.Join(at.faults...)
		}
		d.Off = false
	}
	c, base := &deskCheck{}, d
	c.source, err = decodeFile(name, text, &d)
	d.inherit(base)
	return d, c, err
}

// inherit takes over what the file did not give: of lists all or nothing, of maps each key.
func (d *Desk) inherit(base Desk) {
	under(&d.Clocks, base.Clocks)
	under(&d.Moves, base.Moves)
	under(&d.Waits, base.Waits)
	under(&d.Weights, base.Weights)
	under(&d.Levels, base.Levels)
	under(&d.Templates, base.Templates)
}

// under lays the map's missing keys from another one under it.
func under[V any](m *map[string]V, base map[string]V) {
	if len(base) == 0 {
		return
	}
	merged := maps.Clone(base)
	maps.Copy(merged, *m)
	*m = merged
}

func decodeDesk(name string, text []byte) (d Desk, at *source, err error) {
	at, err = decodeFile(name, text, &d)
	return d, at, err
}

// decodeFile reads YAML into v, refusing keys it does not know.
func decodeFile(name string, text []byte, v any) (*source, error) {
	tree, err := parser.ParseBytes(text, 0)
	if err == nil {
		err = yaml.UnmarshalWithOptions(text, v, yaml.Strict())
	}
	if err != nil {
		line := 1
		var at yaml.Error
		message := err.Error()
		if errors.As(err, &at) {
			line, message = at.GetToken().Position.Line, at.GetMessage()
		}
		return nil, fmt.Errorf("%s:%d: %s", path.Base(name), line, message)
	}
	return &source{file: path.Base(name), tree: tree}, nil
}

// source is a file and what is wrong with it.
type source struct {
	file   string
	tree   *ast.File
	faults []error
}

// fault notes what is wrong at a YAML path, with its line.
func (s *source) fault(where, format string, args ...any) {
	line := 1
	if p, err := yaml.PathString("$." + where); err == nil {
		if n, err := p.FilterFile(s.tree); err == nil {
			line = n.GetToken().Position.Line
		}
	}
	s.faults = append(s.faults, fmt.Errorf("%s:%d: %s: %s", s.file, line, where, fmt.Sprintf(format, args...)))
}
