package conversations

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Merge shows conversation id in another one from now on, if it is still at
// version rev (0: whatever is present). It returns the other one, and the event by
// which it can be undone.
func (d *Desk) Merge(ctx context.Context, id, into ID, rev Revision, by Author) (Conversation, EventID, error) {
	_, err := d.decide(ctx, id, rev, func(a Conversation, now time.Time) (Change, error) {
		if rev != 0 && a.Version != rev {
			return Change{}, &StaleError{Present: a}
		}
		b, err := d.Store.Load(ctx, into)
		if errors.Is(err, ErrNotFound) {
			return Change{}, &InvalidError{Fields: map[string]string{"into": "is no conversation"}}
		}
		if err != nil {
			return Change{}, err
		}
		return Merge(a, b, by, now)
	})
	if err != nil {
		return Conversation{}, "", err
	}
	if rung, err := d.unring(ctx, id, false, by); err != nil || rung {
		return Conversation{}, "", cmp.Or(err, ErrMerged)
	}
	if err := d.rejoin(ctx, id, into, by); err != nil {
		return Conversation{}, "", err
	}
	return d.told(ctx, into, EventMerged)
}

// Unite is Merge by the house itself. Two that were one before stay apart: somebody
// has parted them.
func (d *Desk) Unite(ctx context.Context, from, into ID) error {
	events, err := d.Annals.History(ctx, from, 0, whole)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(events, func(e Event) bool {
		return e.Type == EventMerged && (idIn(e.Changes["merged_into"].To) == into || idIn(e.Changes["merged"].To) == into)
	}) {
		return nil
	}
	_, _, err = d.Merge(ctx, from, into, 0, System)
	return err
}

// Split makes some of a conversation's messages a conversation of their own. It
// returns that one, and the event by which it can be undone.
func (d *Desk) Split(ctx context.Context, id ID, places []MessageID, rev Revision, by Author) (Conversation, EventID, error) {
	a, err := d.Store.Load(ctx, id)
	if err != nil {
		return Conversation{}, "", err
	}
	to, err := d.Store.NewID(ctx, string(a.Contact.ID))
	if err != nil {
		return Conversation{}, "", err
	}
	_, err = d.decide(ctx, id, rev, func(a Conversation, now time.Time) (Change, error) {
		if rev != 0 && a.Version != rev {
			return Change{}, &StaleError{Present: a}
		}
		all, err := d.Messages(ctx, id, 0, whole)
		if err != nil {
			return Change{}, err
		}
		moved, rest, err := parted(all, places)
		if err != nil {
			return Change{}, err
		}
		return Split(a, to, moved, rest, by, now)
	})
	if err != nil {
		return Conversation{}, "", err
	}
	if err := d.breakAway(ctx, id, to, by); err != nil {
		return Conversation{}, "", err
	}
	c, err := d.Store.Load(ctx, to)
	if err != nil {
		return Conversation{}, "", err
	}
	_, event, err := d.told(ctx, id, EventSplit)
	return c, event, err
}

// parted finds the messages that go, and the last one that stays.
func parted(all []Message, places []MessageID) (moved []Message, rest Message, err error) {
	for _, m := range all {
		if slices.Contains(places, m.ID) {
			moved = append(moved, m)
		} else {
			rest = m
		}
	}
	if len(moved) != len(places) {
		return nil, rest, &InvalidError{Fields: map[string]string{"messages": "each is a message of this conversation, named once"}}
	}
	return moved, rest, nil
}

// told returns a conversation with the last event of a type.
func (d *Desk) told(ctx context.Context, id ID, kind EventType) (Conversation, EventID, error) {
	c, err := d.Store.Load(ctx, id)
	if err != nil {
		return Conversation{}, "", err
	}
	events, err := d.Annals.History(ctx, id, 0, whole)
	if err != nil {
		return Conversation{}, "", err
	}
	for _, e := range slices.Backward(events) {
		if e.Type == kind {
			return c, e.ID, nil
		}
	}
	return c, "", nil
}

