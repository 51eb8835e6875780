package twilio

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Content is a message template kept at Twilio.
type Content struct {
	SID       string
	Name      string // as WhatsApp approved it, else its friendly name
	Language  string
	Type      string // twilio/text, twilio/quick-reply, …
	Body      string // of the type, with {{1}}, {{2}}, … for its variables
	Status    string // approved, pending, received, rejected, paused, disabled, unsubmitted
	Variables map[string]string
}

// contentHost is where Twilio's Content API is; a stand-in has it beside the rest.
const contentHost = "https://content.twilio.com"

const (
	contentPage  = 100
	contentPages = 50
)

// contentDocument is a page of GET /v1/ContentAndApprovals.
// https://www.twilio.com/docs/content/content-and-approvals-resource
type contentDocument struct {
	Contents []struct {
		SID       string            `json:"sid"`
		Name      string            `json:"friendly_name"`
		Language  string            `json:"language"`
		Variables map[string]string `json:"variables"`
		Types     map[string]struct {
			Body string `json:"body"`
		} `json:"types"`
		Approval struct {
			Name   string `json:"name"`
			Status string `json:"status"`
		} `json:"approval_requests"`
	} `json:"contents"`
	Meta struct {
		Next string `json:"next_page_url"`
	} `json:"meta"`
}

// ListContents returns the account's templates with what WhatsApp says of them.
func (c *Client) ListContents(ctx context.Context) ([]Content, error) {
	at := *c
	if c.base.String() == DefaultBaseURL {
		host, err := url.Parse(contentHost)
		if err != nil {
			return nil, fmt.Errorf("list contents: %w", err)
		}
		at.base = host
	}
	s := &session{Client: &at, ctx: ctx}
	address := "/v1/ContentAndApprovals?PageSize=" + strconv.Itoa(contentPage)
	var out []Content
	for range contentPages {
		res, err := s.SendRequest(http.MethodGet, address, nil, nil)
		if err != nil {
			return nil, fmt.Errorf("list contents: %w", err)
		}
		var doc contentDocument
		if err := json.NewDecoder(res.Body).Decode(&doc); err != nil {
			return nil, fmt.Errorf("list contents: %w", err)
		}
		for _, d := range doc.Contents {
			one := Content{SID: d.SID, Name: d.Name, Language: d.Language, Status: strings.ToLower(d.Approval.Status), Variables: d.Variables}
			if d.Approval.Name != "" {
				one.Name = d.Approval.Name
			}
			for kind, t := range d.Types {
				if t.Body != "" && (one.Body == "" || kind < one.Type) {
					one.Type, one.Body = kind, t.Body
				}
			}
			out = append(out, one)
		}
		if address = doc.Meta.Next; address == "" {
			return out, nil
		}
	}
	return out, nil
}
