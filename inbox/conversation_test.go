package inbox

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

func TestGetConversation(t *testing.T) {
	h := newHouse(t)
	id := h.came(channels.WhatsApp, "+966501234567", "Where is 1086396430?")
	g := h.get("/v1/conversations/" + string(id)).status(200)
	g.is("new", "status").is("Aisyah", "contact", "name").is(1, "unread").is(nil, "assignee").is("[]", "tags").is("[]", "clocks")
	if tag := g.Header.Get("ETag"); tag != `"1"` {
		t.Errorf("ETag %s", tag)
	}
	for _, missing := range []string{"999999", "abc", "0", "-1", "01", "1001%2F..", strings.Repeat("9", 30)} {
		h.get("/v1/conversations/"+missing).problem(404, "not-found")
	}
	h.get("/v1/contacts/"+fmt.Sprint(g.at("contact", "id"))).status(200).is("+966501234567", "handles", 0, "value")
	h.get("/v1/contacts/k9").problem(404, "not-found")
}

// A null that takes nothing away is refused, and nothing else of the request is done.
func TestNullInPatch(t *testing.T) {
	h := newHouse(t)
	path := "/v1/conversations/" + string(h.came(channels.SMS, "+60123456789", "hello"))
	h.patch(path, `{"tags":["vip"]}`).status(200)
	for _, field := range []string{"tags", "status", "desk", "category", "priority", "references", "disposition", "details", "paused_by", "read", "why"} {
		h.patch(path, `{"priority":"urgent","`+field+`": null}`).problem(422, "invalid", "body."+field, "cannot be null")
	}
	h.patch(path, `{"tags":null,"status":null}`).problem(422, "invalid", "body.tags", "body.status")
	h.patch(path, `{"tags":null,"colour":"red"}`).problem(422, "invalid", "body.tags")
	h.patch(path, `null`).status(422)
	h.patch(path, `{"tags":["null"]}`).status(200).is("[null]", "tags").is("normal", "priority")
	h.do(ask{"PATCH", "/v1/officers/o1", `{"name":null}`, as(adminToken)}).problem(422, "invalid", "body.name")
}

// The administrator's token takes no conversations.
func TestAdminIsNobody(t *testing.T) {
	h := newHouse(t)
	path := "/v1/conversations/" + string(h.came(channels.SMS, "+60123456789", "hello"))
	h.do(ask{"PATCH", path, `{"assignee":"me"}`, as(adminToken)}).problem(422, "invalid", "body.assignee", "administrator")
	h.do(ask{"GET", "/v1/conversations?assignee=me", nil, as(adminToken)}).status(200).is("[]", "items")
}

func TestPatchConversation(t *testing.T) {
	h := newHouse(t, func(d *Deps) {
		d.Reference = func(kind, value string) (string, bool) { return "dhl_express", value == "1086396430" }
	})
	id := h.came(channels.SMS, "+60123456789", "hello")
	path := "/v1/conversations/" + string(id)
	tests := []struct {
		body string
		want string
		at   []any
	}{
		{`{}`, "1", []any{"version"}},
		{`{"status":"open"}`, "open", []any{"status"}},
		{`{"desk":"trace","category":"claim"}`, "claim", []any{"category"}},
		{`{"priority":"urgent","why":"leaves tomorrow"}`, "urgent", []any{"priority"}},
		{`{"assignee":"me"}`, "o1", []any{"assignee", "id"}},
		{`{"assignee":"o2"}`, "SUPERVISOR", []any{"assignee", "name"}},
		{`{"assignee":null}`, "<nil>", []any{"assignee"}},
		{`{"tags":["vip","عاجل"]}`, "[vip عاجل]", []any{"tags"}},
		{`{"tags":[]}`, "[]", []any{"tags"}},
		{`{"references":[{"kind":"awb","value":"1086396430"}]}`, "map[carrier:dhl_express kind:awb valid:true value:1086396430]", []any{"references", 0}},
		{`{"references":[{"kind":"awb","value":"1","carrier":"x","valid":true}]}`, "false", []any{"references", 0, "valid"}},
		{`{"snoozed_until":"2026-11-22T15:00:00+03:00"}`, "2026-11-22T12:00:00Z", []any{"snoozed_until"}},
		{`{"snoozed_until":null}`, "<nil>", []any{"snoozed_until"}},
		{`{"read":true}`, "0", []any{"unread"}},
		{`{"category":""}`, "", []any{"category"}},
		{`{"status":"solved"}`, "solved", []any{"status"}},
	}
	for _, tt := range tests {
		g := h.patch(path, tt.body).status(200).is(tt.want, tt.at...)
		if g.Header.Get("ETag") != fmt.Sprintf(`"%v"`, g.at("version")) {
			t.Errorf("%s: ETag %s, version %v", tt.body, g.Header.Get("ETag"), g.at("version"))
		}
	}
}

