package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/caravan-desk/caravan/callbacks/quiet"
	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/channels/email"
	"github.com/caravan-desk/caravan/cmd/caravan/config"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/blobs"
	"github.com/caravan-desk/caravan/conversations/redisstore"
	"github.com/caravan-desk/caravan/conversations/search"
	"github.com/caravan-desk/caravan/inbox"
	"github.com/caravan-desk/caravan/outbox"
	"github.com/caravan-desk/caravan/outbox/bulk"
	"github.com/caravan-desk/caravan/routing"
	"github.com/caravan-desk/caravan/routing/news"
	"github.com/caravan-desk/caravan/templates"
)

// stopTerm is how long a stop may take before the process ends anyway.
const stopTerm = 20 * time.Second

// engine is a part that runs until it is told to stop.
type engine struct {
	name string
	run  func(ctx context.Context) error
}

// app is one gateway.
type app struct {
	cfg        config.Config
	log        *slog.Logger
	store      *keep
	meters     *meters
	blobs      *blobs.Folder
	original   func(ctx context.Context, m *conversations.Message) string // the safe HTML of a mail
	intake     *conversations.Intake
	desk       *conversations.Desk
	persons    *conversations.Persons
	news       *news.Newsroom
	desks      routing.Desks
	rules      routing.Rules
	quiet      *quiet.Rules
	classifier *routing.Classifier
	library    *templates.Shelf
	http       *fiber.App
	socket     net.Listener
	engines    []engine
	senders    map[channels.Kind]channels.Sender
	fetcher    channels.Fetcher
	checks     []inbox.Check
	closers    []func() error
	sweeps     *sweeps // nil: nothing is compared
	rings      bool    // a dialer is at work
	bulk       *bulk.Engine
	rehung     chan struct{} // the calendars were exchanged
	rehanging  sync.Mutex
}

// newApp wires a gateway. Its sockets are bound before it returns, and nothing runs yet.
func newApp(ctx context.Context, cfg config.Config, log *slog.Logger) (a *app, err error) {
	a = &app{cfg: cfg, log: log, senders: map[channels.Kind]channels.Sender{}, rehung: make(chan struct{}, 1)}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.close())
			a = nil
		}
	}()
	if a.socket, err = net.Listen("tcp", cfg.HTTP.Listen); err != nil {
		return a, fmt.Errorf("http.listen: %w", err)
	}
	a.cfg.HTTP.Listen = a.socket.Addr().String()
	if a.cfg.HTTP.PublicURL == "" {
		a.cfg.HTTP.PublicURL = reachable(a.socket.Addr())
	}
	if err = a.learn(cfg); err != nil {
		return a, err
	}
	if a.blobs, err = blobs.Open(filepath.Join(cfg.DataDir, "blobs")); err != nil {
		return a, fmt.Errorf("data_dir: %w", err)
	}
	if a.store, err = openStore(ctx, a.cfg, false, log); err != nil {
		return a, err
	}
	if err = a.store.Reclaim(ctx); err != nil {
		return a, err
	}
	a.metered()
	clocks := a.desks.Wind
	a.intake = &conversations.Intake{
		Arrivals: a.store, Threads: a.store, People: a.store, Passage: a.store, Receipts: a.store, Consents: a.store, Promises: a.store, Clocks: clocks, Now: now,
		Read: (&routing.Reader{Classifier: a.classifier, Desks: a.desks, Rules: a.rules, Timezone: a.cfg.Timezone, Logger: a.log}).Read,
	}
	a.officers(clocks)
	a.intake.Refused, a.intake.Confirm, a.intake.Unite = a.desk.Refused, confirmation(a.library), a.desk.Unite
	a.engines = []engine{{"live feed", a.store.Run}, {"reload", a.reloads}, {"model", a.models}, {"search index", a.indexer().Run}, {"retention", a.retention().Run}}
	a.news = a.newsroom()
	a.intake.Named, a.desk.Named = a.news.Named, a.news.Named
	api := a.api()
	a.http = fiber.New(api.Config())
	a.http.Use(a.meters.timed)
	if err = a.twilio(); err != nil {
		return a, err
	}
	if err = a.email(); err != nil {
		return a, err
	}
	a.bulk = a.bulkEngine()
	api.Checks, api.Bulk = a.checks, a.bulk
	if a.sweeps != nil {
		api.Reconciliation = a.sweeps
	}
	api.Register(a.http)
	if err = a.page(); err != nil {
		return a, err
	}
	a.work()
	return a, nil
}

// learn reads what the house knows: desks, templates, and how to understand a message.
func (a *app) learn(cfg config.Config) (err error) {
	var missing error
	var find func(name string) (templates.Template, error)
	if a.library, missing = templates.NewShelf(func() (*templates.Library, error) { return loadTemplates(cfg.Templates) }); missing == nil {
		find = a.library.Get
	}
	if a.desks, a.rules, err = loadDesks(cfg, find); err != nil || missing != nil {
		return errors.Join(err, missing)
	}
	if a.quiet, err = stillness(cfg.Callbacks); err != nil {
		return err
	}
	a.classifier, err = shelfOf(cfg).classifier()
	return err
}

