package voice

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/channels/twilio"
)

var (
	theOfficer  = channels.Phone{Number: "+966500000001", Name: "Aisha", Language: "ms", Officer: true}
	theCustomer = channels.Phone{Number: "+60123456789", Name: "Ali", Language: "ar"}
)

func callsOf() *Calls {
	return &Calls{From: "+60312345678", PublicURL: public, Languages: NewMenu().Languages}
}

func ringOf(first, second channels.Phone) channels.Ring {
	return channels.Ring{Attempt: "17-cb1.2", First: first, Second: second, About: "1086396430", Note: "customs", Tried: 1}
}

// TestSpeak leads both telephones through a call: what each hears, and where its answer goes.
func TestSpeak(t *testing.T) {
	officerFirst, customerFirst, alone := ringOf(theOfficer, theCustomer), ringOf(theCustomer, theOfficer), ringOf(theCustomer, channels.Phone{})
	off := officerFirst
	off.Over = true
	told := ringOf(channels.Phone{Number: theCustomer.Number, Language: "ms"}, channels.Phone{})
	told.Says = "Bungkusan anda akan sampai tidak lama lagi."
	const at = public + "/webhooks/twilio/voice/calls/17-cb1.2/"
	for name, c := range map[string]struct {
		step  CallStep
		ring  channels.Ring
		query string
		form  []string
		want  []string // found in the document
		not   string
	}{
		"the officer is told":          {CallAnswer, officerFirst, "", nil, []string{"<Gather", at + "key?try=1", `language="ms-MY"`, "Ali", "1 0 8 6 3 9 6 4 3 0", "customs", "1 kali", "<Redirect"}, theCustomer.Number},
		"the customer is greeted":      {CallAnswer, customerFirst, "", nil, []string{"<Gather", "dtmf speech", at + "key?try=1", `language="ar-AE"`, "1 0 8 6", "<Redirect"}, theOfficer.Number},
		"nobody wants it any more":     {CallAnswer, off, "", nil, []string{"<Say", "<Hangup"}, "<Gather"},
		"silence once":                 {CallKey, officerFirst, "try=1", nil, []string{"<Gather", "try=2"}, "<Dial"},
		"silence twice":                {CallKey, officerFirst, "try=2", nil, []string{"<Say", "<Hangup"}, "<Gather"},
		"the officer presses 1":        {CallKey, officerFirst, "try=1", []string{"Digits", "1"}, []string{"<Dial", at + "joined", "+60312345678", at + "leg", at + "legamd", "Enable", theCustomer.Number}, "screen"},
		"the officer presses 2":        {CallKey, officerFirst, "try=1", []string{"Digits", "2"}, []string{"<Say", "<Hangup"}, "<Dial"},
		"canceled meanwhile":           {CallKey, off, "try=1", []string{"Digits", "1"}, []string{"<Say", "<Hangup"}, "<Dial"},
		"the customer says yes":        {CallKey, customerFirst, "try=1", []string{"SpeechResult", "نعم"}, []string{"<Dial", at + "joined", at + "screen", theOfficer.Number}, "legamd"},
		"the customer wants it later":  {CallKey, customerFirst, "", []string{"Digits", "2"}, []string{"<Say", "<Hangup"}, "<Dial"},
		"the customer wants it never":  {CallKey, customerFirst, "", []string{"Digits", "9"}, []string{"<Say", "<Hangup"}, "<Dial"},
		"nobody is there for him":      {CallKey, alone, "", []string{"Digits", "1"}, []string{"<Say", "<Record", at + "recorded", "<Redirect"}, "<Dial"},
		"the second officer is told":   {CallScreen, customerFirst, "", nil, []string{"<Gather", at + "screened", `language="ms-MY"`, "<Hangup"}, "<Dial"},
		"he takes it":                  {CallScreened, customerFirst, "", []string{"Digits", "1"}, []string{"<Response"}, "<Hangup"},
		"he does not":                  {CallScreened, customerFirst, "", []string{"Digits", "2"}, []string{"<Hangup"}, "<Dial"},
		"they have talked":             {CallJoined, officerFirst, "", []string{"DialCallStatus", "completed"}, []string{"<Gather", at + "done", "<Hangup"}, "<Record"},
		"the customer was not reached": {CallJoined, officerFirst, "", []string{"DialCallStatus", "busy"}, []string{"<Say", "<Hangup"}, "<Gather"},
		"the customer has talked":      {CallJoined, customerFirst, "", []string{"DialCallStatus", "completed"}, []string{"<Hangup"}, "<Record"},
		"the officer was not reached":  {CallJoined, customerFirst, "", []string{"DialCallStatus", "no-answer"}, []string{"<Record", at + "recorded"}, "<Dial"},
		"news is told":                 {CallAnswer, told, "", nil, []string{"<Gather", at + "key?try=1", "tidak lama lagi", "<Redirect"}, "<Dial"},
		"and again":                    {CallKey, told, "try=1", []string{"Digits", "1"}, []string{"<Gather", at + "key?try=2", "tidak lama lagi"}, "<Hangup"},
		"but not for ever":             {CallKey, told, "try=5", []string{"Digits", "1"}, []string{"<Hangup"}, "<Gather"},
		"it was heard to its end":      {CallKey, told, "try=1", nil, []string{"<Hangup"}, "<Gather"},
		"he wants an officer":          {CallKey, told, "try=1", []string{"Digits", "2"}, []string{"Pegawai kami akan menghubungi", "<Hangup"}, "<Gather"},
		"he wants no such calls":       {CallKey, told, "try=1", []string{"Digits", "9"}, []string{"tidak akan", "<Hangup"}, "<Gather"},
		"news that is not wanted":      {CallAnswer, channels.Ring{Attempt: told.Attempt, First: told.First, Says: told.Says, Over: true}, "", nil, []string{"<Hangup"}, "tidak lama lagi"},
		"thanks":                       {CallRecorded, alone, "", nil, []string{"<Say", "<Hangup"}, "<Record"},
		"progress asks for nothing":    {CallStatus, officerFirst, "", nil, []string{"<Response"}, "<Say"},
	} {
		query, err := url.ParseQuery(c.query)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := callsOf().Speak(c.step, c.ring, query, call(c.form...))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, w := range c.want {
			if !strings.Contains(strings.ReplaceAll(doc, "&amp;", "&"), w) {
				t.Errorf("%s: no %q in %s", name, w, doc)
			}
		}
		if c.not != "" && strings.Contains(doc, c.not) {
			t.Errorf("%s: %q in %s", name, c.not, doc)
		}
	}
}

