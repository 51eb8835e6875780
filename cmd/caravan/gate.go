package main

import (
	"cmp"
	"context"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/cmd/caravan/config"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/outbox"
	"github.com/caravan-desk/caravan/templates"
)

// acksPerDay is how many receipts a machine writes to one person in a day. It
// bounds what a responder that does not say that it is one can set off.
const acksPerDay = 4

// caps bound what machines send to one person in a day.
func caps(l config.Limits, p conversations.Pacer) *conversations.Caps {
	return &conversations.Caps{Pacer: p, PerDay: map[conversations.Lane]int{
		conversations.LaneAck: acksPerDay, conversations.LaneUpdate: l.UpdatesPerDay, conversations.LaneBulk: l.BulkPerDay,
	}}
}

// confirmation answers STOP, START and HELP from the library, in the customer's language.
func confirmation(library *templates.Shelf) func(conversations.OptKind, conversations.Conversation, channels.Kind) (conversations.Draft, bool) {
	names := map[conversations.OptKind]string{
		conversations.OptStop: "opt_out_confirmed", conversations.OptStart: "opt_in_confirmed", conversations.OptHelp: "help",
	}
	return func(kind conversations.OptKind, c conversations.Conversation, on channels.Kind) (conversations.Draft, bool) {
		out, err := library.Render(names[kind], c.ReplyLanguage(), on, nil, templates.Options{Now: now()})
		if err != nil {
			return conversations.Draft{}, false
		}
		return conversations.Draft{Text: out.Text, HTML: out.HTML, Subject: out.Subject, Language: out.Language, Template: names[kind]}, true
	}
}

// gate is asked at the instant of sending: what was allowed when the message was
// queued may not be any more.
func gate(store *keep) outbox.Gate {
	return func(ctx context.Context, m conversations.Message, at time.Time) error {
		if m.Send == nil {
			return nil
		}
		if first := m.Send.Instead; first != "" {
			if was, err := store.LoadMessage(ctx, first); err == nil && was.Proved() {
				return conversations.ErrNotNeeded
			}
		}
		if m.Send.NoFile {
			if came, err := (files{store}).FileSince(ctx, m.Conversation, m.CreatedAt); err == nil && came {
				return conversations.ErrNotNeeded
			}
		}
		ledger, err := store.Consent(ctx, m.Send.To.Key())
		if err != nil {
			return &channels.SendError{Failure: channels.Temporary, Err: err}
		}
		windowed := m.Channel == channels.WhatsApp && m.Send.Content == nil
		if !windowed && len(ledger.Entries) == 0 && m.Send.Purpose != conversations.Marketing {
			return nil
		}
		c, err := store.Load(ctx, m.Conversation)
		if err != nil {
			return &channels.SendError{Failure: channels.Temporary, Err: err}
		}
		if windowed && !c.WindowOpenFor(m.Channel, m.Send.To, at) {
			return &channels.SendError{Failure: channels.Permanent, Code: "63016", Err: conversations.ErrWindowClosed}
		}
		if err := conversations.MaySend(c, ledger, m); err != nil {
			return &channels.SendError{Failure: channels.OptedOut, Err: err}
		}
		return nil
	}
}

// quoted reads the message that an answer shows below it.
func quoted(store *keep, original func(context.Context, *conversations.Message) string) func(ctx context.Context, id conversations.MessageID) (*channels.Quoted, error) {
	return func(ctx context.Context, id conversations.MessageID) (*channels.Quoted, error) {
		m, err := store.LoadMessage(ctx, id)
		if err != nil {
			return nil, err
		}
		if m.Rich {
			m.HTML = original(ctx, &m)
		}
		return &channels.Quoted{From: cmp.Or(m.Author.Name, m.From), At: m.CreatedAt, Text: m.Text, HTML: m.HTML}, nil
	}
}
