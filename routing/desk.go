package routing

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

//go:embed desks/*.yaml
var deskFiles embed.FS

// BuiltinDesks is the folder of desks in the binary, to be given to LoadDesks.
func BuiltinDesks() fs.FS {
	sub, err := fs.Sub(deskFiles, "desks")
	if err != nil {
		panic(err) // the embedded folder is there by construction
	}
	return sub
}

// Desk is a kind of work: what comes to it, how fast, and who does it. It is read from
// a YAML file, one desk a file.
type Desk struct {
	Name       string            `yaml:"name"`       // in addresses, skills and filters: lower-case letters, digits, _ and -
	Title      string            `yaml:"title"`      // as officers read it
	Categories []string          `yaml:"categories"` // what a conversation of this desk can be about
	Clocks     map[string]Target `yaml:"clocks"`
	Skills     []string          `yaml:"skills"`    // what an officer may hold: the desk, or desk/category
	Templates  map[string]string `yaml:"templates"` // occasion → name of a template
}

// Target is how long a clock gives, for all priorities or for some: either a duration
// (`2h`, `90m`, `3d`) or a map from priority to duration in which `normal` must stand
// and serves the ones left out.
type Target map[string]time.Duration

// UnmarshalYAML reads either form.
func (t *Target) UnmarshalYAML(b []byte) error {
	var one string
	if err := yaml.Unmarshal(b, &one); err == nil {
		d, err := duration24(one)
		*t = Target{Normal: d}
		return err
	}
	var many map[string]string
	if err := yaml.Unmarshal(b, &many); err != nil {
		return errors.New("want a duration, or durations by priority")
	}
	*t = Target{}
	for p, s := range many {
		d, err := duration24(s)
		if err != nil {
			return err
		}
		(*t)[p] = d
	}
	return nil
}

// duration24 is time.ParseDuration with "d" for 24 hours.
func duration24(s string) (time.Duration, error) {
	days, isDays := strings.CutSuffix(s, "d")
	if isDays {
		s = days + "h"
	}
	d, err := time.ParseDuration(s)
	if isDays {
		d *= 24
	}
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%q is not a duration such as 30m, 2h or 3d", s)
	}
	return d, nil
}

// Within is how long the desk gives a clock at a priority; ok is false if it does not keep that clock.
func (d Desk) Within(clock, priority string) (time.Duration, bool) {
	t, ok := d.Clocks[clock]
	if !ok {
		return 0, false
	}
	if w, ok := t[priority]; ok {
		return w, true
	}
	return t[Normal], true
}

// Has reports whether a category belongs to the desk.
func (d Desk) Has(category string) bool { return slices.Contains(d.Categories, category) }

// Desks is every desk of a gateway, triage last.
type Desks []Desk

// Find returns the desk of that name.
func (ds Desks) Find(name string) (Desk, bool) {
	i := slices.IndexFunc(ds, func(d Desk) bool { return d.Name == name })
	if i < 0 {
		return Desk{}, false
	}
	return ds[i], true
}

// Doubt is the confidence under which a person decides what a message is about. It is
// in desk and category together: a message that names its desk and no category stays
// above it (nine in ten of those are on the right desk), one that names neither below.
const Doubt = 0.18

// Place names the desk an understanding belongs to, with the reason where it is triage.
func (ds Desks) Place(u Understanding) (desk, why string) {
	d, ok := ds.Find(u.Desk)
	switch {
	case u.Desk == DeskOther || u.Desk == DeskTriage:
		return DeskTriage, "triage: belongs to no desk (" + words(u.Category) + ")"
	case !ok:
		return DeskTriage, "triage: no desk is called " + u.Desk
	case !d.Has(u.Category):
		return DeskTriage, "triage: " + d.Title + " does not take " + words(u.Category)
	case u.Confidence < Doubt:
		return DeskTriage, fmt.Sprintf("triage: only %.0f%% sure that it is %s", 100*u.Confidence, words(u.Category))
	}
	return d.Name, ""
}

