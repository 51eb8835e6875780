// Package simulator is the other side of the wire for `caravan demo` and for
// the tests: a stand-in Twilio (REST, signed webhooks, TwiML calls), a stand-in
// mail server, and a page on which a person plays the customer. Everything is in
// memory and on this machine. Start with New and mount Handler; act as a customer
// with Write, Dial and Answer (or over POST /play/…); break things with SetFaults;
// then ask Messages, Calls and Alerts what really happened. It shares no code with
// channels/twilio on purpose: two readings of Twilio's pages check each other.
package simulator

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Config is all that a Simulator needs. Only AccountSID and AuthToken are required.
type Config struct {
	AccountSID string // AC and 32 hex digits
	AuthToken  string // signs webhooks, and is the REST password

	BaseURL     string   // where the simulator itself is reached: media and recordings live under it
	GatewayURL  string   // the gateway's http.public_url: what is signed
	GatewayDial string   // where the gateway really listens, if not at GatewayURL
	Webhooks    Webhooks // what is configured on the company's numbers; empty fields follow GatewayURL

	Numbers Numbers            // the company's own; empty ones get the contract's examples
	Content map[string]Content // approved templates by ContentSid
	People  []Person           // who can be played on the page; nil means SamplePeople
	Mail    *Mail              // mail server behind the page; nil switches mail off. Not closed by Close

	Pace       Pace // how fast the world is; zero is at once
	ManualRead bool // WhatsApp messages are read only by MarkRead (the page), not by themselves

	Now    func() time.Time // nil means time.Now
	Logger *slog.Logger     // nil means none
}

// Numbers are the company's own, in E.164.
type Numbers struct {
	SMS      string `json:"sms"`
	WhatsApp string `json:"whatsapp"`
	Voice    string `json:"voice"`
}

// Webhooks are the addresses set on the company's numbers in Twilio's console.
type Webhooks struct {
	SMS, WhatsApp, Voice, VoiceStatus string
	Fallback                          string // gets what the first address failed on, with ErrorCode and ErrorUrl
}

// Pace says how long the world takes between steps.
type Pace struct {
	Sent, Delivered, Read time.Duration // each counted from the step before
	Ring                  time.Duration // before an automatic line answers or gives up
}

// DemoPace is slow enough to watch the ticks turn.
func DemoPace() Pace {
	return Pace{Sent: 300 * time.Millisecond, Delivered: 600 * time.Millisecond,
		Read: 1500 * time.Millisecond, Ring: 2 * time.Second}
}

// Simulator is the stand-in world. It is safe for concurrent use.
type Simulator struct {
	cfg    Config
	now    func() time.Time
	log    *slog.Logger
	client *http.Client
	mux    *http.ServeMux

	ctx    context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup
	slots  chan struct{} // bounds the webhooks in flight from background work

	mu      sync.Mutex // guards everything below; never held over I/O
	closed  bool
	pending int           // background jobs running
	changed chan struct{} // closed and replaced by touch
	faults  *faultSource

	messages  []*Message // in order of acceptance
	bySID     map[string]*Message
	media     map[string]Media
	links     map[string]string // unguessable media link → media SID
	optedOut  map[pair]bool
	lastHeard map[pair]time.Time // a WhatsApp user's last message to a sender: the 24-hour window
	posts     []Delivery
	alerts    []Alert

	calls       []*call
	callBySID   map[string]*call
	lines       map[string]Behaviour
	queues      map[string]*queue
	conferences map[string]*conference
	recordings  map[string]*Recording
}

// pair is a conversation's two ends, as Twilio writes addresses.
type pair struct{ ours, theirs string }

