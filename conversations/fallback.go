package conversations

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// Alternate is another way to say the same, should the customer not have got the first.
type Alternate struct {
	Channel  channels.Kind     `json:"c"`
	Text     string            `json:"x"`
	HTML     string            `json:"h,omitempty"`
	Subject  string            `json:"s,omitempty"`
	Content  *channels.Content `json:"t,omitempty"`
	Language string            `json:"l,omitempty"`
	Template string            `json:"p,omitempty"`
}

// ErrNotNeeded is what the gate says of a message whose first way arrived after all, or
// that asks for what came meanwhile.
var ErrNotNeeded = errors.New("it is not needed any more: the customer has it by another channel, or has done what it asks for")

// ReceiptTerm is how long a delivery receipt may take before the next channel is tried,
// unless a template says otherwise.
const ReceiptTerm = 15 * time.Minute

// Proved reports whether a message needs no other way: the customer's device has it,
// it was withdrawn, or it is a mail, of which nobody tells more than that it went.
func (m *Message) Proved() bool {
	switch m.Status {
	case channels.Delivered, channels.Read, channels.Canceled:
		return true
	case channels.Sent:
		return m.Channel == channels.Email
	}
	return false
}

// Next is the draft that takes a message's place, and how it is explained; ok is false
// if it needs none, or has no other way. It is pure.
func Next(m Message) (d Draft, why string, ok bool) {
	if m.Send == nil || len(m.Send.Else) == 0 || m.Proved() {
		return Draft{}, "", false
	}
	a := m.Send.Else[0]
	why = fmt.Sprintf("no receipt by %s within %s: by %s", m.Channel, m.Send.Wait, a.Channel)
	if m.Status == channels.Failed {
		why = fmt.Sprintf("it failed by %s: by %s", m.Channel, a.Channel)
	}
	return Draft{
		Channel: a.Channel, Text: a.Text, HTML: a.HTML, Subject: a.Subject, Content: a.Content, Language: a.Language, Template: a.Template,
		Lane: m.Send.Lane, Auto: m.Send.Auto, Purpose: m.Send.Purpose, Else: m.Send.Else[1:], Wait: m.Send.Wait, Instead: m.ID,
	}, why, true
}

// Fallback says a message by its next way, if there is no proof that it arrived. again is
// when to look again; zero: there is nothing more to see to.
func (d *Desk) Fallback(ctx context.Context, id MessageID) (again time.Time, err error) {
	m, err := d.Store.LoadMessage(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	if (m.Status == channels.Queued || m.Status == channels.Sending) && d.Now().Sub(m.Ready()) < fallbackMost {
		return d.Now().Add(max(m.Send.Wait, time.Second)), nil // it has not gone yet: there can be no receipt
	}
	for {
		draft, why, ok := Next(m)
		if !ok {
			return time.Time{}, nil
		}
		switch err = d.instead(ctx, m, draft, why); {
		case errors.Is(err, ErrOptedOut), errors.Is(err, ErrWindowClosed), errors.Is(err, ErrNoRoute):
			m.Send.Else = m.Send.Else[1:] // not that way
		case errors.Is(err, ErrCapped), errors.Is(err, ErrNotFound):
			return time.Time{}, nil
		default:
			return time.Time{}, err
		}
	}
}

// fallbackMost is how long a message may wait to be sent before the next way is tried all the same.
const fallbackMost = 6 * time.Hour

func (d *Desk) instead(ctx context.Context, m Message, draft Draft, why string) error {
	counted := true // the person's turn was taken by the first way
	_, err := d.decide(ctx, m.Conversation, 0, func(c Conversation, now time.Time) (Change, error) {
		ch, err := Answer(c, draft, System, now)
		if err != nil {
			return ch, err
		}
		for i := range ch.Events {
			if ch.Events[i].Type == EventQueued {
				ch.Events[i].Why = why
			}
		}
		ch.Claim = "instead\x00" + string(m.ID)
		return ch, d.allowed(ctx, c, ch.Messages[0], &counted)
	})
	var dup *DuplicateError
	if errors.As(err, &dup) {
		return nil
	}
	return err
}

// Unproved is the store's list of messages that have another way and no receipt yet.
type Unproved interface {
	// Unproved takes up to n of a partition's that are due, for the duration d. next is
	// when there is more to do; zero if nothing waits.
	Unproved(ctx context.Context, partition, n int, d time.Duration) (ids []MessageID, next time.Time, err error)
	// LookAgain says when to look at one again; zero: never.
	LookAgain(ctx context.Context, id MessageID, at time.Time) error
}

// fallbackHold is how long one look may take before another gateway looks.
const fallbackHold = 15 * time.Second

// Fallbacks is the engine that tries the next channel where evidence is missing.
func Fallbacks(d *Desk, u Unproved, w Watcher, partitions int, log *slog.Logger) *Rounds {
	return &Rounds{Partitions: partitions, Watcher: w, On: []EventType{EventUnproved}, Now: d.Now,
		Take: func(ctx context.Context, p int) (int, time.Time, error) {
			ids, next, err := u.Unproved(ctx, p, 16, fallbackHold)
			for _, id := range ids {
				again, err := d.Fallback(ctx, id)
				if err == nil {
					err = u.LookAgain(ctx, id, again)
				}
				if err != nil && ctx.Err() == nil {
					log.Warn("next channel not tried yet", "message", id, "error", err)
				}
			}
			return len(ids), next, err
		}}
}
