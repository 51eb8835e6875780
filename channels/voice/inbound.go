package voice

import (
	"fmt"
	"strconv"
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

// piece is what one step knows of the call. Every piece has the call's own ID: the first
// one becomes a message, and the others add to it.
func (t turn) piece(c channels.Call) channels.Inbound {
	_, account := twilio.SplitAddress(called(t.q.Form))
	if t.s.language != "" {
		c.Path = append(c.Path, t.menu.language(t.s.language).Name)
	}
	if t.s.desk != "" {
		c.Path = append(c.Path, t.s.desk)
	}
	for _, step := range strings.Split(t.s.path, ".") {
		if step != "" && step != t.s.language && step != t.s.desk {
			c.Path = append(c.Path, step)
		}
	}
	in := channels.Inbound{
		Channel: channels.Voice, Account: account, ProviderID: t.call(), Form: channels.FormCall, Call: &c, Text: c.String(),
		From: caller(t.q.Form), Name: t.q.Form.Get("CallerName"), To: account, Desk: t.s.desk, Language: t.s.language,
	}
	in.Fields = fields(t.q.Form, in)
	return in
}

// done is what came of the call; note, what did if nothing else becomes known.
func (t turn) done(sentence string) channels.Inbound {
	return t.piece(channels.Call{Done: []string{sentence}})
}

func (t turn) note(sentence string) channels.Inbound {
	return t.piece(channels.Call{Notes: []string{sentence}})
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
func (t turn) recording() (Answer, error) {
	if t.q.Form.Get("RecordingUrl") == "" || t.q.Form.Get("RecordingDuration") == "0" {
		in := t.note("Left no message.")
		return t.farewell(func(w Words) string { return w.NothingSaid }, &in)
	}
	in := t.voiceMessage()
	return t.farewell(func(w Words) string { return w.Kept }, &in)
}

// recorded answers the recording callback: the second chance of a recording
// whose first question found the store away. It names neither number of the call.
func (t turn) recorded() (Answer, error) {
	form := t.q.Form
	status := form.Get("RecordingStatus")
	if form.Get("RecordingUrl") == "" || form.Get("RecordingDuration") == "0" || status != "" && status != "completed" {
		return Answer{TwiML: Empty}, nil
	}
	from, to, ok := t.sealer.open(t.q.Query.Get("who"))
	if ok {
		t.q.Form = append(form[:len(form):len(form)], twilio.Param{Key: "From", Value: from}, twilio.Param{Key: "To", Value: to})
	}
	in := t.voiceMessage()
	if !ok {
		in.Warnings = append(in.Warnings, "the caller's number did not come with the recording: it is that of the call")
	}
	return Answer{TwiML: Empty, Keep: &in}, nil
}

func (t turn) voiceMessage() channels.Inbound {
	text := "Left a voice message."
	if d := t.q.Form.Get("RecordingDuration"); d != "" {
		text = fmt.Sprintf("Left a voice message of %.9s s.", d)
	}
	in := t.done(text)
	in.Attachments = []channels.Attachment{audio(t.q.Form.Get("RecordingUrl"), "voice-message.mp3")}
	delete(in.Fields, "RecordingUrl")
	return in
}

// audio is a recording in the form that has 10 % of the size of .wav.
func audio(address, name string) channels.Attachment {
	address = strings.TrimSuffix(address, ".wav")
	if !strings.HasSuffix(address, ".mp3") {
		address += ".mp3"
	}
	return channels.Attachment{URL: address, Name: name, ContentType: "audio/mpeg"}
}

// ended answers the call's status callback: how long it lasted and, if nothing else is
// known of it, that the caller rang off.
func (t turn) ended() (Answer, error) {
	q := t.q
	status := q.Form.Get("CallStatus")
	if status == "" {
		return Answer{}, fmt.Errorf("%w: no CallStatus", twilio.ErrBadForm)
	}
	if isLive(status) || strings.HasPrefix(q.Form.Get("Direction"), "outbound") {
		return Answer{TwiML: Empty}, nil
	}
	t.Guide.Over(t.ctx, t.call())
	t.s = state{}
	text, seconds := fmt.Sprintf("Rang, and was not connected (%.32s).", status), 0
	if status == "completed" {
		text = "Rang off in the menu."
		seconds, _ = strconv.Atoi(q.Form.Get("CallDuration")) // without one it is not known
	}
	in := t.piece(channels.Call{Notes: []string{text}, Seconds: max(0, seconds)})
	return Answer{TwiML: Empty, Keep: &in}, nil
}
