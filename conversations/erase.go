package conversations

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// Erasure takes a person out of the store. Every step may be done again.
type Erasure interface {
	// Tombstone takes everything out of a conversation but that it was: its words,
	// names, addresses, history and call-backs. Claims stay, so that nothing that is
	// delivered again comes back. The history says why.
	Tombstone(ctx context.Context, id ID, person Contact, why string, now time.Time) (Removed, error)
	// Shared reports whether any message refers to a file, but for those that are left out.
	Shared(ctx context.Context, blob string, leftOut func(*Message) bool) (bool, error)
	// Vanish takes handles, and the contact himself, out of the store. What he has
	// forbidden stays (Consent.Forbidden), in a form that only who knows the address
	// can ask for; it returns how many addresses that holds for.
	Vanish(ctx context.Context, k Contact, now time.Time) (silent int, err error)
	// Mentions lists other conversations in which the person takes part.
	Mentions(ctx context.Context, k Contact) ([]ID, error)
}

// Files keeps blobs.
type Files interface {
	Delete(ctx context.Context, key string) error
}

// Removed is what one step of an erasure took away.
type Removed struct {
	Messages  int
	Callbacks int
	Entries   int // of the log
}

// Certificate says what an erasure did. It names nobody but by his ID.
type Certificate struct {
	Contact       ContactID `json:"contact"`
	ErasedAt      time.Time `json:"erased_at"`
	By            Author    `json:"by"`
	Conversations []ID      `json:"conversations"`
	Contacts      []string  `json:"contacts" doc:"Others who had been merged into this one, and went with him"`
	Messages      int       `json:"messages"`
	Callbacks     int       `json:"callbacks"`
	Handles       int       `json:"handles"`
	Files         int       `json:"files" doc:"Attachments and raw mails that nobody else has"`
	FilesKept     int       `json:"files_kept" doc:"Those that messages of others refer to as well"`
	LogEntries    int       `json:"log_entries"`
	OptOuts       int       `json:"opt_outs" doc:"Addresses that stay opted out: kept as a keyed hash, so that nobody writes to them again"`
	Remaining     []string  `json:"remaining" doc:"What could not be taken away, and why; empty: nothing"`
	Notes         []string  `json:"notes" doc:"What goes by itself, and when"`
}

// Erase takes a person out of everything. What was interrupted is completed by
// asking again; a person who is gone gives ErrNotFound.
func (p *Persons) Erase(ctx context.Context, id ContactID, by Author) (Certificate, error) {
	now := p.Desk.Now()
	cert := Certificate{Contact: id, ErasedAt: now, By: by, Conversations: []ID{}, Contacts: []string{}, Remaining: []string{}, Notes: []string{
		"answers kept under Idempotency-Keys run out within 24 hours",
		"backups and the append-only file keep what was written before until they are made anew",
		"addresses that bulk messages went to run out 90 days after the last of each",
		"what the courier's and the tour system reported of a shipment or booking stays with it, and is erased there",
	}}
	k, err := p.Registry.Contact(ctx, id)
	if err != nil {
		return cert, err
	}
	if k.Erased {
		return cert, ErrNotFound
	}
	if k.MergedInto != "" {
		return cert, ErrMerged
	}
	if err := p.erase(ctx, k, &cert, now); err != nil {
		return cert, err
	}
	return cert, nil
}

func (p *Persons) erase(ctx context.Context, k Contact, cert *Certificate, now time.Time) error {
	k, err := p.withAbsorbed(ctx, k, cert)
	if err != nil {
		return err
	}
	ids, err := p.theirs(ctx, k.ID)
	if err != nil {
		return err
	}
	mentions, err := p.Erasure.Mentions(ctx, k)
	if err != nil {
		return fmt.Errorf("find mentions: %w", err)
	}
	all, _ := united(ids, mentions)
	cert.Conversations = append(cert.Conversations, all...)
	if err := p.eraseFiles(ctx, k, ids, all, cert); err != nil {
		return err
	}
	for _, id := range all {
		r, err := p.Erasure.Tombstone(ctx, id, k, "a person was erased", now)
		if err != nil {
			return fmt.Errorf("erase conversation %s: %w", id, err)
		}
		cert.Messages += r.Messages
		cert.Callbacks += r.Callbacks
		cert.LogEntries += r.Entries
	}
	return p.vanish(ctx, k, cert, now)
}

