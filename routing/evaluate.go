package routing

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"
)

// Measure is how well messages were understood: shares of right answers from 0 to 1,
// and F1 where answers can be missing or too many.
type Measure struct {
	Messages   int     `json:"messages"`
	Desk       float64 `json:"desk"`
	Category   float64 `json:"category"`    // share with desk and category right
	CategoryF1 float64 `json:"category_f1"` // mean over the categories, so that rare ones count as much
	Language   float64 `json:"language"`
	Priority   float64 `json:"priority"`
	References float64 `json:"references_f1"`
	Callback   float64 `json:"callback_f1"`
}

// Confusion is a category taken for another, and how often.
type Confusion struct {
	Want, Got string
	Times     int
}

// Report is what Evaluate found.
type Report struct {
	All        Measure            `json:"all"`
	Languages  map[string]Measure `json:"languages"`
	Categories map[string]float64 `json:"categories"` // F1
	Confusions []Confusion        `json:"confusions"` // most frequent first
}

// evaluated is the instant at which relative times of examples are read; it decides
// nothing but whether a journey is near.
var evaluated = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)

// Evaluate asks the classifier about every example and compares.
func (c *Classifier) Evaluate(examples []Example) Report {
	t := newTally()
	for _, e := range examples {
		t.add(e, c)
	}
	return t.report()
}

// tally counts right and wrong answers.
type tally struct {
	all      *count
	by       map[string]*count // language
	confused map[[2]string]int
}

func newTally() *tally {
	return &tally{newCount(), map[string]*count{}, map[[2]string]int{}}
}

// add asks the classifier about one example.
func (t *tally) add(e Example, c *Classifier) {
	u := c.Classify(Text{ID: e.ID, Channel: e.Channel, Subject: e.Subject, Body: e.Text}, evaluated, time.UTC)
	t.all.add(e.Want, u)
	if t.by[e.Want.Language] == nil {
		t.by[e.Want.Language] = newCount()
	}
	t.by[e.Want.Language].add(e.Want, u)
	if want, got := e.Want.Desk+"/"+e.Want.Category, u.Desk+"/"+u.Category; want != got && e.Want.Category != "" {
		t.confused[[2]string{want, got}]++
	}
}

func (t *tally) report() Report {
	r := Report{All: t.all.measure(), Languages: map[string]Measure{}, Categories: map[string]float64{}}
	for language, n := range t.by {
		r.Languages[language] = n.measure()
	}
	for category, n := range t.all.categories {
		r.Categories[category] = round3(n.f1())
	}
	for pair, n := range t.confused {
		r.Confusions = append(r.Confusions, Confusion{pair[0], pair[1], n})
	}
	slices.SortFunc(r.Confusions, func(a, b Confusion) int {
		return cmp.Or(cmp.Compare(b.Times, a.Times), strings.Compare(a.Want+a.Got, b.Want+b.Got))
	})
	r.Confusions = r.Confusions[:min(len(r.Confusions), 60)]
	return r
}

// yield counts what was found, what was wanted, and what was both.
type yield struct{ both, found, wanted int }

func (y *yield) add(wanted, found bool) {
	if wanted {
		y.wanted++
	}
	if found {
		y.found++
	}
	if wanted && found {
		y.both++
	}
}

// f1 is the harmonic mean of precision and recall; nothing wanted and nothing found is right.
func (y yield) f1() float64 {
	if y.found+y.wanted == 0 {
		return 1
	}
	return 2 * float64(y.both) / float64(y.found+y.wanted)
}

// share counts the right answers among those that are known.
type share struct{ right, known int }

func (s *share) add(known, right bool) {
	if known {
		s.known++
	}
	if known && right {
		s.right++
	}
}

func (s share) of() float64 { return round3(float64(s.right) / float64(max(s.known, 1))) }

type count struct {
	n                              int
	desk, both, language, priority share
	categories                     map[string]*yield
	references, callback           yield
}

func newCount() *count { return &count{categories: map[string]*yield{}} }

