package twilio

import (
	"context"
	"fmt"
	"time"

	openapi "github.com/twilio/twilio-go/rest/api/v2010"
)

// NewCall is a call to be placed. One of URL and TwiML says what is spoken.
// https://www.twilio.com/docs/voice/api/call-resource#create-a-call-resource
type NewCall struct {
	To, From         string
	URL, TwiML       string // TwiML at most 4000 characters
	StatusCallback   string
	StatusEvents     []string      // initiated, ringing, answered, completed; none: completed
	Timeout          time.Duration // how long it rings; zero: Twilio's 60 s
	TimeLimit        time.Duration // how long it may last; zero: Twilio's 4 h
	MachineDetection string        // Enable or DetectMessageEnd; empty: none
}

// Call is what Twilio tells of a call.
type Call struct {
	SID, Status string
}

// CreateCall places a call. Errors are *channels.SendError; as with a message,
// nothing may be placed again after AnswerLost before the call was looked for.
func (c *Client) CreateCall(ctx context.Context, n NewCall) (Call, error) {
	p := &openapi.CreateCallParams{To: &n.To, From: &n.From}
	set(&p.Url, n.URL)
	set(&p.Twiml, n.TwiML)
	set(&p.StatusCallback, n.StatusCallback)
	set(&p.MachineDetection, n.MachineDetection)
	if len(n.StatusEvents) > 0 {
		p.StatusCallbackEvent = &n.StatusEvents
	}
	setSeconds(&p.Timeout, n.Timeout)
	setSeconds(&p.TimeLimit, n.TimeLimit)
	made, err := c.api(ctx).CreateCall(p)
	if err == nil && get(made.Sid) == "" {
		err = &callError{true, fmt.Errorf("the answer names no call")}
	}
	if err != nil {
		return Call{}, sendError("create call", unread(err))
	}
	return Call{SID: get(made.Sid), Status: get(made.Status)}, nil
}

func setSeconds(p **int, d time.Duration) {
	if d > 0 {
		n := int(d / time.Second)
		*p = &n
	}
}
