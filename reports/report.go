package reports

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// Query is what a report is asked for: points in [From, To), of one desk or of all.
type Query struct {
	From, To time.Time
	Desk     string
	GroupBy  string         // one of Groups, or empty for one row
	Zone     *time.Location // whose days, weeks and months are meant
}

// Groups are what rows can be made by.
var Groups = []string{"desk", "category", "officer", "channel", "language", "priority", "carrier", "status", "round", "clock", "hour", "day", "week", "month"}

// ErrGroup says that rows cannot be made by what was asked for.
var ErrGroup = errors.New("cannot be grouped by that")

// Table is a report's figures.
type Table struct {
	Name    string    `json:"name"`
	Title   string    `json:"title"`
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Desk    string    `json:"desk,omitempty"`
	GroupBy string    `json:"group_by,omitempty"`
	Columns []Column  `json:"columns"`
	Rows    []Row     `json:"rows" doc:"One a group, in order; none where nothing is grouped"`
	Total   Row       `json:"total"`
}

// Column is what a figure means.
type Column struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Unit  string `json:"unit" enum:"conversations,percent,minutes,calls,answers,points"`
}

// Row is the figures of one group, in the order of the columns.
type Row struct {
	Group  string   `json:"group,omitempty"`
	Title  string   `json:"title,omitempty" doc:"For people, where the group is an ID"`
	Values []Figure `json:"values"`
}

// Figure is one value, and how many observations it was made of.
type Figure struct {
	Value *float64 `json:"value" doc:"null where nothing was observed"`
	N     int      `json:"n"`
}

// Item is an observation behind a figure.
type Item struct {
	Conversation conversations.ID        `json:"conversation"`
	Group        string                  `json:"group,omitempty"`
	At           *time.Time              `json:"at,omitempty" doc:"Left out for what is so now"`
	Value        float64                 `json:"value"`
	Officer      conversations.OfficerID `json:"officer,omitempty"`
}

// Make folds cases into a report's table.
func (r Report) Make(cases []Case, q Query, officers map[conversations.OfficerID]string) (Table, error) {
	t := Table{Name: r.Name, Title: r.Title, From: q.From, To: q.To, Desk: q.Desk, GroupBy: q.GroupBy, Rows: []Row{}}
	groups := map[string][][]float64{}
	all := make([][]float64, len(r.Metrics))
	t.Columns = r.Columns()
	for i, m := range r.Metrics {
		items, err := r.Behind(m.Name, cases, q)
		if err != nil {
			return Table{}, err
		}
		for _, item := range items {
			if groups[item.Group] == nil {
				groups[item.Group] = make([][]float64, len(r.Metrics))
			}
			groups[item.Group][i] = append(groups[item.Group][i], item.Value)
			all[i] = append(all[i], item.Value)
		}
	}
	t.Total = r.row("", all)
	if q.GroupBy == "" {
		return t, nil
	}
	for group, values := range groups {
		row := r.row(group, values)
		if q.GroupBy == "officer" {
			row.Title = officers[conversations.OfficerID(group)]
		}
		t.Rows = append(t.Rows, row)
	}
	slices.SortFunc(t.Rows, func(a, b Row) int { return cmp.Compare(a.Group, b.Group) })
	return t, nil
}

// Columns say what the figures of the report mean.
func (r Report) Columns() []Column {
	out := make([]Column, len(r.Metrics))
	for i, m := range r.Metrics {
		out[i] = Column{m.Name, m.Title, m.Unit}
	}
	return out
}

func (r Report) row(group string, values [][]float64) Row {
	row := Row{Group: group}
	for i, m := range r.Metrics {
		row.Values = append(row.Values, m.figure(values[i]))
	}
	return row
}

// Behind lists the observations that a metric of the report is made of, the oldest
// first: a tile and its drill-down are one list.
func (r Report) Behind(metric string, cases []Case, q Query) ([]Item, error) {
	m, ok := r.metric(metric)
	if !ok {
		return nil, fmt.Errorf("%s has no metric %q", r.Name, metric)
	}
	if q.GroupBy != "" && !slices.Contains(Groups, q.GroupBy) {
		return nil, fmt.Errorf("%q: %w: %s", q.GroupBy, ErrGroup, strings.Join(Groups, ", "))
	}
	var out []Item
	for i := range cases {
		k := &cases[i]
		for _, p := range m.Of(k) {
			if p.Desk = cmp.Or(p.Desk, k.Conversation.Desk); q.Desk != "" && p.Desk != q.Desk {
				continue
			}
			if !p.At.IsZero() && (p.At.Before(q.From) || !p.At.Before(q.To)) {
				continue
			}
			if p.Officer == "" && k.Conversation.Assignee != nil {
				p.Officer = k.Conversation.Assignee.ID
			}
			item := Item{Conversation: k.Conversation.ID, Group: group(k, p, q), Value: p.Value, Officer: p.Officer}
			if at := p.At; !at.IsZero() {
				item.At = &at
			}
			out = append(out, item)
		}
	}
	slices.SortStableFunc(out, func(a, b Item) int { return at(a).Compare(at(b)) })
	return out, nil
}

func at(i Item) time.Time {
	if i.At == nil {
		return time.Time{}
	}
	return *i.At
}

// figure is what values make together, to one decimal.
func (m Metric) figure(values []float64) Figure {
	f := Figure{N: len(values)}
	if len(values) == 0 && m.By != Count {
		return f
	}
	sorted, sum := slices.Sorted(slices.Values(values)), 0.0
	for _, v := range values {
		sum += v
	}
	v := float64(len(values))
	switch m.By {
	case Share:
		v = 100 * sum / v
	case Mean:
		v = sum / v
	case Median:
		v = quantile(sorted, 0.5)
	case P90:
		v = quantile(sorted, 0.9)
	}
	v = math.Round(10*v) / 10
	f.Value = &v
	return f
}

// quantile is the least value that a share q of them does not exceed (nearest rank).
func quantile(sorted []float64, q float64) float64 {
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)]
}

// group is the row that a point belongs to.
func group(k *Case, p Point, q Query) string {
	c, at := &k.Conversation, p.At
	if q.Zone != nil {
		at = at.In(q.Zone)
	}
	switch q.GroupBy {
	case "desk":
		return p.Desk
	case "round":
		return p.Round
	case "clock":
		return p.Clock
	case "category":
		return c.Category
	case "officer":
		return string(p.Officer)
	case "channel":
		if len(c.Channels) > 0 {
			return string(c.Channels[0])
		}
	case "language":
		return c.Language
	case "priority":
		return string(c.Priority)
	case "carrier":
		for _, r := range c.References {
			if r.Carrier != "" {
				return r.Carrier
			}
		}
	case "status":
		return string(c.Status)
	}
	if p.At.IsZero() {
		return ""
	}
	switch q.GroupBy {
	case "hour":
		return at.Format("2006-01-02T15")
	case "day":
		return at.Format(time.DateOnly)
	case "week":
		year, week := at.ISOWeek()
		return fmt.Sprintf("%d-W%02d", year, week)
	case "month":
		return at.Format("2006-01")
	}
	return ""
}
