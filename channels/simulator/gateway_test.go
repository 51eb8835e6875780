package simulator

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testAccount = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	testToken   = "12345"
	testPublic  = "https://desk.example.com"
)

// fakeGateway answers webhooks and remembers those whose signature was right.
type fakeGateway struct {
	t      *testing.T
	server *httptest.Server

	mu     sync.Mutex
	seen   []seenHook
	forged int
	twiml  map[string]string // by path
	status map[string]int    // by path; the HTTP status to answer
}

type seenHook struct {
	path string
	form url.Values
	key  string
}

func (g *fakeGateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	signed := r.PostForm
	if r.Method == http.MethodGet {
		signed = nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if r.Header.Get("X-Twilio-Signature") != SignForm(testPublic+r.URL.RequestURI(), signed, testToken) {
		g.forged++
		w.WriteHeader(http.StatusForbidden)
		return
	}
	if code := g.status[r.URL.Path]; code != 0 {
		w.WriteHeader(code)
		return
	}
	g.seen = append(g.seen, seenHook{r.URL.Path, maps.Clone(r.Form), r.Header.Get("I-Twilio-Idempotency-Token")})
	w.Header().Set("Content-Type", "text/xml")
	answer := g.twiml[r.URL.Path]
	if answer == "" {
		answer = "<Response/>"
	}
	_, _ = io.WriteString(w, answer)
}

// hooks returns what came to path, in order.
func (g *fakeGateway) hooks(path string) []url.Values {
	g.mu.Lock()
	defer g.mu.Unlock()
	var list []url.Values
	for _, h := range g.seen {
		if h.path == path {
			list = append(list, h.form)
		}
	}
	return list
}

// values returns one parameter of everything that came to path.
func (g *fakeGateway) values(path, key string) []string {
	var list []string
	for _, f := range g.hooks(path) {
		list = append(list, f.Get(key))
	}
	return list
}

// world is a simulator, its REST address, and a gateway behind another address than the public one.
type world struct {
	*Simulator
	gateway *fakeGateway
	rest    *httptest.Server
	t       *testing.T
	clock   *fakeClock
}

type fakeClock struct {
	mu sync.Mutex
	at time.Time
}

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *fakeClock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func newWorld(t *testing.T, change func(*Config)) *world {
	t.Helper()
	g := &fakeGateway{t: t, twiml: map[string]string{}, status: map[string]int{}}
	g.server = httptest.NewServer(g)
	clock := &fakeClock{at: time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)}
	cfg := Config{AccountSID: testAccount, AuthToken: testToken, GatewayURL: testPublic, GatewayDial: g.server.URL, Now: clock.Now}
	if change != nil {
		change(&cfg)
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	rest := httptest.NewServer(s.Handler())
	s.SetBaseURL(rest.URL)
	t.Cleanup(func() {
		_ = s.Close()
		rest.Close()
		g.server.Close()
	})
	return &world{s, g, rest, t, clock}
}

func (w *world) ctx() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	w.t.Cleanup(cancel)
	return ctx
}

// settle waits until nothing is on its way.
func (w *world) settle() {
	w.t.Helper()
	if err := w.Idle(w.ctx()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) await(ok func() bool) {
	w.t.Helper()
	if err := w.Await(w.ctx(), ok); err != nil {
		w.t.Fatal(err)
	}
}

// do sends one REST request and returns status and document.
func (w *world) do(method, path string, form url.Values) (int, map[string]any) {
	w.t.Helper()
	req, err := http.NewRequest(method, w.rest.URL+"/2010-04-01/Accounts/"+testAccount+path, strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	req.SetBasicAuth(testAccount, testToken)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := w.rest.Client().Do(req)
	if err != nil {
		return 0, nil
	}
	defer res.Body.Close()
	var doc map[string]any
	_ = json.NewDecoder(res.Body).Decode(&doc)
	return res.StatusCode, doc
}

// send posts a message and returns its SID.
func (w *world) send(form url.Values) string {
	w.t.Helper()
	status, doc := w.do("POST", "/Messages.json", form)
	if status != http.StatusCreated {
		w.t.Fatalf("send: %d %v", status, doc)
	}
	return doc["sid"].(string)
}

func sms(to, body string) url.Values {
	return url.Values{"To": {to}, "From": {"+15005550006"}, "Body": {body}, "StatusCallback": {testPublic + "/status/m1"}}
}

func whatsApp(to, body string) url.Values {
	return url.Values{"To": {"whatsapp:" + to}, "From": {"whatsapp:+14155238886"}, "Body": {body}, "StatusCallback": {testPublic + "/status/m1"}}
}

func equal(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}
