package routing

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/routing/hours"
	"github.com/caravan-desk/caravan/routing/sheet"
)

var (
	deskName  = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,31}$`)
	timeOfDay = regexp.MustCompile(`^([01]\d|2[0-3]):[0-5]\d$`)
)

// deskCheck looks through one desk.
type deskCheck struct{ *sheet.File }

// check is what can be said of the desk by itself.
func (c *deskCheck) check(d Desk) {
	switch {
	case !deskName.MatchString(d.Name):
		c.Fault("name", "%q is not a name: lower-case letters, digits, _ and -, at most 32", d.Name)
	case d.Name == DeskTriage || d.Name == DeskOther:
		c.Fault("name", "%q is built in", d.Name)
	}
	if len(d.Categories) == 0 {
		c.Fault("categories", "a desk needs at least one")
	}
	c.names("categories", d.Categories)
	for _, language := range slices.Sorted(maps.Keys(d.Phone.Press)) {
		if sentence := d.Phone.Press[language]; strings.Count(sentence, "%") != 1 || !strings.Contains(sentence, "%d") {
			c.Fault("phone.press."+language, "%q needs %%d once, for the key, and no other %%", sentence)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(d.Clocks)) {
		c.term(d, name, d.Clocks[name])
	}
	if d.Warn > Duration(conversations.AlarmLead) {
		c.Fault("warn", "is more than %s", Duration(conversations.AlarmLead))
	}
	c.ladder("escalation", d.Escalation)
	for i, s := range d.Skills {
		skill, err := ParseSkill(s)
		if err != nil || skill.Desk != d.Name || skill.Category != "" && !d.Has(skill.Category) || slices.Contains(d.Skills[:i], s) {
			c.Fault(fmt.Sprintf("skills[%d]", i), "%q is neither the desk nor one of its categories, or stands twice", s)
		}
	}
	c.moves(d)
	c.work(d)
	c.fields(d)
	c.rounds(d)
	c.documents(d)
}

// names checks a list of names of which none may stand twice.
func (c *deskCheck) names(where string, list []string) {
	for i, k := range list {
		if !deskName.MatchString(k) || slices.Contains(list[:i], k) {
			c.Fault(fmt.Sprintf("%s[%d]", where, i), "%q is not a name, or stands twice", k)
		}
	}
}

// categories checks that names are categories of the desk.
func (c *deskCheck) categories(d Desk, where string, names []string) {
	for i, k := range names {
		if !d.Has(k) {
			c.Fault(fmt.Sprintf("%s[%d]", where, i), "%q is not a category of the desk", k)
		}
	}
}

var standardClocks = []string{FirstResponse, NextResponse, Resolution, CallbackClock, Review, UnassignedClock, PendingClock}

func (c *deskCheck) term(d Desk, name string, t Term) {
	at := "clocks." + name
	standard := slices.Contains(standardClocks, name)
	switch {
	case !standard && t.Starts == "":
		c.Fault(at, "no such clock; one of the desk's own says what starts it")
	case standard && (t.Starts != "" || t.Categories != nil):
		c.Fault(at, "starts and categories are for clocks of the desk's own")
	case t.Starts != "" && t.Starts != Created && !isStatus(t.Starts):
		c.Fault(at+".starts", "%q is neither created nor a status", t.Starts)
	}
	if !deskName.MatchString(name) {
		c.Fault(at, "is not a name")
	}
	if _, ok := t.Within[Normal]; !ok {
		c.Fault(at, "gives no time for priority normal")
	}
	for _, p := range slices.Sorted(maps.Keys(t.Within)) {
		if !isPriority(p) {
			c.Fault(at, "%q is not a priority", p)
		}
		if t.Within[p] < Duration(time.Minute) {
			c.Fault(at, "%s is less than a minute", t.Within[p])
		}
	}
	if t.Pauses != nil {
		for i, by := range *t.Pauses {
			if !slices.Contains(conversations.Waits, by) {
				c.Fault(fmt.Sprintf("%s.pauses[%d]", at, i), "%q is not one of %v", by, conversations.Waits)
			}
		}
	}
	c.categories(d, at+".categories", t.Categories)
	if t.Warn != nil && *t.Warn > Duration(conversations.AlarmLead) {
		c.Fault(at+".warn", "is more than %s", Duration(conversations.AlarmLead))
	}
	c.ladder(at+".escalation", t.Escalation)
}

func (c *deskCheck) ladder(where string, rungs []Rung) {
	for i, r := range rungs {
		at := fmt.Sprintf("%s[%d]", where, i)
		if i > 0 && r.After <= rungs[i-1].After {
			c.Fault(at, "after is not later than the step before")
		}
		if !slices.Contains([]string{"officer", "supervisor", "admin"}, r.To) {
			c.Fault(at, "to: %q is not officer, supervisor or admin", r.To)
		}
		if r.Priority != "" && !isPriority(r.Priority) {
			c.Fault(at, "%q is not a priority", r.Priority)
		}
		if len(r.Tag) > longestTag {
			c.Fault(at+".tag", "is longer than %d bytes", longestTag)
		}
	}
}

// work checks who does what, and how it may go.
func (c *deskCheck) work(d Desk) {
	for _, k := range slices.Sorted(maps.Keys(d.Weights)) {
		if w := d.Weights[k]; !d.Has(k) || w < 1 || w > conversations.MaxWeight {
			c.Fault("weights."+k, "%d: a category of the desk weighs from 1 to %d", w, conversations.MaxWeight)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(d.Levels)) {
		if l := d.Levels[k]; !d.Has(k) || l < 1 || l > topLevel {
			c.Fault("levels."+k, "%d: a category of the desk asks for a level from 1 to %d", l, topLevel)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(d.Waits)) {
		if by := d.Waits[k]; k != "default" && !d.Has(k) || !slices.Contains(conversations.Waits, by) {
			c.Fault("waits."+k, "%q: want default or a category of the desk, and one of %v", by, conversations.Waits)
		}
	}
	c.names("dispositions.values", d.Dispositions.Values)
	if d.Dispositions.Required && len(d.Dispositions.Values) == 0 {
		c.Fault("dispositions", "one is required and there is none")
	}
	if !slices.Contains([]string{"", AWB, Booking}, d.Repeats) {
		c.Fault("repeats", "%q is neither awb nor booking", d.Repeats)
	}
	if !slices.Contains([]string{"", HandoverUnanswered, HandoverAll, HandoverNone}, d.Handover) {
		c.Fault("handover", "%q is not unanswered, all or none", d.Handover)
	}
}

func (c *deskCheck) fields(d Desk) {
	for i, f := range d.Fields {
		at := fmt.Sprintf("fields[%d]", i)
		if !deskName.MatchString(f.Name) || slices.ContainsFunc(d.Fields[:i], func(o Field) bool { return o.Name == f.Name }) {
			c.Fault(at, "%q is not a name, or stands twice", f.Name)
		}
		if !slices.Contains([]string{"", "awb", "booking"}, f.Reference) {
			c.Fault(at, "reference: %q is neither awb nor booking", f.Reference)
		}
		c.categories(d, at+".categories", f.Categories)
		for _, l := range documentLanguages {
			if len(f.Ask) > 0 && f.Ask[l] == "" {
				c.Fault(at+".ask", "lacks %s", l)
			}
		}
	}
}

// across is what can be said of the desk only beside the others.
func (c *deskCheck) across(d Desk, all Desks, calendars map[string]*hours.Calendar) {
	known := func(where, name string) {
		if name != "" && calendars[name] == nil {
			c.Fault(where, "no calendar is called %q; there are %s", name, strings.Join(slices.Sorted(maps.Keys(calendars)), ", "))
		}
	}
	known("calendar", d.Calendar)
	c.held(d, calendars)
	c.reached(d, calendars)
	for _, name := range slices.Sorted(maps.Keys(d.Clocks)) {
		known("clocks."+name+".calendar", d.Clocks[name].Calendar)
	}
	offers := func(where string, rungs []Rung) {
		for i, r := range rungs {
			if to, ok := all.Find(r.Offer); r.Offer != "" && r.Offer != DeskTriage && (!ok || to.Off || to.Name == d.Name) {
				c.Fault(fmt.Sprintf("%s[%d]", where, i), "offer: %q is not another desk", r.Offer)
			}
		}
	}
	offers("escalation", d.Escalation)
	for _, name := range slices.Sorted(maps.Keys(d.Clocks)) {
		offers("clocks."+name+".escalation", d.Clocks[name].Escalation)
	}
}

// templates checks that there are those that the desk names.
func (c *deskCheck) templates(d Desk, known func(template string) bool) {
	for _, occasion := range slices.Sorted(maps.Keys(d.Templates)) {
		if name := d.Templates[occasion]; !known(name) {
			c.Fault("templates."+occasion, "no template is called %q", name)
		}
	}
}

func isStatus(s string) bool { return slices.Contains(conversations.Statuses, conversations.Status(s)) }

func isPriority(s string) bool {
	return slices.Contains(conversations.Priorities, conversations.Priority(s))
}
