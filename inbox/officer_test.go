package inbox

import (
	"slices"
	"strings"
	"testing"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/templates"
)

func TestOfficers(t *testing.T) {
	h := newHouse(t)
	g := h.do(ask{"POST", "/v1/officers", `{"email":"New@Example.com","name":"Noor","role":"officer","availability":"available",
		"skills":["trace","trace/claim"],"languages":["ar","en"],"capacity":3,"phone":"+966501234567","password":"long enough"}`, as(supervisorToken)}).status(201)
	g.is("new@example.com", "email").is(3, "capacity").is("[trace trace/claim]", "skills").is(1, "version")
	if strings.Contains(g.text, "argon2id") || strings.Contains(g.text, "long enough") {
		t.Error("the password is in the answer")
	}
	if !strings.HasPrefix(h.store.officers["o3"].Password, "$argon2id$") {
		t.Error("the password is not hashed")
	}
	h.do(ask{"POST", "/v1/session", `{"email":"new@example.com","password":"long enough"}`, map[string]string{}}).status(200)
	h.do(ask{"POST", "/v1/officers", `{"email":"plain@example.com","name":"P"}`, as(adminToken)}).status(201).
		is("officer", "role").is("offline", "availability").is(10, "capacity").is("[]", "skills")
	h.do(ask{"POST", "/v1/officers", `{"email":"new@example.com","name":"Other"}`, as(adminToken)}).problem(409, "taken")
	for body, word := range map[string]string{
		`{"name":"x"}`: "required property email", `{"email":"x","name":"x"}`: "body.email", `{"email":"a b@example.com","name":"x"}`: "body.email",
		`{"email":"x@example.com","name":"x","role":"king"}`:        "body.role",
		`{"email":"x@example.com","name":"x","skills":["kitchen"]}`: "body.skills",
		`{"email":"x@example.com","name":"x","skills":["trace/x"]}`: "body.skills",
		`{"email":"x@example.com","name":"x","capacity":-1}`:        "body.capacity",
		`{"email":"x@example.com","name":"x","phone":"123"}`:        "body.phone",
		`{"email":"x@example.com","name":"x","password":"short"}`:   "body.password",
		`{"email":"x@example.com","name":"x","id":"o9"}`:            "body.id",
	} {
		h.do(ask{"POST", "/v1/officers", body, as(adminToken)}).problem(422, "invalid", word)
	}
}

func TestListOfficers(t *testing.T) {
	h := newHouse(t)
	g := h.get("/v1/officers?limit=1").status(200).is("o1", "items", 0, "id").is("o1", "next_cursor")
	h.get("/v1/officers?limit=1&cursor="+g.at("next_cursor").(string)).status(200).is("o2", "items", 0, "id").is(nil, "next_cursor")
	h.get("/v1/officers?cursor=zz").problem(422, "invalid", "query.cursor")
	h.get("/v1/desks?limit=1").status(200).is("trace", "next_cursor")
	h.get("/v1/desks?limit=1&cursor=trace").status(200).is("triage", "items", 0, "name").is(nil, "next_cursor")
	h.get("/v1/desks?cursor=zz").problem(422, "invalid", "query.cursor")
	h.get("/v1/templates?cursor=zz").problem(422, "invalid", "query.cursor")
	d := h.get("/v1/desks").status(200).is("trace", "items", 0, "name").is("[claim complaint]", "items", 0, "categories").is("[]", "items", 1, "categories")
	if len(d.items()) != 2 {
		t.Errorf("desks %s", d.text)
	}
}