func TestCallWordsAreWhole(t *testing.T) {
	for _, l := range NewMenu().Languages {
		w := callWords[l.Code]
		for _, s := range []string{w.ACustomer, w.PressOne, w.Connecting, w.NotReached, w.Dispose, w.NotTaken, w.Hello, w.Choose, w.Later, w.Never, w.LeaveMessage, w.Nobody, w.Over, w.Thanks, w.News, w.Again, w.Ringing, w.NoMore} {
			if s == "" || strings.Contains(s, "%") {
				t.Errorf("%s: %q", l.Code, s)
			}
		}
		if strings.Count(w.For+w.About+w.Note, "%s") != 3 || strings.Count(w.Tried, "%d") != 1 {
			t.Errorf("%s: a place for what it is about is missing", l.Code)
		}
	}
}

func TestNews(t *testing.T) {
	kinds := func(all []channels.News) (out []channels.NewsKind) {
		for _, n := range all {
			out = append(out, n.Kind)
		}
		return out
	}
	for name, c := range map[string]struct {
		step CallStep
		form []string
		want channels.News
		all  []channels.NewsKind
	}{
		"it rings":               {CallStatus, []string{"CallStatus", "initiated"}, channels.News{SID: "CA1", Kind: channels.NewsRinging}, nil},
		"it was picked up":       {CallStatus, []string{"CallStatus", "in-progress"}, channels.News{SID: "CA1", Kind: channels.NewsAnswered}, nil},
		"a machine at once":      {CallStatus, []string{"CallStatus", "in-progress", "AnsweredBy", "machine_start"}, channels.News{SID: "CA1", Kind: channels.NewsAnswered}, []channels.NewsKind{channels.NewsAnswered, channels.NewsMachine}},
		"a machine at its end":   {CallStatus, []string{"CallStatus", "completed", "AnsweredBy", "fax"}, channels.News{SID: "CA1", Kind: channels.NewsMachine}, []channels.NewsKind{channels.NewsMachine, channels.NewsEnded}},
		"it ended":               {CallStatus, []string{"CallStatus", "completed", "CallDuration", "63"}, channels.News{SID: "CA1", Kind: channels.NewsEnded, Status: channels.CallCompleted, Seconds: 63}, nil},
		"no duration":            {CallStatus, []string{"CallStatus", "no-answer", "CallDuration", "-1"}, channels.News{SID: "CA1", Kind: channels.NewsEnded, Status: channels.CallNoAnswer}, nil},
		"the second is busy":     {CallLeg, []string{"CallStatus", "busy", "ParentCallSid", "CA0"}, channels.News{SID: "CA0", Second: true, Kind: channels.NewsEnded, Status: channels.CallBusy}, nil},
		"a key":                  {CallKey, []string{"Digits", "1"}, channels.News{SID: "CA1", Kind: channels.NewsKey, Digits: "1"}, nil},
		"a word":                 {CallKey, []string{"SpeechResult", "yes"}, channels.News{SID: "CA1", Kind: channels.NewsSpeech}, nil},
		"neither":                {CallKey, nil, channels.News{SID: "CA1", Kind: channels.NewsSilence}, nil},
		"a machine, afterwards":  {CallAMD, []string{"AnsweredBy", "machine_end_beep"}, channels.News{SID: "CA1", Kind: channels.NewsMachine}, nil},
		"a machine, the second":  {CallLegAMD, []string{"AnsweredBy", "machine_start", "ParentCallSid", "CA0"}, channels.News{SID: "CA0", Second: true, Kind: channels.NewsMachine}, nil},
		"they talked":            {CallJoined, []string{"DialCallStatus", "completed", "DialCallDuration", "61"}, channels.News{SID: "CA1", Kind: channels.NewsJoined, Status: channels.CallCompleted, Seconds: 61}, nil},
		"a message":              {CallRecorded, []string{"RecordingUrl", "https://x/RE1", "RecordingDuration", "7"}, channels.News{SID: "CA1", Kind: channels.NewsRecorded, Seconds: 7}, nil},
		"no message":             {CallRecorded, []string{"RecordingDuration", "7"}, channels.News{SID: "CA1", Kind: channels.NewsRecorded}, nil},
		"what came of it":        {CallDone, []string{"Digits", "3"}, channels.News{SID: "CA1", Kind: channels.NewsDisposing, Digits: "3"}, nil},
		"the officer picks up":   {CallScreen, []string{"ParentCallSid", "CA0"}, channels.News{SID: "CA0", Second: true, Kind: channels.NewsAnswered}, nil},
		"the officer takes it":   {CallScreened, []string{"ParentCallSid", "CA0", "Digits", "1"}, channels.News{SID: "CA0", Second: true, Kind: channels.NewsKey, Digits: "1"}, nil},
		"the first is picked up": {CallAnswer, nil, channels.News{SID: "CA1", Kind: channels.NewsAnswered}, nil},
	} {
		got, err := callsOf().News(c.step, "17-cb1.2", call(c.form...))
		c.want.Attempt = "17-cb1.2"
		if c.all == nil {
			c.all = []channels.NewsKind{c.want.Kind}
		}
		if err != nil || len(got) == 0 || got[0] != c.want || !slices.Equal(kinds(got), c.all) {
			t.Errorf("%s: %+v, %v, want %+v first of %v", name, got, err, c.want, c.all)
		}
	}
	for name, f := range map[string]twilio.Form{"no call": {{Key: "CallStatus", Value: "busy"}}, "no status": call()} {
		if _, err := callsOf().News(CallStatus, "17-cb1.2", f); !errors.Is(err, twilio.ErrBadForm) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, status := range []string{"teleported", "unknown"} {
		want := channels.News{Attempt: "17-cb1.2", SID: "CA1", Kind: channels.NewsUnknown, Word: status}
		if got, err := callsOf().News(CallStatus, "17-cb1.2", call("CallStatus", status)); err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("%s: %v, %v", status, got, err)
		}
	}
}

