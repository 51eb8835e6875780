package routing

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"slices"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// LoadRules reads every rules/*.yaml of the folders, in the order of the folders and their
// files. Each file has a version, which the history names with what its rules did, and
// rules. All faults are reported together, each as file:line: what is wrong.
func LoadRules(ds Desks, folders ...fs.FS) (Rules, error) {
	var out Rules
	var faults []error
	for _, folder := range folders {
		names, err := fs.Glob(folder, "rules/*.yaml")
		if err != nil {
			return nil, fmt.Errorf("list rules: %w", err)
		}
		for _, name := range names {
			text, err := fs.ReadFile(folder, name)
			if err != nil {
				faults = append(faults, fmt.Errorf("read rules: %w", err))
				continue
			}
			var f struct {
				Version int    `yaml:"version"`
				Rules   []Rule `yaml:"rules"`
			}
			src, err := decodeFile(name, text, &f)
			if err != nil {
				faults = append(faults, err)
				continue
			}
			c := ruleCheck{src, ds}
			if f.Version < 1 {
				c.fault("version", "is not a number from 1")
			}
			for i, r := range f.Rules {
				c.check(fmt.Sprintf("rules[%d]", i), r, out)
				r.Version = f.Version
				out = append(out, r)
			}
			faults = append(faults, c.faults...)
		}
	}
	return out, errors.Join(faults...)
}

type ruleCheck struct {
	*source
	desks Desks
}

func (c *ruleCheck) check(at string, r Rule, before Rules) {
	if !deskName.MatchString(r.Name) || slices.ContainsFunc(before, func(o Rule) bool { return o.Name == r.Name }) {
		c.fault(at, "%q is not a name, or stands twice", r.Name)
	}
	w := r.When
	if reflect.ValueOf(w).IsZero() {
		c.fault(at, "has no condition")
	}
	for _, p := range w.Handles {
		if _, err := path.Match(p, ""); err != nil {
			c.fault(at+".when.handles", "%q is not a pattern", p)
		}
	}
	c.each(at+".when.desks", w.Desks, "desk", func(s string) bool { return c.desks.index(s) >= 0 })
	c.each(at+".when.priorities", w.Priority, "priority", isPriority)
	c.each(at+".when.categories", w.Category, "category of any desk", func(s string) bool {
		return slices.ContainsFunc(c.desks, func(d Desk) bool { return d.Has(s) })
	})
	c.each(at+".when.channels", w.Channels, "channel", func(s string) bool { return channels.Kind(s).Valid() })
	if !slices.Contains([]string{"", "awb", "booking", "any", "none"}, w.Refers) {
		c.fault(at+".when.references", "%q is not awb, booking, any or none", w.Refers)
	}
	if len(r.Then) == 0 {
		c.fault(at, "does nothing")
	}
	for i, a := range r.Then {
		c.action(fmt.Sprintf("%s.then[%d]", at, i), a)
	}
}

// each faults what is not one.
func (c *ruleCheck) each(at string, list []string, what string, ok func(string) bool) {
	for i, s := range list {
		if !ok(s) {
			c.fault(fmt.Sprintf("%s[%d]", at, i), "%q is no %s", s, what)
		}
	}
}

func (c *ruleCheck) action(at string, a Action) {
	set := 0
	for _, f := range reflect.ValueOf(a).Fields() {
		if !f.IsZero() {
			set++
		}
	}
	if set != 1 {
		c.fault(at, "does %d things, want one", set)
	}
	if a.Priority != "" && !isPriority(a.Priority) {
		c.fault(at, "%q is not a priority", a.Priority)
	}
	if a.Status != "" && (!isStatus(a.Status) || a.Status == string(conversations.New)) {
		c.fault(at, "%q is not a status to give", a.Status)
	}
	if m := a.Move; m != nil {
		if d, ok := c.desks.Find(m.Desk); !ok || !d.Has(m.Category) {
			c.fault(at, "there is no category %q on a desk %q", m.Category, m.Desk)
		}
	}
	if a.Offer != "" && c.desks.index(a.Offer) < 0 {
		c.fault(at, "%q is no desk", a.Offer)
	}
}
