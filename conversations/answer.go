package conversations

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/caravan-desk/caravan/channels"
)

// Draft is what an officer wants to say.
type Draft struct {
	Note        bool          // for colleagues only; never sent
	Channel     channels.Kind // empty: the one the customer used last
	To          string        // whose address; empty: the customer's own, on that channel
	Text        string
	Subject     string // mail only; empty: the conversation's
	HTML        string
	Attachments []Attachment
	Template    string            // the template that Text was rendered from, if any
	Content     *channels.Content // the provider's own template (WhatsApp), if any
	Language    string
	Version     Revision // the version it was written against; 0: whatever is present
	Op          string   // Idempotency-Key: the same one is done once
	Lane        Lane
	Quote       bool        // mail only: the message answered is shown below
	Auto        bool        // made by a machine
	Purpose     Purpose     // empty: service
	After       time.Time   // not sent before; zero: as soon as possible
	Else        []Alternate // see Sending
	Wait        time.Duration
	Instead     MessageID
	UnlessFile  bool // asks for a file: not sent if one came meanwhile
}

// maxText is the longest text that is taken, in bytes.
const maxText = 100_000

// maxChat is the longest SMS or WhatsApp text that the provider takes, in UTF-16
// units (Twilio error 21617).
const maxChat = 1600

// Answer is what an officer's (or the house's own) words do to a conversation. It is pure.
func Answer(before Conversation, d Draft, by Author, now time.Time) (Change, error) {
	if d.Version != 0 && d.Version != before.Version {
		return Change{}, &StaleError{Present: before}
	}
	if before.Erased {
		return Change{}, ErrNotFound
	}
	if before.MergedInto != "" {
		return Change{}, ErrMerged
	}
	if err := d.check(); err != nil {
		return Change{}, err
	}
	c := before
	c.Version++
	c.Messages++
	c.UpdatedAt = now
	c.review(by, now)
	m := Message{
		ID: NewMessageID(c.ID, c.Messages), Conversation: c.ID, Kind: KindNote, Direction: Out, Author: by,
		Text: d.Text, HTML: d.HTML, Attachments: d.Attachments, Language: d.Language, Template: d.Template,
		Status: channels.Sent, CreatedAt: now,
	}
	ev := Event{Type: EventNoted, At: now, By: by, Message: m.ID}
	ch := Change{Before: &before, Claim: d.claim(before.ID)}
	if !d.Note {
		if err := c.address(&m, d, now); err != nil {
			return Change{}, err
		}
		ev.Type = EventQueued
		if d.Auto { // who wrote it did so through a machine: it is no answer
			ev.Changes = map[string]Delta{"auto": {To: true}}
		}
		if moved := c.answered(d, now); moved != nil {
			ch.Events = append(ch.Events, Event{Type: EventChanged, At: now, By: by, Why: "answered", Changes: moved})
		}
		c.Preview = preview(&m)
	}
	ch.Events = append(ch.Events, ev)
	ch.Messages, ch.After = []Message{m}, c
	return ch, nil
}

// check refuses a draft that says nothing or too much.
func (d *Draft) check() error {
	switch {
	case strings.TrimSpace(d.Text) == "" && len(d.Attachments) == 0 && d.Content == nil:
		return &InvalidError{Fields: map[string]string{"text": "is empty"}}
	case len(d.Text) > maxText:
		return &InvalidError{Fields: map[string]string{"text": "is longer than 100,000 bytes"}}
	case d.Channel != "" && !d.Channel.Valid():
		return &InvalidError{Fields: map[string]string{"channel": "is not email, sms, whatsapp or voice"}}
	case !d.Note && d.Channel == channels.Voice:
		return &InvalidError{Fields: map[string]string{"channel": "a reply cannot be sent by voice: promise a call-back"}}
	}
	return nil
}

// claim makes the draft's Idempotency-Key, within its conversation, hold for ever.
func (d *Draft) claim(id ID) string {
	if d.Op == "" {
		return ""
	}
	return "op\x00" + string(id) + "\x00" + d.Op
}