func (n *count) add(w Want, u Understanding) {
	n.n++
	n.language.add(w.Language != "", u.Language == w.Language)
	n.priority.add(w.Priority != "", u.Priority == w.Priority)
	if w.Callback != nil { // a correction tells nothing of calls and numbers
		n.calls(w, u)
	}
	if w.Category == "" {
		return
	}
	n.desk.add(true, u.Desk == w.Desk)
	n.both.add(true, u.Desk == w.Desk && u.Category == w.Category)
	for _, category := range []string{w.Category, u.Category} {
		if n.categories[category] == nil {
			n.categories[category] = &yield{}
		}
		if n.categories[category].add(category == w.Category, category == u.Category); w.Category == u.Category {
			break
		}
	}
}

// calls counts the call-back wish and the references.
func (n *count) calls(w Want, u Understanding) {
	n.callback.add(*w.Callback, u.Callback.Requested)
	n.references.found += len(u.References)
	n.references.wanted += len(w.References)
	for _, r := range w.References {
		if slices.ContainsFunc(u.References, func(o Reference) bool { return o.Kind == r.Kind && o.Value == r.Value }) {
			n.references.both++
		}
	}
}

func (n *count) measure() Measure {
	f1 := 0.0
	for _, y := range n.categories {
		f1 += y.f1()
	}
	return Measure{Messages: n.n, Desk: n.desk.of(), Category: n.both.of(), CategoryF1: round3(f1 / float64(max(len(n.categories), 1))),
		Language: n.language.of(), Priority: n.priority.of(), References: round3(n.references.f1()), Callback: round3(n.callback.f1())}
}

func round3(x float64) float64 { return math.Round(x*1000) / 1000 }

// Write prints the report as a table: a row a language, then the categories and what is
// most often taken for what.
func (r Report) Write(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%-8s %8s %6s %8s %6s %8s %8s %6s %8s\n", "", "messages", "desk", "category", "F1", "language", "priority", "refs", "callback")
	row := func(name string, m Measure) {
		fmt.Fprintf(&b, "%-8s %8d %6.3f %8.3f %6.3f %8.3f %8.3f %6.3f %8.3f\n", name, m.Messages, m.Desk, m.Category, m.CategoryF1, m.Language, m.Priority, m.References, m.Callback)
	}
	for _, language := range append(languages[:], mixed) {
		if m, ok := r.Languages[language]; ok {
			row(language, m)
		}
	}
	row("all", r.All)
	b.WriteByte('\n')
	for _, l := range labels {
		if f1, ok := r.Categories[l.category]; ok && !(l.category == "complaint" && l.desk == DeskBooking) {
			fmt.Fprintf(&b, "%-24s %.3f\n", l.category, f1)
		}
	}
	b.WriteByte('\n')
	for _, c := range r.Confusions[:min(len(r.Confusions), 12)] {
		fmt.Fprintf(&b, "%3d× %s taken for %s\n", c.Times, c.Want, c.Got)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// tolerance is the loss that may well be chance, of a measurement on n messages: about two
// thirds of the standard error of a share, since most messages are understood as before.
func tolerance(n int) float64 { return 0.3 / math.Sqrt(float64(max(n, 1))) }

// Worse says in words what a report does worse than another on the same messages; empty
// if nothing.
func (r Report) Worse(than Report) string {
	var out []string
	for _, q := range []struct {
		name          string
		before, after float64
		part          int // of the messages bear on it: one in so many
	}{
		{"desk", than.All.Desk, r.All.Desk, 1}, {"category", than.All.Category, r.All.Category, 1}, {"priority", than.All.Priority, r.All.Priority, 1},
		{"category F1", than.All.CategoryF1, r.All.CategoryF1, 4}, {"call-back", than.All.Callback, r.All.Callback, 20},
	} {
		if q.after < q.before-tolerance(r.All.Messages/q.part) {
			out = append(out, fmt.Sprintf("%s %.3f, was %.3f", q.name, q.after, q.before))
		}
	}
	return strings.Join(out, "; ")
}
