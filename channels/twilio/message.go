package twilio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	openapi "github.com/twilio/twilio-go/rest/api/v2010"

	"github.com/caravan-desk/caravan/channels"
)

// NewMessage is a message to be made. One of From and ServiceSID, and one of
// Body, MediaURLs and ContentSID, has to be there.
// https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource
type NewMessage struct {
	To, From         string
	ServiceSID       string // of a messaging service, which chooses the sender
	Body             string
	MediaURLs        []string
	ContentSID       string
	ContentVariables map[string]string
	StatusCallback   string
}

// Message is what Twilio tells of a message.
type Message struct {
	SID, To, From, ServiceSID string
	Body, Status, Direction   string
	Created                   time.Time // to the second
	Sent                      time.Time // to the second; zero while it waits
	ErrorCode                 int       // 0: none
	Media                     int       // how many files it has
}

// CreateMessage makes a message. Twilio has no idempotency key: after a lost
// answer look for the message before making it again.
func (c *Client) CreateMessage(ctx context.Context, m NewMessage) (Message, error) {
	p := &openapi.CreateMessageParams{To: &m.To}
	set(&p.From, m.From)
	set(&p.MessagingServiceSid, m.ServiceSID)
	set(&p.Body, m.Body)
	set(&p.ContentSid, m.ContentSID)
	set(&p.StatusCallback, m.StatusCallback)
	if m.MediaURLs != nil {
		p.MediaUrl = &m.MediaURLs
	}
	if m.ContentSID != "" && len(m.ContentVariables) > 0 {
		vars, err := json.Marshal(m.ContentVariables)
		if err != nil {
			return Message{}, fmt.Errorf("encode variables: %w", err)
		}
		set(&p.ContentVariables, string(vars))
	}
	made, err := c.api(ctx).CreateMessage(p)
	if err != nil {
		return Message{}, unread(err)
	}
	if get(made.Sid) == "" {
		return Message{}, &callError{true, fmt.Errorf("the answer names no message")}
	}
	return message(made), nil
}

// ListMessages calls yield with the messages to an address, from one of ours if
// from is not empty, in Twilio's order (newest first), until it returns false
// or pages of 50 have been read.
//
// It does not filter by DateSent, which a message that still waits does not have.
func (c *Client) ListMessages(ctx context.Context, to, from string, pages int, yield func(Message) bool) error {
	size := 50
	p := &openapi.ListMessageParams{To: &to, PageSize: &size}
	set(&p.From, from)
	return c.pageMessages(ctx, p, pages, yield)
}

// ListSent is ListMessages for everything that came or went between two instants.
func (c *Client) ListSent(ctx context.Context, from, to time.Time, yield func(Message) bool) error {
	const size, pages = 1000, 1000 // the most that Twilio gives in one page
	n, from, to := size, from.UTC(), to.UTC()
	return c.pageMessages(ctx, &openapi.ListMessageParams{PageSize: &n, DateSentAfter: &from, DateSentBefore: &to}, pages, yield)
}

func (c *Client) pageMessages(ctx context.Context, p *openapi.ListMessageParams, pages int, yield func(Message) bool) error {
	token, number := "", ""
	for range pages {
		page, err := c.api(ctx).PageMessage(p, token, number)
		if err != nil {
			return unread(err)
		}
		for i := range page.Messages {
			if !yield(message(&page.Messages[i])) {
				return nil
			}
		}
		next, err := url.Parse(get(page.NextPageUri))
		if err != nil {
			return fmt.Errorf("parse address of next page: %w", err)
		}
		token, number = next.Query().Get("PageToken"), next.Query().Get("Page")
		if token == "" && number == "" {
			return nil
		}
	}
	return nil
}

// FetchMessage tells of one message. found is false if Twilio has none of that SID.
func (c *Client) FetchMessage(ctx context.Context, sid string) (m Message, found bool, err error) {
	got, err := c.api(ctx).FetchMessage(sid, nil)
	var refused *APIError
	if errors.As(err, &refused) && refused.Status == http.StatusNotFound {
		return Message{}, false, nil
	}
	if err != nil {
		return Message{}, false, unread(err)
	}
	return message(got), true, nil
}

// ListMedia gives the files of a message, with the addresses they are fetched from.
func (c *Client) ListMedia(ctx context.Context, sid string) ([]channels.Attachment, error) {
	page, err := c.api(ctx).PageMedia(sid, nil, "", "")
	if err != nil {
		return nil, unread(err)
	}
	var files []channels.Attachment
	for _, f := range page.MediaList {
		uri := strings.TrimSuffix(get(f.Uri), ".json")
		files = append(files, channels.Attachment{URL: c.base.JoinPath(uri).String(), ContentType: get(f.ContentType)})
	}
	return files, nil
}

func message(m *openapi.ApiV2010Message) Message {
	code, files := 0, 0
	if m.ErrorCode != nil {
		code = *m.ErrorCode
	}
	if n, err := strconv.Atoi(get(m.NumMedia)); err == nil {
		files = n
	}
	return Message{Sent: date(get(m.DateSent)), ErrorCode: code, Media: files, SID: get(m.Sid), To: get(m.To), From: get(m.From), ServiceSID: get(m.MessagingServiceSid),
		Body: get(m.Body), Status: get(m.Status), Direction: get(m.Direction), Created: date(get(m.DateCreated))}
}

// date reads RFC 2822, as the 2010 API writes dates; zero if it cannot be read.
func date(s string) time.Time {
	for _, layout := range [...]string{time.RFC1123Z, time.RFC1123, time.RFC3339} {
		if t, err := time.Parse(layout, strings.TrimSpace(s)); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

func set(p **string, s string) {
	if s != "" {
		*p = &s
	}
}

func get(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}
