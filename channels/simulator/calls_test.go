package simulator

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"
)

const welcome = `<Response><Gather action="/webhooks/twilio/voice/menu" numDigits="1">
<Say language="ar-AE" voice="Polly.Zayd-Neural">أهلاً</Say><Say>Welcome &amp; hello</Say></Gather>
<Redirect>/webhooks/twilio/voice/again</Redirect></Response>`

// desk is a gateway with a small menu.
func desk(t *testing.T) *world {
	w := newWorld(t, nil)
	base := "/webhooks/twilio/voice"
	w.gateway.twiml[base] = welcome
	w.gateway.twiml[base+"/again"] = `<Response><Say>again</Say><Gather input="dtmf speech" language="ms-MY" action="menu"/></Response>`
	w.gateway.twiml[base+"/menu"] = `<Response><Say>record</Say><Record action="/webhooks/twilio/voice/recorded" maxLength="60"
 recordingStatusCallback="/webhooks/twilio/voice/recording"/><Say>nothing heard</Say></Response>`
	w.gateway.twiml[base+"/recorded"] = `<Response><Say>thanks</Say><Hangup/></Response>`
	return w
}

func (w *world) said(c Call) []string {
	var lines []string
	for _, l := range c.Lines {
		if l.Who == "company" {
			lines = append(lines, l.Text)
		}
	}
	return lines
}