func TestRecordingIsKept(t *testing.T) {
	in, ok := callsOf().Recording(CallRecorded, ringOf(theCustomer, channels.Phone{}), call("RecordingUrl", "https://x/RE1.wav", "RecordingDuration", "7"))
	if !ok || in.From.Value != theCustomer.Number || in.ProviderID != "CA1:recording" || in.Form != channels.FormCall || in.Attachments[0].URL != "https://x/RE1.mp3" {
		t.Errorf("kept %+v, %v", in, ok)
	}
	for _, step := range []CallStep{CallRecorded, CallJoined} {
		if in, ok := callsOf().Recording(step, ringOf(theCustomer, channels.Phone{}), call()); ok {
			t.Errorf("%s: kept %+v", step, in)
		}
	}
}

// TestPlacedAndFound pins what Twilio is asked, and which of its calls is taken for ours.
func TestPlacedAndFound(t *testing.T) {
	var form url.Values
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		switch form = r.Form; {
		case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/Calls.json"):
			w.WriteHeader(http.StatusCreated)
			io.WriteString(w, `{"sid":"CA1","status":"queued"}`)
		case strings.HasSuffix(r.URL.Path, "/Calls.json"):
			io.WriteString(w, `{"calls":[
				{"sid":"CA9","direction":"inbound","date_created":"Sat, 21 Nov 2026 10:00:05 +0000"},
				{"sid":"CA8","direction":"outbound-api","date_created":"Sat, 21 Nov 2026 10:00:04 +0000"},
				{"sid":"CA7","direction":"outbound-api","date_created":"Sat, 21 Nov 2026 10:00:03 +0000"},
				{"sid":"CA6","direction":"outbound-api","date_created":"Sat, 21 Nov 2026 09:00:00 +0000"}]}`)
		default:
			io.WriteString(w, `{"sid":"CA1","status":"completed","duration":"9","answered_by":"machine_start"}`)
		}
	}))
	defer server.Close()
	client, err := twilio.NewClient(twilio.Config{AccountSID: "AC1", AuthToken: "x", BaseURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	c := callsOf()
	c.Client = client
	known := map[string]string{"CA8": "16-cb1.1"}
	c.Of = func(_ context.Context, sid string) (string, error) { return known[sid], nil }
	r := ringOf(theCustomer, theOfficer)
	r.Attempted = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	sid, err := c.Ring(t.Context(), r)
	const at = public + "/webhooks/twilio/voice/calls/17-cb1.2/"
	if err != nil || sid != "CA1" || form.Get("To") != theCustomer.Number || form.Get("From") != c.From || form.Get("Url") != at+"answer" ||
		form.Get("StatusCallback") != at+"status" || form.Get("AsyncAmdStatusCallback") != at+"amd" || len(form["StatusCallbackEvent"]) != 4 {
		t.Errorf("placed %s, %v, with %v", sid, err, form)
	}
	if _, err := c.Ring(t.Context(), ringOf(theOfficer, theCustomer)); err != nil || form.Has("MachineDetection") {
		t.Errorf("an officer is asked for a machine: %v, %v", form, err)
	}
	if sid, found, err := c.Find(t.Context(), r); err != nil || !found || sid != "CA7" {
		t.Errorf("found %s, %v, %v; want the one that is nobody else's", sid, found, err)
	}
	known["CA7"] = "15-cb1.1"
	if sid, found, err := c.Find(t.Context(), r); err != nil || found {
		t.Errorf("found %s, %v", sid, err)
	}
	if s, err := c.Look(t.Context(), "CA1"); err != nil || s != (channels.CallState{Status: channels.CallCompleted, Answered: true, Seconds: 9, Machine: true}) {
		t.Errorf("it stands at %+v, %v", s, err)
	}
	if err := c.HangUp(t.Context(), "CA1"); err != nil || form.Get("Status") != "completed" {
		t.Errorf("hung up with %v, %v", form, err)
	}
	if _, err := c.Ring(t.Context(), channels.Ring{}); err == nil {
		t.Error("rang nobody")
	}
}

func FuzzCalls(f *testing.F) {
	f.Add("key", "try=1", []byte("CallSid=CA1&Digits=1"))
	f.Add("status", "", []byte("CallSid=CA1&CallStatus=completed&CallDuration=63&AnsweredBy=machine_start"))
	f.Add("joined", "try=-9", []byte("CallSid=CA1&DialCallStatus=completed&DialCallDuration=99999999999999999999"))
	f.Fuzz(func(t *testing.T, step, query string, body []byte) {
		form, err := twilio.ParseForm(body)
		values, queryErr := url.ParseQuery(query)
		if err != nil || queryErr != nil {
			return
		}
		c := callsOf()
		news, err := c.News(CallStep(step), "17-cb1.2", form)
		for _, n := range news {
			if n.Seconds < 0 || n.Attempt != "17-cb1.2" || err != nil {
				t.Fatalf("%+v, %v", n, err)
			}
		}
		for _, r := range []channels.Ring{ringOf(theOfficer, theCustomer), ringOf(theCustomer, channels.Phone{}), {Over: true}} {
			doc, err := c.Speak(CallStep(step), r, values, form)
			if err != nil {
				t.Fatal(err)
			}
			read(t, doc)
		}
	})
}
