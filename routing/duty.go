package routing

import (
	"context"
	"sync"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// duty remembers who is on duty, for a moment: every claim on it is checked.
type duty struct {
	mu    sync.Mutex
	since map[conversations.OfficerID]time.Time // when each was last given something
	now   onDuty
	until time.Time

	off    map[conversations.OfficerID]bool // who has a shift, and whether he is off it
	left   map[conversations.OfficerID]bool // who was switched off for good
	anyOff bool
}

// onDuty is who takes new work, as far as was known a moment ago.
type onDuty struct {
	officers []Officer
	docs     []conversations.Officer // of the same places
	room     string                  // the room there was before their state was read
	reading  uint64                  // counts how often it was read
	crowded  bool                    // somebody waits
}

// doc is the officer's document.
func (d onDuty) doc(id string) (conversations.Officer, bool) {
	for i, o := range d.officers {
		if o.ID == id {
			c := d.docs[i]
			c.Load = o.Load
			return c, true
		}
	}
	return conversations.Officer{}, false
}

// dutyTerm is how long the officers' state is remembered.
const dutyTerm = time.Second

func (d *duty) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.until = time.Time{}
}

// given notes a claim made on a reading, so that the next choice counts it. A later
// reading may count it already: one too many would let somebody wait for no reason,
// one too few is found out by the claim.
func (d *duty) given(id conversations.OfficerID, taken int, reading uint64, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.since == nil {
		d.since = map[conversations.OfficerID]time.Time{}
	}
	d.since[id] = now
	for i := range d.now.officers {
		if o := &d.now.officers[i]; o.ID == string(id) && d.now.reading == reading {
			o.Load += taken
			o.Since = now
		}
	}
}

// crowd notes that somebody waits.
func (d *duty) crowd() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now.crowded = true
}

func (d *duty) crowded() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now.crowded
}

// choose picks on the state as it is known, while nobody changes it.
func (d *duty) choose(need Need, now time.Time) (o conversations.Officer, reading uint64, why string, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	to, why, ok := Choose(need, d.now.officers, now)
	if ok {
		o, ok = d.now.doc(to)
	}
	return o, d.now.reading, why, ok
}

// officer is one who is on duty.
func (d *duty) officer(id conversations.OfficerID) (o conversations.Officer, reading uint64, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	o, ok = d.now.doc(string(id))
	return o, d.now.reading, ok
}

// look brings what is known of the officers up to date; it returns the room
// there was before.
func (r *Router) look(ctx context.Context, now time.Time) (room string, err error) {
	d := &r.duty
	d.mu.Lock()
	defer d.mu.Unlock()
	if now.Before(d.until) {
		return d.now.room, nil
	}
	if room, err = r.Queues.Room(ctx); err != nil {
		return "", err
	}
	all, err := r.Officers.Officers(ctx)
	if err != nil {
		return "", err
	}
	heads, err := r.Queues.Heads(ctx, r.queues(func(Need) bool { return true }))
	if err != nil {
		return "", err
	}
	d.now, d.until = onDuty{room: room, reading: d.now.reading + 1, crowded: len(heads) > 0}, now.Add(dutyTerm)
	for _, o := range all {
		if o.Availability != conversations.Available || o.Disabled || !r.Desks.onShift(o, now) {
			continue
		}
		d.now.docs = append(d.now.docs, o)
		d.now.officers = append(d.now.officers, Officer{
			ID: string(o.ID), Name: o.Name, Skills: o.Skills, Languages: o.Languages,
			Capacity: o.Capacity, Load: o.Load, Since: d.since[o.ID],
		})
	}
	return room, nil
}
