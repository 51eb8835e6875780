package voice

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/channels/twilio"
)

// News reads what a question about a call of ours tells, in the order in which it
// happened; none if it tells nothing. The error is a twilio.ErrBadForm.
func (c *Calls) News(step CallStep, attempt string, f twilio.Form) ([]channels.News, error) {
	if err := f.Require("CallSid"); err != nil {
		return nil, err
	}
	n := channels.News{Attempt: attempt, SID: f.Get("CallSid")}
	switch step {
	case CallScreen, CallScreened, CallLeg, CallLegAMD:
		n.Second, n.SID = true, f.Get("ParentCallSid")
	}
	var heard []channels.News
	if by := f.Get("AnsweredBy"); isMachine(by) {
		heard = append(heard, as(n, channels.NewsMachine))
	} else if by == "human" {
		heard = append(heard, as(n, channels.NewsHuman))
	}
	switch step {
	case CallAnswer, CallScreen:
		return append([]channels.News{as(n, channels.NewsAnswered)}, heard...), nil
	case CallKey, CallScreened:
		return append(heard, pressedOrSaid(n, f)), nil
	case CallDone:
		n.Kind, n.Digits = channels.NewsDisposing, f.Get("Digits")
		return []channels.News{n}, nil
	case CallJoined:
		n.Kind, n.Seconds = channels.NewsJoined, number(f.Get("DialCallDuration"))
		n.Status = statusOf(f.Get("DialCallStatus"))
		return append(heard, n), nil
	case CallRecorded:
		n.Kind = channels.NewsRecorded
		if f.Get("RecordingUrl") != "" {
			n.Seconds = number(f.Get("RecordingDuration"))
		}
		return append(heard, n), nil
	case CallStatus, CallLeg:
		return progress(n, heard, f)
	}
	return heard, nil
}

func as(n channels.News, kind channels.NewsKind) channels.News {
	n.Kind = kind
	return n
}

func pressedOrSaid(n channels.News, f twilio.Form) channels.News {
	switch {
	case f.Get("Digits") != "":
		n.Kind, n.Digits = channels.NewsKey, f.Get("Digits")
	case f.Get("SpeechResult") != "":
		n.Kind = channels.NewsSpeech
	default:
		n.Kind = channels.NewsSilence
	}
	return n
}

// progress reads a status callback.
// https://www.twilio.com/docs/voice/api/call-resource#statuscallback
func progress(n channels.News, out []channels.News, f twilio.Form) ([]channels.News, error) {
	status := f.Get("CallStatus")
	switch {
	case status == "":
		return nil, fmt.Errorf("%w: no CallStatus", twilio.ErrBadForm)
	case status == "in-progress" || status == "answered":
		n.Kind = channels.NewsAnswered
	case isLive(status):
		n.Kind = channels.NewsRinging
	case hasEnded(status):
		n.Kind, n.Status, n.Seconds = channels.NewsEnded, statusOf(status), number(f.Get("CallDuration"))
	default: // of the future: it moves nothing, and is shown
		n.Kind, n.Word = channels.NewsUnknown, status
	}
	if n.Kind == channels.NewsEnded {
		return append(out, n), nil
	}
	return append([]channels.News{n}, out...), nil
}

// Recording is what the customer left instead of a talk, as an inbound message.
func (c *Calls) Recording(step CallStep, r channels.Ring, f twilio.Form) (channels.Inbound, bool) {
	if step != CallRecorded || f.Get("RecordingUrl") == "" || number(f.Get("RecordingDuration")) == 0 {
		return channels.Inbound{}, false
	}
	customer := r.Customer()
	from, odd := twilio.PhoneHandle(customer.Number)
	if odd {
		return channels.Inbound{}, false
	}
	address := strings.TrimSuffix(strings.TrimSuffix(f.Get("RecordingUrl"), ".wav"), ".mp3")
	return channels.Inbound{
		Channel: channels.Voice, Account: c.From, ProviderID: f.Get("CallSid") + ":recording", Form: channels.FormCall,
		From: from, Name: customer.Name, To: c.From, Language: customer.Language,
		Text:        fmt.Sprintf("Left a voice message of %d s when we called back.", number(f.Get("RecordingDuration"))),
		Attachments: []channels.Attachment{{URL: address + ".mp3", Name: "voice-message.mp3", ContentType: "audio/mpeg"}},
	}, true
}

// number reads a count of seconds; anything else is none.
func number(s string) int {
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		return 0
	}
	return int(n)
}
