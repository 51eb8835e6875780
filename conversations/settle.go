package conversations

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/caravan-desk/caravan/channels"
)

// mergedMost bounds a chain of merged conversations.
const mergedMost = 16

// follow goes on to the conversation that c was merged into.
func (t *Intake) follow(ctx context.Context, c Conversation) (Conversation, error) {
	for range mergedMost {
		if c.MergedInto == "" {
			break
		}
		next, err := t.Arrivals.Recent(ctx, c.MergedInto)
		if err != nil {
			return c, fmt.Errorf("load merged conversation: %w", err)
		}
		c = next
	}
	return c, nil
}

// settle pins a new mail thread before anything is written, so that mails of one
// thread that arrive at once, or again after a crash, open one conversation. It
// returns that conversation if another was quicker.
func (t *Intake) settle(ctx context.Context, in channels.Inbound, next *Conversation) (*Conversation, error) {
	if in.Channel != channels.Email {
		return nil, nil
	}
	ids := append(slices.Clone(in.References), in.ProviderID)
	if len(next.Related) > 0 { // it may not join what its references name
		ids = ids[len(ids)-1:]
	}
	id, err := t.Threads.Pin(ctx, in.Account, ids, next.ID)
	if err != nil {
		return nil, fmt.Errorf("pin thread: %w", err)
	}
	if id == next.ID {
		return nil, nil
	}
	c, err := t.Arrivals.Recent(ctx, id)
	if errors.Is(err, ErrNotFound) {
		adopt(next, id)
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("load conversation: %w", err)
	}
	from := c.ID
	if c, err = t.follow(ctx, c); err != nil {
		return nil, err
	}
	if !joins(&c, in, t.Now()) {
		return nil, nil
	}
	if c.ID != from {
		err = t.Passage.Pass(ctx, ClaimOf(in), from, c.ID)
	}
	return &c, err
}

// adopt gives a new conversation the ID that its thread was pinned to by a
// delivery that has not committed (yet).
func adopt(next *Conversation, id ID) {
	if next.Contact.ID == ContactID("k"+string(next.ID)) {
		next.Contact.ID = ContactID("k" + string(id))
	}
	next.ID = id
}
