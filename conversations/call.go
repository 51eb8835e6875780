package conversations

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/caravan-desk/caravan/channels"
)

// Amender changes messages that are kept.
type Amender interface {
	// Amend changes a message as change says, which may be asked more than once; false leaves it.
	Amend(ctx context.Context, id MessageID, change func(*Message) bool) error
}

// amend adds a further piece of a call to its message. A piece that came before changes nothing.
func (t *Intake) amend(ctx context.Context, in channels.Inbound, known *DuplicateError) error {
	if in.Call == nil || t.Calls == nil || known.Message == "" {
		return nil
	}
	if in.Callback != nil {
		if err := t.promise(ctx, in, known); err != nil {
			return err
		}
	}
	err := t.Calls.Amend(ctx, known.Message, func(m *Message) bool { return more(m, in) })
	if errors.Is(err, ErrNotFound) { // erased since
		return nil
	}
	return err
}

// more adds a piece of a call to the message about it; false if it tells nothing new. It is
// pure but for m.
func more(m *Message, in channels.Inbound) (changed bool) {
	var was channels.Call
	if m.Call != nil {
		was = *m.Call
	}
	now := was.Merge(*in.Call)
	if now.String() != was.String() || !slices.Equal(now.Notes, was.Notes) {
		m.Call, m.Text, changed = &now, now.String(), true
	}
	for _, a := range in.Attachments {
		if !slices.ContainsFunc(m.Attachments, func(o Attachment) bool { return o.Name == a.Name }) {
			m.Attachments = append(slices.Clone(m.Attachments), Attachment{URL: a.URL, Name: a.Name, ContentType: a.ContentType})
			changed = true
		}
	}
	if in.Callback != nil && (m.Hints == nil || m.Hints.Callback == nil) {
		hints := Hints{Desk: in.Desk, Language: in.Language}
		if m.Hints != nil {
			hints = *m.Hints
		}
		hints.Callback, changed = in.Callback, true
		m.Hints = &hints
	}
	return changed
}

// promise makes the call-back that a caller asked for after his call was kept. The claim on
// the call's message makes it once.
func (t *Intake) promise(ctx context.Context, in channels.Inbound, known *DuplicateError) error {
	asked := false
	err := t.Calls.Amend(ctx, known.Message, func(m *Message) bool {
		asked = m.Hints != nil && m.Hints.Callback != nil
		return false
	})
	if err != nil || asked {
		return err
	}
	w := in.Callback
	r := CallbackRequest{Phone: w.Phone, At: w.NotBefore, Until: w.Until, Note: w.Note, Why: "the caller asked to be called", Asked: true, Op: "wish\x00" + string(known.Message)}
	for range attempts {
		c, err := t.Arrivals.Known(ctx, known.Conversation)
		if err != nil {
			return fmt.Errorf("load conversation: %w", err)
		}
		if c.Erased {
			return nil
		}
		now, by := t.Now(), Author{Type: ByCustomer, ID: string(c.Contact.ID), Name: in.Name}
		ch, err := Promise(*c, r, by, now)
		if err != nil { // no number is known: an officer sees the wish in the words
			return nil
		}
		if c.Promises > 0 { // he takes another time for what he is promised, if he names one
			claim := ch.Claim
			ch = Change{Before: c, After: *c, Claim: claim, Recall: &Recall{CallbackRequest: r, Soon: true}}
			if err := t.recall(ctx, &ch, by, now); err != nil {
				return err
			}
			if ch.Callback == nil {
				return nil
			}
			ch.After.Version = c.Version + 1
		}
		t.Clocks.wind(&ch)
		_, err = t.Arrivals.Commit(ctx, ch)
		var dup *DuplicateError
		switch {
		case err == nil || errors.As(err, &dup):
			return nil
		case !errors.Is(err, ErrStale):
			return fmt.Errorf("promise: %w", err)
		}
	}
	return fmt.Errorf("promise: %w after %d attempts", ErrStale, attempts)
}