// address fills in where the message goes, or says why it cannot.
func (c *Conversation) address(m *Message, d Draft, now time.Time) error {
	r, name, err := c.recipient(d.Channel, d.To)
	if err != nil {
		return err
	}
	if d.Content == nil && !c.windowOpenTo(r, now) {
		return ErrWindowClosed
	}
	if units := len(utf16.Encode([]rune(d.Text))); d.Content == nil && r.Channel != channels.Email && units > maxChat {
		return &InvalidError{Fields: map[string]string{"text": fmt.Sprintf("has %d characters: %s takes %d in one message. Send it in parts, or by mail", units, r.Channel, maxChat)}}
	}
	if d.Auto && d.Lane == LaneAck && r.Class != "" {
		return ErrMachine // RFC 3834 §2
	}
	m.Kind, m.Channel, m.Account, m.Status = KindMessage, r.Channel, r.Account, channels.Queued
	m.From, m.To = r.Account, r.To.Value
	m.Send = &Sending{To: r.To, Name: name, Content: d.Content, Lane: d.Lane, Auto: d.Auto, Purpose: d.Purpose, After: d.After, Else: d.Else, Wait: d.Wait, Instead: d.Instead, NoFile: d.UnlessFile}
	if r.Channel == channels.Email {
		m.Subject = replySubject(d.Subject, c.Subject)
		if r.Last != "" {
			m.Send.InReplyTo, m.Send.References, m.Send.Index = r.Last, []string{r.Last}, r.Index
		}
		if d.Quote && r.Seq > 0 {
			m.Send.Quotes = NewMessageID(c.ID, r.Seq)
		}
	}
	return nil
}

// ReplyRoute is the customer's address on channel k; without k, on the last
// channel that can carry words.
func (c *Conversation) ReplyRoute(k channels.Kind) (Route, bool) {
	for _, r := range c.Routes {
		if r.Channel == k || (k == "" && r.Channel != channels.Voice) {
			return r, true
		}
	}
	for _, h := range c.Contact.Handles {
		if k == channelOf(h) || k == "" {
			return Route{Channel: channelOf(h), To: h}, true
		}
		if k == channels.SMS && h.Kind == channels.HandleWhatsApp {
			return Route{Channel: k, To: channels.Handle{Kind: channels.HandlePhone, Value: h.Value}}, true
		}
	}
	return Route{}, false
}

// channelOf is the channel that a handle is written to by default.
func channelOf(h channels.Handle) channels.Kind {
	switch h.Kind {
	case channels.HandleEmail:
		return channels.Email
	case channels.HandlePhone:
		return channels.SMS
	}
	return channels.WhatsApp
}

// answered notes that the customer has been answered; it returns what changed.
func (c *Conversation) answered(d Draft, now time.Time) map[string]Delta {
	if d.Auto {
		return nil
	}
	c.Unread = 0
	c.Times.Waiting = time.Time{}
	if c.Times.Answered.IsZero() {
		c.Times.Answered = now
	}
	if c.Status != New && c.Status != Solved {
		return nil
	}
	moved := map[string]Delta{"status": {From: c.Status, To: Open}}
	c.enter(Open, "", now)
	return moved
}

// replySubject is the subject of an answer (RFC 5322 section 3.6.5).
func replySubject(own, original string) string {
	if own != "" || original == "" {
		return own
	}
	if len(original) >= 3 && strings.EqualFold(original[:3], "re:") {
		return original
	}
	return "Re: " + original
}

// Start is an officer writing first, to a handle that has no matter in hand. Identity
// (ID, Contact) comes in next. It is pure.
func Start(next Conversation, route Route, d Draft, by Author, now time.Time) (Change, error) {
	c := next
	c.Number, c.Status, c.Priority = c.ID.Number(), Open, Normal
	if c.Desk == "" {
		c.Desk = Triage
	}
	c.CreatedAt, c.UpdatedAt, c.Times.Status = now, now, now
	c.Routes, c.Channels, c.Subject = []Route{route}, []channels.Kind{route.Channel}, d.Subject
	if route.Channel == channels.Email {
		c.People = []string{route.To.Key()}
	}
	d.Channel = route.Channel
	ch, err := Answer(c, d, by, now)
	if err != nil {
		return Change{}, err
	}
	if d.Op != "" { // the new conversation's ID differs at each attempt
		ch.Claim = "open\x00" + by.ID + "\x00" + route.To.Key() + "\x00" + d.Op
	}
	ch.Before, ch.After.Version = nil, 1
	ch.After.Messages = 1
	ch.Events = slices.Insert(ch.Events, 0, Event{Type: EventOpened, At: now, By: by, Why: "an officer wrote first"})
	return ch, nil
}
