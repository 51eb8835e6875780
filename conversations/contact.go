package conversations

import (
	"context"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// ContactID names a contact: "k" and a number whose partition is its home.
type ContactID string

// Contact is a person. He owns his handles; none is ever rewritten.
type Contact struct {
	ID        ContactID         `json:"id"`
	Version   Revision          `json:"version"`
	Name      string            `json:"name"`
	Handles   []channels.Handle `json:"handles"`
	Language  string            `json:"language"`
	CreatedAt time.Time         `json:"created_at"`
	UpdatedAt time.Time         `json:"updated_at"`

	MergedInto ContactID  `json:"merged_into,omitempty"` // he is the same person as that one
	Absorbed   []Absorbed `json:"-"`                     // those who were merged into him
	Moved      []ID       `json:"-"`                     // merged: the conversations that were his
	Erased     bool       `json:"erased,omitempty"`
}

// Absorbed is a contact who was merged into another, and what that brought.
type Absorbed struct {
	ID      ContactID         `json:"i"`
	Handles []channels.Handle `json:"h,omitempty"`
	Name    bool              `json:"n,omitempty"`
	At      time.Time         `json:"a"`
}

// Present is a contact, or the one he was merged into.
func Present(ctx context.Context, people People, id ContactID) (Contact, error) {
	k, err := people.Contact(ctx, id)
	for range mergedMost {
		if err != nil || k.MergedInto == "" {
			break
		}
		k, err = people.Contact(ctx, k.MergedInto)
	}
	return k, err
}

// Ref is the contact as a conversation shows it.
func (c *Contact) Ref() ContactRef {
	return ContactRef{ID: c.ID, Name: c.Name, Handles: c.Handles}
}