// withAbsorbed adds to a person's handles those of others who were merged into him.
func (p *Persons) withAbsorbed(ctx context.Context, k Contact, cert *Certificate) (Contact, error) {
	for _, a := range k.Absorbed {
		other, err := p.Registry.Contact(ctx, a.ID)
		if errors.Is(err, ErrNotFound) || other.Erased {
			continue
		}
		if err != nil {
			return k, err
		}
		k.Handles, _ = united(k.Handles, other.Handles)
		cert.Contacts = append(cert.Contacts, string(a.ID))
	}
	return k, nil
}

// vanish takes a person, and those who went with him, out of the contacts.
func (p *Persons) vanish(ctx context.Context, k Contact, cert *Certificate, now time.Time) error {
	cert.Handles = len(k.Handles)
	for _, a := range cert.Contacts {
		silent, err := p.Erasure.Vanish(ctx, Contact{ID: ContactID(a)}, now)
		if err != nil {
			return fmt.Errorf("erase merged contact: %w", err)
		}
		cert.OptOuts += silent
	}
	silent, err := p.Erasure.Vanish(ctx, k, now)
	cert.OptOuts += silent
	return err
}

// deleteFile deletes a blob, unless a message that is not left out refers to it as well.
func (p *Persons) deleteFile(ctx context.Context, key string, leftOut func(*Message) bool) (shared bool, err error) {
	if shared, err = p.Erasure.Shared(ctx, key, leftOut); err == nil && !shared {
		err = p.Blobs.Delete(ctx, key)
	}
	if err != nil {
		return false, fmt.Errorf("erase file: %w", err)
	}
	return shared, nil
}

// eraseFiles deletes the blobs that nobody else's message refers to. It comes
// first: while the messages are there, they tell which blobs are meant.
func (p *Persons) eraseFiles(ctx context.Context, k Contact, own, all []ID, cert *Certificate) error {
	his := func(m *Message) bool {
		id, _, _ := m.ID.Split()
		return slices.Contains(own, id) || k.By(m)
	}
	seen := map[string]bool{}
	for _, id := range all {
		messages, err := p.Desk.Annals.Messages(ctx, id, 0, whole)
		if err != nil {
			return err
		}
		for i := range messages {
			if !his(&messages[i]) {
				continue
			}
			for _, key := range messages[i].Files() {
				if seen[key] {
					continue
				}
				seen[key] = true
				shared, err := p.deleteFile(ctx, key, his)
				if err != nil {
					return err
				}
				if shared {
					cert.FilesKept++
				} else {
					cert.Files++
				}
			}
		}
	}
	return nil
}

// Buried is a conversation without anything that tells of a person: what is left
// is what reports count. It is pure.
func Buried(c Conversation, now time.Time) Conversation {
	out := Conversation{
		ID: c.ID, Number: c.Number, Version: c.Version + 1, Desk: c.Desk, Category: c.Category, Confidence: c.Confidence,
		Status: Closed, Priority: c.Priority, Language: c.Language, Assignee: c.Assignee, Channels: c.Channels,
		CreatedAt: c.CreatedAt, UpdatedAt: now, Messages: c.Messages, Issued: c.Issued, Times: c.Times, ByHand: c.ByHand, Erased: true,
	}
	if c.Status != Closed {
		out.enter(Closed, "", now)
	}
	out.Times.Waiting, out.Pauses, out.Disposition = time.Time{}, nil, c.Disposition
	return out
}

// Redacted is a message of which only is left that there was one. It is pure.
func Redacted(m Message) Message {
	return Message{
		ID: m.ID, Conversation: m.Conversation, Kind: m.Kind, Direction: m.Direction, Channel: m.Channel,
		Author: Author{Type: m.Author.Type}, Language: m.Language, Status: settled(m.Status), Template: m.Template,
		Attachments: []Attachment{}, CreatedAt: m.CreatedAt, Account: m.Account, Class: m.Class,
	}
}

// settled is a status that nothing waits on any more.
func settled(s channels.Status) channels.Status {
	if s == channels.Queued || s == channels.Sending || s == channels.Uncertain {
		return channels.Canceled
	}
	return s
}

// By reports whether a message is a person's, or to him.
func (c *Contact) By(m *Message) bool {
	if m.Author.Type == ByCustomer && m.Author.ID == string(c.ID) {
		return true
	}
	return slices.ContainsFunc(c.Handles, func(h channels.Handle) bool { return h.Value != "" && (h.Value == m.From || h.Value == m.To) })
}