// To another desk alone: what it was taken for there stays only if the new desk knows it.
func TestPatchDeskAlone(t *testing.T) {
	h := newHouse(t)
	for was, want := range map[string]string{"claim": "claim", "spam": "", "": ""} {
		id := h.came(channels.SMS, "+60123456789", "hello")
		path := "/v1/conversations/" + string(id)
		h.store.convs[id].Desk, h.store.convs[id].Category = "triage", was
		h.patch(path, `{"desk":"trace"}`).status(200).is("trace", "desk").is(want, "category")
		h.store.convs[id].Category = "visa"
		h.patch(path, `{"desk":"trace"}`).status(200).is("visa", "category") // it has not moved
		h.patch(path, `{"desk":"triage"}`).status(200).is("visa", "category")
	}
}

func TestPatchConversationRefuses(t *testing.T) {
	h := newHouse(t)
	id := h.came(channels.SMS, "+60123456789", "hello")
	h.store.officers["o9"] = conversations.Officer{ID: "o9", Email: "left@example.com", Disabled: true}
	path := "/v1/conversations/" + string(id)
	tests := []struct {
		body   string
		status int
		name   string
		words  []string
	}{
		{`{"status":"sleeping"}`, 422, "invalid", []string{"body.status", "on_hold"}},
		{`{"priority":"asap","desk":""}`, 422, "invalid", []string{"body.priority", "body.desk"}},
		{`{"stauts":"open","x":1}`, 422, "invalid", []string{"body.stauts", "body.x", "unexpected property"}},
		{`{"tags":[""]}`, 422, "invalid", []string{"body.tags[0]"}},
		{`{"desk":"kitchen"}`, 422, "invalid", []string{"body.desk"}},
		{`{"category":"claim"}`, 200, "", nil}, // triage takes every desk's
		{`{"desk":"trace","category":"visa"}`, 422, "invalid", []string{"body.category"}},
		{`{"assignee":"o77"}`, 422, "invalid", []string{"body.assignee"}},
		{`{"assignee":"o9"}`, 422, "invalid", []string{"body.assignee"}},
		{`{"assignee":7}`, 422, "invalid", []string{"body.assignee"}},
		{`{"snoozed_until":"tomorrow"}`, 422, "invalid", []string{"body.snoozed_until"}},
		{`{"snoozed_until":"2026-11-21T11:00:00Z"}`, 422, "invalid", []string{"past"}},
		{`{"references":[{"kind":"passport","value":"A1"}]}`, 422, "invalid", []string{"body.references[0].kind"}},
		{`{"status":`, 400, "malformed", nil},
		{`[]`, 422, "invalid", []string{"expected object"}},
		{``, 400, "malformed", nil},
	}
	for _, tt := range tests {
		g := h.patch(path, tt.body).status(tt.status)
		if tt.name != "" {
			g.problem(tt.status, tt.name, tt.words...)
		}
	}
	h.patch(path, `{"status":"open"}`, "Content-Type", "text/plain").problem(415, "unsupported-media-type")
	h.patch(path, `{"why":"`+strings.Repeat("x", 1<<20)+`"}`).problem(413, "too-large")
	h.patch("/v1/conversations/4711", `{"status":"open"}`).problem(404, "not-found")
}

