package twilio

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/caravan-desk/caravan/channels"
)

const (
	maxBody  = 1600 // UTF-16 code units; over it error 21617
	maxMedia = 10
	// findBefore allows for Twilio's clock being behind ours.
	findBefore = 2 * time.Minute
	// findAfter is how long after an attempt began its message can be made.
	findAfter = 10 * time.Minute
	// findUnknown is how far back a message is looked for whose attempt's time is not known.
	findUnknown = 24 * time.Hour
	findPages   = 4
)

// Messages sends and finds messages for one medium; channels/sms and
// channels/whatsapp say how an address is written there.
type Messages struct {
	Client     *Client
	From       string // the sender's number; empty if ServiceSID chooses
	ServiceSID string // of a messaging service, used where no sender is named
	PublicURL  string // of the gateway; status callbacks come to its /webhooks/twilio/status/{message}

	// MediaURL gives the address from which Twilio fetches an attachment; nil if
	// attachments cannot be sent.
	MediaURL func(channels.Attachment) (string, error)
	// Claimed reports whether a message of ours other than messageID already has
	// that SID; nil if nobody knows.
	Claimed func(ctx context.Context, providerID, messageID string) (bool, error)
}

// Send makes m for the address to; from, if not empty, is the sender to use.
// Errors are *channels.SendError.
func (s *Messages) Send(ctx context.Context, m channels.Outbound, from, to string) (string, error) {
	n, err := s.compose(m, from, to)
	if err != nil {
		return "", err
	}
	made, err := s.Client.CreateMessage(ctx, n)
	if err != nil {
		return "", sendError("create message", err)
	}
	return made.SID, nil
}

func (s *Messages) compose(m channels.Outbound, from, to string) (NewMessage, error) {
	n := NewMessage{To: to, From: from, StatusCallback: StatusURL(s.PublicURL, m.MessageID)}
	if n.From == "" && s.ServiceSID != "" {
		n.ServiceSID = s.ServiceSID
	} else if n.From == "" {
		n.From = s.From
	}
	if n.From == "" && n.ServiceSID == "" {
		return n, Refused(21603)
	}
	if m.Content != nil { // goes without Body and MediaUrl
		n.ContentSID, n.ContentVariables = m.Content.SID, m.Content.Variables
		return n, nil
	}
	n.Body = m.Text
	if length := len(utf16.Encode([]rune(n.Body))); length > maxBody {
		return n, Refused(21617)
	}
	for _, a := range m.Attachments {
		address, err := s.mediaURL(a)
		if err != nil {
			return n, &channels.SendError{Failure: channels.Permanent, Err: fmt.Errorf("address an attachment: %w", err)}
		}
		n.MediaURLs = append(n.MediaURLs, address)
	}
	switch {
	case len(n.MediaURLs) > maxMedia:
		return n, Refused(21623)
	case strings.TrimSpace(n.Body) == "" && n.MediaURLs == nil:
		return n, Refused(21619)
	}
	return n, nil
}

func (s *Messages) mediaURL(a channels.Attachment) (string, error) {
	switch {
	case s.MediaURL != nil:
		return s.MediaURL(a)
	case a.URL != "":
		return a.URL, nil
	}
	return "", errors.New("it has no address that Twilio could fetch it from")
}

// StatusURL is where the status callbacks of our message come to.
func StatusURL(publicURL, messageID string) string {
	return strings.TrimRight(publicURL, "/") + "/webhooks/twilio/status/" + url.PathEscape(messageID)
}

// Find looks for a message whose answer was lost. Twilio's Message tells neither
// our ID nor the address of its callback, so it goes by what it does tell: an
// outgoing message to this address, from this sender or service, made within
// minutes of m.Attempted, with this text, and not claimed by another message of
// ours; of several the first made. So it can be wrong in two ways:
//
//   - Two messages alike to one person, both lost, could be taken for each other
//     without Claimed; with it they cannot.
//   - The text of an approved template is Twilio's, and unknown here unless
//     Content.Exact says that Outbound.Text is that: else any text will do, and two
//     candidates are an error rather than a guess.
//
// A status callback with our ID is better evidence: whoever waits for it first
// hardly ever needs Find. Not found soon after the attempt does not mean never
// made. Errors are *channels.SendError, Temporary if asking again may help.
func (s *Messages) Find(ctx context.Context, m channels.Outbound, from, to string) (providerID string, found bool, err error) {
	n, err := s.compose(m, from, to)
	if err != nil { // what cannot be composed was never sent
		return "", false, nil
	}
	candidates, err := s.candidates(ctx, m, n)
	if err != nil {
		return "", false, err
	}
	if len(candidates) > 1 && n.ContentSID != "" && (m.Text == "" || !m.Content.Exact) {
		return "", false, &channels.SendError{Failure: channels.Temporary, Err: fmt.Errorf("find message: %d templates fit, none can be told to be ours", len(candidates))}
	}
	if len(candidates) == 0 {
		return "", false, nil
	}
	first := candidates[0]
	for _, c := range candidates[1:] {
		if !c.Created.After(first.Created) { // the list is newest first
			first = c
		}
	}
	return first.SID, true, nil
}

func (s *Messages) candidates(ctx context.Context, m channels.Outbound, n NewMessage) ([]Message, error) {
	after, before := m.Attempted.Add(-findBefore), m.Attempted.Add(findAfter)
	if m.Attempted.IsZero() {
		before = s.Client.now().Add(findBefore)
		after = before.Add(-findUnknown)
	}
	after = after.Truncate(time.Second)
	var fit []Message
	err := s.Client.ListMessages(ctx, n.To, n.From, findPages, func(c Message) bool {
		if !c.Created.IsZero() && c.Created.Before(after.Add(-findUnknown)) {
			return false // what follows is older
		}
		if c.Created.Before(after) || c.Created.After(before) || !strings.HasPrefix(c.Direction, "outbound") ||
			n.From == "" && c.ServiceSID != n.ServiceSID {
			return true
		}
		text := n.Body
		if n.ContentSID != "" && m.Content.Exact {
			text = m.Text
		}
		if text == "" || sameText(text, c.Body) {
			fit = append(fit, c)
		}
		return true
	})
	if err != nil {
		return nil, findError(err)
	}
	if s.Claimed == nil {
		return fit, nil
	}
	free := fit[:0]
	for _, c := range fit {
		taken, err := s.Claimed(ctx, c.SID, m.MessageID)
		if err != nil {
			return nil, &channels.SendError{Failure: channels.Temporary, Err: fmt.Errorf("ask who has a message: %w", err)}
		}
		if !taken {
			free = append(free, c)
		}
	}
	return free, nil
}

// findError is sendError for a question, which can always be asked again.
func findError(err error) *channels.SendError {
	e := sendError("list messages", err)
	if e.Failure == channels.AnswerLost {
		e.Failure = channels.Temporary
	}
	return e
}

// trialPrefix is what Twilio puts before every text of a trial account.
const trialPrefix = "Sent from your Twilio trial account - "

// sameText compares a text with what Twilio made of it: line ends and outer
// spaces may differ, and a trial account's texts have a prefix.
func sameText(ours, theirs string) bool {
	theirs = strings.TrimPrefix(theirs, trialPrefix)
	plain := func(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }
	return plain(ours) == plain(theirs)
}