// triage takes what no desk claims. It has no file because nothing works without it.
var triage = Desk{
	Name: DeskTriage, Title: "Triage",
	Categories: []string{"spam", "wrong_number", "job_application", "supplier_or_sales", "greeting_only", "auto_reply", "thanks_only", "invoice_or_order", "unclear"},
	Clocks:     map[string]Target{UnassignedClock: {Normal: 30 * time.Minute}, FirstResponse: {Normal: 2 * time.Hour}},
	Skills:     []string{DeskTriage},
	Templates:  map[string]string{},
}

// LoadDesks reads every *.yaml of the folders, or the built-in trace and booking if
// there are none; a later folder's desk replaces an earlier one of the same name. Triage
// is always added. All faults are reported together, each as file:line: what is wrong.
func LoadDesks(folders ...fs.FS) (Desks, error) {
	if len(folders) == 0 {
		folders = []fs.FS{BuiltinDesks()}
	}
	var out Desks
	var faults []error
	for _, folder := range folders {
		names, err := fs.Glob(folder, "*.yaml")
		if err != nil {
			return nil, fmt.Errorf("list desks: %w", err)
		}
		for _, name := range names {
			text, err := fs.ReadFile(folder, name)
			if err != nil {
				faults = append(faults, fmt.Errorf("read desk: %w", err))
				continue
			}
			d, err := parseDesk(name, text)
			faults = append(faults, err)
			if i := slices.IndexFunc(out, func(o Desk) bool { return o.Name == d.Name }); i >= 0 {
				out[i] = d
			} else {
				out = append(out, d)
			}
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, errors.New("no desk found: the folders hold no *.yaml")
	}
	return append(out, triage), nil
}

var deskName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,31}$`)

func parseDesk(file string, text []byte) (Desk, error) {
	var d Desk
	tree, err := parser.ParseBytes(text, 0)
	if err == nil {
		err = yaml.UnmarshalWithOptions(text, &d, yaml.Strict())
	}
	if err != nil {
		line := 1
		var at yaml.Error
		message := err.Error()
		if errors.As(err, &at) {
			line, message = at.GetToken().Position.Line, at.GetMessage()
		}
		return d, fmt.Errorf("%s:%d: %s", path.Base(file), line, message)
	}
	c := deskCheck{file: path.Base(file), tree: tree}
	c.check(d)
	return d, errors.Join(c.faults...)
}

// deskCheck collects the faults of one file.
type deskCheck struct {
	file   string
	tree   *ast.File
	faults []error
}

func (c *deskCheck) fault(where, format string, args ...any) {
	line := 1
	if p, err := yaml.PathString("$." + where); err == nil {
		if n, err := p.FilterFile(c.tree); err == nil {
			line = n.GetToken().Position.Line
		}
	}
	c.faults = append(c.faults, fmt.Errorf("%s:%d: %s: %s", c.file, line, where, fmt.Sprintf(format, args...)))
}

func (c *deskCheck) check(d Desk) {
	switch {
	case !deskName.MatchString(d.Name):
		c.fault("name", "%q is not a name: lower-case letters, digits, _ and -, at most 32", d.Name)
	case d.Name == DeskTriage || d.Name == DeskOther:
		c.fault("name", "%q is built in", d.Name)
	}
	if len(d.Categories) == 0 {
		c.fault("categories", "a desk needs at least one")
	}
	for i, k := range d.Categories {
		if !deskName.MatchString(k) || slices.Contains(d.Categories[:i], k) {
			c.fault(fmt.Sprintf("categories[%d]", i), "%q is not a name, or stands twice", k)
		}
	}
	for name, t := range d.Clocks {
		if !slices.Contains([]string{FirstResponse, NextResponse, Resolution, CallbackClock, Review, UnassignedClock, PendingClock}, name) {
			c.fault("clocks."+name, "no such clock")
		}
		if _, ok := t[Normal]; !ok {
			c.fault("clocks."+name, "gives no time for priority normal")
		}
		for p := range t {
			if !slices.Contains([]string{Urgent, High, Normal, Low}, p) {
				c.fault("clocks."+name, "%q is not a priority", p)
			}
		}
	}
	for i, s := range d.Skills {
		if desk, category, narrow := strings.Cut(s, "/"); desk != d.Name || narrow && !d.Has(category) {
			c.fault(fmt.Sprintf("skills[%d]", i), "%q is neither the desk nor one of its categories", s)
		}
	}
}
