package routing

import (
	"slices"
	"time"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/routing/hours"
)

// Names of the clocks every desk may set.
const (
	FirstResponse   = "first_response"
	NextResponse    = "next_response"
	Resolution      = "resolution"
	CallbackClock   = "callback"
	Review          = "review"
	UnassignedClock = "unassigned"
	PendingClock    = "pending"
)

// States of a clock.
const (
	Running  = "running"
	Paused   = "paused"
	Met      = "met"
	Breached = "breached"
)

// Clock is one promise to the customer, or to the desk's own rules, and how it stands.
type Clock struct {
	Name     string
	DueAt    time.Time // while it is paused: when it would be due if it went on now
	State    string
	PausedBy string        // customer, carrier, customs, embassy
	Late     bool          // breached, and stopped since
	From     time.Time     // what it counts from
	Within   time.Duration // how much working time it gives

	calendar *hours.Calendar
	pauses   []hours.Pause // in which it stood still; the last is open while it is paused
	done     time.Time
}

// Pause is a stretch in which it was not our turn.
type Pause = conversations.Pause

// ClockFacts is what happened to a conversation, as folded from its events. Times that
// have not come are zero.
type ClockFacts struct {
	Desk     Desk
	Category string
	Priority string
	Status   string // new, open, pending, on_hold, solved, closed

	CreatedAt       time.Time // the first message, whoever wrote it
	OfficerStarted  bool      // we wrote first: no first response is owed
	FirstReplyAt    time.Time
	UnansweredSince time.Time // the oldest message of the customer's after our last reply
	UnassignedSince time.Time // when it last had no officer
	AssignedAt      time.Time // when it last got one
	StatusSince     time.Time
	ReviewedAt      time.Time // last review by an officer
	SolvedAt        time.Time
	CallbackAsked   time.Time // the open, or last, promise to ring
	CallbackKept    time.Time
	Pauses          []Pause // in order, not overlapping
}

// Clocks folds the facts into the clocks as they stand at now, in a fixed order. Nothing
// is ever stored as elapsed time, so a changed rule, a moved holiday or a late event needs
// only a second call.
func Clocks(f ClockFacts, now time.Time) []Clock { return f.fold(nil, now) }

// fold adds the clocks to out.
func (f *ClockFacts) fold(out []Clock, now time.Time) []Clock {
	open := f.Status != "solved" && f.Status != "closed"
	add := func(name string, from, done time.Time) {
		if from.IsZero() {
			return
		}
		if term, ok := f.Desk.Clocks[name]; ok {
			out = f.clock(out, name, &term, from, done, now)
		}
	}
	if !f.OfficerStarted {
		add(FirstResponse, f.CreatedAt, firstOf(f.FirstReplyAt, f.SolvedAt))
	}
	if open && (f.OfficerStarted || !f.FirstReplyAt.IsZero()) {
		add(NextResponse, f.UnansweredSince, time.Time{})
	}
	add(Resolution, f.CreatedAt, f.SolvedAt)
	add(CallbackClock, f.CallbackAsked, f.CallbackKept)
	if open {
		add(Review, latest(f.CreatedAt, f.ReviewedAt), time.Time{})
		add(UnassignedClock, f.UnassignedSince, after(f.AssignedAt, f.UnassignedSince))
	}
	if f.Status == "pending" {
		add(PendingClock, f.StatusSince, time.Time{})
	}
	return f.own(out, now)
}

// own adds the clocks that the desk has named itself, by name.
func (f *ClockFacts) own(out []Clock, now time.Time) []Clock {
	for _, name := range f.Desk.own {
		switch term := f.Desk.Clocks[name]; {
		case !term.covers(f.Category):
		case term.Starts == Created:
			out = f.clock(out, name, &term, f.CreatedAt, f.SolvedAt, now)
		case term.Starts == f.Status:
			out = f.clock(out, name, &term, f.StatusSince, time.Time{}, now)
		}
	}
	return out
}

// clock judges one and adds it: met or breached by when it was done, else by now. One
// that is never due is left out.
func (f *ClockFacts) clock(out []Clock, name string, term *Term, from, done, now time.Time) []Clock {
	c := Clock{
		Name: name, State: Running, From: from, Within: term.within(f.Priority),
		calendar: f.Desk.Hours(term.Calendar), done: done,
	}
	c.pauses = f.stood(name, term, from)
	end := now
	if !done.IsZero() {
		end = done
	}
	counted := c.pauses
	if n := len(counted); n > 0 && counted[n-1].To.IsZero() {
		counted = slices.Clone(counted)
		counted[n-1].To = latest(end, counted[n-1].From)
		if done.IsZero() {
			c.PausedBy = counted[n-1].Why
		}
	}
	var ok bool
	if c.DueAt, ok = c.calendar.Due(from, c.Within, counted); !ok {
		return out
	}
	switch {
	case !done.IsZero() && !done.After(c.DueAt):
		c.State = Met
	case !done.IsZero():
		c.State, c.Late = Breached, true
	case c.PausedBy != "" && c.pauses[len(c.pauses)-1].From.Before(c.DueAt):
		c.State = Paused
	case !now.Before(c.DueAt):
		c.State = Breached
	}
	if c.State != Paused {
		c.PausedBy = ""
	}
	return append(out, c)
}

// stood are the pauses in which a clock stands still.
func (f *ClockFacts) stood(name string, term *Term, from time.Time) []hours.Pause {
	var out []hours.Pause
	for _, p := range f.Pauses {
		by := p.By
		if by == "" {
			by = f.Desk.waitsFor(f.Category)
		}
		if slices.Contains(term.PausesOf(name), by) && (p.To.IsZero() || p.To.After(from)) {
			out = append(out, hours.Pause{From: latest(p.From, from), To: p.To, Why: by})
		}
	}
	return out
}

// waitsFor is for whom a category waits while it is on hold and nobody said for whom.
func (d *Desk) waitsFor(category string) string {
	if by, ok := d.Waits[category]; ok {
		return by
	}
	if by, ok := d.Waits["default"]; ok {
		return by
	}
	return conversations.ByCarrier
}

func firstOf(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// after is t if it is not before from, else zero: an assignment before the last release does not count.
func after(t, from time.Time) time.Time {
	if t.Before(from) {
		return time.Time{}
	}
	return t
}
