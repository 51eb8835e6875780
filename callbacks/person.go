package callbacks

import (
	"context"
	"errors"

	"github.com/caravan-desk/caravan/conversations"
)

// samePerson reports whether a promise is still to the person it was planned for: contacts
// are merged without a word to their promises, and nobody is rung on two numbers at once.
func (t *turn) samePerson(ctx context.Context, it *item, c conversations.Conversation) (bool, error) {
	now, err := t.d.Ledger.Load(ctx, c.ID)
	if errors.Is(err, conversations.ErrNotFound) || err == nil && (now.Erased || now.Contact.ID != c.Contact.ID) {
		it.version = 0
		t.again(t.now)
		return false, nil
	}
	return err == nil, err
}
