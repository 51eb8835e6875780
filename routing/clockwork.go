package routing

import (
	"time"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/routing/hours"
)

// facts are a conversation's as far as its clocks go.
func (ds Desks) facts(c *conversations.Conversation) ClockFacts {
	unassigned := c.CreatedAt
	if !c.Times.Released.IsZero() {
		unassigned = c.Times.Released
	}
	return ClockFacts{
		Desk: *ds.of(c.Desk), Category: c.Category, Priority: string(c.Priority), Status: string(c.Status), CreatedAt: c.CreatedAt,
		OfficerStarted: c.Times.Waiting.IsZero() && c.Times.Answered.IsZero(), FirstReplyAt: c.Times.Answered,
		UnansweredSince: c.Times.Waiting, UnassignedSince: unassigned, AssignedAt: c.Times.Assigned,
		StatusSince: c.Times.Status, ReviewedAt: c.Times.Reviewed, SolvedAt: c.Times.Solved, Pauses: c.Pauses,
	}
}

// ClocksOf folds a conversation's clocks with its desk's terms, as they stood when it was
// changed last.
func (ds Desks) ClocksOf(c conversations.Conversation) []conversations.Clock {
	return ds.clocksAt(&c, c.UpdatedAt)
}

// Wind folds the clocks of what a change leaves; it is a conversations.Clockwork.
func (ds Desks) Wind(ch *conversations.Change) { ds.wind(ch, ch.After.UpdatedAt) }

// wind folds them as they stand at an instant, and tells of it by the same calendars.
func (ds Desks) wind(ch *conversations.Change, now time.Time) {
	for told := ch.Events; ; {
		hung := ds.shelf().hung.Load()
		if ch.Before != nil {
			ch.Events = append(told, ds.meanwhile(ch.Before, now)...)
		}
		ch.After.Clocks = ds.clocksAt(&ch.After, now)
		if ds.shelf().hung.Load() == hung {
			return
		}
	}
}

// clocksAt folds a conversation's clocks as they stand at an instant. The steps of a
// ladder that were taken stay taken unless the clock is due later than it was then.
func (ds Desks) clocksAt(c *conversations.Conversation, now time.Time) []conversations.Clock {
	f := ds.facts(c)
	var room [8]Clock
	folded := f.fold(room[:0], now)
	promised := 0
	for i := range c.Clocks {
		if c.Clocks[i].Name == CallbackClock {
			promised++
		}
	}
	out := make([]conversations.Clock, 0, len(folded)+promised)
	for i := range folded {
		k := &folded[i]
		clock := conversations.Clock{Name: k.Name, DueAt: k.DueAt, State: conversations.ClockState(k.State), Late: k.Late}
		if k.PausedBy != "" {
			by := k.PausedBy
			clock.PausedBy = &by
		}
		out = append(out, clock)
	}
	for _, k := range c.Clocks { // the promise keeps its own
		if k.Name == CallbackClock {
			out = append(out, k)
		}
	}
	for i := range out {
		k := &out[i]
		for _, was := range c.Clocks {
			if was.Step > 0 && was.Name == k.Name && !k.DueAt.After(was.DueAt) {
				k.Step, k.Ack = was.Step, was.Ack
			}
		}
		k.NextAt = f.Desk.next(k, f.Priority)
	}
	return out
}

// The first two steps of every ladder; the desk's rungs follow.
const (
	stepWarn = iota
	stepBreach
	stepEscalate
)

// next is when the clock's next step comes; zero if none does.
func (d *Desk) next(k *conversations.Clock, priority string) time.Time {
	if !k.Going() {
		return time.Time{}
	}
	if k.Step <= stepWarn {
		term := d.Clocks[k.Name]
		if lead := d.warning(&term); lead > 0 && (k.Name == CallbackClock || term.within(priority) >= 2*lead) {
			return k.DueAt.Add(-lead) // a promise to ring is always long enough
		}
	}
	if k.Step <= stepBreach {
		return k.DueAt
	}
	rungs := d.Ladder(k.Name)
	if i := k.Step - stepEscalate; i < len(rungs) && k.Ack == "" {
		return k.DueAt.Add(time.Duration(rungs[i].After))
	}
	return time.Time{}
}

// Warning is how long before a clock is due somebody is warned; clocks shorter than twice
// that have no warning.
func (d *Desk) Warning(clock string) time.Duration {
	term := d.Clocks[clock]
	return d.warning(&term)
}

func (d *Desk) warning(term *Term) time.Duration {
	if term.Warn != nil {
		return time.Duration(*term.Warn)
	}
	return time.Duration(d.Warn)
}

// Ladder is what follows the breach of a clock.
func (d *Desk) Ladder(clock string) []Rung {
	if own := d.Clocks[clock].Escalation; own != nil {
		return own
	}
	return d.Escalation
}

// Explained is a clock with every stretch of time that it counted, or did not and why.
type Explained struct {
	Name     string                   `json:"name"`
	State    conversations.ClockState `json:"state"`
	From     time.Time                `json:"from"`
	Within   string                   `json:"within" doc:"Working time that it gives, such as 4h"`
	DueAt    time.Time                `json:"due_at"`
	Calendar string                   `json:"calendar"`
	Counted  string                   `json:"counted" doc:"Working time that has gone by"`
	PausedBy *string                  `json:"paused_by"`
	Step     int                      `json:"step"`
	Pieces   []hours.Piece            `json:"intervals"`
}

// Explain tells of each clock how it came to be due when it is: the intervals from its
// beginning until it stopped, is due or now, whichever comes last.
func (ds Desks) Explain(c conversations.Conversation, now time.Time) []Explained {
	f := ds.facts(&c)
	shown := ds.clocksAt(&c, now)
	var out []Explained
	for i, k := range Clocks(f, now) {
		end := now
		if !k.done.IsZero() {
			end = k.done
		}
		counted := k.calendar.Count(k.From, end, k.pauses)
		out = append(out, Explained{
			Name: k.Name, State: shown[i].State, From: k.From, Within: Duration(k.Within).String(), DueAt: k.DueAt,
			Calendar: k.calendar.Name, Counted: Duration(counted.Truncate(time.Second)).String(), PausedBy: shown[i].PausedBy,
			Step: shown[i].Step, Pieces: k.calendar.Explain(k.From, latest(end, k.DueAt), k.pauses),
		})
	}
	return out
}
