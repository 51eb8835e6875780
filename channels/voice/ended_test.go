package voice

import (
	"context"
	"errors"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/channels/twilio"
)

func TestEnded(t *testing.T) {
	f := flow(t)
	for name, c := range map[string]struct {
		form twilio.Form
		text string // empty: nothing is kept
	}{
		"rang off":        {call("CallStatus", "completed", "CallDuration", "12"), "Rang off in the menu. It lasted 12 s."},
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
		a, err := flow(t).Answer(context.Background(), Question{Step: Ended, Form: call("From", from, "Caller", from, "CallStatus", "completed")})
		if err != nil || a.Keep.From != want {
			t.Errorf("%q: %#v, %v, want %#v", from, a.Keep.From, err, want)
		}
		if want.IsZero() && from != "" && a.Keep.Fields["From"] != from {
			t.Errorf("%q is not kept: %q", from, a.Keep.Fields)
		}
	}
}

func TestFields(t *testing.T) {
	a, err := flow(t).Answer(context.Background(), Question{Step: Ended, Form: call("CallStatus", "completed", "CallerName", "ALI", "CallToken", "secret", "StirVerstat", "TN-Validation-Passed-A",
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
		if _, err := flow(t).Answer(context.Background(), q); !errors.Is(err, twilio.ErrBadForm) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := flow(t).Answer(context.Background(), Question{Step: "elsewhere", Form: call()}); err == nil || errors.Is(err, twilio.ErrBadForm) {
		t.Error("a step that does not exist was answered")
	}
}

func TestNewFlowRefuses(t *testing.T) {
	if _, err := NewFlow(public, "", NewMenu(desks...)); err == nil {
		t.Error("no secret")
	}
	if _, err := NewFlow(public, "token", Menu{}); err == nil {
		t.Error("no language")
	}
	many := NewMenu(desks...)
	many.Desks = slices.Repeat(many.Desks, 5)
	if _, err := NewFlow(public, "token", many); err == nil {
		t.Error("ten desks on nine keys")
	}
}

func TestMenuSpeaksEveryLanguage(t *testing.T) {
	m := NewMenu(desks...)
	for _, l := range m.Languages {
		for _, d := range m.Desks {
			if strings.Count(d.Press[l.Code], "%d") != 1 {
				t.Errorf("%s in %s: %q", d.Name, l.Code, d.Press[l.Code])
			}
		}
		words, first := reflect.ValueOf(l.Words), reflect.ValueOf(m.Languages[0].Words)
		for i := range words.NumField() {
			name, sentence := words.Type().Field(i).Name, words.Field(i).String()
			if sentence == "" {
				t.Errorf("%s: %s is empty", l.Code, name)
			}
			for _, mark := range []string{"%d", "%s", "%"} {
				if strings.Count(sentence, mark) != strings.Count(first.Field(i).String(), mark) {
					t.Errorf("%s: %s has not the marks of the English: %q", l.Code, name, sentence)
				}
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
		a, err := fl.Answer(context.Background(), Question{Step(step), values, form})
		if err != nil {
			return
		}
		read(t, a.TwiML)
		if a.Keep != nil && (a.Keep.ProviderID == "" || a.Keep.Form != channels.FormCall) {
			t.Fatalf("kept %+v", a.Keep)
		}
	})
}
