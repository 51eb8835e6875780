// Package channels holds the words of the wire: what every adapter hands in,
// what it is asked to send, and how it says that something went wrong. It is a
// leaf: adapters (channels/sms, channels/email, …) and the rest of the house
// meet in these types and nowhere else. Start with Inbound and Outbound.
package channels

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Kind is a medium.
type Kind string

const (
	Email    Kind = "email"
	SMS      Kind = "sms"
	WhatsApp Kind = "whatsapp"
	Voice    Kind = "voice"
)

// Valid reports whether k is one of the four media.
func (k Kind) Valid() bool { return k == Email || k == SMS || k == WhatsApp || k == Voice }

// Form says what an inbound item is in the conversation.
type Form string

const (
	FormMessage  Form = "message"  // somebody wrote
	FormCall     Form = "call"     // somebody rang; Text tells the path through the menu
	FormReaction Form = "reaction" // somebody put the sign in Text on the message Answers; without a text he took it back
)

// Class says who made an inbound message. Nothing but Human is ever answered by machine.
type Class string

const (
	Human       Class = "human"
	AutoReply   Class = "auto_reply"
	OutOfOffice Class = "out_of_office"
	Bounce      Class = "bounce"
	List        Class = "list"
	Own         Class = "own"
)

// Inbound is one thing a customer sent, parsed but not yet understood.
type Inbound struct {
	Channel    Kind
	Account    string // which of ours received it: a mailbox's name, or our number in E.164
	ProviderID string // unique within (Channel, Account): MessageSid, CallSid, Message-ID or content hash
	Form       Form   // empty means FormMessage
	Class      Class  // empty means Human

	From    Handle   // zero for a withheld caller: such people are never merged
	Name    string   // as the provider or the header gave it
	Aliases []Handle // further handles that the provider itself ties to the same person
	To      string   // the address written to, as written
	Cc      []Party  // mail only: everybody else on it
	ReplyTo Handle   // mail only: where he wants the answer, if not at From (RFC 5322 §3.6.2)

	Subject     string
	Text        string // what is new in it
	Full        string // the whole readable text, where that differs from Text
	HTML        string // already safe to show
	Rich        bool   // there is HTML, which is made safe of Raw when somebody wants to see it
	Attachments []Attachment

	// Mail threading, best evidence first. Thread is our own token (a message ID we
	// issued and have verified); References are Message-IDs the mail names.
	Thread      string
	References  []string
	ThreadIndex string // the place of the mail in its conversation, as Outlook wrote it; else empty

	Answers string // chat only: the provider's ID of the message, of either side, that this one quotes; else empty

	// Bounced is, for a Bounce, our message it is about and what became of it.
	Bounced *Receipt

	Desk     string        // the customer's own choice of desk (IVR), else empty
	Language string        // the customer's own choice of language (IVR), else empty
	Callback *CallbackWish // the customer asked to be rung (IVR), else nil
	Call     *Call         // of FormCall: what this piece tells of the call, else nil

	// Spoofed says that the domain of From disowns the message (mail: SPF, DKIM,
	// DMARC). Such a message must join no conversation.
	Spoofed bool

	Sent     time.Time         // by the sender's clock; zero if not told
	Received time.Time         // by ours
	Fields   map[string]string // every provider field that has no place above, kept verbatim
	Raw      string            // blob of the original bytes (mail), else empty
	Warnings []string          // what was odd about it, for the officer
}

// Party is a named address on a mail.
type Party struct {
	Name    string `json:"name,omitempty"`
	Address string `json:"address"`
}

// Call is what is known of a call. Its pieces come doubled and in any order, and one message
// holds what all of them tell: see Merge.
type Call struct {
	Path    []string `json:"path,omitempty"`    // steps through the menu, first to last
	Done    []string `json:"done,omitempty"`    // what came of it, in sentences
	Notes   []string `json:"notes,omitempty"`   // what may have come of it, told while nothing is known to be done
	Seconds int      `json:"seconds,omitempty"` // how long it lasted; 0 while it has not ended
}

// Merge is what two pieces tell together. It gives the same for pieces in any order, and
// for a piece that comes again.
func (c Call) Merge(o Call) Call {
	longer := c
	if len(o.Path) > len(c.Path) || len(o.Path) == len(c.Path) && slices.Compare(o.Path, c.Path) > 0 {
		longer = o
	}
	union := func(a, b []string) []string {
		out := append(slices.Clone(a), b...)
		slices.Sort(out)
		return slices.Compact(out)
	}
	return Call{Path: longer.Path, Done: union(c.Done, o.Done), Notes: union(c.Notes, o.Notes), Seconds: max(c.Seconds, o.Seconds)}
}

