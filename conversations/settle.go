package conversations

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// follow goes on to the conversation that c was merged into.
func (t *Intake) follow(ctx context.Context, c *Conversation) (*Conversation, error) {
	if c.MergedInto == "" {
		return c, nil
	}
	into, err := followed(ctx, *c, func(ctx context.Context, id ID) (Conversation, error) {
		next, err := t.Arrivals.Known(ctx, id)
		if err != nil {
			return Conversation{}, err
		}
		return *next, nil
	})
	return &into, err
}

// settle pins a new mail thread before anything is written, so that mails of one
// thread that arrive at once, or again after a crash, open one conversation. It
// returns that conversation if another was quicker.
func (t *Intake) settle(ctx context.Context, in *channels.Inbound, next *Conversation) (c *Conversation, p Pinned, err error) {
	if in.Channel != channels.Email {
		return nil, p, nil
	}
	references := in.References
	if len(next.Related) > 0 { // it may not join what its references name
		references = nil
	}
	if p, err = t.Threads.Pin(ctx, in.Account, in.ProviderID, references, next.ID); err != nil {
		return nil, p, fmt.Errorf("pin thread: %w", err)
	}
	if p.Own == next.ID {
		return nil, p, nil
	}
	found, err := t.Arrivals.Known(ctx, p.Own)
	if errors.Is(err, ErrNotFound) {
		adopt(next, p.Own)
		return nil, p, nil
	}
	if err != nil {
		return nil, p, fmt.Errorf("load conversation: %w", err)
	}
	from := found.ID
	if found, err = t.follow(ctx, found); err != nil {
		return nil, p, err
	}
	if !joins(found, in, t.Now()) {
		return nil, p, nil
	}
	if found.ID != from {
		err = t.Passage.Pass(ctx, ClaimOf(*in), from, found.ID)
	}
	return found, p, err
}

// torn is the other conversation of a mail that two wait for: it was expected in
// one, because an answer to it came first, and what it answers is in the other. Its
// Message-ID is tied before it comes only then, and ties are for ever: of all mails
// that name only their parent, in any order and at once, exactly this one sees it.
func torn(in *channels.Inbound, p Pinned) (other ID, yes bool) {
	if in.Channel != channels.Email || in.Spoofed || in.Class == channels.Bounce || p.Own == "" {
		return "", false
	}
	if p.References != p.Own {
		return p.References, true
	}
	ours, _, ok := MessageID(in.Thread).Split()
	return ours, ok && ours != p.Own
}

// unite makes one of two conversations that turned out to be one thread of one
// person: the later is merged into the earlier, which can be undone. What else they
// have in common is no reason.
func (t *Intake) unite(ctx context.Context, a, b ID) error {
	var both [2]Conversation
	for i, id := range []ID{a, b} {
		c, err := t.awaited(ctx, id)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err == nil {
			c, err = t.follow(ctx, c)
		}
		if err != nil {
			return fmt.Errorf("load conversation: %w", err)
		}
		both[i] = *c
	}
	from, into := both[0], both[1]
	if from.CreatedAt.Before(into.CreatedAt) || from.CreatedAt.Equal(into.CreatedAt) && from.Number < into.Number {
		from, into = into, from
	}
	if from.ID == into.ID || from.Contact.ID != into.Contact.ID || from.Contact.ID == "" || from.Erased || into.Erased || from.Status == Closed || into.Status == Closed {
		return nil
	}
	err := t.Unite(ctx, from.ID, into.ID)
	if errors.Is(err, ErrMerged) || errors.Is(err, ErrNotFound) { // somebody was quicker
		return nil
	}
	return err
}

// adopt gives a new conversation the ID that its thread was pinned to by a
// delivery that has not committed (yet).
func adopt(next *Conversation, id ID) {
	if next.Contact.ID == ContactID("k"+string(next.ID)) {
		next.Contact.ID = ContactID("k" + string(id))
	}
	next.ID = id
}

// awaited is a conversation that a mail on its way may be about to open: its thread
// is tied a moment before.
func (t *Intake) awaited(ctx context.Context, id ID) (*Conversation, error) {
	const pause, most = 5 * time.Millisecond, 40
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for n := 0; ; n++ {
		c, err := t.Arrivals.Known(ctx, id)
		if !errors.Is(err, ErrNotFound) || n == most {
			return c, err
		}
		select {
		case <-ctx.Done():
			return c, ctx.Err()
		case <-tick.C:
		}
	}
}