// officers is what officers may do to conversations and people.
func (a *app) officers(clocks conversations.Clockwork) {
	a.desk = &conversations.Desk{
		Store: a.store, Annals: a.store, People: a.store, Consents: a.store, Caps: caps(a.cfg.Limits, a.store), Clocks: clocks, Allow: a.desks.Allow, Now: now,
	}
	originals := &email.Originals{Blobs: a.blobs}
	a.original = func(ctx context.Context, m *conversations.Message) string {
		page, err := originals.HTML(ctx, m.Raw)
		if err != nil {
			a.log.Warn("make the HTML of a mail", "message", m.ID, "error", err)
		}
		return page
	}
	a.persons = &conversations.Persons{Desk: a.desk, Registry: a.store, Matters: a.store, Erasure: a.store, Blobs: a.blobs}
}

// reachable is the address of a bound socket, for this machine if for no other.
func reachable(bound net.Addr) string {
	host, port, _ := net.SplitHostPort(bound.String())
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// api is the officers' side.
func (a *app) api() *inbox.API {
	var desks []inbox.DeskView
	for _, d := range a.desks {
		desks = append(desks, inbox.ViewDesk(d))
	}
	return inbox.New(inbox.Deps{
		Store: a.store, Desk: a.desk, Persons: a.persons, Templates: a.library, Blobs: a.blobs, Desks: desks, Rules: a.desks,
		AdminToken: a.cfg.AdminToken.Reveal(), PublicURL: a.cfg.HTTP.PublicURL, Proxies: a.cfg.HTTP.Proxies(), Timezone: a.cfg.Timezone,
		Reference: reference, Canonical: canonical, Matters: a.news, Feeds: feedsOf(a.cfg), Reload: a.reload, Rehang: a.rehang, Language: a.classifier.Language,
		Original: a.original, Explain: explain, Segments: segments, Metrics: a.meters.handler(), Now: now, Logger: a.log,
	})
}

// work adds the engines between what comes in and what goes out.
func (a *app) work() {
	parts := a.store.Partitions()
	router := &routing.Router{
		Log: a.store, Store: a.store, Board: a.store, Queues: a.store, Officers: a.store, Rows: a.store, Sharers: a.store,
		Desks: a.desks, Now: now, Logger: a.log,
	}
	out := &outbox.Outbox{
		Queue: a.store, Pacer: a.store, Watcher: a.store, Senders: a.senders, Partitions: parts, Now: now, Logger: a.log,
		Gate: gate(a.store), Refused: a.desk.Refused, Quoted: quoted(a.store, a.original),
		Paces: map[channels.Kind]outbox.Pace{channels.WhatsApp: {Gap: time.Second / 80, Burst: 80}},
		Pairs: map[channels.Kind]outbox.Pace{channels.WhatsApp: {Gap: 6 * time.Second, Burst: 45}},
	}
	a.news.Channels = slices.Sorted(maps.Keys(a.senders))
	if a.rings && a.cfg.Callbacks.SpokenNews {
		a.news.Channels = append(a.news.Channels, channels.Voice)
	}
	a.intake.Assign, a.intake.Away = router.Assign, router.Away
	a.engines = append(a.engines, engine{"router", router.Run}, engine{"news", a.news.Run}, engine{"joining", a.news.Join},
		engine{"fallbacks", conversations.Fallbacks(a.desk, a.store, a.store, parts, a.log).Run}, engine{"bulk", a.bulk.Run}, engine{"outbox", out.Run})
	a.timekeeping()
	a.feedback()
	if a.fetcher != nil {
		media := &conversations.Media{
			Queue: a.store, Watcher: a.store, Fetcher: a.fetcher, Blobs: a.blobs, Partitions: parts, Now: now, Logger: a.log,
		}
		a.listen(media)
		a.engines = append(a.engines, engine{"media", media.Run})
	}
}

// indexer keeps the search index, and finishes the merges that a crash cut short.
func (a *app) indexer() *search.Indexer {
	return &search.Indexer{
		Index: a.store, Lease: redisstore.Mailboxes{Store: a.store.Store}, Holder: fmt.Sprintf("%s#%d", consumer(a.cfg), os.Getpid()),
		Finish: a.desk.Finish, Logger: a.log,
	}
}

// run serves until ctx is done, then stops in reverse order.
func (a *app) run(ctx context.Context) error {
	failed := make(chan error, len(a.engines)+1)
	var stops []func()
	start := func(e engine) {
		ectx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() {
			defer close(done)
			if err := e.run(ectx); err != nil && ectx.Err() == nil {
				failed <- fmt.Errorf("%s: %w", e.name, err)
			}
		}()
		stops = append(stops, func() { cancel(); <-done })
	}
	for _, e := range a.engines {
		start(e)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		if err := a.http.Listener(a.socket); err != nil {
			failed <- fmt.Errorf("http: %w", err)
		}
	}()
	a.log.Info("gateway ready", "listen", a.socket.Addr().String(), "public_url", a.cfg.HTTP.PublicURL)
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	hard := time.AfterFunc(stopTerm, func() {
		a.log.Error("stop took too long")
		os.Exit(exitFailed)
	})
	defer hard.Stop()
	_ = a.http.ShutdownWithTimeout(5 * time.Second)
	<-served
	for i := len(stops) - 1; i >= 0; i-- {
		stops[i]()
	}
	return errors.Join(err, a.close())
}

// close lets go of what newApp took.
func (a *app) close() error {
	var errs []error
	for i := len(a.closers) - 1; i >= 0; i-- {
		errs = append(errs, a.closers[i]())
	}
	if a.socket != nil {
		if err := a.socket.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if a.store != nil {
		ctx, cancel := context.WithTimeout(context.Background(), stopTerm/2)
		defer cancel()
		errs = append(errs, a.store.close(ctx))
	}
	return errors.Join(errs...)
}