func TestProblemsNeverRepeatValues(t *testing.T) {
	h := newHouse(t)
	id := h.came(channels.SMS, "+60123456789", "hello")
	secret := "hunter2-geheim"
	for _, body := range []string{
		`{"status":"` + secret + `"}`, `{"snoozed_until":"` + secret + `"}`, `{"status":{"a":"` + secret + `"}}`,
		`{"status":"` + secret, `"` + secret + `"`, `{"references":[{"kind":"` + secret + `"}]}`, `{"assignee":"` + secret + `"}`,
	} {
		if g := h.patch("/v1/conversations/"+string(id), body); g.StatusCode < 400 || strings.Contains(g.text, secret) {
			t.Errorf("%s: %s", body, g.text)
		}
	}
	for _, path := range []string{"/v1/conversations?status=" + secret, "/v1/callbacks?due_before=" + secret, "/v1/callbacks?limit=" + secret,
		"/v1/conversations/" + secret, "/v1/" + secret, "/" + secret, "/v1/conversations/" + string(id) + "/messages?cursor=" + secret} {
		if g := h.get(path); g.StatusCode < 400 || strings.Contains(g.text, secret) {
			t.Errorf("%s: %s", path, g.text)
		}
	}
	if strings.Contains(h.log.String(), secret) {
		t.Errorf("log: %s", h.log)
	}
}

func TestIfMatch(t *testing.T) {
	h := newHouse(t)
	id := h.came(channels.SMS, "+60123456789", "hello")
	path := "/v1/conversations/" + string(id)
	for i, tag := range []string{`"1"`, `W/"2"`, `3`, `*`} {
		h.patch(path, fmt.Sprintf(`{"tags":["t%d"]}`, i), "If-Match", tag).status(200)
	}
	g := h.patch(path, `{"status":"open"}`, "If-Match", `"1"`).problem(409, "stale").is(5, "present", "version").is("new", "present", "status")
	if since, _ := g.at("since").([]any); len(since) != 4 {
		t.Errorf("since version 1: %v", since)
	}
	if g.Header.Get("ETag") != `"5"` {
		t.Errorf("ETag %s", g.Header.Get("ETag"))
	}
	h.post(path+"/messages", `{"kind":"reply","text":"hi"}`, "If-Match", `"4"`).problem(409, "stale").is(5, "present", "version")
	h.post(path+"/callbacks", `{}`, "If-Match", `"4"`).problem(409, "stale").is(5, "present", "version")
	h.patch(path, `{"status":"open"}`, "If-Match", `"0"`).problem(409, "stale").is(5, "present", "version") // older than any
	for _, tag := range []string{`"x"`, `-1`, `"1", "2"`} {
		h.patch(path, `{}`, "If-Match", tag).problem(422, "invalid", "header.If-Match")
	}
	h.store.refuse = conversations.ErrStale // a store that tells no present state
	h.patch(path, `{"status":"open"}`, "If-Match", `"5"`).problem(409, "stale").is(5, "present", "version")
}

func TestOpenConversation(t *testing.T) {
	h := newHouse(t)
	g := h.post("/v1/conversations", `{"to":{"channel":"sms","address":"+60 12-345 6789","name":"Aisyah"},"desk":"trace","text":"We have your parcel"}`).status(201)
	g.is("open", "status").is("o1", "assignee", "id").is("trace", "desk").is("+60123456789", "contact", "handles", 0, "value")
	if want := "/v1/conversations/" + fmt.Sprint(g.at("id")); g.Header.Get("Location") != want {
		t.Errorf("Location %s", g.Header.Get("Location"))
	}
	h.get(g.Header.Get("Location")+"/messages").status(200).is("queued", "items", 0, "status").is("We have your parcel", "items", 0, "text")
	h.do(ask{"POST", "/v1/conversations", `{"to":{"channel":"email","address":"a@example.com"},"subject":"Hi","text":"Hello"}`, as(adminToken)}).
		status(201).is(nil, "assignee").is("triage", "desk").is("email", "contact", "handles", 0, "kind")
	h.post("/v1/conversations", `{"to":{"channel":"whatsapp","address":"SA.1A2b3C4d"},"template":"acknowledgement","language":"en","variables":{"reference":"T-1","reply_by":"2026-11-21T15:00:00Z"}}`).
		status(201).is("bsuid", "contact", "handles", 0, "kind")
	for body, word := range map[string]string{
		`{"to":{"channel":"sms","address":"0123456789"},"text":"x"}`:                    "body.to.address",
		`{"to":{"channel":"email","address":"A <a@example.com>"},"text":"x"}`:           "body.to.address",
		`{"to":{"channel":"voice","address":"+60123456789"},"text":"x"}`:                "body.to.channel",
		`{"to":{"channel":"sms","address":"+60123456789"}}`:                             "body.text",
		`{"to":{"channel":"sms","address":"+60123456789"},"desk":"kitchen","text":"x"}`: "body.desk",
		`{"text":"x"}`: "required property to",
		`{"to":{"channel":"sms","address":"+60123456789","x":1},"text":"x"}`: "body.to.x",
	} {
		h.post("/v1/conversations", body).problem(422, "invalid", word)
	}
	h.post("/v1/conversations", `{"to":{"channel":"whatsapp","address":"+966501234567"},"text":"free words"}`).problem(422, "window-closed").
		is("acknowledgement", "templates", 0, "name")
}

