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

// named tells of the references that a change has brought, if it was kept.
func (t *Intake) named(ch *Change, err error) {
	if err == nil && t.Named != nil && (ch.Before == nil || len(ch.After.References) > len(ch.Before.References)) {
		t.Named(ch.After.References)
	}
}

// introduce adds what the message tells about the person: a new contact, his
// handles, and that his chat now leads here.
func introduce(ch *Change, in *channels.Inbound, place Place, now time.Time) {
	if in.Channel == channels.Email {
		ch.gather(in)
	}
	if place.Root.IsZero() {
		return
	}
	was, leads := place, place
	if ch.Before != nil {
		if c := ch.After.Contact; place.Contact == "" && c.ID != "" && holds(c.Handles, in.From) { // a crash left his handle behind
			leads.Contact = c.ID
			ch.Pointer = &Pointer{Handle: place.Root, Was: was, Now: leads}
		}
		return
	}
	if in.Channel != channels.Email {
		leads.Conversation = ch.After.ID
	}
	if place.Contact == "" {
		leads.Contact = ch.After.Contact.ID
		ch.Contact = &Contact{
			ID: ch.After.Contact.ID, Version: 1, Name: ch.After.Contact.Name, Handles: ch.After.Contact.Handles,
			Language: in.Language, CreatedAt: now, UpdatedAt: now,
		}
	}
	if leads != was {
		ch.Pointer = &Pointer{Handle: place.Root, Was: was, Now: leads}
	}
}

// gather adds those who are on a mail to the people that take part.
func (ch *Change) gather(in *channels.Inbound) {
	for _, p := range append([]channels.Party{{Address: in.From.Value}, {Address: in.ReplyTo.Value}}, in.Cc...) {
		if key := strings.ToLower(p.Address); key != "" && !slices.Contains(ch.After.People, key) {
			ch.After.People = append(slices.Clone(ch.After.People), key)
		}
	}
}

// welcome notes in next whoever is known to be another person than the conversation's
// customer, and writes into it all the same: since his own was merged into it, or as a mail's
// further recipient. He takes part; answers go on to the customer.
func (t *Intake) welcome(ctx context.Context, c, next *Conversation, in *channels.Inbound, place Place) error {
	if place.Contact == "" || place.Contact == c.Contact.ID || holds(c.Contact.Handles, in.From) || c.party(in.From) >= 0 {
		return nil
	}
	k, err := Present(ctx, t.People, place.Contact)
	if err != nil {
		return fmt.Errorf("load contact: %w", err)
	}
	if !k.Erased && k.ID != c.Contact.ID {
		next.Parties = []Party{{Contact: k.Ref()}}
	}
	return nil
}

// acquaint adds to a known contact what the message tells anew: his name, if he
// had none, and handles that are his.
func (t *Intake) acquaint(ctx context.Context, ch *Change, in *channels.Inbound, now time.Time) error {
	c := &ch.After.Contact
	if ch.Contact != nil || c.ID == "" || ch.After.party(in.From) >= 0 {
		return nil
	}
	handles := c.Handles
	if in.Channel != channels.Email { // a mail's sender may be a colleague or a friend of his
		handles = withHandle(handles, in.From)
		for _, h := range in.Aliases {
			handles = withHandle(handles, h)
		}
	}
	named := c.Name == "" && in.Name != ""
	if !named && len(handles) == len(c.Handles) {
		return nil
	}
	k, err := Present(ctx, t.People, c.ID)
	if errors.Is(err, ErrNotFound) { // the store lost what it did last: if that is so, Commit finds it out
		return nil
	}
	if err != nil {
		return fmt.Errorf("load contact: %w", err)
	}
	if k.Erased {
		return nil
	}
	if named && k.Name == "" {
		k.Name = in.Name
	}
	for _, h := range handles {
		k.Handles = withHandle(k.Handles, h)
	}
	k.Version++
	k.UpdatedAt = now
	c.Name, c.Handles = k.Name, k.Handles
	ch.Contact = &k
	return nil
}

// withHandle is a list of handles with a further one, unless it is there.
func withHandle(all []channels.Handle, h channels.Handle) []channels.Handle {
	if slices.Contains(all, h) {
		return all
	}
	return append(slices.Clone(all), h)
}

// link makes all handles of the sender lead to one place.
func (t *Intake) link(ctx context.Context, in *channels.Inbound, place Place) error {
	if len(in.Aliases) == 0 && in.From.Key() == place.Root.Key() {
		return nil
	}
	var others []channels.Handle
	for _, h := range senders(in) {
		if h.Key() != place.Root.Key() && !h.IsZero() {
			others = append(others, h)
		}
	}
	if len(others) == 0 {
		return nil
	}
	if err := t.People.Link(ctx, place.Root, others); err != nil {
		return fmt.Errorf("link handles: %w", err)
	}
	return nil
}
