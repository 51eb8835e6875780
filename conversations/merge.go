package conversations

import (
	"fmt"
	"slices"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// Merging moves nothing. The conversation that is merged keeps its messages, its
// claims and its outbox, is closed, and says where it is shown (MergedInto); the
// other one lists it among its Shares, and takes over what it was about. So a
// redelivery and a receipt find their message as before, and undoing takes back
// two documents. They may lie in different partitions: the first is written first
// and is the fence; Rejoin brings the second in step, however often it is tried.

// Share is a set of messages of one conversation that are shown in another.
type Share struct {
	Of     ID        `json:"o"`           // the other conversation
	Places []int     `json:"p,omitempty"` // of the messages; empty: all
	At     time.Time `json:"a"`           // when it was decided; names the decision
	Undo   Undo      `json:"u"`
}

// Undo is what a merge or split did beside the messages, to be taken back.
type Undo struct {
	Tags       []string         `json:"t,omitempty"`
	References []Reference      `json:"r,omitempty"`
	Channels   []channels.Kind  `json:"c,omitempty"`
	People     []string         `json:"pe,omitempty"`
	Related    []ID             `json:"re,omitempty"` // taken away
	Routes     []channels.Kind  `json:"ro,omitempty"`
	Party      ContactID        `json:"pa,omitempty"`
	Parties    []ContactID      `json:"ps,omitempty"` // who had come with an earlier merge
	Unread     int              `json:"n,omitempty"`  // added; taken away if negative
	Priority   Swap[Priority]   `json:"pr,omitzero"`
	Preview    Swap[string]     `json:"pv,omitzero"`
	Window     Swap[*time.Time] `json:"w,omitzero"`
	Waiting    Swap[time.Time]  `json:"wa,omitzero"`
}

// Swap is a value before and after.
type Swap[T any] struct {
	From T `json:"f,omitempty"`
	To   T `json:"t,omitempty"`
}

// Aside is how a conversation stood before it was merged into another.
type Aside struct {
	Status  Status     `json:"s"`
	Unread  int        `json:"u,omitempty"`
	Snoozed *time.Time `json:"z,omitempty"`
	Times   Milestones `json:"t"`
	Pauses  []Pause    `json:"p,omitempty"`
}

// Unowned is the tag of a conversation that the house opened for nobody, because the
// customer is not known. It is joined to the one in which he asks.
const Unowned = "no-customer"

// Secondary is the tag of a later contact about what another live conversation of its
// desk is about. Taken in by that one, it is none any more.
const Secondary = "secondary"

// Party is another person who takes part in a conversation, and how to reach him.
type Party struct {
	Contact ContactRef `json:"contact"`
	Routes  []Route    `json:"-"`
}

// Merge is what merging a into b does to a. It is pure.
func Merge(a, b Conversation, by Author, now time.Time) (Change, error) {
	switch {
	case a.ID == b.ID:
		return Change{}, &InvalidError{Fields: map[string]string{"into": "is the same conversation"}}
	case a.Erased || b.Erased:
		return Change{}, ErrNotFound
	case a.MergedInto != "" || b.MergedInto != "":
		return Change{}, ErrMerged
	}
	c := a
	c.Version++
	c.UpdatedAt = now
	c.MergedInto = b.ID
	c.Was = &Aside{Status: a.Status, Unread: a.Unread, Snoozed: a.Snoozed, Times: a.Times, Pauses: a.Pauses}
	ch := Change{Before: &a}
	if c.Status != Closed {
		ch.Events = append(ch.Events, Event{Type: EventChanged, At: now, By: by, Why: "merged into another conversation",
			Changes: map[string]Delta{"status": {From: c.Status, To: Closed}}})
		c.enter(Closed, "", now)
		c.Times.Waiting = time.Time{}
	}
	c.Unread, c.Snoozed = 0, nil
	ch.Events = append(ch.Events, Event{Type: EventMerged, At: now, By: by, Why: fmt.Sprintf("merged into conversation %s", b.ID),
		Changes: map[string]Delta{"merged_into": {To: b.ID}}})
	ch.After = c
	return ch, nil
}

// Unmerge takes back that a was merged: a stands as it stood before. It is pure.
func Unmerge(a Conversation, by Author, now time.Time) (Change, error) {
	if a.MergedInto == "" || a.Was == nil || a.Erased {
		return Change{}, ErrUndone
	}
	c := a
	c.Version++
	c.UpdatedAt = now
	c.Status, c.Unread, c.Snoozed, c.Times, c.Pauses = a.Was.Status, a.Was.Unread, a.Was.Snoozed, a.Was.Times, a.Was.Pauses
	c.MergedInto, c.Was = "", nil
	ch := Change{Before: &a, After: c}
	if c.Status != a.Status {
		ch.Events = append(ch.Events, Event{Type: EventChanged, At: now, By: by, Why: "no longer merged into another conversation",
			Changes: map[string]Delta{"status": {From: a.Status, To: c.Status}}})
	}
	ch.Events = append(ch.Events, Event{Type: EventUndone, At: now, By: by, Why: fmt.Sprintf("no longer merged into conversation %s", a.MergedInto),
		Changes: map[string]Delta{"merged_into": {From: a.MergedInto}}})
	return ch, nil
}

// Rejoin brings b in step with whether a is merged into it. A Change without
// events means that it is. It is pure, and doing it again does nothing.
func Rejoin(b, a Conversation, by Author, now time.Time) Change {
	at := slices.IndexFunc(b.Shares, func(s Share) bool { return s.Of == a.ID && len(s.Places) == 0 })
	in := a.MergedInto == b.ID && !a.Erased
	ch := Change{Before: &b, After: b}
	c := b
	switch {
	case b.Erased || in == (at >= 0):
		return ch
	case in:
		takeIn(&c, a, now)
		ch.Events = []Event{{Type: EventMerged, At: now, By: by, Why: fmt.Sprintf("conversation %s was merged into this one", a.ID),
			Changes: map[string]Delta{"merged": {To: a.ID}}}}
	default:
		letGo(&c, at)
		ch.Events = []Event{{Type: EventUndone, At: now, By: by, Why: fmt.Sprintf("conversation %s is no longer merged into this one", a.ID),
			Changes: map[string]Delta{"merged": {From: a.ID}}}}
	}
	c.Version++
	c.UpdatedAt = now
	ch.After = c
	return ch
}

// takeIn adds to c what a was about, and notes what that changed.
func takeIn(c *Conversation, a Conversation, now time.Time) {
	u := Undo{}
	c.Tags, u.Tags = united(c.Tags, without(a.Tags, []string{Unowned, Secondary}))
	c.Channels, u.Channels = united(c.Channels, a.Channels)
	c.People, u.People = united(c.People, a.People)
	for _, r := range a.References {
		if !slices.ContainsFunc(c.References, func(o Reference) bool { return o.Value == r.Value }) {
			c.References, u.References = append(slices.Clone(c.References), r), append(u.References, r)
		}
	}
	if slices.Contains(c.Related, a.ID) {
		u.Related = []ID{a.ID}
		c.Related = without(c.Related, u.Related)
	}
	if p := a.Priority; p.Rank() < c.Priority.Rank() && a.Was != nil && a.Was.Status.Live() {
		u.Priority, c.Priority = Swap[Priority]{c.Priority, p}, p
	}
	if a.Was != nil {
		u.Unread = a.Was.Unread
		if w := a.Was.Times.Waiting; !w.IsZero() && (c.Times.Waiting.IsZero() || w.Before(c.Times.Waiting)) && c.Status.Live() {
			u.Waiting, c.Times.Waiting = Swap[time.Time]{c.Times.Waiting, w}, w
		}
	}
	c.Unread += u.Unread
	reach(c, a, &u)
	for _, p := range a.Parties {
		if c.join(p) {
			u.Parties = append(u.Parties, p.Contact.ID)
		}
	}
	c.Shares = append(slices.Clone(c.Shares), Share{Of: a.ID, At: now, Undo: u})
}

// reach takes over how to reach a's person: the same one on further channels, or
// another one as a party, so that nobody gets what was meant for somebody else.
func reach(c *Conversation, a Conversation, u *Undo) {
	if a.Contact.ID == c.Contact.ID {
		for _, r := range a.Routes {
			if _, ok := c.Route(r.Channel); !ok {
				c.Routes, u.Routes = append(slices.Clone(c.Routes), r), append(u.Routes, r.Channel)
			}
		}
		if w := a.WindowUntil; w != nil && (c.WindowUntil == nil || w.After(*c.WindowUntil)) {
			u.Window, c.WindowUntil = Swap[*time.Time]{c.WindowUntil, w}, w
		}
		return
	}
	if c.join(Party{Contact: a.Contact, Routes: a.Routes}) {
		u.Party = a.Contact.ID
	}
}

// join lets somebody take part, unless he does.
func (c *Conversation) join(p Party) bool {
	if p.Contact.ID == "" || p.Contact.ID == c.Contact.ID || slices.ContainsFunc(c.Parties, func(o Party) bool { return o.Contact.ID == p.Contact.ID }) {
		return false
	}
	c.Parties = append(slices.Clone(c.Parties), p)
	return true
}

// letGo takes back what takeIn did, but for what was changed again since.
func letGo(c *Conversation, at int) {
	u := c.Shares[at].Undo
	c.Shares = slices.Delete(slices.Clone(c.Shares), at, at+1)
	if len(c.Shares) == 0 {
		c.Shares = nil
	}
	c.Tags, c.Channels, c.People = without(c.Tags, u.Tags), without(c.Channels, u.Channels), without(c.People, u.People)
	c.References = without(c.References, u.References)
	c.Related, _ = united(c.Related, u.Related)
	c.Routes = sifted(c.Routes, func(r Route) bool { return slices.Contains(u.Routes, r.Channel) })
	c.Parties = sifted(c.Parties, func(p Party) bool {
		return u.Party != "" && p.Contact.ID == u.Party || slices.Contains(u.Parties, p.Contact.ID)
	})
	c.Unread = max(0, c.Unread-u.Unread)
	if u.Priority.To != "" && c.Priority == u.Priority.To {
		c.Priority = u.Priority.From
	}
	if u.Preview.To != "" && c.Preview == u.Preview.To {
		c.Preview = u.Preview.From
	}
	if w := u.Window.To; w != nil && c.WindowUntil != nil && w.Equal(*c.WindowUntil) {
		c.WindowUntil = u.Window.From
	}
	if w := u.Waiting.To; !w.IsZero() && w.Equal(c.Times.Waiting) {
		c.Times.Waiting = u.Waiting.From
	}
}

// united adds to have what more has besides, and tells what that was.
func united[T comparable](have, more []T) (all, added []T) {
	for _, m := range more {
		if !slices.Contains(have, m) {
			have, added = append(slices.Clone(have), m), append(added, m)
		}
	}
	return have, added
}

func without[T comparable](have, gone []T) []T {
	return sifted(have, func(v T) bool { return slices.Contains(gone, v) })
}

// sifted leaves out what gone tells; nothing left is nil.
func sifted[T any](have []T, gone func(T) bool) []T {
	if !slices.ContainsFunc(have, gone) {
		return have
	}
	left := slices.DeleteFunc(slices.Clone(have), gone)
	if len(left) == 0 {
		return nil
	}
	return left
}
