package routing

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"path"
	"slices"
	"time"

	"github.com/caravan-desk/caravan/routing/hours"
	"github.com/caravan-desk/caravan/routing/sheet"
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
func LoadDesks(folders ...fs.FS) (Desks, error) { return loadDesks(anyTemplate, time.UTC, folders) }

// Load reads desks and rules, and checks that there are the templates that they write with. Desks that
// work day and night go by the clocks of the zone. All faults of all files are reported together.
func Load(known func(template string) bool, zone *time.Location, folders ...fs.FS) (Desks, Rules, error) {
	desks, faulty := loadDesks(known, zone, folders)
	rules, err := loadRules(desks, known, folders)
	return desks, rules, errors.Join(faulty, err)
}

func anyTemplate(string) bool { return true }

func loadDesks(known func(template string) bool, zone *time.Location, folders []fs.FS) (Desks, error) {
	if len(folders) == 0 {
		folders = []fs.FS{BuiltinDesks()}
	}
	l := deskLoad{digest: sha256.New(), calendars: map[string]*hours.Calendar{always.Name: hours.Always(zone)}}
	l.readCalendars(BuiltinDesks())
	for _, folder := range folders {
		l.readable(folder)
		l.readCalendars(folder)
	}
	hung := &book{calendars: l.calendars, digest: hex.EncodeToString(l.digest.Sum(nil)[:16])}
	l.digest.Reset()
	for _, folder := range folders {
		l.readDesks(folder)
	}
	if len(l.desks) == 0 && len(l.faults) == 0 && more(folders) {
		l.readDesks(BuiltinDesks())
	}
	for i, c := range l.checks {
		c.across(l.desks[i], l.desks, l.calendars)
		c.templates(l.desks[i], known)
		l.faults = append(l.faults, c.Faults()...)
	}
	if err := errors.Join(l.faults...); err != nil {
		return nil, err
	}
	return l.open(hung)
}

// open are the desks that are on, with triage, over one shelf of calendars.
func (l *deskLoad) open(hung *book) (Desks, error) {
	var out Desks
	for _, d := range l.desks {
		if !d.Off {
			out = append(out, d)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("no desk found: the folders hold no *.yaml of one that is on")
	}
	out = append(out, triage)
	shelf := &almanacShelf{desks: hex.EncodeToString(l.digest.Sum(nil)[:16])}
	shelf.hung.Store(hung)
	for i := range out {
		out[i].almanac = shelf
		out[i].offered = out[i].offers()
		out[i].own = named(out[i].Clocks)
	}
	return out, nil
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
		calendars, _ := yamls(f, "calendars")
		rules, _ := yamls(f, "rules")
		return len(calendars)+len(rules) > 0
	})
}

// yamls are the names of a folder's files of YAML, in order.
func yamls(folder fs.FS, within string) (out []string, err error) {
	for _, ending := range []string{"*.yaml", "*.yml"} {
		names, err := fs.Glob(folder, path.Join(within, ending))
		if err != nil {
			return nil, err
		}
		out = append(out, names...)
	}
	slices.Sort(out)
	return out, nil
}

// deskLoad is one run over the folders.
type deskLoad struct {
	digest    hash.Hash // of all files
	desks     Desks
	checks    []*deskCheck // of the same places
	calendars map[string]*hours.Calendar
	faults    []error
}

// readable checks that the folder is there.
func (l *deskLoad) readable(folder fs.FS) {
	if _, err := fs.ReadDir(folder, "."); err != nil {
		l.faults = append(l.faults, fmt.Errorf("%s is no folder of desks: %w", located(folder, "."), err))
	}
}

// located is how a folder's file is named to people: with the folder, if that has a name.
func located(folder fs.FS, name string) string {
	if s, ok := folder.(fmt.Stringer); ok {
		return path.Join(s.String(), name)
	}
	return name
}

// each reads a folder's files, and gives each as people know it.
func (l *deskLoad) each(folder fs.FS, within string, read func(at string, text []byte)) {
	names, err := yamls(folder, within)
	if err != nil {
		l.faults = append(l.faults, fmt.Errorf("list %s: %w", located(folder, within), err))
	}
	for _, name := range names {
		text, err := fs.ReadFile(folder, name)
		if err != nil {
			l.faults = append(l.faults, fmt.Errorf("read %s: %w", located(folder, name), err))
			continue
		}
		fmt.Fprintf(l.digest, "%s %d\n%s", name, len(text), text)
		read(located(folder, name), text)
	}
}

func (l *deskLoad) readCalendars(folder fs.FS) {
	first := map[string]string{} // name → the folder's file that has it
	l.each(folder, "calendars", func(name string, text []byte) {
		var s hours.Spec
		f := sheet.Read(name, text, &s)
		c, faults := hours.New(s)
		for _, wrong := range faults {
			f.Fault(wrong.Where, "%s", wrong.What)
		}
		twice(f, first, s.Name, name)
		l.faults = append(l.faults, f.Faults()...)
		l.calendars[s.Name] = c
	})
}

func (l *deskLoad) readDesks(folder fs.FS) {
	first := map[string]string{}
	l.each(folder, ".", func(name string, text []byte) {
		var d Desk
		c := &deskCheck{readDesk(name, text, &d)}
		c.check(d)
		twice(c.File, first, d.Name, name)
		if d.Title == "" {
			d.Title = words(d.Name)
		}
		if i := l.desks.index(d.Name); i >= 0 && first[d.Name] == name {
			l.desks[i], l.checks[i] = d, c
		} else {
			l.desks, l.checks = append(l.desks, d), append(l.checks, c)
		}
	})
}

// twice faults a name that another file of the same folder has.
func twice(f *sheet.File, first map[string]string, name, file string) {
	if other, known := first[name]; known {
		f.Fault("name", "%q stands in %s too", name, other)
		return
	}
	first[name] = file
}

// readDesk reads one file, over the desk that it extends if it does.
func readDesk(name string, text []byte, d *Desk) *sheet.File {
	var head struct {
		Extends string `yaml:"extends"`
	}
	sheet.Read(name, text, &head) // of the other keys it knows nothing
	base, err := fs.ReadFile(BuiltinDesks(), head.Extends+".yaml")
	found := deskName.MatchString(head.Extends) && err == nil
	if found {
		sheet.Read(head.Extends+".yaml", base, d)
		d.Off = false
	}
	f := sheet.Read(name, text, d)
	if head.Extends != "" && !found {
		f.Refuse("extends", "%q is no built-in desk", head.Extends)
	}
	return f
}
