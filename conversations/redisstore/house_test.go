package redisstore_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/redisstore"
	"github.com/caravan-desk/caravan/conversations/redisstore/redistest"
)

func TestMain(m *testing.M) {
	redis.SetLogger(silence{}) // it tells of each server that dies
	// What rapid draws meets a store filled at random: a failure cannot be replayed from a file.
	_ = flag.Set("rapid.nofailfile", "true")
	// A go-redis pool whose server died looks for it once a second, and notices only then that it
	// was closed; a cluster client that was reading its map of slots ends 200 ms after it was closed.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"),
		goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9.(*clusterStateHolder).LazyReload.func1"))
}

type silence struct{}

func (silence) Printf(context.Context, string, ...any) {}

// long is set for the tests' long variants.
var long = os.Getenv("CARAVAN_LONG") == "1"

// some is how often something is tried: few times if -short, many if long.
func some(few, normal, many int) int {
	switch {
	case long:
		return many
	case testing.Short():
		return few
	}
	return normal
}

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// watch is a clock that can be put forward, and stopped.
type watch struct{ ahead, stopped atomic.Int64 }

func (w *watch) now() time.Time {
	now := time.Now()
	if ms := w.stopped.Load(); ms != 0 {
		now = time.UnixMilli(ms)
	}
	return now.Add(time.Duration(w.ahead.Load())).UTC().Truncate(time.Millisecond)
}

func (w *watch) forward(d time.Duration) { w.ahead.Add(int64(d)) }
func (w *watch) stop()                   { w.stopped.Store(time.Now().UnixMilli()) }

// house is a store with the rules in front of it.
type house struct {
	*redisstore.Store
	*watch
	intake *conversations.Intake
	desk   *conversations.Desk
	person *conversations.Persons
	client redis.UniversalClient
	url    string
	term   time.Duration
}

// patient is the term of a store that no server is taken from: a machine may be slow.
const patient = redistest.Patience

// open opens the store at an address, and closes it with the test.
func open(t testing.TB, url string) *house { return openAs(t, url, "test", patient, &watch{}) }

// hasty opens a store that gives up as a gateway's does.
func hasty(t *testing.T, url string) *house {
	return openAs(t, url, "test", redisstore.DefaultTerm, &watch{})
}

func openAs(t testing.TB, url, consumer string, term time.Duration, w *watch) *house {
	t.Helper()
	client, readers, err := redisstore.Connect(url)
	must(t, err)
	replicated, err := redisstore.Replicated(url)
	must(t, err)
	return openOn(t, url, w, redisstore.Options{Client: client, Readers: readers, Consumer: consumer, Replicated: replicated, Term: term})
}

// openOn opens a store on clients of the caller's, which are closed with the test.
func openOn(t testing.TB, url string, w *watch, o redisstore.Options) *house {
	t.Helper()
	o.Logger, o.Now = quiet, w.now
	s, err := redisstore.Open(t.Context(), o)
	must(t, err)
	t.Cleanup(func() { s.Close(); o.Client.Close(); o.Readers.Close() })
	desk := &conversations.Desk{Store: s, Annals: s, People: s, Consents: s, Now: w.now}
	return &house{
		person: &conversations.Persons{Desk: desk, Registry: s, Matters: s, Erasure: s, Blobs: noFiles{}},
		Store:  s, watch: w, client: o.Client, url: url, term: o.Term,
		intake: &conversations.Intake{Arrivals: s, Threads: s, People: s, Passage: s, Receipts: s, Calls: s, Consents: s, Promises: s, Unite: desk.Unite, Now: w.now},
		desk:   desk,
	}
}

// beside is a further gateway on the same data and clock.
func (h *house) beside(t testing.TB, consumer string) *house {
	return openAs(t, h.url, consumer, h.term, h.watch)
}

