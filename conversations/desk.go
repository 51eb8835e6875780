package conversations

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// Departures is what Desk wants of the store.
type Departures interface {
	Arrivals
	Load(ctx context.Context, id ID) (Conversation, error)
	LoadCallback(ctx context.Context, id CallbackID) (Callback, error)
	LoadMessage(ctx context.Context, id MessageID) (Message, error)
}

// Desk is what officers, and the house itself, may do to conversations.
type Desk struct {
	Store    Departures
	Annals   Annals
	People   People
	Consents Consents // nil: nobody is asked
	Caps     *Caps    // nil: none
	Clocks   Clockwork
	Named    func(refs []Reference)                 // told of references that a conversation was given; must not block; nil: nobody
	Allow    func(before, after Conversation) error // the desks' own rules for what an officer changes; nil: none
	Now      func() time.Time
}

// Reply answers, or notes. The message comes back queued. A draft whose Op was
// done before gives the message of that time.
func (d *Desk) Reply(ctx context.Context, id ID, draft Draft, by Author) (Message, Conversation, error) {
	var m Message
	counted := false
	c, err := d.decide(ctx, id, draft.Version, func(c Conversation, now time.Time) (Change, error) {
		ch, err := Answer(c, draft, by, now)
		if err != nil {
			return ch, err
		}
		m = ch.Messages[0]
		return ch, d.refused(ctx, &ch, d.allowed(ctx, c, m, &counted))
	})
	var dup *DuplicateError
	if errors.As(err, &dup) {
		if m, err = d.Store.LoadMessage(ctx, dup.Message); err != nil {
			return Message{}, Conversation{}, err
		}
		c, err = d.Store.Load(ctx, id)
	}
	return m, c, err
}

// Patch changes a conversation's own fields. Whoever ends it with a reason
// cancels what was promised in it; without one it is a *PromisedError.
func (d *Desk) Patch(ctx context.Context, id ID, p Patch, by Author) (Conversation, error) {
	return d.decide(ctx, id, p.Version, func(c Conversation, now time.Time) (Change, error) {
		ch, err := Edit(c, p, by, now)
		if err == nil && d.Allow != nil && by.Type == ByOfficer {
			err = d.Allow(c, ch.After)
		}
		ends := p.Status != nil && !p.Status.Live() && c.Promises > 0
		switch {
		case errors.Is(err, ErrPromised):
			return ch, d.promised(ctx, c)
		case err == nil && ends:
			return d.unpromised(ctx, ch, p.Why, by, now)
		}
		return ch, err
	})
}

// Do commits a pure decision about a conversation, made again if others were quicker.
func (d *Desk) Do(ctx context.Context, id ID, decision func(Conversation, time.Time) (Change, error)) (Conversation, error) {
	return d.decide(ctx, id, 0, decision)
}

// Opening is an officer writing first.
type Opening struct {
	To      channels.Handle
	Name    string
	Channel channels.Kind
	Account string // which of ours writes; empty: the channel's only one
	Desk    string
	Draft   Draft
	Quiet   bool        // nothing is asked of an officer unless the customer answers
	By      *OfficerRef // becomes the assignee
}

// Open starts a conversation with somebody. An opening whose Draft.Op was done
// before gives the conversation of that time.
func (d *Desk) Open(ctx context.Context, o Opening, by Author) (Message, Conversation, error) {
	counted := false
	for range attempts {
		m, c, err := d.open(ctx, o, by, &counted)
		var dup *DuplicateError
		if errors.As(err, &dup) {
			if m, err = d.Store.LoadMessage(ctx, dup.Message); err == nil {
				c, err = d.Store.Load(ctx, m.Conversation)
			}
			return m, c, err
		}
		if !errors.Is(err, ErrStale) {
			return m, c, err
		}
	}
	return Message{}, Conversation{}, fmt.Errorf("open: %w after %d attempts", ErrStale, attempts)
}

// open makes the decision once on what is known now.
func (d *Desk) open(ctx context.Context, o Opening, by Author, counted *bool) (Message, Conversation, error) {
	place, err := d.Store.Find(ctx, []channels.Handle{o.To})
	if err != nil {
		return Message{}, Conversation{}, fmt.Errorf("find handle: %w", err)
	}
	id, err := d.Store.NewID(ctx, place.Root.Key())
	if err != nil {
		return Message{}, Conversation{}, fmt.Errorf("reserve conversation: %w", err)
	}
	now := d.Now()
	next := Conversation{ID: id, Desk: o.Desk, Assignee: o.By, ByHand: o.Desk != ""}
	if o.By != nil {
		next.Times.Assigned = now
	}
	next.Contact = ContactRef{ID: ContactID("k" + string(id)), Name: o.Name, Handles: []channels.Handle{o.To}}
	if place.Contact != "" {
		k, err := Present(ctx, d.People, place.Contact)
		if err != nil {
			return Message{}, Conversation{}, fmt.Errorf("load contact: %w", err)
		}
		next.Contact = k.Ref()
	}
	chat := ID("")
	if o.Channel != channels.Email {
		old, err := d.chatAt(ctx, place)
		if err != nil {
			return Message{}, Conversation{}, err
		}
		if old.Status.Live() {
			chat, next.Related = old.ID, []ID{old.ID}
		}
	}
	ch, err := Start(next, Route{Channel: o.Channel, Account: o.Account, To: o.To}, o.Draft, by, now)
	if err != nil {
		return Message{}, Conversation{}, err
	}
	if o.Quiet {
		ch.After.enter(Solved, "", now)
	} else {
		ch.Events = append(ch.Events, begun(ch.After, by, now)...)
	}
	if err := d.refused(ctx, &ch, d.allowed(ctx, ch.After, ch.Messages[0], counted)); err != nil {
		return Message{}, Conversation{}, err
	}
	introduce(&ch, &channels.Inbound{Channel: o.Channel, From: o.To}, place, now)
	d.Clocks.wind(&ch)
	c, err := d.Store.Commit(ctx, ch)
	if err == nil && chat != "" { // his words come here from now on
		err = d.lead(ctx, chat)
	}
	return ch.Messages[0], c, err
}

// begun tells the log that a conversation an officer began is in hand, or wants
// somebody: that it was opened is not in the log.
func begun(c Conversation, by Author, now time.Time) []Event {
	const why = "an officer wrote first"
	events := []Event{{Type: EventChanged, At: now, By: by, Why: why, Changes: map[string]Delta{"status": {From: New, To: c.Status}}}}
	if c.Assignee != nil {
		events = append(events, Event{Type: EventAssigned, At: now, By: by, Why: why, Changes: map[string]Delta{"assignee": {To: c.Assignee}}})
	}
	return events
}

// decide makes a decision on the present state, and again if others were
// quicker, unless the decision was tied to one version.
func (d *Desk) decide(ctx context.Context, id ID, tied Revision, decision func(Conversation, time.Time) (Change, error)) (Conversation, error) {
	for range attempts {
		before, err := d.Store.Load(ctx, id)
		if err != nil {
			return Conversation{}, err
		}
		ch, err := decision(before, d.Now())
		if err != nil {
			return Conversation{}, err
		}
		if len(ch.Events) == 0 {
			return before, nil
		}
		d.Clocks.wind(&ch)
		after, err := d.Store.Commit(ctx, ch)
		if d.Named != nil && err == nil && len(after.References) > len(before.References) {
			d.Named(after.References)
		}
		if !errors.Is(err, ErrStale) || tied != 0 {
			return after, err
		}
	}
	return Conversation{}, fmt.Errorf("decide: %w after %d attempts", ErrStale, attempts)
}