// ok fails the test if a step of a call failed.
func (w *world) ok(c Call, err error) Call {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func TestWholeInboundCall(t *testing.T) {
	w := desk(t)
	c := w.ok(w.Dial(w.ctx(), "+966500000142", ""))
	if c.Wait != WaitGather || c.Status != "in-progress" || c.Lines[0].Language != "ar-AE" {
		t.Fatalf("after dialling: %+v", c)
	}
	c = w.ok(w.Press(w.ctx(), c.SID, "2"))
	if c.Wait != WaitRecord {
		t.Fatalf("after the menu: %+v", c)
	}
	w.clock.add(12 * time.Second)
	c = w.ok(w.Speak(w.ctx(), c.SID, "أريد أن أعرف أين شحنتي من فضلكم"))
	if c.Status != "completed" || c.Seconds() != 12 {
		t.Fatalf("at the end: %+v", c)
	}
	w.settle()
	equal(t, "said", w.said(c), []string{"أهلاً", "Welcome & hello", "record", "thanks"})
	first := w.gateway.hooks("/webhooks/twilio/voice")[0]
	if first.Get("CallStatus") != "ringing" || first.Get("Direction") != "inbound" || first.Get("CallerCountry") != "SA" {
		t.Errorf("first request: %v", first)
	}
	if got := w.gateway.hooks("/webhooks/twilio/voice/menu")[0]; got.Get("Digits") != "2" || got.Get("CallStatus") != "in-progress" {
		t.Errorf("menu: %v", got)
	}
	got := w.gateway.hooks("/webhooks/twilio/voice/recorded")[0]
	if got.Get("RecordingSid") != w.Recordings()[0].SID || got.Get("Digits") != "#" || got.Get("RecordingDuration") != "2" {
		t.Errorf("recorded: %v", got)
	}
	equal(t, "recording status", w.gateway.values("/webhooks/twilio/voice/recording", "RecordingStatus"), []string{"completed"})
	end := w.gateway.hooks("/webhooks/twilio/voice/status")
	if len(end) != 1 || end[0].Get("CallStatus") != "completed" || end[0].Get("CallDuration") != "12" || end[0].Get("Duration") != "1" {
		t.Errorf("status: %v", end)
	}
}

func TestCallerIsSilentThenSpeaks(t *testing.T) {
	w := desk(t)
	c := w.ok(w.Dial(w.ctx(), "anonymous", ""))
	c = w.ok(w.Silence(w.ctx(), c.SID))
	if c.Wait != WaitGather || !c.Speech {
		t.Fatalf("after silence: %+v", c)
	}
	c = w.ok(w.Speak(w.ctx(), c.SID, "pakej umrah"))
	if got := w.gateway.hooks("/webhooks/twilio/voice/menu")[0]; got.Get("SpeechResult") != "pakej umrah" || got.Get("Language") != "ms-MY" {
		t.Errorf("speech: %v", got)
	}
	c = w.ok(w.Silence(w.ctx(), c.SID))
	if w.said(c)[len(w.said(c))-1] != "nothing heard" || c.Status != "completed" {
		t.Errorf("silent recording: %+v", c)
	}
	if _, err := w.Press(w.ctx(), c.SID, "1"); !errors.Is(err, ErrNotNow) {
		t.Errorf("press after the end: %v", err)
	}
	if _, err := w.Press(w.ctx(), "CAnone", "1"); !errors.Is(err, ErrNoCall) {
		t.Errorf("press on nothing: %v", err)
	}
}

func TestCallerRecordsAndHangsUp(t *testing.T) {
	w := desk(t)
	c := w.ok(w.Dial(w.ctx(), "+447700900142", ""))
	w.ok(w.Press(w.ctx(), c.SID, "1"))
	c = w.ok(w.SpeakAndHangUp(w.ctx(), c.SID, "ring me"))
	if got := w.gateway.hooks("/webhooks/twilio/voice/recorded")[0]; got.Get("Digits") != "hangup" || got.Get("CallStatus") != "completed" {
		t.Errorf("action: %v", got)
	}
	if c.Status != "completed" || len(w.said(c)) != 3 {
		t.Errorf("call: %+v", c)
	}
}

func TestKeysAreCollected(t *testing.T) {
	w := newWorld(t, nil)
	w.gateway.twiml["/webhooks/twilio/voice"] = `<Response><Gather action="/number"/></Response>`
	c := w.ok(w.Dial(w.ctx(), "+447700900142", ""))
	c = w.ok(w.Press(w.ctx(), c.SID, "12"))
	if c.Keys != "12" {
		t.Fatalf("%+v", c)
	}
	w.ok(w.Press(w.ctx(), c.SID, "3#9"))
	got := w.gateway.hooks("/number")[0]
	if got.Get("Digits") != "123" || got.Get("FinishedOnKey") != "#" {
		t.Errorf("%v", got)
	}
}

func TestBadTwiML(t *testing.T) {
	for body, code := range map[string]int{
		`<Response><Say>x</Response>`:   12100,
		`<html/>`:                       12100,
		`<Response><Dance/></Response>`: 12200,
		`<Response><Say language="ms-MY">apa</Say></Response>`:                    13520,
		`<Response><Redirect>/webhooks/twilio/voice</Redirect>\n` + `</Response>`: 11215,
	} {
		w := newWorld(t, nil)
		w.gateway.twiml["/webhooks/twilio/voice"] = body
		w.ok(w.Dial(w.ctx(), "+447700900142", ""))
		if a := w.Alerts(); len(a) != 1 || a[0].Code != code {
			t.Errorf("%s: %v", body, a)
		}
	}
}

func ringForm(to string, more ...string) url.Values {
	f := url.Values{"To": {to}, "From": {"+15005550006"}, "Url": {testPublic + "/ring"}, "StatusCallback": {testPublic + "/progress"},
		"StatusCallbackEvent": {"initiated", "ringing", "answered", "completed"}}
	for i := 0; i < len(more); i += 2 {
		f.Set(more[i], more[i+1])
	}
	return f
}

func (w *world) place(f url.Values) string {
	w.t.Helper()
	status, doc := w.do("POST", "/Calls.json", f)
	if status != 201 || doc["status"] != "queued" {
		w.t.Fatalf("place: %d %v", status, doc)
	}
	return doc["sid"].(string)
}

func TestOutboundCallEnds(t *testing.T) {
	for number, want := range map[string]string{
		"+12005550486": "initiated ringing busy", "+12005550480": "initiated ringing no-answer", "+12005550404": "initiated ringing failed",
		"+12005550200": "initiated ringing in-progress completed", "+12005550600": "initiated ringing in-progress completed",
	} {
		w := newWorld(t, nil)
		w.gateway.twiml["/ring"] = `<Response><Say>It is us</Say><Gather numDigits="1"/><Say>bye</Say></Response>`
		if number == "+12005550200" {
			w.gateway.twiml["/ring"] = `<Response><Say>It is us</Say></Response>`
		}
		sid := w.place(ringForm(number, "MachineDetection", "Enable"))
		w.settle()
		equal(t, number, w.gateway.values("/progress", "CallStatus"), strings.Fields(want))
		c, _ := w.Call(sid)
		if number == "+12005550600" && (c.AnsweredBy != "machine_start" || !c.Said("bye")) {
			t.Errorf("voicemail: %+v", c)
		}
		if _, doc := w.do("GET", "/Calls/"+sid+".json", nil); doc["status"] != c.Status {
			t.Errorf("%s: %v", number, doc)
		}
	}
}

func TestPersonMeetsRingingTelephone(t *testing.T) {
	w := newWorld(t, nil)
	w.gateway.twiml["/ring"] = `<Response><Gather numDigits="1"/></Response>`
	ringing := func() string {
		sid := w.place(ringForm("+966500000142"))
		w.await(func() bool { c, _ := w.Call(sid); return c.Wait == WaitRinging })
		return sid
	}
	sid := ringing()
	if c := w.ok(w.Answer(w.ctx(), sid)); c.Wait != WaitGather || c.Status != "in-progress" {
		t.Errorf("answered: %+v", c)
	}
	if c := w.ok(w.HangUp(w.ctx(), sid)); c.Status != "completed" {
		t.Errorf("hung up: %+v", c)
	}
	if c := w.ok(w.Decline(w.ctx(), ringing())); c.Status != "busy" {
		t.Errorf("declined: %+v", c)
	}
	if c := w.ok(w.LetRing(w.ctx(), ringing())); c.Status != "no-answer" {
		t.Errorf("let ring: %+v", c)
	}
	if c := w.ok(w.Machine(w.ctx(), ringing())); c.Status != "completed" {
		t.Errorf("voicemail: %+v", c)
	}
	sid = ringing()
	w.do("POST", "/Calls/"+sid+".json", url.Values{"Status": {"canceled"}})
	w.await(func() bool { c, _ := w.Call(sid); return c.Status == "canceled" })
}

func TestCallRefusals(t *testing.T) {
	w := newWorld(t, nil)
	for _, c := range []struct {
		form url.Values
		code float64
	}{
		{ringForm(""), 21201}, {ringForm("12"), 21211}, {ringForm("+15005550002"), 21214}, {ringForm("+15005550003"), 21215},
		{ringForm("+966500000142", "From", "+15551234567"), 21606}, {ringForm("+966500000142", "Url", ""), 21205},
		{ringForm("+966500000142", "Url", "https://elsewhere.example"), 21205},
	} {
		if status, doc := w.do("POST", "/Calls.json", c.form); status != 400 || doc["code"] != c.code {
			t.Errorf("%v: %d %v", c.form, status, doc)
		}
	}
}

func TestRedirectOfALiveCall(t *testing.T) {
	w := newWorld(t, nil)
	w.gateway.twiml["/ring"] = `<Response><Enqueue>desk</Enqueue></Response>`
	sid := w.place(ringForm("+12005550200"))
	w.await(func() bool { c, _ := w.Call(sid); return c.Wait == WaitQueue })
	w.do("POST", "/Calls/"+sid+".json", url.Values{"Twiml": {"<Response><Say>moved</Say></Response>"}})
	w.await(func() bool { c, _ := w.Call(sid); return c.Over() })
	if c, _ := w.Call(sid); !c.Said("moved") {
		t.Errorf("%+v", c)
	}
	if status, doc := w.do("POST", "/Calls/"+sid+".json", url.Values{"Status": {"completed"}}); status != 400 || doc["code"] != 21220.0 {
		t.Errorf("after the end: %d %v", status, doc)
	}
}
