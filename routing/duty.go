package routing

import (
	"context"
	"sync"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// duty remembers who is on duty, for a moment: every claim on it is checked.
type duty struct {
	mu       sync.Mutex
	officers []conversations.Officer
	since    map[conversations.OfficerID]time.Time // when each was last given something
	room     string
	until    time.Time
}

// dutyTerm is how long the officers' state is remembered.
const dutyTerm = time.Second

func (d *duty) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.until = time.Time{}
}

// given notes a claim, so that the next choice counts it.
func (d *duty) given(id conversations.OfficerID, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.since == nil {
		d.since = map[conversations.OfficerID]time.Time{}
	}
	d.since[id] = now
	for i := range d.officers {
		if d.officers[i].ID == id {
			d.officers[i].Load++
		}
	}
}

// onDuty returns the officers who take new work, and the room there was before
// their state was read.
func (r *Router) onDuty(ctx context.Context, now time.Time) ([]Officer, map[string]conversations.Officer, string, error) {
	d := &r.duty
	d.mu.Lock()
	defer d.mu.Unlock()
	if !now.Before(d.until) {
		room, err := r.Queues.Room(ctx)
		if err != nil {
			return nil, nil, "", err
		}
		if d.officers, err = r.Officers.Officers(ctx); err != nil {
			return nil, nil, "", err
		}
		d.room, d.until = room, now.Add(dutyTerm)
	}
	var out []Officer
	docs := make(map[string]conversations.Officer, len(d.officers))
	for _, o := range d.officers {
		if o.Availability != conversations.Available || o.Disabled {
			continue
		}
		docs[string(o.ID)] = o
		out = append(out, Officer{
			ID: string(o.ID), Name: o.Name, Skills: o.Skills, Languages: o.Languages,
			Capacity: o.Capacity, Load: o.Load, Since: d.since[o.ID],
		})
	}
	return out, docs, d.room, nil
}
