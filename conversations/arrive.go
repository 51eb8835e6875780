package conversations

import (
	"crypto/sha256"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/caravan-desk/caravan/channels"
)

// ReopenTerm is how long after it was solved a conversation is taken up again by
// the customer's next chat message; later it is a new matter.
const ReopenTerm = 7 * 24 * time.Hour

// Continues reports whether a chat message at now belongs to c rather than to a new matter.
func Continues(c *Conversation, now time.Time) bool {
	if c.Erased || c.Status == Closed {
		return false
	}
	return c.Status != Solved || now.Sub(c.Times.Solved) < ReopenTerm
}

// previewLength is how much of a message a list row shows, in characters.
const previewLength = 80

// usualEvents is how many events a new conversation begins with, as a rule: it is opened,
// received, classified and given to an officer.
const usualEvents = 4

// Arrive is what an inbound message does to a conversation: Before is nil for a
// new one, whose identity next carries (ID, Contact); for another, next carries who takes
// part in it from now on (Parties). It is pure.
func Arrive(before *Conversation, next Conversation, in channels.Inbound, now time.Time) Change {
	ch := Change{Before: before, After: next}
	ch.arrive(&in, now)
	return ch
}

// arrive is Arrive in place: After is next.
func (ch *Change) arrive(in *channels.Inbound, now time.Time) {
	c := &ch.After
	ch.Claim = claimOf(in.Channel, in.Account, in.ProviderID, in.From, in.Subject, in.Text)
	if ch.Before != nil {
		joined := c.Parties
		*c = *ch.Before
		for _, p := range joined {
			c.join(p)
		}
	} else {
		c.Number, c.Status, c.Priority, c.Desk = c.ID.Number(), New, Normal, Triage
		c.CreatedAt, c.Times.Status = now, now
		c.Subject = in.Subject
		ch.Events = append(make([]Event, 0, usualEvents), Event{Type: EventOpened, At: now, By: System})
		if len(c.Related) > 0 {
			ch.Events = append(ch.Events, Event{Type: EventRelated, At: now, By: System, Changes: map[string]Delta{"related": {To: c.Related}},
				Why: "it names conversation " + string(c.Related[0]) + ", which its sender takes no part in or which is closed"})
		}
	}
	c.Version++
	c.Messages++
	c.UpdatedAt = now
	ch.Messages = []Message{arrived(c, in, now)}
	m := &ch.Messages[0]
	if ch.Before != nil && m.Reacts { // a sign asks for nothing, and opens nothing
		ch.reacted(in, m, now)
		return
	}
	c.Preview = preview(m)
	if m.Author.Type == ByCustomer {
		c.Unread++
		meet(c, in, now)
	}
	if len(c.Surveys) > 0 && m.Author.Type == ByCustomer {
		ch.Survey = c.surveyed(ch, in, m, now)
	}
	if m.Author.Type == ByCustomer && human(in.Class) && !ch.Survey {
		if c.Status == Pending || !c.Status.Live() {
			ch.Events = append(ch.Events, Event{Type: EventChanged, At: now, By: m.Author, Why: "the customer wrote again",
				Changes: map[string]Delta{"status": {From: c.Status, To: Open}}})
			c.enter(Open, "", now)
		}
		c.Snoozed = nil
	}
	ch.Events = append(ch.Events, Event{Type: EventReceived, At: now, By: m.Author, Message: m.ID})
	for _, a := range m.Attachments {
		if a.URL != "" {
			ch.Events = append(ch.Events, Event{Type: EventMedia, At: now, By: System, Message: m.ID, Why: "attachments to be copied from the provider"})
			break
		}
	}
}

// reacted is what a sign on an earlier message does: it is kept, and may be the answer to
// a survey.
func (ch *Change) reacted(in *channels.Inbound, m *Message, now time.Time) {
	if len(ch.After.Surveys) > 0 {
		ch.Survey = ch.After.surveyed(ch, in, m, now)
	}
	ch.Events = append(ch.Events, Event{Type: EventReceived, At: now, By: m.Author, Message: m.ID, Why: "a reaction to an earlier message"})
}

// human reports whether somebody wrote it himself. A machine's answer waits for
// nothing and reopens nothing.
func human(c channels.Class) bool { return c == "" || c == channels.Human }

