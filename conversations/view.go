package conversations

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Annals are what a conversation has of its own, oldest first.
type Annals interface {
	Messages(ctx context.Context, id ID, after, limit int) ([]Message, error)
	History(ctx context.Context, id ID, after, limit int) ([]Event, error)
}

// whole is more than any conversation has.
const whole = 1 << 30

// Read returns a conversation whose person was not erased.
func (d *Desk) Read(ctx context.Context, id ID) (Conversation, error) {
	c, err := d.Store.Load(ctx, id)
	if err == nil && c.Erased {
		err = ErrNotFound
	}
	return c, err
}

// Messages returns the messages that a conversation shows, oldest first, after
// skipping some: its own, without those it gave away, and those it shares.
func (d *Desk) Messages(ctx context.Context, id ID, after, limit int) ([]Message, error) {
	c, err := d.Read(ctx, id)
	if err != nil {
		return nil, err
	}
	if len(c.Shares) == 0 && len(c.Given) == 0 {
		page, err := d.Annals.Messages(ctx, id, after, limit)
		if err != nil {
			return nil, err
		}
		return d.related(ctx, c, page, after, limit)
	}
	all, err := d.gather(ctx, c, map[ID]bool{})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(all, func(a, b Message) int { return a.CreatedAt.Compare(b.CreatedAt) })
	relate(all, all)
	all = all[min(after, len(all)):min(after+limit, len(all))]
	for i := range all {
		all[i].Conversation = id
	}
	return all, nil
}

// gather collects what c shows; seen are the conversations that were asked before.
func (d *Desk) gather(ctx context.Context, c Conversation, seen map[ID]bool) ([]Message, error) {
	seen[c.ID] = true
	all, err := d.Annals.Messages(ctx, c.ID, 0, whole)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(m Message) bool {
		_, place, _ := m.ID.Split()
		return given(c, place)
	})
	for _, s := range c.Shares {
		if len(s.Places) > 0 {
			for _, place := range s.Places {
				m, err := d.Store.LoadMessage(ctx, NewMessageID(s.Of, place))
				if err != nil {
					return nil, fmt.Errorf("load shared message: %w", err)
				}
				all = append(all, m)
			}
			continue
		}
		if seen[s.Of] {
			continue
		}
		other, err := d.Store.Load(ctx, s.Of)
		if err != nil {
			return nil, fmt.Errorf("load merged conversation: %w", err)
		}
		more, err := d.gather(ctx, other, seen)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	return all, nil
}

// History returns what happened to a conversation, oldest first, after skipping
// some; what happened to those merged into it comes with it.
func (d *Desk) History(ctx context.Context, id ID, after, limit int) ([]Event, error) {
	c, err := d.Read(ctx, id)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(c.Shares, func(s Share) bool { return len(s.Places) == 0 }) {
		return d.Annals.History(ctx, id, after, limit)
	}
	var all []Event
	seen := map[ID]bool{}
	for todo := []ID{id}; len(todo) > 0; todo = todo[1:] {
		if seen[todo[0]] {
			continue
		}
		seen[todo[0]] = true
		events, err := d.Annals.History(ctx, todo[0], 0, whole)
		if err != nil {
			return nil, err
		}
		all = append(all, events...)
		if c.ID != todo[0] {
			if c, err = d.Store.Load(ctx, todo[0]); err != nil {
				return nil, err
			}
		}
		for _, s := range c.Shares {
			if len(s.Places) == 0 {
				todo = append(todo, s.Of)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Event) int { return a.At.Compare(b.At) })
	return all[min(after, len(all)):min(after+limit, len(all))], nil
}

// Holder is the conversation that shows c's own message of a place: c, or the one it was given to.
func (c *Conversation) Holder(place int) ID {
	for _, s := range c.Given {
		if slices.Contains(s.Places, place) {
			return s.Of
		}
	}
	return c.ID
}

// Lately are the events of the last changes among a history's, oldest first. An event tells
// the version that its change made; what was received tells none, and was a change by itself,
// or that of what else happened at that instant.
func Lately(history []Event, changes int) []Event {
	from := len(history)
	var told Revision // by the change that is looked at
	var at time.Time
	for from > 0 {
		e := history[from-1]
		same := from < len(history) && (e.Version != 0 && e.Version == told || (e.Version == 0 || told == 0) && e.At.Equal(at))
		if !same {
			if changes--; changes < 0 {
				break
			}
			told = 0
		}
		if e.Version != 0 {
			told = e.Version
		}
		at = e.At
		from--
	}
	return history[from:]
}
