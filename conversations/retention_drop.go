package conversations

import (
	"context"
	"errors"
)

// strip deletes files of a conversation's messages. The blob goes first: while a
// message names it, an interrupted sweep finds it again.
func (r *Retainer) strip(ctx context.Context, c Conversation, of func(*Message) []*string) error {
	messages, err := r.Persons.Desk.Annals.Messages(ctx, c.ID, 0, whole)
	if err != nil {
		return err
	}
	for i := range messages {
		m := &messages[i]
		for _, key := range of(m) {
			if *key == "" {
				continue
			}
			if _, err := r.Persons.deleteFile(ctx, *key, func(o *Message) bool { return o.ID == m.ID }); err != nil {
				return err
			}
		}
		if _, err := r.Store.Expire(ctx, m.ID, func(m *Message) string { return expired(m, of) }); err != nil {
			return err
		}
	}
	return nil
}

// expired takes files out of a message, and says so if there were any.
func expired(m *Message, of func(*Message) []*string) (why string) {
	for _, key := range of(m) {
		if *key == "" {
			continue
		}
		for i := range m.Attachments {
			if a := &m.Attachments[i]; key == &a.ID {
				a.Removed, a.URL = true, ""
			}
		}
		*key, why = "", "kept for its time, and taken away"
	}
	return why
}

// bury leaves of a conversation what reports count. Its customer goes with his last one.
func (r *Retainer) bury(ctx context.Context, c Conversation) error {
	if err := r.strip(ctx, c, func(m *Message) []*string {
		return append(append(m.attached(true), m.attached(false)...), &m.Raw)
	}); err != nil {
		return err
	}
	person := Contact{ID: c.Contact.ID, Handles: c.Contact.Handles}
	if _, err := r.Persons.Erasure.Tombstone(ctx, c.ID, person, "kept for its time, and taken away", r.Now()); err != nil {
		return err
	}
	return r.Persons.depart(ctx, c.Contact.ID)
}

// depart takes a person out of the store who has no part in any conversation any more.
func (p *Persons) depart(ctx context.Context, id ContactID) error {
	k, err := p.Registry.Contact(ctx, id)
	if errors.Is(err, ErrNotFound) || err == nil && (k.Erased || k.MergedInto != "") {
		return nil
	}
	if err != nil {
		return err
	}
	if left, err := p.theirs(ctx, id); err != nil || len(left) > 0 {
		return err
	}
	if left, err := p.Erasure.Mentions(ctx, k); err != nil || len(left) > 0 {
		return err
	}
	var cert Certificate
	if k, err = p.withAbsorbed(ctx, k, &cert); err != nil {
		return err
	}
	return p.vanish(ctx, k, &cert, p.Desk.Now())
}
