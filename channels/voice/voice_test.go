package voice

import (
	"context"
	"encoding/xml"
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

// desks are two, as the gateway's own are written in their files.
var desks = []Desk{
	{Name: "trace", Press: map[string]string{"en": "For a shipment or a delivery, press %d.", "ar": "للاستفسار عن شحنة أو توصيل، اضغط %d.", "ms": "Untuk bungkusan atau penghantaran, tekan %d."}},
	{Name: "booking", Press: map[string]string{"en": "For a tour or a booking, press %d.", "ar": "للرحلات والحجوزات، اضغط %d.", "ms": "Untuk pakej pelancongan atau tempahan, tekan %d."}},
}

func flow(t testing.TB) *Flow {
	t.Helper()
	f, err := NewFlow(public+"/", "token", NewMenu(desks...))
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
	a, err := f.Answer(context.Background(), Question{Step(step), values, form})
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
	if len(doc.said) != 5 || !strings.Contains(doc.said[2], "لترك رسالة") {
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
	want := channels.Inbound{Channel: channels.Voice, Account: "+60312345678", ProviderID: "CA1", Form: channels.FormCall,
		From: channels.Handle{Kind: channels.HandlePhone, Value: "+60123456789"}, To: "+60312345678", Desk: "trace", Language: "ar",
		Text:        "Left a voice message of 34 s. Path: Arabic, trace.",
		Attachments: []channels.Attachment{{URL: "https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE1.mp3", Name: "voice-message.mp3", ContentType: "audio/mpeg"}},
		Fields:      map[string]string{"AccountSid": "AC1", "Direction": "inbound", "RecordingSid": "RE1", "RecordingDuration": "34", "CallStatus": "completed"}}
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
		Text: "Asked to be called back. Path: English, trace, callback.", Callback: &channels.CallbackWish{},
		Fields: map[string]string{"AccountSid": "AC1", "Direction": "inbound"}}
	compare(t, *a.Keep, want)
	if a.Minor || *a.Keep.Callback != (channels.CallbackWish{}) || doc.verbs[len(doc.verbs)-1] != "Hangup" {
		t.Errorf("kept %+v, said %v", a.Keep.Callback, doc.verbs)
	}
	a, doc = post(t, f, entry+"/choice?lang=en", call("Digits", "2", "From", "anonymous", "Caller", "anonymous"))
	if a.Keep.Callback != nil || doc.record == nil || !strings.Contains(doc.said[0], menuWords["en"].NoNumber) {
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
