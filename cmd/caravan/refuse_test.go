package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/conversations"
)

// webhook posts a form as Twilio does, signed with a token.
func (h *house) webhook(path string, form url.Values, token string) answer {
	h.t.Helper()
	address := h.app.cfg.HTTP.PublicURL + path
	headers := []string{"Content-Type", "application/x-www-form-urlencoded"}
	if token != "" {
		headers = append(headers, "X-Twilio-Signature", simulator.SignForm(address, form, token))
	}
	return (&client{t: h.t, base: h.base}).do("POST", path, []byte(form.Encode()), headers...)
}

// nothingKept fails if anything a stranger sent is in the store.
func (h *house) nothingKept() {
	h.t.Helper()
	if list := h.conversations(""); len(list) != 0 {
		h.t.Errorf("%d conversations were kept", len(list))
	}
	a, err := h.app.store.Verify(h.t.Context(), nil)
	must(h.t, err)
	if a.Messages+a.Contacts+a.Handles+a.Events != 0 {
		h.t.Errorf("kept: %+v", a)
	}
}

func TestStrangersAreRefusedAndLeaveNothing(t *testing.T) {
	t.Parallel()
	h := open(t)
	form := simulator.Inbound{From: "+966509990001", Text: "forged"}.Form(testAccount, simulator.NewSID("SM"), h.sim.Numbers().SMS, nil)
	for _, path := range []string{"/sms", "/whatsapp", "/voice", "/voice/recording", "/voice/recorded", "/voice/status", "/status/1-1"} {
		path = "/webhooks/twilio" + path
		h.webhook(path, form, "").want(http.StatusForbidden)
		h.webhook(path, form, "another token").want(http.StatusForbidden)
		h.webhook(path, url.Values{"Nothing": {"required"}}, testSecret).want(http.StatusBadRequest)
	}
	h.sim.SetFaults(simulator.Faults{BadSignature: simulator.Chance{Next: 1}})
	d, err := h.sim.Write(t.Context(), simulator.Inbound{WhatsApp: true, From: "+966509990001", Text: "forged"})
	must(t, err)
	if d.Status != http.StatusForbidden {
		t.Errorf("a webhook signed with another token: %d", d.Status)
	}
	without := url.Values{"MessageSid": form["MessageSid"], "From": form["From"]}
	h.webhook("/webhooks/twilio/sms", without, testSecret).want(http.StatusBadRequest)
	signed := simulator.SignForm(h.app.cfg.HTTP.PublicURL+"/webhooks/twilio/sms", nil, testSecret)
	(&client{t: t, base: h.base}).do("POST", "/webhooks/twilio/sms", map[string]string{"From": "x"}, "X-Twilio-Signature", signed).want(http.StatusBadRequest)
	h.nothingKept()

	h.webhook("/webhooks/twilio/sms", form, testSecret).want(http.StatusOK)
	h.webhook("/webhooks/twilio/sms", form, testSecret).want(http.StatusOK) // once more
	c := h.from("+966509990001")
	if n := len(h.messages(c.ID)); n != 1 {
		t.Errorf("one message delivered twice was kept %d times", n)
	}
	h.sound()
}

