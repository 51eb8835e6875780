package conversations

import (
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// MessageKind says what a message is.
type MessageKind string

const (
	KindMessage MessageKind = "message"
	KindNote    MessageKind = "note" // officers only; never sent
	KindCall    MessageKind = "call"
	KindSystem  MessageKind = "system"
)

// Direction of a message, as the company sees it.
type Direction string

const (
	In  Direction = "in"
	Out Direction = "out"
)

// AuthorType says who wrote a message or caused an event.
type AuthorType string

const (
	ByCustomer AuthorType = "customer"
	ByOfficer  AuthorType = "officer"
	BySystem   AuthorType = "system"
)

// Author is who wrote a message or caused an event.
type Author struct {
	Type AuthorType `json:"type"`
	ID   string     `json:"id"`
	Name string     `json:"name"`
}

// System is the author of what the house does by itself.
var System = Author{Type: BySystem, Name: "Caravan"}

// Message is one thing said in a conversation. Its body never changes, unless a
// mail is parsed anew (Reread); its delivery state (Status, Error, ProviderID) does.
type Message struct {
	ID           MessageID       `json:"id"`
	Conversation ID              `json:"conversation"`
	Kind         MessageKind     `json:"kind"`
	Direction    Direction       `json:"direction"`
	Channel      channels.Kind   `json:"channel"`
	Author       Author          `json:"author"`
	From         string          `json:"from"`
	To           string          `json:"to"`
	Subject      string          `json:"subject"`
	Text         string          `json:"text"`
	HTML         string          `json:"html"`
	Attachments  []Attachment    `json:"attachments"`
	Language     string          `json:"language"`
	Status       channels.Status `json:"status"`
	Error        *MessageError   `json:"error"`
	Template     string          `json:"template"`
	ProviderID   string          `json:"provider_id"`
	CreatedAt    time.Time       `json:"created_at"`

	Call     *channels.Call    `json:"call,omitempty"` // of KindCall: what is known of it
	Account  string            `json:"-"`              // which of ours received or sends it
	Class    channels.Class    `json:"-"`
	Full     string            `json:"full_text,omitempty"`
	Raw      string            `json:"raw,omitempty"`      // blob of the original mail
	Rich     bool              `json:"-"`                  // HTML is empty, and is made of Raw when somebody wants to see it
	Fields   map[string]string `json:"fields,omitempty"`   // every provider field without a place of its own
	Warnings []string          `json:"warnings,omitempty"` // what was odd about it
	Send     *Sending          `json:"-"`                  // outbound only
	Hints    *Hints            `json:"-"`                  // inbound only: what the customer chose by himself
	Answers  string            `json:"-"`                  // chat only: the provider's ID of the message that it quotes or reacts to
	Reacts   bool              `json:"-"`                  // Text is a sign put on that message; without one it was taken back

	// What follows is worked out when messages are read (quote.go), and never stored.
	Quoted     *Quotation `json:"quoted,omitempty"`
	Reactions  []Reaction `json:"reactions,omitempty"`
	ReactionTo MessageID  `json:"reaction_to,omitempty"` // this message is one of the reactions of that one
}

// Hints are choices the customer made outside his words (keys pressed in the IVR).
type Hints struct {
	Desk     string                 `json:"d,omitempty"`
	Language string                 `json:"l,omitempty"`
	Callback *channels.CallbackWish `json:"b,omitempty"`
}

// Sending is what an adapter needs beyond the message's own words.
type Sending struct {
	To         channels.Handle   `json:"t"`
	Name       string            `json:"n,omitempty"`
	Content    *channels.Content `json:"c,omitempty"`
	InReplyTo  string            `json:"i,omitempty"`
	References []string          `json:"r,omitempty"`
	Index      string            `json:"x,omitempty"` // the Thread-Index of the mail answered
	Quotes     MessageID         `json:"q,omitempty"` // the message to be shown below the answer
	Lane       Lane              `json:"l"`
	Auto       bool              `json:"a,omitempty"`
	Purpose    Purpose           `json:"p,omitempty"` // empty: service
	After      time.Time         `json:"w,omitzero"`  // not sent before

	Else    []Alternate   `json:"e,omitempty"`  // other ways to say it, tried in order while nothing proves that it arrived
	Wait    time.Duration `json:"wt,omitempty"` // for the receipt, before the next way is tried
	NoFile  bool          `json:"nf,omitempty"` // not sent if the customer has sent a file since it was written
	Instead MessageID     `json:"f,omitempty"`  // the message that this one is another way of
}

// Attachment is a file of a message.
type Attachment struct {
	ID          string `json:"id"` // key in the blob store; empty while it is still being fetched
	Name        string `json:"name"`
	ContentType string `json:"content_type"`
	Size        int64  `json:"size"` // bytes
	Inline      bool   `json:"inline"`
	ContentID   string `json:"content_id,omitempty"`
	Transcript  string `json:"transcript,omitempty" doc:"What is said in it, as a machine heard it"`
	Removed     bool   `json:"removed,omitempty"` // it was kept for its time, and is gone
	URL         string `json:"-"`                 // provider's address of what is still to be fetched
}

// MessageError says why a message did not arrive.
type MessageError struct {
	Code  string            `json:"code"`
	Text  string            `json:"text"`
	Texts map[string]string `json:"texts,omitempty"` // the reason by language, where there is one; never stored
}

// Lane is a class of outbound traffic; a lower one goes first.
type Lane uint8

const (
	LaneReply  Lane = iota // an officer's own words
	LaneAck                // receipts and confirmations
	LaneUpdate             // status updates
	LaneBulk               // one text to many
)

// Lanes is how many there are.
const Lanes = 4

// Ready is when an outbound message may first be sent.
func (m *Message) Ready() time.Time {
	if m.Send != nil && m.Send.After.After(m.CreatedAt) {
		return m.Send.After
	}
	return m.CreatedAt
}

// Outbound is the message as an adapter gets it.
func (m *Message) Outbound() channels.Outbound {
	out := channels.Outbound{
		MessageID: string(m.ID), Channel: m.Channel, Account: m.Account,
		Subject: m.Subject, Text: m.Text, HTML: m.HTML, Language: m.Language,
	}
	if s := m.Send; s != nil {
		out.To, out.Name, out.Content, out.Auto = s.To, s.Name, s.Content, s.Auto
		out.InReplyTo, out.References, out.ThreadIndex = s.InReplyTo, s.References, s.Index
	}
	for _, a := range m.Attachments {
		out.Attachments = append(out.Attachments, channels.Attachment{
			Blob: a.ID, Name: a.Name, ContentType: a.ContentType, Size: a.Size, Inline: a.Inline, ContentID: a.ContentID,
		})
	}
	return out
}

// Files are the blobs that the message refers to.
func (m *Message) Files() []string {
	var out []string
	if m.Raw != "" {
		out = append(out, m.Raw)
	}
	for _, a := range m.Attachments {
		if a.ID != "" {
			out = append(out, a.ID)
		}
	}
	return out
}