// New builds a Simulator; it listens on nothing until Handler is served.
func New(cfg Config) (*Simulator, error) {
	if !validSID("AC", cfg.AccountSID) {
		return nil, errors.New("simulator: AccountSID is not AC and 32 hex digits")
	}
	if cfg.AuthToken == "" {
		return nil, errors.New("simulator: AuthToken is empty")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.People == nil {
		cfg.People = SamplePeople()
	}
	fill(&cfg.Numbers.SMS, "+15005550006")
	fill(&cfg.Numbers.Voice, cfg.Numbers.SMS)
	fill(&cfg.Numbers.WhatsApp, "+14155238886")
	ctx, cancel := context.WithCancel(context.Background())
	s := &Simulator{
		cfg: cfg, now: cfg.Now, log: cfg.Logger, client: newClient(),
		ctx: ctx, cancel: cancel, slots: make(chan struct{}, 64),
		changed: make(chan struct{}), faults: newFaultSource(Faults{}),
		bySID: map[string]*Message{}, media: map[string]Media{}, links: map[string]string{},
		optedOut: map[pair]bool{}, lastHeard: map[pair]time.Time{},
		callBySID: map[string]*call{}, lines: map[string]Behaviour{},
		queues: map[string]*queue{}, conferences: map[string]*conference{}, recordings: map[string]*Recording{},
	}
	s.mux = s.routes()
	s.SetMail(cfg.Mail)
	return s, nil
}

// Handler serves Twilio's REST paths, the page at / and its control API under /play/.
func (s *Simulator) Handler() http.Handler { return s.mux }

// Close ends live streams and background work and waits for both.
func (s *Simulator) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	s.work.Wait()
	s.client.CloseIdleConnections()
	return nil
}

// SetGateway says where the gateway is, once its port is known: public is what
// is signed, dial is where it listens (empty: the same).
func (s *Simulator) SetGateway(public, dial string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cfg.GatewayURL, s.cfg.GatewayDial = strings.TrimSuffix(public, "/"), strings.TrimSuffix(dial, "/")
}

// SetBaseURL says where the simulator itself is reached, once its port is known.
func (s *Simulator) SetBaseURL(base string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cfg.BaseURL = strings.TrimSuffix(base, "/")
}

// SetMail puts a mail server behind the page, if Config did not.
func (s *Simulator) SetMail(m *Mail) {
	s.update(func() { s.cfg.Mail = m })
	if m != nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.onChange = func() { s.update(func() {}) }
	}
}

// Numbers returns the company's own numbers.
func (s *Simulator) Numbers() Numbers { return s.cfg.Numbers }

// webhooks returns the configured addresses with the contract's paths filled in.
// The caller holds mu.
func (s *Simulator) webhooks() Webhooks {
	w, base := s.cfg.Webhooks, s.cfg.GatewayURL+"/webhooks/twilio"
	fill(&w.SMS, base+"/sms")
	fill(&w.WhatsApp, base+"/whatsapp")
	fill(&w.Voice, base+"/voice")
	fill(&w.VoiceStatus, base+"/voice/status")
	return w
}

// ours reports whether target is the gateway, or at least on this machine: the
// stand-in never calls anything else. The caller holds mu.
func (s *Simulator) ours(target string) bool {
	u, err := url.Parse(target)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") {
		return false
	}
	if g, err := url.Parse(s.cfg.GatewayURL); err == nil && g.Host != "" && g.Host == u.Host {
		return true
	}
	switch u.Hostname() {
	case "127.0.0.1", "::1", "localhost":
		return true
	}
	return false
}

// update changes state and wakes everybody who waits for a change.
func (s *Simulator) update(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
	s.touch()
}

// touch wakes the waiters. The caller holds mu.
func (s *Simulator) touch() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// Await blocks until ok holds, looking again at every change of state. ok may
// call any query of s. It returns the context's error if that ends first.
func (s *Simulator) Await(ctx context.Context, ok func() bool) error {
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if ok() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("await simulator: %w", ctx.Err())
		}
	}
}

// Idle blocks until no callback is on its way.
func (s *Simulator) Idle(ctx context.Context) error {
	return s.Await(ctx, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.pending == 0
	})
}

// spawn runs f in the background until Close. The caller must not hold mu.
func (s *Simulator) spawn(f func(ctx context.Context)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.pending++
	s.work.Go(func() {
		defer s.update(func() { s.pending-- })
		f(s.ctx)
	})
}

// pause waits d, or less if the simulator is closed; it reports whether to go on.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func fill(field *string, value string) {
	if *field == "" {
		*field = value
	}
}
