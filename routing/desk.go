package routing

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/caravan-desk/caravan/routing/hours"
)

// Desk is a kind of work: what comes to it, how fast, and who does it. It is read from
// a YAML file, one desk a file; docs/desks.md says what each key means.
type Desk struct {
	Name         string              `yaml:"name"`    // in addresses, skills and filters: lower-case letters, digits, _ and -
	Title        string              `yaml:"title"`   // as officers read it
	Extends      string              `yaml:"extends"` // a built-in desk to start from: what the file gives replaces that desk's, in maps key by key
	Off          bool                `yaml:"off"`     // the file is checked, and the desk not opened
	Calendar     string              `yaml:"calendar"`
	Categories   []string            `yaml:"categories"`   // what a conversation of this desk can be about
	Fields       []Field             `yaml:"fields"`       // what the desk must know to work on one
	Moves        map[string][]string `yaml:"moves"`        // status → those it may go to; one left out may go anywhere
	Dispositions Dispositions        `yaml:"dispositions"` // how one can end
	Waits        map[string]string   `yaml:"waits"`        // category, or default → for whom it waits on hold: carrier, customs, embassy
	Clocks       map[string]Term     `yaml:"clocks"`
	Warn         Duration            `yaml:"warn"`       // before a clock is due; 0: not
	Escalation   []Rung              `yaml:"escalation"` // after a clock is breached, until somebody acknowledges it
	Handover     string              `yaml:"handover"`   // at the end of a shift its officer gives away: unanswered (if empty), all, none
	Rounds       []Round             `yaml:"rounds"`
	Weights      map[string]int      `yaml:"weights"`   // category → how much of an officer's capacity one takes; 1 if left out
	Levels       map[string]int      `yaml:"levels"`    // category → the least level of skill; 1 if left out
	Skills       []string            `yaml:"skills"`    // what an officer may hold: the desk, or desk/category; `:2` to `:5` after it is his level
	Templates    map[string]string   `yaml:"templates"` // occasion → name of a template
	AskAfter     Duration            `yaml:"ask_after"` // how long what is missing is waited for before the customer is asked
	Repeats      string              `yaml:"repeats"`   // awb or booking: of what shares one, all but the oldest is tagged secondary; empty: nothing is
	Documents    []Document          `yaml:"documents"` // needed of every traveller, and asked for until they are there
	Chase        Duration            `yaml:"chase"`     // between two askings for them; 0: a day
	Phone        Phone               `yaml:"phone"`     // its place in the telephone's menu

	almanac *almanacShelf // the calendars there are, of all desks together
	offered []string      // offers, once it was worked out
	own     []string      // the clocks that it has named itself, in order
}

// Field is something the desk must know: one of the conversation's details, or filled by
// a reference of a kind.
type Field struct {
	Name       string   `yaml:"name" json:"name"`
	Title      string   `yaml:"title" json:"title"`
	Reference  string   `yaml:"reference" json:"reference,omitempty"`   // awb or booking
	Categories []string `yaml:"categories" json:"categories,omitempty"` // which want it; all if empty
	// Ask is how customers are asked for it, by language: en, ar, ms; one without it they are not asked for.
	Ask map[string]string `yaml:"ask" json:"ask,omitempty"`
}

// Dispositions are the words for how a conversation ended.
type Dispositions struct {
	Required bool     `yaml:"required" json:"required"` // it cannot be solved without one
	Values   []string `yaml:"values" json:"values"`
}

// Rung is one step of a ladder, climbed so long after the breach.
type Rung struct {
	After    Duration `yaml:"after" json:"after"`
	To       string   `yaml:"to" json:"to"`                       // who is told: officer, supervisor or admin
	Priority string   `yaml:"priority" json:"priority,omitempty"` // to which it is raised
	Tag      string   `yaml:"tag" json:"tag,omitempty"`           // put on it
	Offer    string   `yaml:"offer" json:"offer,omitempty"`       // a desk whose officers may take it too from then on, if nobody has it
}

// Phone is a desk's place in the telephone's menu.
type Phone struct {
	Order int               `yaml:"order"` // of the desks in the menu; those of one order by name
	Press map[string]string `yaml:"press"` // language → what a caller hears; %d is the key. Without any the desk is not in the menu
}