// Undo takes back a merge or a split, named by its event in either conversation's
// history. It returns the conversation that is whole again.
func (d *Desk) Undo(ctx context.Context, event EventID, by Author) (Conversation, error) {
	conv, _, ok := strings.Cut(string(event), "-e")
	if !ok || ID(conv).Number() == 0 {
		return Conversation{}, ErrNotFound
	}
	id := ID(conv)
	events, err := d.Annals.History(ctx, id, 0, whole)
	if err != nil {
		return Conversation{}, err
	}
	at := slices.IndexFunc(events, func(e Event) bool { return e.ID == event })
	if at < 0 {
		return Conversation{}, ErrNotFound
	}
	e := events[at]
	for _, field := range []string{"merged_into", "merged", "split"} {
		to := idIn(e.Changes[field].To)
		from := idIn(e.Changes[field].From)
		switch {
		case slices.ContainsFunc(events[at+1:], func(l Event) bool { return l.Type == EventUndone && to != "" && idIn(l.Changes[field].From) == to }):
			return Conversation{}, ErrUndone
		case e.Type == EventMerged && field == "merged_into" && to != "":
			return d.unmerge(ctx, id, to, by)
		case e.Type == EventMerged && field == "merged" && to != "":
			return d.unmerge(ctx, to, id, by)
		case e.Type == EventSplit && field == "split" && to != "":
			return d.unsplit(ctx, id, to, by)
		case e.Type == EventSplit && field == "split" && from != "":
			return d.unsplit(ctx, from, id, by)
		}
	}
	return Conversation{}, &InvalidError{Fields: map[string]string{"path.event": "is no merge and no split"}}
}

// idIn reads a conversation's ID out of an event's value, which may have been through JSON.
func idIn(v any) ID {
	switch id := v.(type) {
	case ID:
		return id
	case string:
		return ID(id)
	}
	return ""
}

func (d *Desk) unmerge(ctx context.Context, a, b ID, by Author) (Conversation, error) {
	c, err := d.decide(ctx, a, 0, func(c Conversation, now time.Time) (Change, error) {
		if c.MergedInto != b {
			return Change{}, ErrUndone
		}
		return Unmerge(c, by, now)
	})
	if err != nil {
		return Conversation{}, err
	}
	return c, d.rejoin(ctx, a, b, by)
}

func (d *Desk) unsplit(ctx context.Context, a, other ID, by Author) (Conversation, error) {
	after, err := d.decide(ctx, a, 0, func(a Conversation, now time.Time) (Change, error) {
		c, err := d.Store.Load(ctx, other)
		if err != nil {
			return Change{}, err
		}
		return Unsplit(a, c, by, now)
	})
	if err != nil {
		return Conversation{}, err
	}
	return after, d.dissolve(ctx, a, other, by)
}

// rejoin brings b in step with whether a is merged into it. It looks again until a
// stands still: else what was read of it before it was undone might be written last.
func (d *Desk) rejoin(ctx context.Context, a, b ID, by Author) error {
	for {
		var seen Revision
		_, err := d.decide(ctx, b, 0, func(c Conversation, now time.Time) (Change, error) {
			other, err := d.Store.Load(ctx, a)
			if err != nil {
				return Change{}, err
			}
			seen = other.Version
			return Rejoin(c, other, by, now), nil
		})
		if err != nil {
			return err
		}
		now, err := d.Store.Load(ctx, a)
		switch {
		case err != nil:
			return err
		case now.Version != seen:
			continue
		}
		if err := d.lead(ctx, a); err != nil || now.MergedInto == b {
			return err
		}
		return d.lead(ctx, b)
	}
}

// breakAway makes the conversation that some of a's messages became, unless it is there.
func (d *Desk) breakAway(ctx context.Context, id, to ID, by Author) error {
	a, err := d.Store.Load(ctx, id)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(a.Given, func(s Share) bool { return s.Of == to })
	if _, err := d.Store.Load(ctx, to); at < 0 || err == nil || !errors.Is(err, ErrNotFound) {
		return err
	}
	var moved []Message
	for _, place := range a.Given[at].Places {
		m, err := d.Store.LoadMessage(ctx, NewMessageID(id, place))
		if err != nil {
			return fmt.Errorf("load split message: %w", err)
		}
		moved = append(moved, m)
	}
	ch := Breakaway(a, to, moved, by, d.Now())
	d.Clocks.wind(&ch)
	_, err = d.Store.Commit(ctx, ch)
	if errors.Is(err, ErrStale) { // another made it
		return nil
	}
	return err
}

// dissolve brings the conversation that was split from a in step with a no longer giving
// it anything; what that one shows beside is shown in a, if it was not merged elsewhere.
func (d *Desk) dissolve(ctx context.Context, a, other ID, by Author) error {
	c, err := d.decide(ctx, other, 0, func(c Conversation, now time.Time) (Change, error) {
		from, err := d.Store.Load(ctx, a)
		if err != nil {
			return Change{}, err
		}
		return Dissolve(c, from, by, now), nil
	})
	if err != nil {
		return err
	}
	from, err := d.Store.Load(ctx, a)
	if err != nil {
		return err
	}
	shown := slices.ContainsFunc(from.Shares, func(s Share) bool { return s.Of == other && len(s.Places) == 0 })
	if shown == (c.MergedInto == a && c.Messages+len(c.Shares) > 0) {
		return d.lead(ctx, a)
	}
	return d.rejoin(ctx, other, a, by)
}
