package simulator

import (
	"bufio"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// playing posts JSON to the control API and decodes the answer.
func (w *world) playing(method, path, body string) (int, map[string]any) {
	w.t.Helper()
	req, err := http.NewRequest(method, w.rest.URL+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := w.rest.Client().Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	var doc map[string]any
	if err := json.NewDecoder(res.Body).Decode(&doc); err != nil {
		w.t.Fatalf("%s: %v", path, err)
	}
	return res.StatusCode, doc
}

func (w *world) state(person string) (v view) {
	w.t.Helper()
	p, ok := w.person(person)
	if !ok {
		w.t.Fatalf("no %s", person)
	}
	return w.view(p)
}

func TestPlayMessages(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.ManualRead = true })
	status, doc := w.playing("POST", "/play/messages", `{"person":"noor","whatsapp":true,"text":"سلام","media":[{"content_type":"image/png","content":"UE5H"}]}`)
	if status != 201 || doc["status"] != 200.0 {
		t.Fatalf("%d %v", status, doc)
	}
	if got := w.gateway.hooks("/webhooks/twilio/whatsapp")[0]; got.Get("From") != "whatsapp:SA.n00rTravels7" || got.Get("NumMedia") != "1" {
		t.Errorf("webhook: %v", got)
	}
	w.send(whatsApp("SA.n00rTravels7", "وعليكم السلام"))
	w.settle()
	v := w.state("noor")
	if len(v.WhatsApp) != 2 || !v.WhatsApp[0].Mine || !v.WhatsApp[0].Taken || v.WhatsApp[1].Status != "delivered" {
		t.Errorf("thread: %+v", v.WhatsApp)
	}
	w.playing("POST", "/play/read", `{"person":"noor"}`)
	w.settle()
	if got := w.gateway.values("/status/m1", "MessageStatus"); got[len(got)-1] != "read" {
		t.Errorf("callbacks: %v", got)
	}
	if status, _ := w.playing("POST", "/play/messages/"+doc["sid"].(string)+"/redeliver", ``); status != 200 {
		t.Errorf("redeliver: %d", status)
	}
}

func TestPlayRefusesNonsense(t *testing.T) {
	w := newWorld(t, nil)
	for _, c := range []struct {
		path, body string
		status     int
	}{
		{"/play/messages", `{"person":"nobody"}`, 404},
		{"/play/messages", `{"person":"noor","text":"x"}`, 400},
		{"/play/messages", `{"colour":"red"}`, 400},
		{"/play/messages", `{`, 400},
		{"/play/calls", `{"person":"noor"}`, 404},
		{"/play/calls", `{"from":"+1","to":"+2"}`, 400},
		{"/play/calls/CAx/answer", `{}`, 404},
		{"/play/mail", `{"person":"sarah"}`, 400},
	} {
		if status, doc := w.playing("POST", c.path, c.body); status != c.status || doc["error"] == "" {
			t.Errorf("%s %s: %d %v", c.path, c.body, status, doc)
		}
	}
	res, err := http.Post(w.rest.URL+"/play/messages", "text/plain", strings.NewReader(`{"person":"sarah","text":"x"}`))
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusUnsupportedMediaType {
		t.Errorf("another origin's post: %d", res.StatusCode)
	}
}

func TestPlayCall(t *testing.T) {
	w := desk(t)
	status, c := w.playing("POST", "/play/calls", `{"person":"fatimah"}`)
	if status != 201 || c["wait"] != WaitGather {
		t.Fatalf("%d %v", status, c)
	}
	path := "/play/calls/" + c["sid"].(string)
	for _, step := range []struct {
		action, body string
		status       int
		wait         string
	}{
		{"/speak", `{"text":"too early"}`, 409, ""}, {"/silence", `{}`, 200, WaitGather},
		{"/press", `{"keys":"1"}`, 200, WaitGather}, {"/press", `{"keys":"#"}`, 200, WaitRecord}, {"/dance", `{}`, 400, ""},
	} {
		status, c := w.playing("POST", path+step.action, step.body)
		if got, _ := c["wait"].(string); status != step.status || got != step.wait {
			t.Errorf("%+v: %d %v", step, status, c)
		}
	}
	if v := w.state("fatimah"); v.Call == nil || v.Call.SID != c["sid"] {
		t.Errorf("state: %+v", v.Call)
	}
	if status, c = w.playing("GET", path, ``); status != 200 {
		t.Errorf("%d %v", status, c)
	}
}

func TestPlayMail(t *testing.T) {
	m := newMail(t)
	w := newWorld(t, func(c *Config) { c.Mail = m })
	status, doc := w.playing("POST", "/play/mail", `{"person":"sarah","subject":"Damaged","text":"The box was crushed."}`)
	if status != 201 || doc["message_id"] == "" {
		t.Fatalf("%d %v", status, doc)
	}
	if _, mails := inbox(t, m); len(mails) != 1 || !strings.Contains(mails[0], "Sarah Whitfield") {
		t.Errorf("INBOX: %q", mails)
	}
	if v := w.state("sarah"); len(v.Letters) != 1 || !v.Letters[0].Sent {
		t.Errorf("mailbox: %+v", v.Letters)
	}
}

func TestPlayEventsStream(t *testing.T) {
	m := newMail(t)
	w := newWorld(t, func(c *Config) { c.Mail = m })
	res, err := w.rest.Client().Get(w.rest.URL + "/play/events?person=ahmad")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	next := func() (v view) {
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				if err := json.Unmarshal([]byte(data), &v); err != nil {
					t.Fatal(err)
				}
				return v
			}
		}
		t.Fatal("stream ended")
		return v
	}
	if v := next(); v.Person != "ahmad" {
		t.Fatalf("%+v", v)
	}
	if err := submit(t, m, "ahmad@customers.example", answerMail); err != nil {
		t.Fatal(err)
	}
	for len(next().Letters) == 0 { // a change on the way may come first
	}
	customer(t, w, Inbound{From: "+60123000142", Text: "hai"})
	for len(next().SMS) == 0 {
	}
}

func TestPlayLedgerFaultsAndPage(t *testing.T) {
	w := newWorld(t, nil)
	if status, doc := w.playing("PUT", "/play/faults", `{"drop_answer":{"next":2},"seed":7}`); status != 200 || w.Faults().DropAnswer.Next != 2 {
		t.Errorf("%d %v", status, doc)
	}
	w.playing("POST", "/play/lines", `{"number":"+966500000142","behaviour":"busy"}`)
	if w.behaviour("+966500000142") != Busy {
		t.Error("line not set")
	}
	if _, doc := w.playing("GET", "/play/ledger", ``); doc["messages"] == nil || doc["calls"] == nil {
		t.Errorf("ledger: %v", doc)
	}
	if _, doc := w.playing("GET", "/play/world", ``); len(doc["people"].([]any)) != 4 {
		t.Errorf("world: %v", doc)
	}
	for _, path := range []string{"/", "/page/app.js", "/page/style.css"} {
		res, err := w.rest.Client().Get(w.rest.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != 200 {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
}
