// Package inbox is the officers' HTTP API: sign-in, conversations, messages,
// call-backs, officers, templates, attachments and the live feed, as CONTRACT
// section 4 writes them. It decides nothing about conversations (that is
// conversations.Desk) and knows neither Redis nor providers. Most routes are huma
// operations, so that their JSON is checked against the OpenAPI document they
// make; the hot list, the feed, files and health are plain Fiber handlers,
// described in the same document. Every error becomes an answer in problem.go.
// Start with Deps and Register, then problem.go, then conversation.go.
package inbox

import (
	"context"
	"iter"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/routing/feeds"
	"github.com/caravan-desk/caravan/templates"
)

// Conversations is what the API reads of conversations.
type Conversations interface {
	Load(ctx context.Context, id conversations.ID) (conversations.Conversation, error)
	Messages(ctx context.Context, id conversations.ID, after, limit int) ([]conversations.Message, error)
	History(ctx context.Context, id conversations.ID, after, limit int) ([]conversations.Event, error)
	List(ctx context.Context, q conversations.Query) (conversations.Page, error)
}

// Promises is what the API reads of contacts and call-backs.
type Promises interface {
	Contact(ctx context.Context, id conversations.ContactID) (conversations.Contact, error)
	LoadCallback(ctx context.Context, id conversations.CallbackID) (conversations.Callback, error)
	Callbacks(ctx context.Context, q conversations.CallbackQuery) (conversations.CallbackPage, error)
}

// Officers keeps the officers.
type Officers interface {
	Officers(ctx context.Context) ([]conversations.Officer, error)
	Officer(ctx context.Context, id conversations.OfficerID) (conversations.Officer, error)
	OfficerByEmail(ctx context.Context, email string) (conversations.Officer, error)
	SaveOfficer(ctx context.Context, o conversations.Officer) (conversations.Officer, error)
}

// Tokens keeps bearer tokens and sessions by the hash of their secret.
type Tokens interface {
	Token(ctx context.Context, hash string) (conversations.Token, error)
	SaveToken(ctx context.Context, hash string, t conversations.Token) error
	DeleteToken(ctx context.Context, hash string) error
}

// Keys remembers the answers given under an Idempotency-Key.
type Keys interface {
	// Begin reserves a key; done tells that it was used before, with this answer.
	// It fails with ErrTaken while another request is at it.
	Begin(ctx context.Context, key string) (saved []byte, done bool, err error)
	// Finish keeps the answer; nil releases the key.
	Finish(ctx context.Context, key string, answer []byte) error
}

// Feed is the log as it grows.
type Feed interface {
	// Live yields every event after last ("" means from now on) until ctx is done.
	// The first thing it yields is the position it starts from: an event that has only an ID.
	Live(ctx context.Context, last conversations.EventID) iter.Seq2[conversations.Event, error]
	Ready(ctx context.Context) error
}

// Store is all that the API wants of the store.
type Store interface {
	Conversations
	Promises
	Officers
	Tokens
	Keys
	Feed
	Ledger
	BulkLedger
	Rounds
	Search
	Trail
}

// Templates renders messages; *templates.Library is one.
type Templates interface {
	List() []templates.Template
	Get(name string) (templates.Template, error)
	// Samples are made-up values for every variable of a template.
	Samples(name, language string) map[string]any
	Render(name, language string, channel channels.Kind, vars map[string]any, opts templates.Options) (templates.Rendered, error)
}

// Check is a part without which the gateway is not ready. Ready says in plain
// words, fit for anybody to read, what is missing.
type Check struct {
	Name  string
	Ready func(ctx context.Context) error
}

// Deps is what the API is made of. Reference, Language, Checks, Metrics and Timezone may be left out.
type Deps struct {
	Store      Store
	Desk       *conversations.Desk
	Persons    *conversations.Persons
	Templates  Templates
	Matters    Matters
	Blobs      channels.Blobs
	Desks      []DeskView
	Rules      ClockRules     // nil: clocks are shown without how they came to be
	Proxies    []netip.Prefix // whose X-Forwarded-For is believed, beside this machine's own
	AdminToken string         // empty: none
	PublicURL  string         // https makes the session cookie Secure
	Company    string         // signs templates
	Timezone   *time.Location
	// Reference says whose a shipment's or booking's number is, and whether its check digit is right.
	Reference func(kind, value string) (carrier string, valid bool)
	// Reload reads the templates anew, and keeps them as they are if there is a fault in
	// them (a *templates.LoadError); it may be left out.
	Reload func() error
	// Rehang reads the desks' calendars anew, and keeps them as they are if there is a fault in
	// them; moved: they are others now. It may be left out.
	Rehang func() (moved bool, err error)
	// Canonical writes a reference as conversations hold it; it may be left out.
	Canonical func(conversations.Reference) conversations.Reference
	// Language says which language a text is in.
	Language func(subject, text string) string
	// Original is the safe HTML of a mail that was kept without it (Message.Rich); it may be left out.
	Original func(ctx context.Context, m *conversations.Message) string
	// Explain says by language what a provider's error code means; nil if it is not known.
	Explain func(code string) map[string]string
	// Segments counts what a text costs by SMS.
	Segments       func(text string) SegmentsView
	Checks         []Check
	Reconciliation Reconciliation // nil: no provider's list is compared
	Bulk           Bulks          // nil: none
	Feeds          []feeds.Feed   // systems that post events in forms of their own
	Metrics        http.Handler
	Now            func() time.Time
	Logger         *slog.Logger
}

