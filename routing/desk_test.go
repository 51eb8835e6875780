package routing

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

func TestBuiltinDesks(t *testing.T) {
	ds, err := LoadDesks()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range labels {
		name := l.desk
		if name == DeskOther {
			name = DeskTriage
		}
		if d, ok := ds.Find(name); !ok || !d.Has(l.category) {
			t.Errorf("%s does not take %s", name, l.category)
		}
	}
	for _, c := range []struct {
		desk, clock, priority string
		want                  time.Duration
	}{
		{DeskTrace, UnassignedClock, Normal, 30 * time.Minute}, {DeskTrace, Review, Urgent, 12 * time.Hour},
		{DeskTrace, PendingClock, Low, 16 * time.Hour}, {DeskTrace, CallbackClock, Normal, 24 * time.Hour},
		{DeskBooking, FirstResponse, Normal, 2 * time.Hour}, {DeskBooking, FirstResponse, Urgent, 30 * time.Minute},
		{DeskTriage, UnassignedClock, High, 30 * time.Minute},
	} {
		d, _ := ds.Find(c.desk)
		if got, ok := d.Within(c.clock, c.priority); !ok || got != c.want {
			t.Errorf("%s %s %s: %v", c.desk, c.clock, c.priority, got)
		}
	}
}

const orders = "name: orders\ntitle: Orders\ncategories: [invoice, letter_of_credit]\nclocks:\n  first_response: 1d\n  resolution: {normal: 3d, urgent: 90m}\nskills: [orders, orders/invoice]\ntemplates: {acknowledgement: ack}\n"

func TestADeskIsData(t *testing.T) {
	ds, err := LoadDesks(BuiltinDesks(), fstest.MapFS{"orders.yaml": {Data: []byte(orders)}, "README.md": {Data: []byte("x")}})
	if err != nil {
		t.Fatal(err)
	}
	d, ok := ds.Find("orders")
	if w, _ := d.Within(Resolution, High); !ok || len(ds) != 4 || w != 72*time.Hour || ds[len(ds)-1].Name != DeskTriage {
		t.Errorf("%+v", ds)
	}
	if w, _ := d.Within(FirstResponse, Urgent); w != 24*time.Hour {
		t.Error(w)
	}
	if _, ok := d.Within(Review, Normal); ok {
		t.Error("keeps a clock nobody gave it")
	}
}

func TestLaterFolderReplaces(t *testing.T) {
	mine := strings.Replace(orders, "name: orders", "name: trace", 1)
	mine = strings.Replace(mine, "skills: [orders, orders/invoice]", "skills: [trace]", 1)
	ds, err := LoadDesks(BuiltinDesks(), fstest.MapFS{"trace.yaml": {Data: []byte(mine)}})
	if err != nil {
		t.Fatal(err)
	}
	if d, _ := ds.Find(DeskTrace); d.Title != "Orders" || len(ds) != 3 {
		t.Errorf("%+v", d)
	}
}

func TestDeskFaults(t *testing.T) {
	for _, c := range []struct {
		name, yaml string
		want       []string
	}{
		{"unknown key", "name: a\ncolour: red\n", []string{"d.yaml:2: ", "colour"}},
		{"not YAML", "name: [", []string{"d.yaml:1: "}},
		{"no categories", "name: a\n", []string{"categories: a desk needs at least one"}},
		{"bad name", "title: x\nname: A B\ncategories: [x]\n", []string{`d.yaml:2: name: "A B"`}},
		{"reserved", "name: triage\ncategories: [x]\n", []string{"d.yaml:1: name", "built in"}},
		{"twice", "name: a\ncategories:\n  - x\n  - x\n", []string{`d.yaml:4: categories[1]: "x"`}},
		{"no such clock", "name: a\ncategories: [x]\nclocks:\n  lunch: 1h\n", []string{"d.yaml:4: clocks.lunch: no such clock"}},
		{"bad duration", "name: a\ncategories: [x]\nclocks:\n  review: soon\n", []string{"d.yaml:", `"soon" is not a duration`}},
		{"negative", "name: a\ncategories: [x]\nclocks:\n  review: -1h\n", []string{`"-1h" is not a duration`}},
		{"no normal", "name: a\ncategories: [x]\nclocks:\n  review: {urgent: 1h}\n", []string{"d.yaml:4: clocks.review: gives no time for priority normal"}},
		{"bad priority", "name: a\ncategories: [x]\nclocks:\n  review: {normal: 1h, vip: 1m}\n", []string{`"vip" is not a priority`}},
		{"skill", "name: a\ncategories: [x]\nskills: [a/y, b]\n", []string{`skills[0]: "a/y"`, `skills[1]: "b"`}},
	} {
		_, err := LoadDesks(fstest.MapFS{"d.yaml": {Data: []byte(c.yaml)}})
		if err == nil {
			t.Errorf("%s: no error", c.name)
			continue
		}
		for _, w := range c.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %q lacks %q", c.name, err, w)
			}
		}
	}
	if _, err := LoadDesks(fstest.MapFS{}); err == nil {
		t.Error("an empty folder is no desk")
	}
}

