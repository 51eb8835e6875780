package voice

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/channels/twilio"
)

// foundBefore allows for Twilio's clock being behind ours, when a call is looked for.
const foundBefore = 2 * time.Minute

// Ring places the call and returns Twilio's ID of it. Errors are
// *channels.SendError; after AnswerLost it must be looked for before anything is
// placed again.
func (c *Calls) Ring(ctx context.Context, r channels.Ring) (string, error) {
	if r.First.Number == "" {
		return "", &channels.SendError{Failure: channels.Permanent, Err: errors.New("there is no number to ring")}
	}
	n := twilio.NewCall{
		To: r.First.Number, From: c.From, URL: c.address(r.Attempt, CallAnswer),
		StatusCallback: c.address(r.Attempt, CallStatus), StatusEvents: []string{"initiated", "ringing", "answered", "completed"},
		Timeout: ringTerm, TimeLimit: talkTerm,
	}
	if !r.First.Officer {
		n.MachineDetection, n.MachineCallback = "Enable", c.address(r.Attempt, CallAMD)
	}
	made, err := c.Client.CreateCall(ctx, n)
	return made.SID, err
}

// Find looks for a call whose answer was lost. Twilio's Call tells neither our ID
// nor our addresses; it goes by both numbers and the time, and leaves out what is
// known to be of another attempt. Nobody is on two calls of ours at once, so what is
// left is this one. Errors are *channels.SendError.
func (c *Calls) Find(ctx context.Context, r channels.Ring) (sid string, found bool, err error) {
	calls, err := c.Client.ListCalls(ctx, r.First.Number, c.From)
	if err != nil {
		return "", false, err
	}
	for _, call := range calls {
		if call.Direction != "" && call.Direction != "outbound-api" || !call.Created.IsZero() && call.Created.Before(r.Attempted.Add(-foundBefore)) {
			continue
		}
		of, err := c.Of(ctx, call.SID)
		if err != nil {
			return "", false, &channels.SendError{Failure: channels.Temporary, Err: fmt.Errorf("ask whose call it is: %w", err)}
		}
		if of == r.Attempt || of == "" {
			return call.SID, true, nil
		}
	}
	return "", false, nil
}

// Look asks how a call stands. Errors are *channels.SendError.
func (c *Calls) Look(ctx context.Context, sid string) (channels.CallState, error) {
	call, err := c.Client.FetchCall(ctx, sid)
	if err != nil {
		return channels.CallState{}, err
	}
	s := channels.CallState{Seconds: call.Seconds, Machine: isMachine(call.AnsweredBy)}
	s.Answered = call.Status == "in-progress" || call.Status == "completed"
	if hasEnded(call.Status) {
		s.Status = statusOf(call.Status)
	}
	return s, nil
}

// HangUp ends a call.
func (c *Calls) HangUp(ctx context.Context, sid string) error { return c.Client.EndCall(ctx, sid) }

// statusOf is Twilio's word for an end in ours; what is new counts as failed.
func statusOf(status string) channels.CallStatus {
	switch status {
	case "completed", "answered":
		return channels.CallCompleted
	case "busy":
		return channels.CallBusy
	case "no-answer":
		return channels.CallNoAnswer
	case "canceled":
		return channels.CallCanceled
	}
	return channels.CallFailed
}

func isMachine(answeredBy string) bool {
	return strings.HasPrefix(answeredBy, "machine") || answeredBy == "fax"
}
