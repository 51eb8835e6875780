package inbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gofiber/fiber/v2"
	"go.uber.org/goleak"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/templates"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, // fasthttp keeps these two for the life of the process
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*HostClient).connsCleaner"), // the benchmark's client
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*TCPDialer).tcpAddrsClean"))
}

// noon is when the tests happen.
var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// house is the API on a store in memory, with an officer of each role.
type house struct {
	testing.TB
	api    *API
	app    *fiber.App
	store  *memory
	intake *conversations.Intake
	clock  *clock
	log    *bytes.Buffer
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

const (
	officerToken    = "cv_officer"
	supervisorToken = "cv_supervisor"
	adminToken      = "cv_admin"
	password        = "correct horse"
)

// passwordHash is computed once: it is dear.
var passwordHash = sync.OnceValue(func() string {
	hash, err := HashPassword(password)
	if err != nil {
		panic(err)
	}
	return hash
})

// library is the built-in templates, with one that WhatsApp has approved in Arabic.
var library = sync.OnceValue(func() *templates.Library {
	l, err := templates.Load(fstest.MapFS{"acknowledgement/template.md": &fstest.MapFile{Data: []byte(
		"---\nwhatsapp:\n  content: caravan_acknowledgement\n  variables: [reference, reply_by]\n  sid: {ar: HXaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, en: HXbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb}\n---\n")}})
	if err != nil {
		panic(err)
	}
	return l
})

func newHouse(t testing.TB, change ...func(*Deps)) *house {
	h := &house{TB: t, store: newMemory(), clock: &clock{now: noon}, log: &bytes.Buffer{}}
	desk := &conversations.Desk{Store: h.store, Annals: h.store, People: h.store, Consents: h.store, Now: h.clock.Now}
	h.intake = &conversations.Intake{Arrivals: h.store, People: h.store, Consents: h.store, Now: h.clock.Now}
	for i, role := range []conversations.Role{conversations.RoleOfficer, conversations.RoleSupervisor} {
		id := conversations.OfficerID(fmt.Sprint("o", i+1))
		h.store.officers[id] = conversations.Officer{
			ID: id, Version: 1, Email: string(role) + "@example.com", Name: strings.ToUpper(string(role)), Role: role,
			Availability: conversations.Available, Password: passwordHash(), CreatedAt: noon,
		}
		h.store.tokens[HashSecret("cv_"+string(role))] = conversations.Token{Officer: id, Name: "test", CreatedAt: noon}
	}
	d := Deps{
		Store: h.store, Desk: desk, Persons: &conversations.Persons{Desk: desk, Registry: h.store, Matters: h.store, Erasure: h.store, Blobs: h.store},
		Templates: library(), Matters: reported{}, Blobs: blobs{h.store}, AdminToken: adminToken,
		Desks: []DeskView{
			{Name: "trace", Title: "Trace", Categories: []string{"claim", "complaint"}, Skills: []string{"trace"}},
			{Name: "triage", Title: "Triage"},
		},
		Now: h.clock.Now, Logger: slog.New(slog.NewTextHandler(h.log, nil)), Company: "Caravan",
	}
	for _, f := range change {
		f(&d)
	}
	h.api = New(d)
	h.app = fiber.New(h.api.Config())
	h.api.Register(h.app)
	t.Cleanup(func() { _ = h.app.Shutdown() })
	return h
}

// came lets a customer write, and returns the conversation.
func (h *house) came(k channels.Kind, from, text string) conversations.ID {
	h.Helper()
	handle := channels.Handle{Kind: channels.HandlePhone, Value: from}
	if k == channels.WhatsApp {
		handle.Kind = channels.HandleWhatsApp
	}
	in := channels.Inbound{
		Channel: k, Account: "+15005550006", ProviderID: fmt.Sprint("SM", len(h.store.claims)), From: handle, Name: "Aisyah", Text: text,
		Language: "ms", Received: h.clock.Now(),
	}
	if err := h.intake.Receive(h.Context(), in); err != nil {
		h.Fatal(err)
	}
	place, err := h.store.Find(h.Context(), []channels.Handle{handle})
	if err != nil {
		h.Fatal(err)
	}
	return place.Conversation
}

// ask is a request in the making.
type ask struct {
	method, path string
	body         any // string: as it stands; else as JSON
	header       map[string]string
}

func as(token string, more ...string) map[string]string {
	m := map[string]string{"Authorization": "Bearer " + token}
	for i := 0; i+1 < len(more); i += 2 {
		m[more[i]] = more[i+1]
	}
	return m
}

// got is an answer.
type got struct {
	*house
	*http.Response
	text string
	json map[string]any
}

// do asks and holds the answer against the OpenAPI document.
func (h *house) do(a ask) *got {
	h.Helper()
	var body io.Reader
	switch b := a.body.(type) {
	case nil:
	case string:
		body = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			h.Fatal(err)
		}
		body = bytes.NewReader(raw)
	}
	req := httptest.NewRequest(a.method, a.path, body)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if a.header == nil {
		a.header = as(officerToken)
	}
	for k, v := range a.header {
		req.Header.Set(k, v)
	}
	resp, err := h.app.Test(req, -1)
	if err != nil {
		h.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		h.Fatal(err)
	}
	g := &got{house: h, Response: resp, text: string(raw)}
	if strings.Contains(resp.Header.Get("Content-Type"), "json") {
		if err := json.Unmarshal(raw, &g.json); err != nil {
			h.Fatalf("%s %s: %v in %s", a.method, a.path, err, raw)
		}
	}
	h.conforms(a, g)
	return g
}