func TestRoles(t *testing.T) {
	h := newHouse(t)
	h.store.officers["o7"] = conversations.Officer{ID: "o7", Version: 1, Email: "boss@example.com", Name: "Boss", Role: conversations.RoleAdmin, CreatedAt: noon}
	h.post("/v1/officers", `{"email":"x@example.com","name":"x"}`).problem(403, "forbidden")
	o := h.store.officers["o1"]
	o.Skills = []string{"a desk of last year"} // hinders nothing else
	h.store.officers["o1"] = o
	h.do(ask{"POST", "/v1/officers", `{"email":"x@example.com","name":"x","role":"admin"}`, as(supervisorToken)}).problem(403, "forbidden")

	own := h.patch("/v1/officers/o1", `{"availability":"away","phone":"+60123456789","languages":["ms"]}`, "If-Match", `"1"`).status(200)
	own.is("away", "availability").is(2, "version")
	for _, body := range []string{`{"role":"admin"}`, `{"capacity":99}`, `{"name":"x"}`, `{"email":"x@example.com"}`, `{"skills":["trace"]}`, `{"disabled":false}`, `{"password":"long enough"}`} {
		h.patch("/v1/officers/o1", body).problem(403, "forbidden")
	}
	h.patch("/v1/officers/o2", `{"availability":"away"}`).problem(403, "forbidden")
	h.patch("/v1/officers/o99", `{"availability":"away"}`).problem(403, "forbidden")
	h.do(ask{"PATCH", "/v1/officers/o99", `{"availability":"away"}`, as(supervisorToken)}).problem(404, "not-found")
	h.do(ask{"PATCH", "/v1/officers/o1", `{"capacity":5,"role":"supervisor"}`, as(supervisorToken)}).status(200).is(5, "capacity")
	h.do(ask{"PATCH", "/v1/officers/o1", `{"role":"admin"}`, as(supervisorToken)}).problem(403, "forbidden")
	h.do(ask{"PATCH", "/v1/officers/o7", `{"disabled":true}`, as(supervisorToken)}).problem(403, "forbidden")
	h.do(ask{"PATCH", "/v1/officers/o7", `{"name":"Chief"}`, as(adminToken)}).status(200).is("Chief", "name")

	h.do(ask{"PATCH", "/v1/officers/o1", `{"capacity":6}`, as(supervisorToken, "If-Match", `"1"`)}).problem(409, "stale").is(5, "present", "capacity")
	h.do(ask{"PATCH", "/v1/officers/o1", `{"email":"boss@example.com"}`, as(adminToken)}).problem(409, "taken")
	h.do(ask{"PATCH", "/v1/officers/o1", `{"sleepy":true}`, as(adminToken)}).problem(422, "invalid", "body.sleepy")
}

func TestTemplateRoutes(t *testing.T) {
	h := newHouse(t)
	customers := slices.DeleteFunc(library().List(), func(t templates.Template) bool { return t.Purpose == templates.Staff })
	g := h.get("/v1/templates?limit=1").status(200)
	next := h.get("/v1/templates?limit=200&cursor=" + g.at("next_cursor").(string)).status(200)
	if len(g.items())+len(next.items()) != len(customers) || len(customers) == len(library().List()) || next.at("items", 0, "name") == g.at("items", 0, "name") {
		t.Errorf("pages %s, %s", g.text, next.text)
	}
	h.get("/v1/templates/acknowledgement").status(200).is("acknowledgement", "name")
	h.get("/v1/templates/nope").problem(404, "not-found")
	p := "/v1/templates/acknowledgement/preview"
	h.post(p, `{"channel":"sms","language":"en","variables":{"name":"Aisyah","reference":"T-1042","reply_by":"2026-11-21T15:00:00Z"}}`).status(200).
		is("sms", "channel").is("en", "language").is("[]", "warnings")
	h.post(p, `{"variables":{"reference":"T-1042","reply_by":"2026-11-21T15:00:00Z"}}`).status(200)
	for _, name := range customers { // each can be seen without knowing what it wants
		for _, language := range name.Languages {
			h.post("/v1/templates/"+name.Name+"/preview", map[string]any{"sample": true, "language": language, "channel": "sms"}).status(200).is(language, "language")
		}
	}
	h.post(p, `{"channel":"sms","language":"en"}`).problem(422, "invalid", "body.variables.reference", "body.variables.reply_by")
	h.post(p, `{"channel":"fax"}`).problem(422, "invalid", "body.channel")
	h.post(p, `{"vars":{}}`).problem(422, "invalid", "body.vars")
	h.post("/v1/templates/nope/preview", `{}`).problem(404, "not-found")
	h.post("/v1/templates/reload", nil).problem(403, "forbidden")
	reload := ask{"POST", "/v1/templates/reload", nil, as(supervisorToken)}
	h.do(reload).status(200).is(len(library().List()), "templates")
	h.api.Reload = func() error {
		return &templates.LoadError{Problems: []templates.Problem{{File: "t/en.txt", Line: 4, Text: "unknown variable"}}}
	}
	h.do(reload).problem(422, "invalid", "t/en.txt:4")
}
