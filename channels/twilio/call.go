package twilio

import (
	"context"
	"fmt"
	"strconv"
	"time"

	openapi "github.com/twilio/twilio-go/rest/api/v2010"

	"github.com/caravan-desk/caravan/channels"
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
	// MachineCallback gets the result of the detection while the call goes on; empty: the call waits for it.
	MachineCallback string
}

// Call is what Twilio tells of a call.
type Call struct {
	SID, Status, Direction, AnsweredBy string
	Seconds                            int
	Created                            time.Time // zero if not told
}

// CreateCall places a call. Errors are *channels.SendError; as with a message,
// nothing may be placed again after AnswerLost before the call was looked for.
func (c *Client) CreateCall(ctx context.Context, n NewCall) (Call, error) {
	p := &openapi.CreateCallParams{To: &n.To, From: &n.From}
	set(&p.Url, n.URL)
	set(&p.Twiml, n.TwiML)
	set(&p.StatusCallback, n.StatusCallback)
	set(&p.MachineDetection, n.MachineDetection)
	if n.MachineCallback != "" {
		set(&p.AsyncAmd, "true")
		set(&p.AsyncAmdStatusCallback, n.MachineCallback)
	}
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
	return call(made), nil
}

func call(c *openapi.ApiV2010Call) Call {
	out := Call{SID: get(c.Sid), Status: get(c.Status), Direction: get(c.Direction), AnsweredBy: get(c.AnsweredBy)}
	out.Seconds, _ = strconv.Atoi(get(c.Duration)) // null while it lasts
	out.Created = date(get(c.DateCreated))
	return out
}

// FetchCall asks how a call stands. Errors are *channels.SendError, Temporary if
// asking again may help.
func (c *Client) FetchCall(ctx context.Context, sid string) (Call, error) {
	found, err := c.api(ctx).FetchCall(sid, nil)
	if err != nil {
		return Call{}, asking("fetch call", err)
	}
	return call(found), nil
}

// ListCalls returns the latest calls to and from two numbers, newest first, one
// page of 50 at most. Errors are as FetchCall's.
func (c *Client) ListCalls(ctx context.Context, to, from string) ([]Call, error) {
	p := (&openapi.ListCallParams{}).SetTo(to).SetFrom(from).SetPageSize(callsPage)
	page, err := c.api(ctx).PageCall(p, "", "")
	if err != nil {
		return nil, asking("list calls", err)
	}
	out := make([]Call, 0, len(page.Calls))
	for i := range page.Calls {
		out = append(out, call(&page.Calls[i]))
	}
	return out, nil
}

// callsPage is how many calls are asked for at once.
const callsPage = 50

// EndCall hangs up. A call that has ended already is an error like any other.
func (c *Client) EndCall(ctx context.Context, sid string) error {
	_, err := c.api(ctx).UpdateCall(sid, (&openapi.UpdateCallParams{}).SetStatus("completed"))
	if err != nil {
		return asking("end call", err)
	}
	return nil
}

// asking is sendError for what can always be asked again.
func asking(doing string, err error) *channels.SendError {
	e := sendError(doing, unread(err))
	if e.Failure == channels.AnswerLost {
		e.Failure = channels.Temporary
	}
	return e
}

func setSeconds(p **int, d time.Duration) {
	if d > 0 {
		n := int(d / time.Second)
		*p = &n
	}
}