func (h *house) get(path string) *got { h.Helper(); return h.do(ask{method: "GET", path: path}) }
func (h *house) post(path string, body any, header ...string) *got {
	h.Helper()
	return h.do(ask{"POST", path, body, as(officerToken, header...)})
}
func (h *house) patch(path string, body any, header ...string) *got {
	h.Helper()
	return h.do(ask{"PATCH", path, body, as(officerToken, header...)})
}

// status asserts the status and returns the answer.
func (g *got) status(want int) *got {
	g.Helper()
	if g.StatusCode != want {
		g.Fatalf("%s %s: status %d, want %d: %s", g.Request.Method, g.Request.URL, g.StatusCode, want, g.text)
	}
	return g
}

// problem asserts a problem by status and name, and words in its detail.
func (g *got) problem(status int, name string, words ...string) *got {
	g.Helper()
	g.status(status)
	if kind := fmt.Sprint(g.json["type"]); !strings.HasSuffix(kind, "/"+name) {
		g.Fatalf("type %s, want …/%s: %s", kind, name, g.text)
	}
	if ct := g.Header.Get("Content-Type"); ct != "application/problem+json" {
		g.Fatalf("content type %s", ct)
	}
	for _, w := range words {
		if !strings.Contains(g.text, w) {
			g.Fatalf("%q is not in %s", w, g.text)
		}
	}
	return g
}

// at walks the answer's JSON: names and indexes.
func (g *got) at(path ...any) any {
	g.Helper()
	var v any = g.json
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[p]
		case int:
			l, _ := v.([]any)
			if p >= len(l) {
				g.Fatalf("no %v in %s", path, g.text)
			}
			v = l[p]
		}
	}
	return v
}

// is asserts one value of the answer's JSON.
func (g *got) is(want any, path ...any) *got {
	g.Helper()
	if have := g.at(path...); fmt.Sprint(have) != fmt.Sprint(want) {
		g.Fatalf("%v is %v, want %v: %s", path, have, want, g.text)
	}
	return g
}

func (g *got) items() []any {
	g.Helper()
	list, ok := g.json["items"].([]any)
	if !ok {
		g.Fatalf("no items in %s", g.text)
	}
	return list
}
