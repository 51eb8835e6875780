package voice

import (
	"fmt"
	"strings"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/channels/twilio"
)

// withheld are the callers who do not want to be known, in words and as the
// digits that spell them (anonymous, restricted, unknown, unavailable).
var withheld = map[string]bool{
	"": true, "anonymous": true, "restricted": true, "unavailable": true, "unknown": true, "private": true,
	"+266696687": true, "+7378742833": true, "+8566696": true, "+86282452253": true,
}

// handle is the caller's, zero if he is withheld.
func handle(from, account string) channels.Handle {
	if withheld[strings.ToLower(strings.TrimSpace(from))] || withheld["+"+from] {
		return channels.Handle{}
	}
	if scheme, value := twilio.SplitAddress(from); scheme == "whatsapp" {
		return twilio.WhatsAppHandle(account, value)
	}
	h, _ := twilio.PhoneHandle(from)
	return h
}

func caller(f twilio.Form) channels.Handle {
	from := f.Get("From")
	if from == "" {
		from = f.Get("Caller")
	}
	return handle(from, f.Get("AccountSid"))
}

// called is the number of ours.
func called(f twilio.Form) string {
	if to := f.Get("To"); to != "" {
		return to
	}
	return f.Get("Called")
}

// hasEnded reports whether status is one of those that a call ends in.
// https://www.twilio.com/docs/voice/api/call-resource#call-status-values
func hasEnded(status string) bool {
	switch status {
	case "completed", "busy", "no-answer", "failed", "canceled":
		return true
	}
	return false
}

// isLive reports whether status is one of those before the end.
func isLive(status string) bool {
	switch status {
	case "queued", "initiated", "ringing", "in-progress", "answered":
		return true
	}
	return false
}

// inbound makes what the caller left. text tells what he did; what he chose before follows it.
func (f *Flow) inbound(q Question, s state, id, text string) channels.Inbound {
	_, account := twilio.SplitAddress(called(q.Form))
	in := channels.Inbound{
		Channel: channels.Voice, Account: account, ProviderID: id, Form: channels.FormCall,
		From: caller(q.Form), Name: q.Form.Get("CallerName"), To: account,
		Text: text, Desk: s.desk, Language: s.language,
	}
	if s.language != "" {
		in.Text += " Language: " + f.menu.language(s.language).Name + "."
	}
	if s.desk != "" {
		in.Text += " Desk: " + s.desk + "."
	}
	in.Fields = fields(q.Form, in)
	return in
}

// fields are the parameters that the Inbound does not tell. Caller… and Called…
// are twins of From… and To…; CallToken is a credential and is not kept.
func fields(f twilio.Form, in channels.Inbound) map[string]string {
	return f.Rest(func(key, value string) bool {
		switch key {
		case "CallSid":
			return value == in.ProviderID
		case "From":
			return value == in.From.Value
		case "To":
			return value == in.To
		case "CallerName":
			return value == in.Name
		case "Digits", "CallToken":
			return true
		case "ApiVersion":
			return value == "2010-04-01"
		}
		if rest, ok := strings.CutPrefix(key, "Caller"); ok && value == f.Get("From"+rest) {
			return true
		}
		if rest, ok := strings.CutPrefix(key, "Called"); ok && value == f.Get("To"+rest) {
			return true
		}
		return value == "" && twilio.IsPlace(key)
	})
}

// recording answers the end of <Record>, with or without a recording.
func (f *Flow) recording(q Question) (Answer, error) {
	s := f.state(q.Query)
	if q.Form.Get("RecordingUrl") == "" || q.Form.Get("RecordingDuration") == "0" {
		in := f.inbound(q, s, q.Form.Get("CallSid"), "Left no message.")
		return f.farewell(s, func(w Words) string { return w.NothingSaid }, &in)
	}
	in := f.voiceMessage(q, s)
	return f.farewell(s, func(w Words) string { return w.Kept }, &in)
}

// recorded answers the recording callback: the second chance of a recording
// whose first question found the store away. It names neither number of the call.
func (f *Flow) recorded(q Question) (Answer, error) {
	status := q.Form.Get("RecordingStatus")
	if q.Form.Get("RecordingUrl") == "" || q.Form.Get("RecordingDuration") == "0" || status != "" && status != "completed" {
		return Answer{TwiML: Empty}, nil
	}
	from, to, ok := f.sealer.open(q.Query.Get("who"))
	if ok {
		q.Form = append(q.Form[:len(q.Form):len(q.Form)], twilio.Param{Key: "From", Value: from}, twilio.Param{Key: "To", Value: to})
	}
	in := f.voiceMessage(q, f.state(q.Query))
	if !ok {
		in.Warnings = append(in.Warnings, "the caller's number did not come with the recording: it is that of the call")
	}
	return Answer{TwiML: Empty, Keep: &in}, nil
}

func (f *Flow) voiceMessage(q Question, s state) channels.Inbound {
	text := "Left a voice message."
	if d := q.Form.Get("RecordingDuration"); d != "" {
		text = fmt.Sprintf("Left a voice message of %.9s s.", d)
	}
	in := f.inbound(q, s, q.Form.Get("CallSid")+":recording", text)
	address := strings.TrimSuffix(q.Form.Get("RecordingUrl"), ".wav")
	if !strings.HasSuffix(address, ".mp3") {
		address += ".mp3" // 10 % of the size of .wav
	}
	in.Attachments = []channels.Attachment{{URL: address, Name: "voice-message.mp3", ContentType: "audio/mpeg"}}
	delete(in.Fields, "RecordingUrl")
	return in
}

// ended answers the call's status callback. Who has left something has it under
// the same ID already, and this is a duplicate.
func (f *Flow) ended(q Question) (Answer, error) {
	status := q.Form.Get("CallStatus")
	if status == "" {
		return Answer{}, fmt.Errorf("%w: no CallStatus", twilio.ErrBadForm)
	}
	if isLive(status) || strings.HasPrefix(q.Form.Get("Direction"), "outbound") {
		return Answer{TwiML: Empty}, nil
	}
	text := fmt.Sprintf("Rang, and was not connected (%.32s).", status)
	if status == "completed" {
		text = "Rang off in the menu."
		if d := q.Form.Get("CallDuration"); d != "" {
			text = fmt.Sprintf("Rang off in the menu after %.9s s.", d)
		}
	}
	in := f.inbound(q, state{}, q.Form.Get("CallSid"), text)
	return Answer{TwiML: Empty, Keep: &in}, nil
}