// String is the call in a line for an officer.
func (c Call) String() string {
	said := c.Done
	if len(said) == 0 && len(c.Notes) > 0 {
		said = c.Notes[:1]
	}
	out := strings.Join(said, " ")
	if len(c.Path) > 0 {
		out += " Path: " + strings.Join(c.Path, ", ") + "."
	}
	if c.Seconds > 0 {
		out += fmt.Sprintf(" It lasted %d s.", c.Seconds)
	}
	return strings.TrimSpace(out)
}

// CallbackWish is a customer's request to be rung.
type CallbackWish struct {
	Phone     string    // E.164; empty: the number he wrote or rang from
	NotBefore time.Time // zero: as soon as allowed
	Until     time.Time // the latest; zero if he named none
	Note      string
}

// Attachment is a file that came with, or goes with, a message. Exactly one of
// Blob and URL is set on arrival: URL is copied into a blob after the message is kept.
type Attachment struct {
	Blob        string `json:"blob,omitempty"` // key in the blob store
	URL         string `json:"url,omitempty"`  // provider's address, fetched with the provider's credentials
	Name        string `json:"name,omitempty"`
	ContentType string `json:"content_type,omitempty"`
	Size        int64  `json:"size,omitempty"` // bytes
	Inline      bool   `json:"inline,omitempty"`
	ContentID   string `json:"content_id,omitempty"`
}

// Outbound is one message to be sent by one adapter to one handle.
type Outbound struct {
	MessageID string // ours; rides in the status-callback URL and in the mail's Message-ID
	Channel   Kind
	Account   string // which of ours sends it; empty: the adapter's only one
	To        Handle
	Name      string // the recipient's

	Subject     string
	Text        string
	HTML        string
	Content     *Content // a provider-approved template instead of Text (WhatsApp)
	Attachments []Attachment
	Language    string

	// Mail threading: Message-IDs, oldest first, and the one answered.
	InReplyTo   string
	References  []string
	ThreadIndex string  // of the mail answered, as Outlook wrote it; else empty
	Quoted      *Quoted // the message answered, to be shown below; nil: without
	Auto        bool    // made by a machine: marked so, and never answered by one

	// Attempted is, for a Finder, when the first attempt whose answer was lost began; zero if not known.
	Attempted time.Time
}

// Quoted is a message that is shown below the answer to it.
type Quoted struct {
	From string // who wrote it, as a reader knows him
	At   time.Time
	Text string
	HTML string // safe to show; made of Text if empty
}

// Content is a provider-approved template and its variables, keyed "1", "2", ….
type Content struct {
	SID       string            `json:"sid"`
	Variables map[string]string `json:"variables,omitempty"`
	Exact     bool              `json:"exact,omitempty"` // the message's Text is word for word what the provider makes of it
}

// Receipt is a provider's word about a message of ours. Receipts come in any order.
type Receipt struct {
	MessageID  string // ours
	ProviderID string
	Status     Status
	Code       string // the provider's error code, for Failed
	Reason     string // in plain words, for Failed
	OptedOut   bool   // Failed because the customer wants nothing more from us on this channel
	At         time.Time
	Fields     map[string]string // what the provider said that we do not understand; hardly ever anything
}

// Receiver keeps what came in. A nil error means it is kept for good; a duplicate is not an error.
type Receiver interface {
	Receive(ctx context.Context, in Inbound) error
}

// ReceiptRecorder keeps a provider's word about a message of ours.
// ErrUnknownMessage if no such message was ever sent.
type ReceiptRecorder interface {
	RecordReceipt(ctx context.Context, r Receipt) error
}

// Sender hands one message to a provider. Errors are *SendError.
type Sender interface {
	Send(ctx context.Context, m Outbound) (providerID string, err error)
}

// Finder is what a Sender may also be: it asks the provider whether a message
// whose fate is Uncertain did go out.
type Finder interface {
	Find(ctx context.Context, m Outbound) (providerID string, found bool, err error)
}

// Fetcher copies a provider's attachment. The caller closes the body.
type Fetcher interface {
	Fetch(ctx context.Context, url string) (body io.ReadCloser, contentType string, err error)
}

// Transcriber writes down what is said in a recording.
type Transcriber interface {
	// Transcribe returns the words, or "" if none were understood. language (en, ar, ms) is a
	// hint; empty: not known. Errors that asking again cannot mend are ErrUnreadable.
	Transcribe(ctx context.Context, recording io.Reader, contentType, language string) (string, error)
}

// Blobs keeps bytes outside Redis. Keys are opaque, safe in a path, and name the content.
type Blobs interface {
	Put(ctx context.Context, r io.Reader) (key string, size int64, err error)
	Get(ctx context.Context, key string) (io.ReadCloser, error)
}