// API answers the officers' requests.
type API struct {
	Deps
	huma      huma.API
	admin     *caller
	known     *callerCache
	rows      *rowCache
	throttle  *throttle
	begun     begun
	hashing   chan struct{} // one place for each password hash in the making
	heartbeat time.Duration
	document  func() []byte

	operations func() map[string]string // names by method and route
}

const (
	// requestTerm is how long one request may take, but for the feed.
	requestTerm = 10 * time.Second
	// heartbeatTerm is the time between two signs of life on a quiet feed.
	heartbeatTerm = 10 * time.Second
	// MaxUpload is the largest attachment, in bytes.
	MaxUpload = 25 << 20
	// BodyLimit is what the Fiber app must let through; JSON bodies have 1 MiB of it.
	BodyLimit = MaxUpload + 1<<20
	// headerLimit is how long a request's line and headers may be, in bytes: a cursor of 200 rows fits in.
	headerLimit = 32 << 10
)

// New makes the API. Nothing runs until Register.
func New(d Deps) *API {
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Logger == nil {
		d.Logger = slog.New(slog.DiscardHandler)
	}
	if d.Timezone == nil {
		d.Timezone = time.UTC
	}
	return &API{
		Deps:      d,
		admin:     newAdmin(d.Now()),
		known:     newCallerCache(),
		rows:      newRowCache(maxRows),
		throttle:  newThrottle(),
		hashing:   make(chan struct{}, hashersAtOnce),
		heartbeat: heartbeatTerm,
	}
}

// Config is the part of an app's configuration that the API relies on: strings
// that outlive the handler, problems for Fiber's own errors, room for uploads and
// no WriteTimeout, which would cut the feed.
func (a *API) Config() fiber.Config {
	return fiber.Config{
		AppName:               "Caravan",
		Immutable:             true,
		DisableStartupMessage: true,
		BodyLimit:             BodyLimit,
		ReadBufferSize:        headerLimit,
		ReadTimeout:           2 * time.Minute,
		IdleTimeout:           2 * time.Minute,
		ErrorHandler:          a.HandleError,
	}
}

// Register adds the routes to an app made with Config.
func (a *API) Register(app *fiber.App) {
	a.huma = newHuma(app)
	app.Use(asGet, a.recovered)
	a.registerHealth(app)
	app.Use("/v1", a.bounded)
	a.registerSignIn()
	app.Use("/v1", a.signedIn, a.once, a.audited)
	a.registerSession()
	a.registerConversations(app)
	a.registerMessages()
	a.registerMerges()
	a.registerSearch()
	a.registerContacts()
	a.registerAudit()
	a.registerCallbacks()
	a.registerConsents()
	a.registerBulk()
	a.registerSegments()
	a.registerReconciliation()
	a.registerOfficers()
	a.registerDesks()
	a.registerRounds()
	a.registerTemplates()
	a.registerMatters()
	a.registerFeeds(app)
	a.registerReports(app)
	a.registerAttachments(app)
	a.registerEvents(app)
	a.describeProvider()
	a.document = sync.OnceValue(a.describe)
	a.operations = sync.OnceValue(a.nameOperations)
}

// asGet answers HEAD as GET (RFC 9110 section 9.3.2); fasthttp leaves the body out.
func asGet(c *fiber.Ctx) error {
	if c.Method() != fiber.MethodHead {
		return c.Next()
	}
	c.Method(fiber.MethodGet)
	return c.RestartRouting()
}

// bounded gives the request its term and its answers their common headers.
func (a *API) bounded(c *fiber.Ctx) error {
	ctx, cancel := context.WithTimeout(context.Background(), requestTerm)
	defer cancel()
	c.SetUserContext(ctx)
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	return c.Next()
}