func TestPlace(t *testing.T) {
	ds, err := LoadDesks()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		u    Understanding
		want string
	}{
		{Understanding{Desk: DeskTrace, Category: "claim", Confidence: 0.9}, DeskTrace},
		{Understanding{Desk: DeskTrace, Category: "claim", Confidence: Doubt / 2}, DeskTriage},
		{Understanding{Desk: DeskOther, Category: "spam", Confidence: 0.9}, DeskTriage},
		{Understanding{Desk: "orders", Category: "invoice", Confidence: 0.9}, DeskTriage},
		{Understanding{Desk: DeskTrace, Category: "visa_documents", Confidence: 0.9}, DeskTriage},
	} {
		got, why := ds.Place(c.u)
		if got != c.want || (why == "") != (got == c.u.Desk) {
			t.Errorf("%+v: %s, %q", c.u, got, why)
		}
	}
	if !slices.IsSortedFunc(ds[:len(ds)-1], func(a, b Desk) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("desks come in the order of their files")
	}
}

// TestOrdersIsADesk: the desk that is shipped switched off opens by a file of two lines,
// and one that extends a built-in desk has what it does not replace.
func TestOrdersIsADesk(t *testing.T) {
	ds, err := LoadDesks()
	if err != nil {
		t.Fatal(err)
	}
	if _, on := ds.Find("orders"); on {
		t.Error("orders is open though it is switched off")
	}
	ds, err = LoadDesks(BuiltinDesks(), fstest.MapFS{
		"orders.yaml": {Data: []byte("extends: orders\n")},
		"trace.yaml":  {Data: []byte("extends: trace\nwarn: 5m\nclocks:\n  first_response: 2h\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	o, on := ds.Find("orders")
	if !on || !o.Dispositions.Required || o.Weight("letter_of_credit") != 3 || o.Hours("").Name != "riyadh" {
		t.Errorf("orders: %v %+v", on, o)
	}
	d, _ := ds.Find(DeskTrace)
	first, _ := d.Within(FirstResponse, Urgent)
	review, ok := d.Within(Review, Normal)
	if first != 2*time.Hour || !ok || review != 12*time.Hour || time.Duration(d.Warn) != 5*time.Minute || len(d.Rounds) != 3 {
		t.Errorf("first response %s, review %s %v, warn %s, %d rounds", first, review, ok, time.Duration(d.Warn), len(d.Rounds))
	}
}

// TestDeskRulesForOfficers: moves, dispositions, and what is missing.
func TestDeskRulesForOfficers(t *testing.T) {
	ds, err := LoadDesks(fstest.MapFS{"orders.yaml": {Data: []byte("extends: orders\n")}})
	if err != nil {
		t.Fatal(err)
	}
	c := conversations.Conversation{Desk: "orders", Category: "letter_of_credit", Status: conversations.Open}
	to := func(s conversations.Status, ending string) conversations.Conversation {
		after := c
		after.Status, after.Disposition = s, ending
		return after
	}
	for _, k := range []struct {
		after conversations.Conversation
		want  string // the field that is refused
	}{
		{to(conversations.Pending, ""), ""}, {to(conversations.New, ""), "status"}, {to(conversations.Solved, ""), "disposition"},
		{to(conversations.Solved, "paid"), ""}, {to(conversations.Solved, "eaten"), "disposition"}, {to(conversations.Open, "eaten"), "disposition"},
	} {
		err := ds.Allow(c, k.after)
		var bad *conversations.InvalidError
		if errors.As(err, &bad) != (k.want != "") || bad != nil && bad.Fields[k.want] == "" {
			t.Errorf("to %s %q: %v", k.after.Status, k.after.Disposition, err)
		}
	}
	names := func(c conversations.Conversation) (out []string) {
		for _, f := range ds.Missing(c) {
			out = append(out, f.Name)
		}
		return out
	}
	if got := names(c); !slices.Equal(got, []string{"order_number", "credit_number", "presentation_date"}) {
		t.Errorf("missing %v", got)
	}
	c.Category, c.Details = "invoice", map[string]string{"order_number": "7"}
	if got := names(c); len(got) != 0 {
		t.Errorf("missing %v", got)
	}
}
