package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/cmd/caravan/config"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/redisstore"
	"github.com/caravan-desk/caravan/conversations/redisstore/redistest"
	"github.com/caravan-desk/caravan/inbox"
)

// asItself makes the test binary behave as caravan does: the crash tests kill it.
const asItself = "RUN_AS_CARAVAN"

func TestMain(m *testing.M) {
	if os.Getenv(asItself) != "" {
		main()
	}
	_ = flag.Set("test.parallel", "4") // unless told otherwise: a test here mostly waits
	goleak.VerifyTestMain(m,           // but for fasthttp's clock, and its worker pools, which look up every ten seconds
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
	)
}

const (
	testAccount = "AC0123456789abcdef0123456789abcdef"
	testSecret  = "the-account's-auth-token"
	testAdmin   = "the-administrator's-token"
)

// eventually asks until said is nil; what it says is why the test fails.
func eventually(t testing.TB, what string, said func() error) {
	t.Helper()
	redistest.Eventually(t, what, func(context.Context) error { return said() })
}

// house is a whole gateway with the world around it.
type house struct {
	*client // the administrator
	t       testing.TB
	cfg     config.Config
	app     *app
	sim     *simulator.Simulator
	mail    *simulator.Mail
	log     *journal
	stop    func()
}

// option changes the configuration before the gateway starts.
type option func(*config.Config)

// onRedis puts the store on a server of the test's own.
func onRedis(url string) option { return func(c *config.Config) { c.Redis.URL = config.Secret(url) } }

// hasty gives up on a store as soon as a gateway in production does.
func hasty(c *config.Config) { c.Redis.Term = config.Default().Redis.Term }

// open starts the stand-in world and a gateway in it; both end with the test.
func open(t testing.TB, options ...option) *house {
	t.Helper()
	return openWorld(t, func(*house) {}, options...)
}

// openWorld is open with something done to the stand-in world before the gateway sees it.
func openWorld(t testing.TB, prepare func(*house), options ...option) *house {
	t.Helper()
	h := &house{t: t, log: &journal{}, cfg: config.Default()}
	h.world()
	prepare(h)
	h.cfg.HTTP.Listen, h.cfg.DataDir, h.cfg.AdminToken = "127.0.0.1:0", t.TempDir(), testAdmin
	h.cfg.Redis.Term = 10 * time.Second // a machine that is busy with other tests is slow
	for _, o := range options {
		o(&h.cfg)
	}
	h.start()
	return h
}

// world starts the stand-in Twilio and mail server, and writes them into the configuration.
func (h *house) world() {
	h.t.Helper()
	var err error
	h.mail, err = simulator.NewMail(simulator.MailConfig{Now: now})
	must(h.t, err)
	h.t.Cleanup(func() { must(h.t, h.mail.Close()) })
	h.sim, err = simulator.New(simulator.Config{AccountSID: testAccount, AuthToken: testSecret, Mail: h.mail, ManualRead: true, Now: now})
	must(h.t, err)
	server := httptest.NewServer(h.sim.Handler())
	h.t.Cleanup(func() { must(h.t, h.sim.Close()); server.Close() })
	h.sim.SetBaseURL(server.URL)

	n, box := h.sim.Numbers(), h.mail.Accounts()[0]
	h.cfg.Twilio = config.Twilio{
		AccountSID: testAccount, AuthToken: testSecret, APIBaseURL: server.URL,
		SMSFrom: n.SMS, WhatsAppFrom: n.WhatsApp, VoiceFrom: n.Voice,
	}
	h.cfg.Email = []config.Mailbox{{
		Name: "support", Address: box.Address,
		IMAP: &config.IMAP{URL: h.mail.IMAPURL(), Username: box.Username, Password: config.Secret(box.Password), Mailbox: "INBOX", StartTLS: "none"},
		SMTP: &config.SMTP{URL: h.mail.SMTPURL(), Username: box.Username, Password: config.Secret(box.Password), StartTLS: "none"},
	}}
}

