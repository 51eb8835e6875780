package routing

import (
	"slices"
	"time"
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
	Name     string    `json:"name"`
	DueAt    time.Time `json:"due_at"`
	State    string    `json:"state"`
	PausedBy string    `json:"paused_by,omitempty"` // customer, carrier, customs, embassy
}

// Pause is a stretch in which it was not our turn.
type Pause struct {
	From, To time.Time // To is zero while it lasts
	By       string    // whose turn it was: customer, carrier, customs, embassy
}

// ClockFacts is what happened to a conversation, as folded from its events. Times that
// have not come are zero.
type ClockFacts struct {
	Desk     Desk
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
// is ever stored as elapsed time, so a changed rule or a late event needs only a second
// call. Hours count around the clock.
func Clocks(f ClockFacts, now time.Time) []Clock {
	var out []Clock
	open := f.Status != "solved" && f.Status != "closed"
	add := func(name string, from, done time.Time) {
		if within, ok := f.Desk.Within(name, f.Priority); ok && !from.IsZero() {
			out = append(out, clock(name, from.Add(within), done, now))
		}
	}
	if !f.OfficerStarted {
		add(FirstResponse, f.CreatedAt, firstOf(f.FirstReplyAt, f.SolvedAt))
	}
	if open && (f.OfficerStarted || !f.FirstReplyAt.IsZero()) {
		add(NextResponse, f.UnansweredSince, time.Time{})
	}
	if within, ok := f.Desk.Within(Resolution, f.Priority); ok {
		out = append(out, f.resolution(within, open, now))
	}
	add(CallbackClock, f.CallbackAsked, f.CallbackKept)
	if open {
		add(Review, latest(f.CreatedAt, f.ReviewedAt), time.Time{})
		add(UnassignedClock, f.UnassignedSince, after(f.AssignedAt, f.UnassignedSince))
	}
	if f.Status == "pending" {
		add(PendingClock, f.StatusSince, time.Time{})
	}
	return out
}

// clock judges one that cannot pause: met or breached by when it was done, else by now.
func clock(name string, due, done, now time.Time) Clock {
	c := Clock{Name: name, DueAt: due, State: Running}
	switch {
	case !done.IsZero() && !done.After(due):
		c.State = Met
	case !done.IsZero() || !now.Before(due):
		c.State = Breached
	}
	return c
}

// resolution is the one clock that stands still in other people's time: every pause
// begun before it is due moves it.
func (f ClockFacts) resolution(within time.Duration, open bool, now time.Time) Clock {
	end := now
	done := time.Time{}
	if !open {
		done = f.SolvedAt
		end = done
	}
	due := f.CreatedAt.Add(within)
	by := ""
	for _, p := range f.Pauses {
		from, to := latest(p.From, f.CreatedAt), p.To
		if !from.Before(due) || from.After(end) {
			continue
		}
		if to.IsZero() || to.After(end) {
			to = end
			if p.To.IsZero() && open {
				by = p.By
			}
		}
		if to.After(from) {
			due = due.Add(to.Sub(from))
		}
	}
	c := clock(Resolution, due, done, now)
	if by != "" && c.State == Running {
		c.State, c.PausedBy = Paused, by
	}
	return c
}

// NextDue is the earliest time at which a running clock of these breaches; ok is false if none runs.
func NextDue(clocks []Clock) (due time.Time, ok bool) {
	for _, c := range clocks {
		if c.State == Running && (!ok || c.DueAt.Before(due)) {
			due, ok = c.DueAt, true
		}
	}
	return due, ok
}

// Overdue reports whether any of the clocks is breached.
func Overdue(clocks []Clock) bool {
	return slices.ContainsFunc(clocks, func(c Clock) bool { return c.State == Breached })
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