// Round is a review that is held again and again: who looks at what, and how it can end.
type Round struct {
	Name     string   `yaml:"name" json:"name"`
	Title    string   `yaml:"title" json:"title"`
	Every    Duration `yaml:"every" json:"every,omitempty"` // or
	At       []string `yaml:"at" json:"at,omitempty"`       // times of the day in the desk's calendar: "10:00"
	Covers   Covers   `yaml:"covers" json:"covers"`
	Outcomes []string `yaml:"outcomes" json:"outcomes,omitempty"`
}

// Covers selects what a round looks at; see conversations.ReviewScope.
type Covers struct {
	Unassigned bool     `yaml:"unassigned" json:"unassigned,omitempty"`
	Statuses   []string `yaml:"statuses" json:"statuses,omitempty"`
	Tags       []string `yaml:"tags" json:"tags,omitempty"` // beside what is in the statuses, what has one of them
	Categories []string `yaml:"categories" json:"categories,omitempty"`
}

// What an officer gives away at the end of his shift.
const (
	HandoverUnanswered = "unanswered"
	HandoverAll        = "all"
	HandoverNone       = "none"
)

// Within is how long the desk gives a clock at a priority; ok is false if it does not keep that clock.
func (d Desk) Within(clock, priority string) (time.Duration, bool) {
	t, ok := d.Clocks[clock]
	return t.within(priority), ok
}

// Has reports whether a category belongs to the desk.
func (d Desk) Has(category string) bool { return slices.Contains(d.Categories, category) }

// Weight is how much of an officer's capacity a conversation takes.
func (d Desk) Weight(category string) int { return max(1, d.Weights[category]) }

// Level is the least level of skill a category asks for.
func (d Desk) Level(category string) int { return max(1, d.Levels[category]) }

// Hours are the calendar of that name, or the desk's own. One that is not there was a fault at loading.
func (d *Desk) Hours(name string) *hours.Calendar {
	if c := d.almanac.calendar(cmp.Or(name, d.Calendar, always.Name)); c != nil {
		return c
	}
	return always
}

var always = hours.Always(time.UTC)

// Calendar is the one of a name, or nil.
func (ds Desks) Calendar(name string) *hours.Calendar {
	for i := range ds {
		if c := ds[i].almanac.calendar(name); c != nil {
			return c
		}
	}
	return nil
}

// Desks is every desk of a gateway, triage last.
type Desks []Desk

// OnPhone are the desks that a caller may choose, in the order of the menu.
func (ds Desks) OnPhone() []Desk {
	out := slices.DeleteFunc(slices.Clone(ds), func(d Desk) bool { return len(d.Phone.Press) == 0 })
	slices.SortStableFunc(out, func(a, b Desk) int {
		return cmp.Or(cmp.Compare(a.Phone.Order, b.Phone.Order), cmp.Compare(a.Name, b.Name))
	})
	return out
}

// Find returns the desk of that name.
func (ds Desks) Find(name string) (Desk, bool) {
	if i := ds.index(name); i >= 0 {
		return ds[i], true
	}
	return Desk{}, false
}

func (ds Desks) index(name string) int {
	for i := range ds {
		if ds[i].Name == name {
			return i
		}
	}
	return -1
}

// of is the desk of that name, or triage.
func (ds Desks) of(name string) *Desk {
	if i := ds.index(name); i >= 0 {
		return &ds[i]
	}
	return &triage
}

// Doubt is the confidence under which a person decides what a message is about. Of the
// messages under it that were not trained on, the desk is right in about half; above it
// in more than nine of ten (docs/understanding.md).
const Doubt = 0.20

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
	Clocks: map[string]Term{
		UnassignedClock: {Within: Target{Normal: Duration(30 * time.Minute)}}, FirstResponse: {Within: Target{Normal: Duration(2 * time.Hour)}},
	},
	Warn:       Duration(10 * time.Minute),
	Escalation: []Rung{{After: Duration(30 * time.Minute), To: "supervisor"}},
	Skills:     []string{DeskTriage},
	Templates:  map[string]string{},
}