func TestHistory(t *testing.T) {
	h := newHouse(t)
	id := h.came(channels.SMS, "+60123456789", "hello")
	path := "/v1/conversations/" + string(id)
	h.patch(path, `{"priority":"high","why":"second time"}`).status(200)
	g := h.get(path+"/history?limit=2").status(200).is("conversation.opened", "items", 0, "type").is(2, "next_cursor")
	g = h.get(path+"/history?limit=2&cursor="+fmt.Sprint(g.at("next_cursor"))).status(200).is("second time", "items", 0, "why").is(nil, "next_cursor")
	g.is("high", "items", 0, "changes", "priority", "to").is("OFFICER", "items", 0, "by", "name")
	h.get("/v1/conversations/77/history").problem(404, "not-found")
	h.get(path+"/history?cursor=x").problem(422, "invalid", "query.cursor")
	h.get(path+"/history?limit=201").problem(422, "invalid", "query.limit")
}

func TestStoreAway(t *testing.T) {
	h := newHouse(t)
	id := h.came(channels.SMS, "+60123456789", "hello")
	h.get("/v1/me").status(200)
	h.store.down = fmt.Errorf("%w: connection refused", channels.ErrUnavailable)
	path := "/v1/conversations/" + string(id)
	for _, a := range []ask{
		{"GET", "/v1/conversations", nil, nil}, {"GET", path, nil, nil}, {"PATCH", path, `{"status":"open"}`, nil}, {"GET", path + "/messages", nil, nil},
		{"POST", path + "/messages", `{"kind":"note","text":"x"}`, nil}, {"GET", path + "/history", nil, nil}, {"POST", path + "/callbacks", `{}`, nil},
		{"GET", "/v1/callbacks", nil, nil}, {"GET", "/v1/officers", nil, nil}, {"GET", "/v1/contacts/k1", nil, nil},
		{"POST", "/v1/conversations", `{"to":{"channel":"sms","address":"+60123456789"},"text":"x"}`, nil},
		{"POST", "/v1/session", `{"email":"officer@example.com","password":"x"}`, nil},
		{"POST", path + "/messages", `{"kind":"note","text":"x"}`, as(officerToken, "Idempotency-Key", "k")},
	} {
		g := h.do(a).problem(503, "unavailable")
		if g.Header.Get("Retry-After") == "" {
			t.Errorf("%s %s: no Retry-After", a.method, a.path)
		}
	}
	h.clock.forward(callerTerm) // nobody is known any more
	h.get("/v1/me").problem(503, "unavailable")
	h.store.down = errors.New("odd")
	h.get("/v1/me").problem(500, "internal")
	if !strings.Contains(h.log.String(), "odd") {
		t.Error("a 500 is not in the log")
	}
}

func TestListClock(t *testing.T) {
	h := newHouse(t)
	id := h.came(channels.SMS, "+60123456789", "hello")
	h.store.convs[id].Clocks = []conversations.Clock{{Name: "first_response", DueAt: noon.Add(time.Hour), State: conversations.Running}}
	h.get("/v1/conversations").status(200).is("running", "items", 0, "clocks", 0, "state")
	h.clock.forward(time.Hour)
	h.get("/v1/conversations").status(200).is("running", "items", 0, "clocks", 0, "state")
	h.clock.forward(time.Second)
	h.get("/v1/conversations").status(200).is("breached", "items", 0, "clocks", 0, "state")
	h.get("/v1/conversations/"+string(id)).status(200).is("breached", "clocks", 0, "state")
	if h.store.convs[id].Clocks[0].State != conversations.Running {
		t.Error("the shared value was changed")
	}
}
