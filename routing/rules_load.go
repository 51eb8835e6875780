package routing

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/routing/sheet"
)

// LoadRules reads every rules/*.yaml of the folders, in the order of the folders and their
// files. Each file has a version, which the history names with what its rules did, and
// rules. All faults are reported together, each as file:line: what is wrong. Without desks,
// because there is a fault in them, nothing that a rule says of desks is looked at.
func LoadRules(ds Desks, folders ...fs.FS) (Rules, error) { return loadRules(ds, anyTemplate, folders) }

func loadRules(ds Desks, known func(template string) bool, folders []fs.FS) (Rules, error) {
	var out Rules
	var faults []error
	for _, folder := range folders {
		names, err := yamls(folder, "rules")
		if err != nil {
			return nil, fmt.Errorf("list rules: %w", err)
		}
		for _, name := range names {
			text, err := fs.ReadFile(folder, name)
			if err != nil {
				faults = append(faults, fmt.Errorf("read %s: %w", located(folder, name), err))
				continue
			}
			var f struct {
				Version int    `yaml:"version"`
				Rules   []Rule `yaml:"rules"`
			}
			c := ruleCheck{sheet.Read(located(folder, name), text, &f), ds, known}
			if f.Version < 1 {
				c.Fault("version", "is not a number from 1")
			}
			for i, r := range f.Rules {
				r.Version = f.Version
				c.check(fmt.Sprintf("rules[%d]", i), r, out)
				out = append(out, r)
			}
			faults = append(faults, c.Faults()...)
		}
	}
	return out, errors.Join(faults...)
}

type ruleCheck struct {
	*sheet.File
	desks Desks
	known func(template string) bool
}

func (c *ruleCheck) check(at string, r Rule, before Rules) {
	if !deskName.MatchString(r.Name) || slices.ContainsFunc(before, func(o Rule) bool { return o.Name == r.Name }) {
		c.Fault(at, "%q is not a name, or stands twice", r.Name)
	}
	c.when(at+".when", r.When)
	if len(r.Then) == 0 {
		c.Fault(at, "does nothing")
	}
	for i, a := range r.Then {
		c.action(fmt.Sprintf("%s.then[%d]", at, i), a)
	}
}

func (c *ruleCheck) when(at string, w When) {
	if reflect.ValueOf(w).IsZero() && !c.Bad(at) {
		c.Fault(at, "has no condition")
	}
	of := func(key string, list []string, what string, ok func(string) bool) {
		if list != nil && len(list) == 0 {
			c.Fault(at+"."+key, "is empty; leave it out if it does not matter")
		}
		for i, s := range list {
			if !ok(s) {
				c.Fault(fmt.Sprintf("%s.%s[%d]", at, key, i), "%q is no %s", s, what)
			}
		}
	}
	of("handles", w.Handles, "pattern", func(s string) bool { _, err := path.Match(s, ""); return err == nil && s != "" })
	of("desks", w.Desks, "desk", func(s string) bool { return c.desks == nil || c.desks.index(s) >= 0 })
	of("categories", w.Category, "category of any desk", func(s string) bool {
		return c.desks == nil || slices.ContainsFunc(c.desks, func(d Desk) bool { return d.Has(s) })
	})
	of("priorities", w.Priority, "priority", isPriority)
	of("channels", w.Channels, "channel", func(s string) bool { return channels.Kind(s).Valid() })
	of("languages", w.Language, "language that is told apart: en, ar, ms, mixed", func(s string) bool {
		return s == mixed || slices.Contains(languages[:], s)
	})
	of("words", w.Words, "word", func(s string) bool { return strings.TrimSpace(plain(s)) != "" })
	of("tags", w.Tags, "tag", isTag)
	if !slices.Contains([]string{"", "awb", "booking", "any", "none"}, w.Refers) {
		c.Fault(at+".references", "%q is not awb, booking, any or none", w.Refers)
	}
	if w.Unsure != 0 && !(w.Unsure > 0 && w.Unsure <= 1) {
		c.Fault(at+".unsure", "is a confidence, more than 0 and at most 1")
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
		c.Fault(at, "does %d things, want one", set)
	}
	if a.Priority != "" && !isPriority(a.Priority) {
		c.Fault(at, "%q is not a priority", a.Priority)
	}
	if a.Tag != "" && !isTag(a.Tag) {
		c.Fault(at, "a tag has at most %d bytes", longestTag)
	}
	if a.Details != nil && len(a.Details) == 0 {
		c.Fault(at, "sets no detail")
	}
	if a.Status != "" && (!isStatus(a.Status) || a.Status == string(conversations.New)) {
		c.Fault(at, "%q is not a status to give", a.Status)
	}
	if m := a.Move; m != nil && c.desks != nil {
		if d, ok := c.desks.Find(m.Desk); !ok || !d.Has(m.Category) {
			c.Fault(at, "there is no category %q on a desk %q", m.Category, m.Desk)
		}
	}
	if a.Reply != "" && !c.known(a.Reply) {
		c.Fault(at, "no template is called %q", a.Reply)
	}
	if a.Offer != "" && c.desks != nil && c.desks.index(a.Offer) < 0 {
		c.Fault(at, "%q is no desk", a.Offer)
	}
}

// longestTag is how many bytes a tag may have.
const longestTag = 64

func isTag(s string) bool { return s != "" && len(s) <= longestTag }
