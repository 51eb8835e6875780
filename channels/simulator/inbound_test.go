package simulator

import (
	"io"
	"net/http"
	"testing"
)

func TestInboundParameters(t *testing.T) {
	w := newWorld(t, nil)
	customer(t, w, Inbound{From: "+447700900142", Text: "hi", Extra: map[string]string{"OptOutType": "HELP"}})
	customer(t, w, Inbound{WhatsApp: true, From: "+966500000142", BSUID: "SA.f1", Name: "فاطمة", Text: "سلام", ReplyTo: "SM1", Forwarded: true})
	customer(t, w, Inbound{WhatsApp: true, From: "SA.n00r", Name: "Noor", Location: &Location{21.4225, 39.8262, "Kaaba", ""}})
	customer(t, w, Inbound{WhatsApp: true, From: "SA.n00r", Button: &Choice{"Confirm", "yes"}})
	customer(t, w, Inbound{WhatsApp: true, From: "SA.n00r", List: &Choice{"Deluxe", "pkg-2"}})
	got := append(w.gateway.hooks("/webhooks/twilio/sms"), w.gateway.hooks("/webhooks/twilio/whatsapp")...)
	for i, want := range []map[string]string{
		{"From": "+447700900142", "To": "+15005550006", "Body": "hi", "NumMedia": "0", "SmsStatus": "received", "FromCountry": "GB", "OptOutType": "HELP", "WaId": ""},
		{"From": "whatsapp:+966500000142", "To": "whatsapp:+14155238886", "WaId": "966500000142", "ExternalUserId": "whatsapp:SA.f1",
			"ProfileName": "فاطمة", "MessageType": "text", "OriginalRepliedMessageSid": "SM1", "Forwarded": "true"},
		{"From": "whatsapp:SA.n00r", "ExternalUserId": "whatsapp:SA.n00r", "WaId": "", "Latitude": "21.4225", "Label": "Kaaba", "Body": "", "MessageType": "location"},
		{"ButtonText": "Confirm", "ButtonPayload": "yes", "Body": "Confirm", "MessageType": "button"},
		{"ListTitle": "Deluxe", "ListId": "pkg-2", "Body": "Deluxe", "MessageType": "interactive"},
	} {
		for k, v := range want {
			if got[i].Get(k) != v {
				t.Errorf("message %d: %s is %q, want %q", i, k, got[i].Get(k), v)
			}
		}
	}
	if got[2].Has("WaId") {
		t.Error("a user without a number has a WaId")
	}
}

func TestInboundMedia(t *testing.T) {
	w := newWorld(t, nil)
	customer(t, w, Inbound{WhatsApp: true, From: "+60123000142", Media: []Media{{ContentType: "image/png", Content: []byte("PNG")}}})
	form := w.gateway.hooks("/webhooks/twilio/whatsapp")[0]
	link := form.Get("MediaUrl0")
	if form.Get("MessageType") != "image" || form.Get("MediaContentType0") != "image/png" || form.Get("MessageSid")[:2] != "MM" {
		t.Errorf("form: %v", form)
	}
	get := func(auth bool) (int, string) {
		req, _ := http.NewRequest("GET", link, nil)
		if auth {
			req.SetBasicAuth(testAccount, testToken)
		}
		res, err := w.rest.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body)
		return res.StatusCode, string(body)
	}
	if status, _ := get(false); status != 401 {
		t.Errorf("without credentials: %d", status)
	}
	w.SetFaults(Faults{MediaLate: Chance{Next: 1}})
	if status, _ := get(true); status != 404 {
		t.Errorf("late medium: %d", status)
	}
	if status, body := get(true); status != 200 || body != "PNG" {
		t.Errorf("medium: %d %q", status, body)
	}
}

func TestAnswersBecomeMessages(t *testing.T) {
	w := newWorld(t, nil)
	w.gateway.twiml["/webhooks/twilio/sms"] = `<Response><Message>one</Message><Message><Body>two</Body></Message></Response>`
	customer(t, w, Inbound{From: "+447700900142", Text: "hi"})
	w.settle()
	var got []string
	for _, m := range w.Messages() {
		if m.Direction == DirOutboundReply {
			got = append(got, m.Body)
		}
	}
	equal(t, "replies", got, []string{"one", "two"})
	w.gateway.twiml["/webhooks/twilio/sms"] = `not xml`
	customer(t, w, Inbound{From: "+447700900142", Text: "hi"})
	if a := w.Alerts(); len(a) != 1 || a[0].Code != 12100 {
		t.Errorf("alerts: %v", a)
	}
}

func TestRefusedWebhookFallsBackAndCanBeRedelivered(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Webhooks.Fallback = testPublic + "/fallback" })
	w.gateway.status["/webhooks/twilio/sms"] = 503
	d, err := w.Write(w.ctx(), Inbound{From: "+447700900142", Text: "hi"})
	if err != nil || d.OK() && d.URL != testPublic+"/fallback" {
		t.Fatalf("%+v %v", d, err)
	}
	if got := w.gateway.hooks("/fallback"); len(got) != 1 || got[0].Get("ErrorCode") != "11200" || got[0].Get("Body") != "hi" {
		t.Errorf("fallback: %v", got)
	}
	delete(w.gateway.status, "/webhooks/twilio/sms")
	again, err := w.Redeliver(w.ctx(), w.Messages()[0].SID)
	if err != nil || !again.OK() {
		t.Fatalf("%+v %v", again, err)
	}
	if got := w.gateway.hooks("/webhooks/twilio/sms"); len(got) != 1 || got[0].Get("MessageSid") != again.SID {
		t.Errorf("redelivered: %v", got)
	}
}
