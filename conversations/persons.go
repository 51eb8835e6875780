package conversations

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// Registry is where contacts are kept.
type Registry interface {
	People
	// SaveContact writes a contact, if what is stored is one version older: else ErrStale.
	SaveContact(ctx context.Context, k Contact) error
	// Adopt makes a handle lead to a contact; ErrTaken if it leads to somebody else.
	Adopt(ctx context.Context, h channels.Handle, k ContactID) error
}

// Matters lists conversations.
type Matters interface {
	List(ctx context.Context, q Query) (Page, error)
}

// Persons is what may be done to contacts. A contact's own document says what
// holds; the copies of his name and handles in his conversations follow it.
type Persons struct {
	Desk     *Desk
	Registry Registry
	Matters  Matters
	Erasure  Erasure
	Blobs    Files
}

// StaleContactError is ErrStale with the present state.
type StaleContactError struct{ Present Contact }

func (e *StaleContactError) Error() string {
	return fmt.Sprintf("%v: it is at version %d", ErrStale, e.Present.Version)
}

func (e *StaleContactError) Unwrap() error { return ErrStale }

// PersonPatch is a change of a contact; a nil field is left alone.
type PersonPatch struct {
	Name     *string
	Language *string
	Handles  *[]channels.Handle // all of them: further ones are added, none is taken away
	Version  Revision
}

// Patch changes a contact.
func (p *Persons) Patch(ctx context.Context, id ContactID, patch PersonPatch) (Contact, error) {
	if patch.Handles != nil {
		if err := p.adopt(ctx, id, *patch.Handles); err != nil {
			return Contact{}, err
		}
	}
	k, err := p.change(ctx, id, patch.Version, func(k *Contact) error {
		if patch.Name != nil {
			k.Name = strings.TrimSpace(*patch.Name)
		}
		if patch.Language != nil {
			k.Language = *patch.Language
		}
		if patch.Handles == nil {
			return nil
		}
		for _, h := range k.Handles {
			if !holds(*patch.Handles, h) {
				return &InvalidError{Fields: map[string]string{"handles": "an address that is somebody's is not taken from him: part merged contacts by undoing that"}}
			}
		}
		for _, h := range *patch.Handles {
			if !holds(k.Handles, h) {
				k.Handles = append(slices.Clone(k.Handles), h)
			}
		}
		return nil
	})
	if err != nil {
		return Contact{}, err
	}
	return k, p.tell(ctx, k, "the contact was changed")
}

// adopt makes the handles lead to the contact.
func (p *Persons) adopt(ctx context.Context, id ContactID, handles []channels.Handle) error {
	for _, h := range handles {
		err := p.Registry.Adopt(ctx, h, id)
		if errors.Is(err, ErrTaken) {
			return &InvalidError{Fields: map[string]string{"handles": "one belongs to another contact: merge the two"}}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// change changes a contact that is present, again if others were quicker, unless
// it was decided on one version.
func (p *Persons) change(ctx context.Context, id ContactID, tied Revision, with func(*Contact) error) (Contact, error) {
	for range attempts {
		k, err := p.Registry.Contact(ctx, id)
		switch {
		case err != nil:
			return Contact{}, err
		case k.Erased:
			return Contact{}, ErrNotFound
		case tied != 0 && k.Version != tied:
			return Contact{}, &StaleContactError{Present: k}
		case k.MergedInto != "":
			return Contact{}, ErrMerged
		}
		k, err = p.save(ctx, k, with)
		if !errors.Is(err, ErrStale) || tied != 0 {
			return k, err
		}
	}
	return Contact{}, fmt.Errorf("change contact: %w after %d attempts", ErrStale, attempts)
}

func (p *Persons) save(ctx context.Context, k Contact, with func(*Contact) error) (Contact, error) {
	if err := with(&k); err != nil {
		return Contact{}, err
	}
	k.Version++
	k.UpdatedAt = p.Desk.Now()
	return k, p.Registry.SaveContact(ctx, k)
}

// theirs are all conversations of a contact, the oldest first.
func (p *Persons) theirs(ctx context.Context, id ContactID) ([]ID, error) {
	var out []ID
	for cursor := ""; ; {
		page, err := p.Matters.List(ctx, Query{Contact: id, Sort: ByCreatedOldest, Limit: 200, Cursor: cursor, Now: p.Desk.Now()})
		if err != nil {
			return nil, fmt.Errorf("list conversations of contact: %w", err)
		}
		for _, c := range page.Items {
			out = append(out, c.ID)
		}
		if cursor = page.Next; cursor == "" {
			return out, nil
		}
	}
}

// tell brings a contact's conversations in step with him.
func (p *Persons) tell(ctx context.Context, k Contact, why string) error {
	ids, err := p.theirs(ctx, k.ID)
	if err != nil {
		return err
	}
	return p.give(ctx, ids, k.ID, k, why)
}

// give makes conversations of one contact those of another, or of himself as he is now.
func (p *Persons) give(ctx context.Context, ids []ID, from ContactID, to Contact, why string) error {
	for _, id := range ids {
		_, err := p.Desk.decide(ctx, id, 0, func(c Conversation, now time.Time) (Change, error) {
			ch := Change{Before: &c, After: c}
			same := c.Contact.ID == to.ID && c.Contact.Name == to.Name && slices.Equal(c.Contact.Handles, to.Handles)
			if c.Erased || c.Contact.ID != from && c.Contact.ID != to.ID || same {
				return ch, nil
			}
			ch.After.Contact = to.Ref()
			ch.After.Version++
			ch.Events = []Event{{Type: EventChanged, At: now, By: System, Why: why,
				Changes: map[string]Delta{"contact": {From: c.Contact.ID, To: to.ID}}}}
			return ch, nil
		})
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	return nil
}
