package conversations

import (
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
}

// Ref is the contact as a conversation shows it.
func (c *Contact) Ref() ContactRef {
	return ContactRef{ID: c.ID, Name: c.Name, Handles: c.Handles}
}