// masters visits every server that takes writes.
func (h *house) masters(t testing.TB, visit func(c *redis.Client)) {
	t.Helper()
	switch c := h.client.(type) {
	case *redis.Client:
		visit(c)
	case *redis.ClusterClient:
		one := make(chan struct{}, 1)
		must(t, c.ForEachMaster(t.Context(), func(_ context.Context, c *redis.Client) error {
			one <- struct{}{}
			defer func() { <-one }()
			visit(c)
			return nil
		}))
	}
}

// empty takes everything out of the store at an address.
func empty(t testing.TB, url string) {
	t.Helper()
	client, readers, err := redisstore.Connect(url)
	must(t, err)
	defer client.Close()
	defer readers.Close()
	h := &house{client: client}
	h.masters(t, func(c *redis.Client) { must(t, c.FlushAll(t.Context()).Err()) })
}

// running keeps the store's own engine going for the test.
func (h *house) running(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = h.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
}

// all pages through a query.
func (h *house) all(t testing.TB, q conversations.Query) []*conversations.Conversation {
	t.Helper()
	if q.Limit == 0 {
		q.Limit = 200
	}
	var out []*conversations.Conversation
	for {
		q.Now = h.now()
		page, err := h.List(t.Context(), q)
		must(t, err)
		out = append(out, page.Items...)
		if q.Cursor = page.Next; q.Cursor == "" {
			return out
		}
	}
}

// only is the one conversation there is.
func (h *house) only(t testing.TB) *conversations.Conversation {
	t.Helper()
	list := h.all(t, conversations.Query{})
	if len(list) != 1 {
		t.Fatalf("%d conversations, want 1: %v", len(list), list)
	}
	return list[0]
}

// receive keeps what came in.
func (h *house) receive(t testing.TB, in channels.Inbound) {
	t.Helper()
	must(t, h.intake.Receive(t.Context(), in))
}

// reply answers a conversation by SMS or whatever the customer used last.
func (h *house) reply(t testing.TB, id conversations.ID, text string) conversations.Message {
	t.Helper()
	m, _, err := h.desk.Reply(t.Context(), id, conversations.Draft{Text: text}, officer)
	must(t, err)
	return m
}

// audit puts what waits for an officer into a queue, as the router would, and
// verifies that nothing at all is wrong.
func (h *house) audit(t testing.TB) redisstore.Audit {
	t.Helper()
	ctx := t.Context()
	for _, c := range h.all(t, conversations.Query{Assignee: "none"}) {
		if c.Status.Live() {
			room, err := h.Room(ctx)
			must(t, err)
			must(t, h.Wait(ctx, c.ID, "audit", 1, room))
		}
	}
	must(t, h.CatchUp(ctx, h.desk.Finish))
	a, err := h.Verify(ctx, nil)
	must(t, err)
	for _, f := range a.Findings {
		t.Errorf("verify: %s %s", f.Where, f.What)
	}
	return a
}

// noFiles is a blob store that has nothing.
type noFiles struct{}

func (noFiles) Delete(context.Context, string) error { return nil }

var officer = conversations.Author{Type: conversations.ByOfficer, ID: "o1", Name: "Aisyah"}

func phone(value string) channels.Handle {
	return channels.Handle{Kind: channels.HandlePhone, Value: value}
}

func sms(sid, from, text string) channels.Inbound {
	return channels.Inbound{
		Channel: channels.SMS, Account: "+15005550006", ProviderID: sid, From: phone(from), To: "+15005550006", Text: text,
	}
}

// mail is a mail with the Message-IDs it names, nearest first.
func mail(id, from, text string, references ...string) channels.Inbound {
	return channels.Inbound{
		Channel: channels.Email, Account: "support", ProviderID: id, Subject: "about my parcel", Text: text, References: references,
		From: channels.Handle{Kind: channels.HandleEmail, Value: from}, To: "support@example.com",
	}
}

// number is the i-th customer's.
func number(i int) string { return fmt.Sprintf("+9665%08d", i) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