func TestWhatTheOfficersAPIRefuses(t *testing.T) {
	t.Parallel()
	h := open(t)
	officer := h.hire(everything("Sami"))
	h.write(simulator.Inbound{From: "+60128887776", Text: "Mana bungkusan saya?"})
	c := h.from("+60128887776")
	of := "/v1/conversations/" + string(c.ID)
	if a := h.client.do("PATCH", of, map[string]any{"priority": "high"}, "If-Match", fmt.Sprintf(`"%d"`, c.Version)); a.code != 200 {
		t.Fatalf("the present version: %d %s", a.code, a.body)
	}
	huge := append(append([]byte(`{"kind":"note","text":"`), bytes.Repeat([]byte("x"), 2<<20)...), `"}`...)

	for _, tc := range []struct {
		why     string
		by      *client
		method  string
		path    string
		body    any
		headers []string
		code    int
		says    string
	}{
		{"no sign-in", &client{t: t, base: h.base}, "GET", "/v1/me", nil, nil, 401, "unauthorized"},
		{"an unknown token", &client{t: t, base: h.base, token: "cv_nobody"}, "GET", "/v1/conversations", nil, nil, 401, "unauthorized"},
		{"an officer hires", officer, "POST", "/v1/officers", map[string]any{"email": "x@desk.example", "name": "X"}, nil, 403, "forbidden"},
		{"an officer promotes himself", officer, "PATCH", "/v1/officers/" + string(officer.me.ID), map[string]any{"role": "admin"}, nil, 403, "forbidden"},
		{"no such conversation", h.client, "GET", "/v1/conversations/99999999", nil, nil, 404, "not-found"},
		{"no such route", h.client, "GET", "/v1/nothing", nil, nil, 404, "not-found"},
		{"an old version", h.client, "PATCH", of, map[string]any{"priority": "low"}, []string{"If-Match", fmt.Sprintf(`"%d"`, c.Version)}, 409, `"present"`},
		{"an unknown field", h.client, "PATCH", of, map[string]any{"priorty": "low"}, nil, 422, "priorty"},
		{"two unknown fields", h.client, "POST", of + "/messages", map[string]any{"kind": "note", "text": "x", "colour": 1, "shade": 2}, nil, 422, "shade"},
		{"a value out of its list", h.client, "PATCH", of, map[string]any{"status": "done"}, nil, 422, "body.status"},
		{"an unknown desk", h.client, "PATCH", of, map[string]any{"desk": "moon"}, nil, 422, "body.desk"},
		{"nothing said", h.client, "POST", of + "/messages", map[string]any{"kind": "reply", "text": " "}, nil, 422, "body.text"},
		{"a channel he has no address on", h.client, "POST", of + "/messages", map[string]any{"kind": "reply", "text": "x", "channel": "email"}, nil, 422, "no-route"},
		{"half a body", h.client, "POST", of + "/messages", []byte(`{"kind":`), nil, 400, "malformed"},
		{"a body over the limit", h.client, "POST", of + "/messages", huge, nil, 413, "too-large"},
		{"a file over the limit", h.client, "POST", "/v1/attachments", make([]byte, 25<<20+1), []string{"Content-Type", "application/zip"}, 413, "too-large"},
	} {
		a := tc.by.do(tc.method, tc.path, tc.body, tc.headers...)
		if a.code != tc.code || !strings.Contains(string(a.body), tc.says) {
			t.Errorf("%s: %d %s; want %d and %s", tc.why, a.code, a.body, tc.code, tc.says)
		}
		if got := a.header.Get("Content-Type"); got != "application/problem+json" {
			t.Errorf("%s: answered as %s", tc.why, got)
		}
	}
	if n := len(h.messages(c.ID)); n != 1 {
		t.Errorf("refused writes left %d messages", n)
	}
	h.sound()
}

func TestRoles(t *testing.T) {
	t.Parallel()
	h := open(t)
	boss := everything("Dana")
	boss.Role = conversations.RoleSupervisor
	dana := h.hire(boss)
	dana.post("/v1/officers", map[string]any{"email": "new@desk.example", "name": "New"}).want(http.StatusCreated)
	dana.post("/v1/officers", map[string]any{"email": "chief@desk.example", "name": "Chief", "role": "admin"}).want(http.StatusForbidden)

	stranger := &client{t: t, base: h.base}
	stranger.post("/v1/session", map[string]any{"email": boss.Email, "password": "wrong horse"}).want(http.StatusUnauthorized)
	in := stranger.post("/v1/session", map[string]any{"email": boss.Email, "password": "correct horse " + boss.Email}).want(http.StatusOK)
	cookie, _, _ := strings.Cut(in.header.Get("Set-Cookie"), ";")
	csrf := field[struct {
		Token string `json:"csrf_token"`
	}](in).Token
	write := map[string]any{"email": "other@desk.example", "name": "Other"}
	stranger.post("/v1/officers", write, "Cookie", cookie).want(http.StatusForbidden)
	stranger.post("/v1/officers", write, "Cookie", cookie, "X-CSRF-Token", csrf).want(http.StatusCreated)
	h.patch("/v1/officers/"+string(dana.me.ID), map[string]any{"disabled": true}).want(http.StatusOK)
	eventually(t, "who no longer works here is let in no more", func() error {
		a := dana.get("/v1/me")
		return wrong(a.code == http.StatusUnauthorized, "%d", a.code)
	})
}
