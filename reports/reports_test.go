package reports

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/caravan-desk/caravan/conversations"
)

var monday = time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)

func after(minutes int) time.Time { return monday.Add(time.Duration(minutes) * time.Minute) }

var (
	customer = conversations.Author{Type: conversations.ByCustomer, ID: "k7"}
	aisyah   = conversations.Author{Type: conversations.ByOfficer, ID: "o1", Name: "Aisyah"}
	omar     = conversations.Author{Type: conversations.ByOfficer, ID: "o2", Name: "Omar"}
)

func status(from, to conversations.Status) map[string]conversations.Delta {
	return map[string]conversations.Delta{"status": {From: from, To: to}}
}

// life is a held shipment: asked, given, answered, asked again, solved, taken up
// again by the customer, and solved at last.
func life() (conversations.Conversation, []conversations.Event) {
	c := conversations.Conversation{
		ID: "1042", Desk: "trace", Category: "held_in_customs", Status: conversations.Solved, Priority: conversations.High, CreatedAt: monday, UpdatedAt: after(900),
		Contact: conversations.ContactRef{ID: "k7"}, Assignee: &conversations.OfficerRef{ID: "o1", Name: "Aisyah"}, Language: "ar",
		References: []conversations.Reference{{Kind: "awb", Value: "1", Carrier: "smsa"}},
		Clocks: []conversations.Clock{
			{Name: "first_response", DueAt: after(60), State: conversations.Met},
			{Name: "resolution", DueAt: after(2880), State: conversations.Met},
			{Name: "customs", DueAt: after(600), State: conversations.Breached},
		},
	}
	to := &conversations.OfficerRef{ID: "o1", Name: "Aisyah"}
	return c, []conversations.Event{
		{Type: conversations.EventOpened, At: monday, By: conversations.System},
		{Type: conversations.EventReceived, At: monday, By: customer},
		{Type: conversations.EventAssigned, At: after(1), By: conversations.System, Changes: map[string]conversations.Delta{"assignee": {To: to}}},
		{Type: conversations.EventQueued, At: after(2), By: conversations.System},
		{Type: conversations.EventQueued, At: after(30), By: aisyah},
		{Type: conversations.EventChanged, At: after(30), By: aisyah, Changes: status(conversations.New, conversations.Open)},
		{Type: conversations.EventStatus, At: after(31), By: conversations.System, Changes: map[string]conversations.Delta{"status": {To: "sent"}}},
		{Type: conversations.EventReceived, At: after(40), By: customer},
		{Type: conversations.EventBreached, At: after(601), By: conversations.System, Changes: map[string]conversations.Delta{"clock": {To: "customs"}, "due_at": {To: after(600)}}},
		{Type: conversations.EventChanged, At: after(700), By: omar, Changes: status(conversations.Open, conversations.Solved)},
		{Type: conversations.EventReceived, At: after(800), By: customer},
		{Type: conversations.EventChanged, At: after(800), By: customer, Changes: status(conversations.Solved, conversations.Open)},
		{Type: conversations.EventChanged, At: after(900), By: aisyah, Changes: status(conversations.Open, conversations.Solved)},
	}
}

func TestFold(t *testing.T) {
	c, events := life()
	raw, err := json.Marshal(events) // as it comes back from the store
	if err != nil {
		t.Fatal(err)
	}
	var stored []conversations.Event
	if err := json.Unmarshal(raw, &stored); err != nil {
		t.Fatal(err)
	}
	for name, events := range map[string][]conversations.Event{"as made": events, "as stored": stored} {
		k := Fold(c, events, nil, after(1000))
		if k.Answered != after(30) || k.Answerer != "o1" || k.After != 2 || k.Reopened != 1 || k.Ended != after(900) || k.ByOfficer {
			t.Errorf("%s: %+v", name, k)
		}
		if len(k.Replies) != 1 || len(k.Given) != 1 || len(k.Solved) != 2 || k.Solved[0].By != "o2" || len(k.Breached) != 1 || k.Breached[0] != (Breach{"customs", after(600)}) {
			t.Errorf("%s: %+v", name, k)
		}
	}
}

func TestOfficerWroteFirst(t *testing.T) {
	k := Fold(conversations.Conversation{ID: "1", CreatedAt: monday}, []conversations.Event{
		{Type: conversations.EventQueued, At: monday, By: omar},
		{Type: conversations.EventReceived, At: after(5), By: customer},
		{Type: conversations.EventQueued, At: after(9), By: omar},
	}, nil, after(10))
	if !k.ByOfficer || !k.Answered.IsZero() || len(k.Replies) != 2 {
		t.Errorf("%+v", k)
	}
}

