package conversations

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// A person's chat leads to one live conversation. Merging, taking back and reopening
// can leave two that have his address; lead makes that one again.

// lead holds a live conversation's chat addresses against where the customer's words go:
// an address whose words go to another live conversation is given up (he is still
// reached by what is known of him), and one whose words would open a new conversation
// leads here from now on. Doing it again does nothing.
func (d *Desk) lead(ctx context.Context, id ID) error {
	c, err := d.Store.Load(ctx, id)
	if err == nil {
		c, err = followed(ctx, c, d.Store.Load)
	}
	for again := true; again && err == nil; { // one address at a time
		before := c.Version
		c, err = d.decide(ctx, c.ID, 0, func(c Conversation, now time.Time) (Change, error) { return d.led(ctx, c, now) })
		again = c.Version != before
	}
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// led is what lead does about the first address that wants it; a Change without events
// if none does. What was split off shares its customer's address: his words go on to
// the conversation it was split from.
func (d *Desk) led(ctx context.Context, c Conversation, now time.Time) (Change, error) {
	ch := Change{Before: &c, After: c}
	split := slices.ContainsFunc(c.Shares, func(s Share) bool { return len(s.Places) > 0 })
	if !c.Status.Live() || c.Erased || split {
		return ch, nil
	}
	for _, r := range c.Routes {
		if r.Channel == channels.Email || r.To.IsZero() {
			continue
		}
		place, err := d.People.Leads(ctx, []channels.Handle{r.To})
		if err != nil {
			return ch, fmt.Errorf("find handle: %w", err)
		}
		if place.Contact == "" && place.Conversation == "" {
			continue
		}
		other, err := d.chatAt(ctx, place)
		switch {
		case err != nil:
			return ch, err
		case other.ID == c.ID:
			continue
		case other.Status.Live():
			ch.After.Routes = sifted(c.Routes, func(o Route) bool { return o.Channel == r.Channel })
			ch.After.Related, _ = united(c.Related, []ID{other.ID})
			ch.Events = []Event{{Type: EventRelated, At: now, By: System, Changes: map[string]Delta{"related": {To: []ID{other.ID}}},
				Why: fmt.Sprintf("what the customer writes by %s goes to conversation %s", r.Channel, other.ID)}}
		default:
			leads := place
			leads.Conversation = c.ID
			ch.Pointer = &Pointer{Handle: place.Root, Was: place, Now: leads}
			ch.Events = []Event{{Type: EventChanged, At: now, By: System, Why: fmt.Sprintf("what the customer writes by %s comes here again", r.Channel)}}
		}
		ch.After.Version++
		return ch, nil
	}
	return ch, nil
}

// chatAt is the conversation that a place leads to; the zero one if there is none.
func (d *Desk) chatAt(ctx context.Context, place Place) (c Conversation, err error) {
	c.Status = Closed
	if place.Conversation == "" {
		return c, nil
	}
	found, err := d.Store.Load(ctx, place.Conversation)
	if err == nil {
		found, err = followed(ctx, found, d.Store.Load)
	}
	switch {
	case errors.Is(err, ErrNotFound):
		return c, nil
	case err != nil:
		return c, fmt.Errorf("load conversation: %w", err)
	}
	return found, nil
}

// mergedMost bounds a chain of merged conversations.
const mergedMost = 16

// followed goes on to the conversation that c was merged into, in the end.
func followed(ctx context.Context, c Conversation, load func(context.Context, ID) (Conversation, error)) (Conversation, error) {
	for range mergedMost {
		if c.MergedInto == "" {
			break
		}
		next, err := load(ctx, c.MergedInto)
		if err != nil {
			return c, fmt.Errorf("load merged conversation: %w", err)
		}
		c = next
	}
	return c, nil
}

// unring takes back that a was merged, if what it was merged into has at the same time
// been merged into a: nobody would see either. It reports whether it did. Of a ring that
// is found later the first conversation stands again.
func (d *Desk) unring(ctx context.Context, a ID, first bool, by Author) (bool, error) {
	least := a
	c, err := d.Store.Load(ctx, a)
	for range mergedMost {
		if err != nil || c.MergedInto == "" {
			return false, err
		}
		if c.MergedInto == a {
			if !first {
				least = a
			}
			parted, err := d.Store.Load(ctx, least)
			if err != nil || parted.MergedInto == "" {
				return false, err
			}
			_, err = d.unmerge(ctx, least, parted.MergedInto, by)
			if errors.Is(err, ErrUndone) {
				err = nil
			}
			return true, err
		}
		if c.MergedInto.Number() < least.Number() {
			least = c.MergedInto
		}
		c, err = d.Store.Load(ctx, c.MergedInto)
	}
	return false, nil
}
