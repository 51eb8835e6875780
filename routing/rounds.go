package routing

import (
	"slices"
	"strconv"
	"time"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/routing/hours"
)

// A round is held at the instants that its desk names, as far as they fall within the
// desk's hours: at times of the day on the desk's wall clock, or every so often, counted
// in UTC from 1970 so that every gateway counts alike.

// searched is how far instants are looked for: a desk that is closed for longer holds no round.
const searched = 40 * 24 * time.Hour

// Last is the latest instant at or before now at which the round is held; ok is false if there is none.
func (r *Round) Last(now time.Time, open *hours.Calendar) (at time.Time, ok bool) {
	return r.seek(now, -1, open)
}

// Next is the first instant after t at which the round is held.
func (r *Round) Next(t time.Time, open *hours.Calendar) (at time.Time, ok bool) {
	return r.seek(t.Add(1), 1, open)
}

// seek goes from instant to instant until the desk is open: backwards from the latest not
// after t, or forwards from the first not before it.
func (r *Round) seek(t time.Time, way int, open *hours.Calendar) (time.Time, bool) {
	limit := t.Add(time.Duration(way) * searched)
	for at := range r.instants(t, way, open.Zone()) {
		if way > 0 && at.After(limit) || way < 0 && at.Before(limit) {
			break
		}
		if open.Open(at) {
			return at, true
		}
	}
	return time.Time{}, false
}

// instants are all there are from t on, one way or the other; they do not end.
func (r *Round) instants(t time.Time, way int, zone *time.Location) func(yield func(time.Time) bool) {
	if every := time.Duration(r.Every); every > 0 {
		return func(yield func(time.Time) bool) {
			at := time.Unix(0, 0).UTC().Add(t.Sub(time.Unix(0, 0)).Truncate(every))
			if way > 0 && at.Before(t) {
				at = at.Add(every)
			}
			for ; yield(at); at = at.Add(time.Duration(way) * every) {
			}
		}
	}
	return func(yield func(time.Time) bool) {
		y, m, d := t.In(zone).Date()
		for day := -way; ; day += way { // a change of clocks may put a time onto the day beside
			var of []time.Time
			for _, text := range r.At {
				hour, _ := strconv.Atoi(text[:2])
				minute, _ := strconv.Atoi(text[3:])
				of = append(of, time.Date(y, m, d+day, hour, minute, 0, 0, zone).UTC())
			}
			slices.SortFunc(of, func(a, b time.Time) int { return way * a.Compare(b) })
			for _, at := range of {
				if (way > 0 && at.Before(t) || way < 0 && at.After(t)) || yield(at) {
					continue
				}
				return
			}
		}
	}
}

// review is the round's holding at an instant.
func (d *Desk) review(r *Round, due, now time.Time, state conversations.ReviewState) conversations.Review {
	ends, ok := r.Next(due, d.Hours(""))
	if !ok {
		ends = due.Add(searched)
	}
	covers := conversations.ReviewScope{Unassigned: r.Covers.Unassigned, Tags: r.Covers.Tags, Categories: r.Covers.Categories}
	for _, s := range r.Covers.Statuses {
		covers.Statuses = append(covers.Statuses, conversations.Status(s))
	}
	title := r.Title
	if title == "" {
		title = words(r.Name)
	}
	return conversations.Review{
		ID: conversations.NewReviewID(d.Name, r.Name, due), Desk: d.Name, Round: r.Name, Title: title, State: state,
		DueAt: due, BeganAt: now, EndsAt: ends, Covers: covers, Outcomes: r.Outcomes, Ended: map[string]int{},
	}
}
