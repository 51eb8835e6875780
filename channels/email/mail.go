// Package email is the mail adapter. Parse turns the bytes of any mail into a
// Mail and never fails; Intake keeps one mail for good (raw bytes first, then
// what Parse made of them); Mailbox feeds Intake from an IMAP folder and Server
// from SMTP or LMTP; Sender puts an answer on the wire with a Message-ID that
// Signer will know again when the customer replies. Start with Intake.Take and
// follow it down. Message-IDs are bare everywhere in this package's types: no
// angle brackets.
package email

import "time"

// Mail is what Parse makes of a message. Its JSON is the line printed by
// `caravan mail parse`; lists are never null.
type Mail struct {
	MessageID   string       `json:"message_id"`
	InReplyTo   []string     `json:"in_reply_to"`
	References  []string     `json:"references"` // oldest first, as in the header
	From        Address      `json:"from"`
	To          []Address    `json:"to"`
	Cc          []Address    `json:"cc"`
	Subject     string       `json:"subject"`
	Date        *time.Time   `json:"date"`  // UTC; nil if missing or unreadable
	Text        string       `json:"text"`  // the whole readable text, lines ended by \n
	Reply       string       `json:"reply"` // what is new in Text: no quoted history, no signature
	HTML        string       `json:"html"`  // safe to show; remote images wait in data-remote-src
	HTMLBytes   int          `json:"-"`     // how much HTML came, whether or not the safe form was wanted
	Attachments []Attachment `json:"attachments"`
	Kind        Kind         `json:"kind"`
	Bounce      *Bounce      `json:"bounce"`
	Warnings    []string     `json:"warnings"`

	// Authentication is whether From is to be believed; nil if nobody asked.
	Authentication *Authentication `json:"authentication,omitempty"`

	ReplyTo   []Address         `json:"-"`
	Renamed   []string          `json:"-"` // Message-IDs that providers replaced and put aside: of this mail, or of the one it answers
	Delivered []string          `json:"-"` // Delivered-To, X-Original-To, Envelope-To: where it really went
	Fields    map[string]string `json:"-"` // headers kept for the officer, see keptFields
}

// Document is a Mail with the name of the file it was read from.
type Document struct {
	File string `json:"file"`
	Mail
}

// Address is a mailbox with its display name (RFC 5322 §3.4).
type Address struct {
	Name    string `json:"name"`
	Address string `json:"address"` // as written
}

// Attachment is a MIME leaf that is not part of the body.
type Attachment struct {
	Name        string `json:"name"` // base name, empty if the sender gave none
	ContentType string `json:"content_type"`
	Size        int64  `json:"size"`   // bytes after decoding
	SHA256      string `json:"sha256"` // hex, of the decoded bytes
	Inline      bool   `json:"inline"`
	ContentID   string `json:"content_id"` // without angle brackets

	Data []byte `json:"-"`
}

// Kind says who made a mail.
type Kind string

const (
	KindHuman       Kind = "human"
	KindAutoReply   Kind = "auto_reply"
	KindOutOfOffice Kind = "out_of_office"
	KindBounce      Kind = "bounce"
	KindList        Kind = "list"
	KindOwn         Kind = "own"
)

// Bounce is what a mail system says about a mail of ours (RFC 3464). A
// complaint (ARF, RFC 5965) is one too: like the others it is no word of the
// customer's, it is about one mail of ours, and it must never be answered.
type Bounce struct {
	Recipient         string `json:"recipient"`
	Status            string `json:"status"`    // enhanced code (RFC 3463), "5.1.1"; empty if not told
	Permanent         bool   `json:"permanent"` // class 5: sending it again will not help
	OriginalMessageID string `json:"original_message_id"`
	Complaint         bool   `json:"complaint,omitempty"` // it arrived, and was called junk

	Final      bool   `json:"-"` // the server has given up; false: delayed, still trying, or a complaint
	Diagnostic string `json:"-"` // the remote server's own words

	Marks []string `json:"-"` // where else our token may stand in the returned mail
}