// start runs a gateway until the test ends, or stop is called.
func (h *house) start() {
	h.t.Helper()
	app, err := newApp(h.t.Context(), h.cfg, slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	must(h.t, err)
	h.app = app
	address := "http://" + app.cfg.HTTP.Listen
	h.client = &client{t: h.t, base: address, token: testAdmin}
	h.sim.SetGateway(address, "")
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- app.run(ctx) }()
	h.stop = sync.OnceFunc(func() {
		words, addresses := h.secrets()
		cancel()
		if err := <-ended; err != nil {
			h.t.Errorf("gateway: %v", err)
		}
		for _, leak := range leaks(h.log.String(), words, addresses) {
			h.t.Errorf("the log holds a customer's %q", leak)
		}
		http.DefaultClient.CloseIdleConnections()
	})
	h.t.Cleanup(h.stop)
	eventually(h.t, "the gateway is ready", func() error {
		if a := h.get("/readyz"); a.code != http.StatusOK {
			return fmt.Errorf("%d %s", a.code, a.body)
		}
		return nil
	})
}

// write is a customer's message, taken by the gateway.
func (h *house) write(in simulator.Inbound) string {
	h.t.Helper()
	d, err := h.sim.Write(h.t.Context(), in)
	must(h.t, err)
	if !d.OK() {
		h.t.Fatalf("webhook %s: %d %s", d.Kind, d.Status, d.Error)
	}
	return d.SID
}

// hire adds an officer on duty, and returns a client that acts as he.
func (h *house) hire(o conversations.Officer) *client {
	h.t.Helper()
	if o.Availability == "" {
		o.Availability = conversations.Available
	}
	if o.Role == "" {
		o.Role = conversations.RoleOfficer
	}
	body := map[string]any{
		"email": o.Email, "name": o.Name, "role": o.Role, "availability": o.Availability,
		"skills": o.Skills, "languages": o.Languages, "capacity": o.Capacity, "password": "correct horse " + o.Email,
	}
	if o.Phone != "" {
		body["phone"] = o.Phone
	}
	created := h.post("/v1/officers", body).want(http.StatusCreated)
	hired := field[conversations.Officer](created)
	secret, hash := inbox.NewSecret()
	must(h.t, h.app.store.SaveToken(h.t.Context(), hash, conversations.Token{Officer: hired.ID, Name: "test", CreatedAt: now()}))
	return &client{t: h.t, base: h.base, token: secret, me: hired}
}

// waitFor gives the first conversation that satisfies ok.
func (h *house) waitFor(what string, query string, ok func(conversations.Conversation) bool) conversations.Conversation {
	h.t.Helper()
	var found conversations.Conversation
	eventually(h.t, what, func() error {
		list := h.conversations(query)
		for _, c := range list {
			if ok(c) {
				found = c
				return nil
			}
		}
		return fmt.Errorf("%d conversations, none of them", len(list))
	})
	return found
}

// status waits until a message has got as far as wanted.
func (h *house) status(m message, want string) message {
	h.t.Helper()
	var now message
	eventually(h.t, "message "+string(m.ID)+" "+want, func() error {
		for _, now = range h.messages(m.Conversation) {
			if now.ID == m.ID && now.Status == want {
				return nil
			}
		}
		return fmt.Errorf("it is %s", now.Status)
	})
	return now
}

// journal is the log of a run.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wrong is nil if ok holds, else the error.
func wrong(ok bool, format string, args ...any) error {
	if ok {
		return nil
	}
	return fmt.Errorf(format, args...)
}

// findings is what an audit found, as one error.
func findings(all []redisstore.Finding) error {
	var errs []error
	for _, f := range all {
		errs = append(errs, fmt.Errorf("%s: %s", f.Where, f.What))
	}
	return errors.Join(errs...)
}
