package routing

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/routing/hours"
)

// moves checks where conversations may go, and that each can come to its end.
func (c *deskCheck) moves(d Desk) {
	before := len(c.Faults())
	for _, from := range slices.Sorted(maps.Keys(d.Moves)) {
		if !isStatus(from) {
			c.Fault("moves."+from, "%q is not a status", from)
		}
		for i, to := range d.Moves[from] {
			at := fmt.Sprintf("moves.%s[%d]", from, i)
			switch {
			case !isStatus(to):
				c.Fault(at, "%q is not a status", to)
			case to == from || slices.Contains(d.Moves[from][:i], to):
				c.Fault(at, "%s to %s says nothing, or stands twice", from, to)
			}
		}
	}
	if len(c.Faults()) > before {
		return
	}
	for _, s := range conversations.LiveStatuses {
		if from := string(s); d.Moves[from] != nil && !d.ends(from, map[string]bool{}) {
			c.Fault("moves."+from, "what is %s could never be solved: no way leads there", from)
		}
	}
}

// ends reports whether a way leads from a status to solved or closed; seen are those on the way.
func (d *Desk) ends(from string, seen map[string]bool) bool {
	moves, set := d.Moves[from]
	if !set || !conversations.Status(from).Live() {
		return true // it may go anywhere, or is there
	}
	seen[from] = true
	return slices.ContainsFunc(moves, func(to string) bool { return !seen[to] && d.ends(to, seen) })
}

// How often a round may be held.
const (
	leastRound = Duration(time.Second)
	mostRound  = Duration(31 * 24 * time.Hour)
)

// rounds checks when each is held, and what it covers.
func (c *deskCheck) rounds(d Desk) {
	for i, r := range d.Rounds {
		at := fmt.Sprintf("rounds[%d]", i)
		if !deskName.MatchString(r.Name) || slices.ContainsFunc(d.Rounds[:i], func(o Round) bool { return o.Name == r.Name }) {
			c.Fault(at, "%q is not a name, or stands twice", r.Name)
		}
		switch {
		case c.Bad(at+".every") || c.Bad(at+".at"):
		case (r.Every != 0) == (len(r.At) > 0):
			c.Fault(at, "wants either every or at")
		case r.Every != 0 && (r.Every < leastRound || r.Every > mostRound):
			c.Fault(at+".every", "%s is not between %s and %s", r.Every, leastRound, mostRound)
		}
		for k, t := range r.At {
			if !timeOfDay.MatchString(t) || slices.Contains(r.At[:k], t) {
				c.Fault(fmt.Sprintf("%s.at[%d]", at, k), "%q is not a time of the day such as 10:00, or stands twice", t)
			}
		}
		for k, s := range r.Covers.Statuses {
			if !slices.Contains(conversations.LiveStatuses, conversations.Status(s)) {
				c.Fault(fmt.Sprintf("%s.covers.statuses[%d]", at, k), "%q is not a status of what has not ended: %s", s, joined(conversations.LiveStatuses))
			}
		}
		c.categories(d, at+".covers.categories", r.Covers.Categories)
		c.names(at+".outcomes", r.Outcomes)
	}
}

// held checks that each round falls within the desk's hours at all: the search begins on the
// first of each month of a year, so that one month's own hours hide nothing.
func (c *deskCheck) held(d Desk, calendars map[string]*hours.Calendar) {
	open := calendars[cmp.Or(d.Calendar, always.Name)]
	if open == nil || len(c.Faults()) > 0 {
		return
	}
	for i := range d.Rounds {
		never := true
		for month := time.January; never && month <= time.December; month++ {
			_, ok := d.Rounds[i].Next(time.Date(2026, month, 1, 0, 0, 0, 0, time.UTC), open)
			never = !ok
		}
		if never {
			c.Fault(fmt.Sprintf("rounds[%d]", i), "is never held: none of its times is within the hours of %s", open.Title)
		}
	}
}

// yearsMost is in how many years of a team's work a clock must be due.
const yearsMost = 3

// reached checks that the team ever works for as long as the clocks give.
func (c *deskCheck) reached(d Desk, calendars map[string]*hours.Calendar) {
	begin := time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
	for _, name := range slices.Sorted(maps.Keys(d.Clocks)) {
		t := d.Clocks[name]
		team := calendars[cmp.Or(t.Calendar, d.Calendar, always.Name)]
		if team == nil {
			continue
		}
		works := Duration(team.Count(begin, begin.AddDate(yearsMost, 0, 0), nil))
		for _, p := range slices.Sorted(maps.Keys(t.Within)) {
			if t.Within[p] > works {
				c.Fault("clocks."+name, "%s is more than the hours of %s have in %d years", t.Within[p], team.Title, yearsMost)
			}
		}
	}
}

func joined[S ~string](list []S) string {
	var out []string
	for _, s := range list {
		out = append(out, string(s))
	}
	return strings.Join(out, ", ")
}