// meet notes how the customer can be reached, and that he waits.
func meet(c *Conversation, in *channels.Inbound, now time.Time) {
	if c.Times.Waiting.IsZero() && human(in.Class) {
		c.Times.Waiting = now
	}
	if !slices.Contains(c.Channels, in.Channel) {
		c.Channels = append(slices.Clone(c.Channels), in.Channel)
	}
	other := c.party(in.From)
	if in.Channel == channels.WhatsApp && other < 0 {
		until := now.Add(Window)
		c.WindowUntil = &until
	}
	if in.From.IsZero() {
		return
	}
	r := Route{Channel: in.Channel, Account: in.Account, To: in.From, At: now}
	if !human(in.Class) {
		r.Class = in.Class
	}
	if in.Channel == channels.Email {
		if !in.ReplyTo.IsZero() {
			r.To = in.ReplyTo
		}
		r.Last, r.Index, r.Seq = in.ProviderID, in.ThreadIndex, c.Messages
		if c.Subject == "" {
			c.Subject = in.Subject
		}
	}
	if other >= 0 { // answers go on to the customer whom the conversation belongs to
		c.meetParty(other, r)
		return
	}
	c.Routes = r.before(c.Routes)
}

// before is the route and, after it, those on other channels.
func (r Route) before(others []Route) []Route {
	all := append(make([]Route, 0, max(1, len(others))), r)
	for i := range others {
		if others[i].Channel != r.Channel {
			all = append(all, others[i])
		}
	}
	return all
}

// arrived is the inbound item as a message, c's last.
func arrived(c *Conversation, in *channels.Inbound, now time.Time) Message {
	m := Message{
		ID: NewMessageID(c.ID, c.Messages), Conversation: c.ID, Kind: KindMessage, Direction: In,
		Channel: in.Channel, Account: in.Account, Class: in.Class,
		Author: Author{Type: ByCustomer, ID: string(c.Contact.ID), Name: in.Name},
		From:   in.From.Value, To: in.To, Subject: in.Subject, Text: in.Text, Full: in.Full, HTML: in.HTML, Rich: in.Rich,
		Language: in.Language, Status: channels.Received, ProviderID: in.ProviderID,
		Fields: in.Fields, Raw: in.Raw, Warnings: in.Warnings, CreatedAt: now,
		Answers: in.Answers, Reacts: in.Form == channels.FormReaction,
	}
	if at := c.party(in.From); at >= 0 {
		m.Author.ID = string(c.Parties[at].Contact.ID)
	}
	if in.Form == channels.FormCall {
		m.Kind, m.Call = KindCall, in.Call
	}
	if in.Class == channels.Bounce || in.Class == channels.Own {
		m.Kind, m.Author = KindSystem, System
	}
	if in.Desk != "" || in.Language != "" || in.Callback != nil {
		m.Hints = &Hints{Desk: in.Desk, Language: in.Language, Callback: in.Callback}
	}
	for _, a := range in.Attachments {
		m.Attachments = append(m.Attachments, Attachment{
			ID: a.Blob, URL: a.URL, Name: a.Name, ContentType: a.ContentType, Size: a.Size, Inline: a.Inline, ContentID: a.ContentID,
		})
	}
	return m
}

// ClaimOf names an inbound item for ever: the same one is kept once. A mail's
// Message-ID is chosen by its sender, so a mail is the same one only if it also
// says the same: a stranger who reuses an ID is heard.
func ClaimOf(in channels.Inbound) string {
	return claimOf(in.Channel, in.Account, in.ProviderID, in.From, in.Subject, in.Text)
}

func claimOf(k channels.Kind, account, id string, from channels.Handle, subject, text string) string {
	claim := string(k) + "\x00" + account + "\x00" + id
	if k != channels.Email {
		return claim
	}
	sum := sha256.Sum256([]byte(from.Key() + "\x00" + subject + "\x00" + text))
	return claim + "\x00" + string(sum[:])
}

// Claim is what ClaimOf gave the message when it came in; "" for one of ours.
func (m *Message) Claim() string {
	if m.Direction != In || m.ProviderID == "" {
		return ""
	}
	from := channels.Handle{Kind: channels.HandleEmail, Value: m.From} // only a mail's sender counts
	return claimOf(m.Channel, m.Account, m.ProviderID, from, m.Subject, m.Text)
}

// preview is one line of a message for a list row.
func preview(m *Message) string {
	text := line(m.Text, previewLength)
	if text == "" {
		text = line(m.Subject, previewLength)
	}
	if text == "" && len(m.Attachments) > 0 {
		text = "📎 " + m.Attachments[0].ContentType
	}
	return text
}

// line is the beginning of s, at most n characters, in one line and without
// needless space.
func line(s string, n int) string {
	var room [4 * previewLength]byte
	b, space := room[:0], false
	for _, r := range s {
		if unicode.IsSpace(r) {
			space = len(b) > 0
			continue
		}
		if n == 0 || space && n == 1 {
			b = append(b, "…"...)
			break
		}
		if space {
			b = append(b, ' ')
			n--
		}
		b = utf8.AppendRune(b, r)
		n--
		space = false
	}
	return string(b)
}