// value is a metric's figure for some cases, over all time.
func value(t *testing.T, report, metric string, cases ...Case) string {
	t.Helper()
	r, ok := Find(report)
	if !ok {
		t.Fatal("no report", report)
	}
	table, err := r.Make(cases, Query{From: monday.AddDate(-1, 0, 0), To: monday.AddDate(1, 0, 0)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(table.Columns, func(c Column) bool { return c.Name == metric })
	if i < 0 {
		t.Fatal("no metric", metric)
	}
	if f := table.Total.Values[i]; f.Value != nil {
		return fmt.Sprint(*f.Value, " of ", f.N)
	}
	return "nothing"
}

func TestMetrics(t *testing.T) {
	c, events := life()
	one := Fold(c, events, nil, after(1000))
	at := after(130)
	call := func(s conversations.CallbackStatus, kept *time.Time) conversations.Callback {
		return conversations.Callback{Status: s, RequestedAt: monday, DueAt: after(120), KeptAt: kept, Attempts: []conversations.CallAttempt{{At: after(100)}, {At: after(125)}}}
	}
	early := after(110)
	inquiry := Fold(conversations.Conversation{ID: "9", Desk: "booking", Category: "new_booking", Status: conversations.Open, CreatedAt: monday, Contact: conversations.ContactRef{ID: "k9"},
		Clocks: []conversations.Clock{{Name: "first_response", DueAt: after(60), State: conversations.Running}}}, []conversations.Event{
		{Type: conversations.EventReceived, At: monday, By: customer},
		{Type: conversations.EventQueued, At: after(180), By: omar},
		{Type: conversations.EventBooking, At: after(200), By: conversations.System, Changes: map[string]conversations.Delta{"stage": {To: "confirmed"}}},
	}, []conversations.Callback{call(conversations.CallbackKept, &early), call(conversations.CallbackKept, &at), call(conversations.CallbackBroken, nil), call(conversations.CallbackCanceled, nil)}, after(1000))
	point := func(n int) *int { return &n }
	for kind, scores := range map[conversations.SurveyKind][]*int{conversations.CSAT: {point(5), point(3), nil}, conversations.NPS: {point(10), point(9), point(3)}} {
		for _, n := range scores {
			one.Conversation.Surveys = append(one.Conversation.Surveys, conversations.Survey{Kind: kind, AskedAt: after(950), Score: n})
		}
	}
	for _, w := range []struct{ report, metric, want string }{
		{"volume", "opened", "2 of 2"}, {"volume", "solved", "2 of 2"}, {"volume", "reopened", "1 of 1"}, {"volume", "replies", "2 of 2"},
		{"first_response", "first_response_median", "30 of 2"}, {"first_response", "first_response_p90", "180 of 2"}, {"first_response", "first_response_2h", "50 of 2"},
		{"first_response", "first_response_in_time", "50 of 2"},
		{"tat", "closed_in_tat", "100 of 1"}, {"tat", "tat_median", "900 of 1"},
		{"held_clearance", "held", "1 of 1"}, {"held_clearance", "cleared_in_tat", "0 of 1"}, {"held_clearance", "deviations", "1 of 1"},
		{"complaints", "complaints", "0 of 0"}, {"complaints", "complaints_in_time", "nothing"},
		{"first_contact", "first_contact", "0 of 1"},
		{"callbacks", "promises", "4 of 4"}, {"callbacks", "kept", "66.7 of 3"}, {"callbacks", "kept_on_time", "33.3 of 3"}, {"callbacks", "attempts", "2 of 3"}, {"callbacks", "ring_to_talk", "10 of 2"},
		{"conversion", "inquiries", "1 of 1"}, {"conversion", "conversion", "100 of 1"},
		{"retention", "retention", "50 of 2"},
		{"officers", "given", "1 of 1"}, {"officers", "in_hand", "0 of 0"},
		{"feedback", "csat", "4 of 2"}, {"feedback", "csat_responses", "66.7 of 3"}, {"feedback", "nps", "33.3 of 3"},
	} {
		if got := value(t, w.report, w.metric, one, inquiry); got != w.want {
			t.Errorf("%s/%s: %s, want %s", w.report, w.metric, got, w.want)
		}
	}
}

// TestTileEqualsDrillDown makes every figure of every report again from the list
// behind it, by a definition of its own.
func TestTileEqualsDrillDown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cases := rapid.SliceOfN(rapid.Custom(drawCase), 0, 12).Draw(t, "cases")
		q := Query{From: after(rapid.IntRange(0, 500).Draw(t, "from")), To: after(rapid.IntRange(500, 2000).Draw(t, "to")), Zone: time.UTC,
			Desk: rapid.SampledFrom([]string{"", "trace"}).Draw(t, "desk"), GroupBy: rapid.SampledFrom(append(slices.Clone(Groups), "")).Draw(t, "group by")}
		for _, r := range Reports {
			table, err := r.Make(cases, q, nil)
			if err != nil {
				t.Fatal(err)
			}
			for i, m := range r.Metrics {
				items, err := r.Behind(m.Name, cases, q)
				if err != nil {
					t.Fatal(err)
				}
				holds(t, m, table.Total.Values[i], items)
				for _, item := range items {
					if item.At != nil && (item.At.Before(q.From) || !item.At.Before(q.To)) {
						t.Fatalf("%s: %v is not from %v until %v", m.Name, item.At, q.From, q.To)
					}
				}
				n := 0
				for _, row := range table.Rows {
					n += row.Values[i].N
					holds(t, m, row.Values[i], slices.DeleteFunc(slices.Clone(items), func(i Item) bool { return i.Group != row.Group }))
				}
				if q.GroupBy != "" && n != table.Total.Values[i].N {
					t.Fatalf("%s/%s: rows have %d, total %d", r.Name, m.Name, n, table.Total.Values[i].N)
				}
			}
		}
	})
}

