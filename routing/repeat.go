package routing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// Sharers tells which conversations name the same shipment or booking.
type Sharers interface {
	// Sharing gives, for each reference's value, the conversations that have it, if they
	// are more than one.
	Sharing(ctx context.Context, references []string) ([][]conversations.ID, error)
}

// repeats looks at what a batch of events has named: on a desk that keeps one primary
// matter a shipment, later contacts about it are marked as secondary. Nothing is asked of
// the store where no number was named.
func (r *Router) repeats(ctx context.Context, events []conversations.Event) error {
	if r.Sharers == nil || !slices.ContainsFunc(r.Desks, func(d Desk) bool { return d.Repeats != "" }) {
		return nil
	}
	var values []string
	for _, e := range events {
		named, err := r.named(ctx, e)
		if err != nil {
			return err
		}
		values = append(values, named...)
	}
	if len(values) == 0 {
		return nil
	}
	slices.Sort(values)
	values = slices.Compact(values)
	shared, err := r.Sharers.Sharing(ctx, values)
	if err != nil {
		return err
	}
	for i, ids := range shared {
		if len(ids) < 2 {
			continue
		}
		if err := r.repeated(ctx, values[i], ids); err != nil {
			return fmt.Errorf("repeats: %w", err)
		}
	}
	return nil
}

// named are the values of the references that an event has brought to a conversation, or
// to a desk.
func (r *Router) named(ctx context.Context, e conversations.Event) ([]string, error) {
	names, gained := e.Changes["references"]
	to, moved := e.Changes["desk"]
	desk, _ := to.To.(string)
	switch {
	case !gained && !moved || moved && r.Desks.of(desk).Repeats == "":
		return nil, nil
	case e.Type == conversations.EventClassified:
		list, _ := names.To.(string)
		return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' }), nil
	case e.Type != conversations.EventChanged:
		return nil, nil
	}
	c, err := r.Store.Load(ctx, e.Conversation)
	if errors.Is(err, conversations.ErrNotFound) {
		return nil, nil
	}
	var out []string
	for _, ref := range c.References {
		out = append(out, ref.Value)
	}
	return out, err
}

// repeated marks what is secondary among the conversations that share a reference. A
// decision made on an old state is made again.
func (r *Router) repeated(ctx context.Context, value string, ids []conversations.ID) error {
	for {
		var holders []conversations.Conversation
		for _, id := range ids {
			c, err := r.Store.Load(ctx, id)
			if errors.Is(err, conversations.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			holders = append(holders, c)
		}
		stale := false
		for _, ch := range r.Desks.Repeated(value, holders, r.Now()) {
			r.Desks.Wind(&ch)
			_, err := r.Store.Commit(ctx, ch)
			stale = stale || errors.Is(err, conversations.ErrStale)
			if err != nil && !errors.Is(err, conversations.ErrStale) {
				return err
			}
		}
		if !stale {
			return nil
		}
	}
}

// Repeated marks, of the conversations that name the same reference, all but the oldest
// of each desk that wants it (Desk.Repeats) as secondary: with a tag, and the oldest among
// what they are related to. What has ended, or has no customer, counts for nothing. It is pure.
func (ds Desks) Repeated(value string, holders []conversations.Conversation, now time.Time) (out []conversations.Change) {
	holders = slices.DeleteFunc(slices.Clone(holders), func(c conversations.Conversation) bool {
		kind := ds.of(c.Desk).Repeats
		return kind == "" || !c.Status.Live() || c.Erased || c.MergedInto != "" || slices.Contains(c.Tags, conversations.Unowned) ||
			!slices.ContainsFunc(c.References, func(r conversations.Reference) bool { return r.Kind == kind && r.Value == value })
	})
	slices.SortFunc(holders, func(a, b conversations.Conversation) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID.Number(), b.ID.Number()))
	})
	primary := map[string]*conversations.Conversation{}
	for i := range holders {
		c := &holders[i]
		first := primary[c.Desk]
		switch {
		case first == nil:
			primary[c.Desk] = c
		case !slices.Contains(c.Tags, conversations.Secondary):
			out = append(out, secondary(*c, *first, value, now))
		}
	}
	return out
}

// secondary is a conversation becoming one more contact about what another is about.
func secondary(before, primary conversations.Conversation, value string, now time.Time) conversations.Change {
	c := before
	c.Tags = append(slices.Clone(before.Tags), conversations.Secondary)
	why := fmt.Sprintf("%s is what conversation %s is about: a later contact is secondary", value, primary.ID)
	ch := conversations.Change{Before: &before, Events: []conversations.Event{{
		Type: conversations.EventChanged, At: now, By: conversations.System, Why: why,
		Changes: map[string]conversations.Delta{"tags": {From: before.Tags, To: c.Tags}},
	}}}
	if !slices.Contains(before.Related, primary.ID) {
		c.Related = append(slices.Clone(before.Related), primary.ID)
		ch.Events = append(ch.Events, conversations.Event{
			Type: conversations.EventRelated, At: now, By: conversations.System, Why: why,
			Changes: map[string]conversations.Delta{"related": {From: before.Related, To: c.Related}},
		})
	}
	c.Version++
	ch.After = c
	return ch
}
