package voice

import (
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/channels/twilio"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const public = "https://desk.example.com"

func flow(t testing.TB) *Flow {
	t.Helper()
	f, err := NewFlow(public+"/", "token", DefaultMenu())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// call is what every request about a call has.
func call(more ...string) twilio.Form {
	f := twilio.Form{{Key: "CallSid", Value: "CA1"}, {Key: "AccountSid", Value: "AC1"}, {Key: "From", Value: "+60123456789"}, {Key: "To", Value: "+60312345678"},
		{Key: "Caller", Value: "+60123456789"}, {Key: "Called", Value: "+60312345678"}, {Key: "ApiVersion", Value: "2010-04-01"}, {Key: "Direction", Value: "inbound"}}
	for i := 0; i < len(more); i += 2 {
		if j := slices.IndexFunc(f, func(p twilio.Param) bool { return p.Key == more[i] }); j >= 0 {
			f[j].Value = more[i+1]
			continue
		}
		f = append(f, twilio.Param{Key: more[i], Value: more[i+1]})
	}
	return f
}

// twiML is a document as a phone would follow it.
type twiML struct {
	verbs  []string
	said   []string // language: sentence
	gather string   // address of its action
	record map[string]string
	next   string // of <Redirect>
}

func read(t testing.TB, doc string) twiML {
	t.Helper()
	var r twiML
	d := xml.NewDecoder(strings.NewReader(doc))
	var attr map[string]string
	for {
		tok, err := d.Token()
		if err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("%v in %s", err, doc)
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			r.verbs = append(r.verbs, tok.Name.Local)
			attr = map[string]string{}
			for _, a := range tok.Attr {
				attr[a.Name.Local] = a.Value
			}
			switch tok.Name.Local {
			case "Gather":
				r.gather = attr["action"]
			case "Record":
				r.record = maps.Clone(attr)
			case "Say":
				if attr["voice"] == "" || attr["language"] == "" {
					t.Errorf("a sentence without voice or language: %s", doc)
				}
			}
		case xml.CharData:
			switch r.verbs[len(r.verbs)-1] {
			case "Say":
				r.said = append(r.said, attr["language"]+": "+string(tok))
			case "Redirect":
				r.next = string(tok)
			}
		}
	}
	if strings.ContainsAny(doc, "\u200e\u200f\u061c") {
		t.Error("a mark that a voice would stumble over")
	}
	return r
}

// post asks the flow at an address that it gave out, as Twilio would.
func post(t testing.TB, f *Flow, address string, form twilio.Form) (Answer, twiML) {
	t.Helper()
	rest, ok := strings.CutPrefix(address, public+"/webhooks/twilio/voice")
	if !ok {
		t.Fatalf("%q is no address of ours", address)
	}
	step, query, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(Steps, Step(step)) {
		t.Fatalf("no step %q", step)
	}
	a, err := f.Answer(Question{Step(step), values, form})
	if err != nil {
		t.Fatal(err)
	}
	return a, read(t, a.TwiML)
}

const entry = public + "/webhooks/twilio/voice"

func TestVoiceMessage(t *testing.T) {
	f := flow(t)
	a, doc := post(t, f, entry, call("CallStatus", "ringing"))
	if a.Keep != nil || len(doc.said) != 3 || !strings.HasPrefix(doc.said[0], "en-GB: ") || !strings.HasPrefix(doc.said[1], "ar-AE: ") || !strings.HasPrefix(doc.said[2], "ms-MY: ") {
		t.Fatalf("greeted with %q, kept %+v", doc.said, a.Keep)
	}
	a, doc = post(t, f, doc.gather, call("Digits", "2"))
	if a.Keep != nil || len(doc.said) != 2 || !strings.HasPrefix(doc.said[0], "ar-AE: للاستفسار عن شحنة") {
		t.Fatalf("asked for the desk with %q", doc.said)
	}
	_, doc = post(t, f, doc.gather, call("Digits", "1"))
	if len(doc.said) != 2 || !strings.Contains(doc.said[0], "لترك رسالة") {
		t.Fatalf("asked for the choice with %q", doc.said)
	}
	a, doc = post(t, f, doc.gather, call("Digits", "1"))
	if doc.record["maxLength"] != "180" || doc.record["finishOnKey"] != "#" || doc.record["action"] != doc.next || !a.Minor {
		t.Fatalf("recorded with %v, then %q", doc.record, doc.next)
	}
	mark := *a.Keep
	if mark.ProviderID != "CA1" || mark.Desk != "trace" || mark.Language != "ar" || mark.Form != channels.FormCall {
		t.Errorf("noted %+v", mark)
	}
	done := call("RecordingUrl", "https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE1", "RecordingSid", "RE1", "RecordingDuration", "34", "Digits", "hangup", "CallStatus", "completed")
	a, doc = post(t, f, doc.record["action"], done)
	want := channels.Inbound{Channel: channels.Voice, Account: "+60312345678", ProviderID: "CA1:recording", Form: channels.FormCall,
		From: channels.Handle{Kind: channels.HandlePhone, Value: "+60123456789"}, To: "+60312345678", Desk: "trace", Language: "ar",
		Text:        "Left a voice message of 34 s. Language: Arabic. Desk: trace.",
		Attachments: []channels.Attachment{{URL: "https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE1.mp3", Name: "voice-message.mp3", ContentType: "audio/mpeg"}},
		Fields:      map[string]string{"CallSid": "CA1", "AccountSid": "AC1", "Direction": "inbound", "RecordingSid": "RE1", "RecordingDuration": "34", "CallStatus": "completed"}}
	compare(t, *a.Keep, want)
	if a.Minor || !slices.Equal(doc.verbs, []string{"Response", "Say", "Hangup"}) {
		t.Errorf("ended with %v", doc.verbs)
	}
	// The status callback of that call, whenever it comes, is a duplicate of what was noted.
	a, _ = post(t, f, entry+"/status", call("CallStatus", "completed", "CallDuration", "61"))
	if a.Keep.ProviderID != mark.ProviderID || a.Keep.Account != mark.Account || a.Keep.Channel != mark.Channel {
		t.Errorf("the end is kept as %+v beside %+v", a.Keep, mark)
	}
}

func compare(t *testing.T, got, want channels.Inbound) {
	t.Helper()
	if !maps.Equal(got.Fields, want.Fields) {
		t.Errorf("fields %q, want %q", got.Fields, want.Fields)
	}
	if !slices.Equal(got.Attachments, want.Attachments) || !slices.Equal(got.Warnings, want.Warnings) {
		t.Errorf("files %v, warnings %q, want %v, %q", got.Attachments, got.Warnings, want.Attachments, want.Warnings)
	}
	if got.Channel != want.Channel || got.Account != want.Account || got.ProviderID != want.ProviderID || got.From != want.From || got.Form != want.Form ||
		got.To != want.To || got.Text != want.Text || got.Name != want.Name || got.Desk != want.Desk || got.Language != want.Language ||
		(got.Callback == nil) != (want.Callback == nil) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// The recording callback names no number: it keeps the very same message.
func TestRecordingCallbackIsTheSecondChance(t *testing.T) {
	f := flow(t)
	_, doc := post(t, f, entry+"/choice?lang=ms&desk=booking", call("Digits", "1"))
	if strings.Contains(doc.record["recordingStatusCallback"], "60123456789") {
		t.Error("the caller's number stands in an address")
	}
	recording := []string{"RecordingUrl", "https://api.twilio.com/RE1", "RecordingDuration", "5"}
	first, _ := post(t, f, doc.record["action"], call(recording...))
	callback := twilio.Form{{Key: "CallSid", Value: "CA1"}, {Key: "AccountSid", Value: "AC1"}, {Key: "RecordingStatus", Value: "completed"},
		{Key: "RecordingUrl", Value: "https://api.twilio.com/RE1"}, {Key: "RecordingDuration", Value: "5"}}
	second, again := post(t, f, doc.record["recordingStatusCallback"], callback)
	first.Keep.Fields, second.Keep.Fields = nil, nil
	compare(t, *second.Keep, *first.Keep)
	if len(again.verbs) != 1 {
		t.Errorf("answered %v", again.verbs)
	}
	forged, _ := post(t, f, entry+"/recorded?who=AAAA&desk=nowhere&lang=xx", callback)
	if !forged.Keep.From.IsZero() || forged.Keep.Warnings == nil || forged.Keep.Desk != "" || forged.Keep.Language != "" {
		t.Errorf("kept %+v", forged.Keep)
	}
	for _, status := range []string{"absent", "in-progress", "failed"} {
		form := slices.Clone(callback)
		form[2].Value = status
		if a, _ := post(t, f, doc.record["recordingStatusCallback"], form); a.Keep != nil {
			t.Errorf("%s: kept %+v", status, a.Keep)
		}
	}
}

func TestCallback(t *testing.T) {
	f := flow(t)
	a, doc := post(t, f, entry+"/choice?lang=en&desk=trace", call("Digits", "2"))
	want := channels.Inbound{Channel: channels.Voice, Account: "+60312345678", ProviderID: "CA1", Form: channels.FormCall,
		From: channels.Handle{Kind: channels.HandlePhone, Value: "+60123456789"}, To: "+60312345678", Desk: "trace", Language: "en",
		Text: "Asked to be called back. Language: English. Desk: trace.", Callback: &channels.CallbackWish{},
		Fields: map[string]string{"AccountSid": "AC1", "Direction": "inbound"}}
	compare(t, *a.Keep, want)
	if a.Minor || *a.Keep.Callback != (channels.CallbackWish{}) || doc.verbs[len(doc.verbs)-1] != "Hangup" {
		t.Errorf("kept %+v, said %v", a.Keep.Callback, doc.verbs)
	}
	a, doc = post(t, f, entry+"/choice?lang=en", call("Digits", "2", "From", "anonymous", "Caller", "anonymous"))
	if a.Keep.Callback != nil || doc.record == nil || !strings.Contains(doc.said[0], english.NoNumber) {
		t.Errorf("a withheld caller got %v, kept %+v", doc.said, a.Keep)
	}
}

// Whoever presses nothing, or nonsense, is led to the tone in the end.
func TestSilenceEndsAtTheTone(t *testing.T) {
	f := flow(t)
	for _, digits := range []string{"", "9", "0", "*", "12"} {
		address, steps := entry, 0
		var doc twiML
		for ; steps < 20; steps++ {
			_, doc = post(t, f, address, call("Digits", digits))
			if doc.next == "" {
				t.Fatalf("%q: the call stops at %v", digits, doc.verbs)
			}
			if doc.record != nil {
				break
			}
			if doc.gather != doc.next {
				t.Errorf("%q: silence leads to %q, a key to %q", digits, doc.next, doc.gather)
			}
			address = doc.next
		}
		if doc.record == nil {
			t.Fatalf("%q: no tone after %d steps", digits, steps)
		}
		a, end := post(t, f, doc.next, call()) // and then he says nothing
		if a.Keep == nil || a.Keep.ProviderID != "CA1" || a.Keep.Attachments != nil || a.Keep.Language != "" || end.verbs[len(end.verbs)-1] != "Hangup" {
			t.Errorf("%q: kept %+v, ended with %v", digits, a.Keep, end.verbs)
		}
	}
	address := entry + "/desk?lang=ms"
	for range maxTries {
		_, doc := post(t, f, address, call())
		address = doc.next
	}
	if _, doc := post(t, f, address, call("Digits", "1")); doc.record == nil || !strings.HasPrefix(doc.said[0], "ms-MY: ") {
		t.Errorf("no desk chosen, and then %v", doc.said)
	}
}

func TestEnded(t *testing.T) {
	f := flow(t)
	for name, c := range map[string]struct {
		form twilio.Form
		text string // empty: nothing is kept
	}{
		"rang off":        {call("CallStatus", "completed", "CallDuration", "12"), "Rang off in the menu after 12 s."},
		"no duration":     {call("CallStatus", "completed"), "Rang off in the menu."},
		"no answer":       {call("CallStatus", "no-answer"), "Rang, and was not connected (no-answer)."},
		"a new status":    {call("CallStatus", "teleported"), "Rang, and was not connected (teleported)."},
		"still ringing":   {call("CallStatus", "ringing"), ""},
		"in progress":     {call("CallStatus", "in-progress"), ""},
		"a call of ours":  {call("CallStatus", "completed", "Direction", "outbound-api"), ""},
		"at the entrance": {call("CallStatus", "canceled"), "Rang, and was not connected (canceled)."},
	} {
		address := entry + "/status"
		if name == "at the entrance" {
			address = entry
		}
		a, doc := post(t, f, address, c.form)
		switch {
		case len(doc.verbs) != 1:
			t.Errorf("%s: answered %v", name, doc.verbs)
		case c.text == "" && a.Keep != nil || c.text != "" && (a.Keep == nil || a.Keep.Text != c.text || a.Keep.ProviderID != "CA1"):
			t.Errorf("%s: kept %+v", name, a.Keep)
		}
	}
}

func TestWhoRang(t *testing.T) {
	phone := func(v string) channels.Handle { return channels.Handle{Kind: channels.HandlePhone, Value: v} }
	for from, want := range map[string]channels.Handle{
		"+60123456789": phone("+60123456789"), "anonymous": {}, "Anonymous": {}, "RESTRICTED": {}, "unavailable": {}, "unknown": {}, "": {},
		"+266696687": {}, "266696687": {}, "+7378742833": {}, "+8566696": {}, "+86282452253": {},
		"whatsapp:+966501234567": {Kind: channels.HandleWhatsApp, Value: "+966501234567"},
		"whatsapp:SA.134":        {Kind: channels.HandleBSUID, Issuer: "AC1", Value: "SA.134"},
		"sip:ali@pbx.example":    {Kind: channels.HandlePhone, Issuer: "sip", Value: "sip:ali@pbx.example"},
	} {
		a, err := flow(t).Answer(Question{Step: Ended, Form: call("From", from, "Caller", from, "CallStatus", "completed")})
		if err != nil || a.Keep.From != want {
			t.Errorf("%q: %#v, %v, want %#v", from, a.Keep.From, err, want)
		}
		if want.IsZero() && from != "" && a.Keep.Fields["From"] != from {
			t.Errorf("%q is not kept: %q", from, a.Keep.Fields)
		}
	}
}

func TestFields(t *testing.T) {
	a, err := flow(t).Answer(Question{Step: Ended, Form: call("CallStatus", "completed", "CallerName", "ALI", "CallToken", "secret", "StirVerstat", "TN-Validation-Passed-A",
		"FromCity", "", "CallerCity", "", "FromCountry", "MY", "CallerCountry", "MY", "CalledCountry", "SG", "SipHeader_X-A", "1", "Tomorrow", "")})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"AccountSid": "AC1", "Direction": "inbound", "CallStatus": "completed", "StirVerstat": "TN-Validation-Passed-A",
		"FromCountry": "MY", "CalledCountry": "SG", "SipHeader_X-A": "1", "Tomorrow": ""}
	if !maps.Equal(a.Keep.Fields, want) || a.Keep.Name != "ALI" {
		t.Errorf("name %q, fields %q, want %q", a.Keep.Name, a.Keep.Fields, want)
	}
}

func TestAnswerRefuses(t *testing.T) {
	for name, q := range map[string]Question{
		"no call":   {Step: Incoming, Form: twilio.Form{{Key: "To", Value: "+1"}}},
		"no number": {Step: Incoming, Form: twilio.Form{{Key: "CallSid", Value: "CA1"}}},
		"no status": {Step: Ended, Form: call()},
	} {
		if _, err := flow(t).Answer(q); !errors.Is(err, twilio.ErrBadForm) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := flow(t).Answer(Question{Step: "elsewhere", Form: call()}); err == nil || errors.Is(err, twilio.ErrBadForm) {
		t.Error("a step that does not exist was answered")
	}
}

func TestNewFlowRefuses(t *testing.T) {
	if _, err := NewFlow(public, "", DefaultMenu()); err == nil {
		t.Error("no secret")
	}
	if _, err := NewFlow(public, "token", Menu{}); err == nil {
		t.Error("no language")
	}
	many := DefaultMenu()
	many.Desks = slices.Repeat(many.Desks, 5)
	if _, err := NewFlow(public, "token", many); err == nil {
		t.Error("ten desks on nine keys")
	}
}

func TestMenuSpeaksEveryLanguage(t *testing.T) {
	m := DefaultMenu()
	for _, l := range m.Languages {
		for _, d := range m.Desks {
			if strings.Count(d.Press[l.Code], "%d") != 1 {
				t.Errorf("%s in %s: %q", d.Name, l.Code, d.Press[l.Code])
			}
		}
		w := l.Words
		for _, s := range []string{w.PressForMe, w.PressToSay, w.PressToRing} {
			if strings.Count(s, "%d") != 1 {
				t.Errorf("%s: no key in %q", l.Code, s)
			}
		}
		for _, s := range []string{w.Welcome, w.SpeakNow, w.NoNumber, w.Kept, w.WillRing, w.NothingSaid} {
			if s == "" || strings.Contains(s, "%") {
				t.Errorf("%s: %q", l.Code, s)
			}
		}
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add("", "", []byte("CallSid=CA1&To=%2B1&From=anonymous&CallStatus=ringing"))
	f.Add("choice", "lang=ar&desk=trace&try=2", []byte("CallSid=CA1&To=%2B1&Digits=2"))
	f.Add("recorded", "who=AAAA", []byte("CallSid=CA1&RecordingUrl=x&RecordingDuration=%00"))
	f.Add("language", "try=-9223372036854775808", []byte("CallSid=CA1&Called=sip:x&Digits=999999999999999999999"))
	fl := flow(f)
	f.Fuzz(func(t *testing.T, step, query string, body []byte) {
		form, err := twilio.ParseForm(body)
		values, queryErr := url.ParseQuery(query)
		if err != nil || queryErr != nil {
			return
		}
		a, err := fl.Answer(Question{Step(step), values, form})
		if err != nil {
			return
		}
		read(t, a.TwiML)
		if a.Keep != nil && (a.Keep.ProviderID == "" || a.Keep.Form != channels.FormCall) {
			t.Fatalf("kept %+v", a.Keep)
		}
	})
}