// holds recounts a figure from its list.
func holds(t *rapid.T, m Metric, f Figure, items []Item) {
	if f.N != len(items) {
		t.Fatalf("%s: %d observations, the list has %d", m.Name, f.N, len(items))
	}
	if f.Value == nil {
		if len(items) > 0 || m.By == Count {
			t.Fatalf("%s: no value of %d", m.Name, len(items))
		}
		return
	}
	var sum float64
	below := 0
	for _, i := range items {
		sum += i.Value
		if math.Round(10*i.Value)/10 <= *f.Value {
			below++
		}
	}
	n, ok := float64(len(items)), false
	switch m.By {
	case Count:
		ok = *f.Value == n
	case Share:
		ok = math.Abs(*f.Value-100*sum/n) <= 0.051
	case Mean:
		ok = math.Abs(*f.Value-sum/n) <= 0.051
	case Median:
		ok = float64(below) >= n/2
	case P90:
		ok = float64(below) >= 0.9*n
	}
	if !ok {
		t.Fatalf("%s: %v of %v", m.Name, *f.Value, items)
	}
}

func drawCase(t *rapid.T) Case {
	c, events := life()
	c.ID = conversations.NewID(rapid.Uint64Range(1, 99).Draw(t, "id"))
	c.Desk = rapid.SampledFrom([]string{"trace", "booking"}).Draw(t, "desk")
	c.Category = rapid.SampledFrom([]string{"held_in_customs", "complaint", "new_booking"}).Draw(t, "category")
	if rapid.Bool().Draw(t, "nobody's") {
		c.Assignee = nil
	}
	c.Status = rapid.SampledFrom(conversations.Statuses).Draw(t, "status")
	shift := time.Duration(rapid.IntRange(0, 1000).Draw(t, "shift")) * time.Minute
	c.CreatedAt = c.CreatedAt.Add(shift)
	for i := range events {
		events[i].At = events[i].At.Add(shift)
	}
	cb := conversations.Callback{Status: rapid.SampledFrom([]conversations.CallbackStatus{conversations.CallbackKept, conversations.CallbackBroken, conversations.CallbackScheduled}).Draw(t, "promise"),
		RequestedAt: c.CreatedAt, DueAt: c.CreatedAt.Add(time.Hour), Owner: &conversations.OfficerRef{ID: "o2"}}
	k := Fold(c, events[:rapid.IntRange(0, len(events)).Draw(t, "so far")], []conversations.Callback{cb}, after(3000))
	for range rapid.IntRange(0, 3).Draw(t, "rounds") {
		l := Looked{Desk: "trace", Round: rapid.SampledFrom([]string{"unassigned", "open_traces"}).Draw(t, "round"), At: c.CreatedAt.Add(time.Hour)}
		if rapid.Bool().Draw(t, "seen") {
			l.Tick = &conversations.Tick{Outcome: "progressing", By: conversations.OfficerRef{ID: "o2"}}
		}
		k.Looked = append(k.Looked, l)
	}
	return k
}

func TestReportsAreWhole(t *testing.T) {
	defined := map[string]string{}
	for _, r := range Reports {
		if r.Name == "" || r.Title == "" || len(r.Metrics) == 0 {
			t.Errorf("%+v", r)
		}
		for _, m := range r.Metrics {
			if m.Name == "" || m.Title == "" || m.Unit == "" || m.Of == nil || !slices.Contains([]string{Count, Share, Mean, Median, P90}, m.By) {
				t.Errorf("%s: %+v", r.Name, m)
			}
			if was, again := defined[m.Name]; again && was != fmt.Sprintf("%p %s %s", m.Of, m.By, m.Unit) {
				t.Errorf("%s has two definitions", m.Name)
			}
			defined[m.Name] = fmt.Sprintf("%p %s %s", m.Of, m.By, m.Unit)
		}
	}
	if _, ok := Find("nothing"); ok {
		t.Error("found what is not there")
	}
	if _, err := Reports[0].Behind("opened", nil, Query{GroupBy: "shoe size"}); err == nil {
		t.Error("grouped by shoe size")
	}
	if _, err := Reports[0].Behind("nothing", nil, Query{}); err == nil {
		t.Error("a metric that is not there")
	}
}
