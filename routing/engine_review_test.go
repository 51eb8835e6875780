package routing_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/redisstore"
	"github.com/caravan-desk/caravan/conversations/redisstore/redistest"
	"github.com/caravan-desk/caravan/routing"
)

// recorder is a store that remembers every state of every conversation.
type recorder struct {
	*redisstore.Store
	client redis.UniversalClient
	mu     sync.Mutex
	states map[string]conversations.Conversation // by ID and version
}

func (r *recorder) Commit(ctx context.Context, ch conversations.Change) (conversations.Conversation, error) {
	c, err := r.Store.Commit(ctx, ch)
	if err == nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.states[fmt.Sprint(c.ID, "@", c.Version)] = c
	}
	return c, err
}

// held is the rounds' simulation: a desk with rounds every few seconds, and who works on it.
type held struct {
	*recorder
	t      *testing.T
	desks  routing.Desks
	intake *conversations.Intake
	desk   *conversations.Desk
	mu     sync.Mutex
	ticked map[string]string // what officers were told is ticked off: review and conversation → outcome
}

const heldDesk = `
name: trace
categories: [late_delivery, claim]
rounds:
  - {name: all, every: 3s, covers: {statuses: [new, open, on_hold]}, outcomes: [fine, chased]}
  - {name: unassigned, every: 2s, covers: {unassigned: true}, outcomes: [fine, chased]}
  - {name: pending, every: 5s, covers: {statuses: [pending], tags: [secondary], categories: [claim]}, outcomes: [fine, chased]}
`

// reviewer is a gateway that only holds rounds; kill cuts it off in the middle of whatever it does.
func (h *held) reviewer(url, consumer string) (kill func()) {
	client, readers, err := redisstore.Connect(url)
	must(h.t, err)
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	s, err := redisstore.Open(h.t.Context(), redisstore.Options{Client: client, Readers: readers, Consumer: consumer, Logger: quiet, Now: clock})
	must(h.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	v := &routing.Reviews{Store: s, Desks: h.desks, Partitions: s.Partitions(), Now: clock, Logger: quiet}
	go func() { defer close(done); _ = v.Run(ctx) }()
	kill = sync.OnceFunc(func() { client.Close(); readers.Close(); cancel(); <-done; s.Close() })
	h.t.Cleanup(kill)
	return kill
}

// TestRoundsSeeOrMiss: a thousand traces (ten thousand with CARAVAN_LONG) arrive, are given,
// put on hold, solved and taken up again while rounds are held; officers tick off what they
// get to and drop out; gateways are killed. Each round covers exactly what the log says was
// so at its instant, and all of it is seen or missed.
func TestRoundsSeeOrMiss(t *testing.T) {
	n, least := 1200, 5*time.Second
	if os.Getenv("CARAVAN_LONG") != "" {
		n, least = 10_000, 20*time.Second
	}
	desks, err := routing.LoadDesks(fstest.MapFS{"trace.yaml": {Data: []byte(heldDesk)}})
	must(t, err)
	url := redistest.Single(t).URL
	client, readers, err := redisstore.Connect(url)
	must(t, err)
	s, err := redisstore.Open(t.Context(), redisstore.Options{Client: client, Readers: readers, Consumer: "office", Logger: slog.New(slog.DiscardHandler), Now: clock})
	must(t, err)
	t.Cleanup(func() { s.Close(); client.Close(); readers.Close() })
	rec := &recorder{Store: s, client: client, states: map[string]conversations.Conversation{}}
	h := &held{recorder: rec, t: t, desks: desks, ticked: map[string]string{}}
	h.intake = &conversations.Intake{Arrivals: rec, Threads: s, People: s, Receipts: s, Now: clock,
		Read: func(ch *conversations.Change, m conversations.Message, _ time.Time) {
			ch.After.Desk, ch.After.Category = "trace", []string{"late_delivery", "claim"}[len(m.Text)%2]
		}}
	h.desk = &conversations.Desk{Store: rec, People: s, Now: clock}
	first := h.reviewer(url, "one")
	second := h.reviewer(url, "two")

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var arriving, working sync.WaitGroup
	until := time.Now().Add(least)
	for w := range 16 {
		arriving.Go(func() { h.arrive(w, n/16, until) })
	}
	for w := range 6 {
		working.Go(func() { h.bustle(ctx, rand.New(rand.NewPCG(uint64(w), 7))) })
		working.Go(func() { h.officer(ctx, w) })
	}
	at(time.Now().Add(least / 3))
	first()
	h.reviewer(url, "three")
	at(time.Now().Add(least / 3))
	second()
	arriving.Wait()
	h.several(roundsLeast)
	cancel()
	working.Wait()
	h.settled()
	h.judge()
}

// arrive is customers writing, evenly until an instant.
func (h *held) arrive(w, n int, until time.Time) {
	start := time.Now()
	for i := range n {
		at(start.Add(until.Sub(start) * time.Duration(i) / time.Duration(n)))
		err := h.intake.Receive(h.t.Context(), channels.Inbound{
			Channel: channels.SMS, Account: "+15005550006", ProviderID: fmt.Sprint("SM", w, "-", i), To: "+15005550006", Text: strings.Repeat("x", 1+i%2),
			From: channels.Handle{Kind: channels.HandlePhone, Value: fmt.Sprintf("+9665%02d%06d", w, i)},
		})
		if err != nil {
			h.t.Error(err)
			return
		}
	}
}

// bustle changes what is there, until it is stopped: what is under way then is done, so that every state is known.
func (h *held) bustle(ctx context.Context, r *rand.Rand) {
	who := &conversations.OfficerRef{ID: "o1", Name: "Aisyah"}
	var none *conversations.OfficerRef
	tags := [][]string{{"secondary"}, {}}
	claim := "claim"
	for ctx.Err() == nil {
		page, err := h.List(h.t.Context(), conversations.Query{Limit: 100, Sort: []conversations.Sort{conversations.ByUpdated, conversations.ByCreatedOldest}[r.IntN(2)], Now: clock()})
		if err != nil || len(page.Items) == 0 {
			continue
		}
		id := page.Items[r.IntN(len(page.Items))].ID
		status := conversations.Statuses[1+r.IntN(4)]
		p := []conversations.Patch{{Status: &status, Why: "test"}, {Assignee: &who}, {Assignee: &none}, {Tags: &tags[r.IntN(2)]}, {Category: &claim}}[r.IntN(5)]
		if _, err := h.desk.Patch(h.t.Context(), id, p, conversations.System); err != nil {
			h.t.Error(err)
			return
		}
	}
}

// officer ticks off what he gets to of a round, and drops out in the middle of it.
func (h *held) officer(ctx context.Context, w int) {
	r := rand.New(rand.NewPCG(uint64(w), 9))
	for shift := 0; ctx.Err() == nil; shift++ {
		by := conversations.Author{Type: conversations.ByOfficer, ID: fmt.Sprint("o", w, "-", shift), Name: "Omar"}
		under, err := h.UnendedReviews(h.t.Context())
		if err != nil || len(under) == 0 {
			continue
		}
		review := under[r.IntN(len(under))]
		items, err := h.ReviewItems(h.t.Context(), review.ID)
		if err != nil || len(items) == 0 {
			continue
		}
		for range r.IntN(40) { // then he drops out
			id, outcome := items[r.IntN(len(items))].Conversation, review.Outcomes[r.IntN(2)]
			_, err := h.desk.TickOff(h.t.Context(), h, review.ID, id, outcome, "", by)
			switch {
			case err == nil:
				h.mu.Lock()
				h.ticked[fmt.Sprint(review.ID, " ", id)] = outcome
				h.mu.Unlock()
			case errors.Is(err, conversations.ErrEnded), errors.Is(err, conversations.ErrTaken):
			default:
				h.t.Error(err)
				return
			}
		}
	}
}

// roundsLeast is how many rounds must have ended for a test of them to mean something.
const roundsLeast = 5

// several waits until so many rounds have ended, while everybody goes on.
func (h *held) several(least int) {
	redistest.Eventually(h.t, "enough rounds have ended", func(ctx context.Context) error {
		page, err := h.Reviews(ctx, conversations.ReviewQuery{State: conversations.ReviewEnded, Limit: least})
		if err == nil && len(page.Items) < least {
			err = fmt.Errorf("%d have", len(page.Items))
		}
		return err
	})
}

// settled waits until every round that was begun before now has ended, however gateways died.
func (h *held) settled() {
	now := clock()
	redistest.Eventually(h.t, "the rounds have ended", func(ctx context.Context) error {
		under, err := h.UnendedReviews(ctx)
		for _, r := range under {
			if err == nil && !r.DueAt.After(now) {
				err = fmt.Errorf("%s is %s", r.ID, r.State)
			}
		}
		return err
	})
}

// judge compares every round that has ended with what the log and the officers say.
func (h *held) judge() {
	page, err := h.Reviews(h.t.Context(), conversations.ReviewQuery{State: conversations.ReviewEnded, Limit: 1000})
	must(h.t, err)
	rounds, items, seen, missed := 0, 0, 0, 0
	for _, r := range page.Items {
		want := h.open(r)
		got, err := h.ReviewItems(h.t.Context(), r.ID)
		must(h.t, err)
		ticks := 0
		for _, i := range got {
			if !want[i.Conversation] {
				h.t.Errorf("%s covers %s, which was not so at its instant", r.ID, i.Conversation)
			}
			told := h.ticked[fmt.Sprint(r.ID, " ", i.Conversation)]
			if i.Tick != nil {
				ticks++
			}
			if (i.Tick != nil) != (told != "") || i.Tick != nil && i.Tick.Outcome != told {
				h.t.Errorf("%s: %s is ticked off as %+v, its officer was told %q", r.ID, i.Conversation, i.Tick, told)
			}
		}
		if len(got) != len(want) || r.Items != len(want) || r.Seen != ticks || r.Seen+r.Missed != r.Items {
			h.t.Errorf("%s: %d were so at its instant, %d are listed; it says %d items, %d seen (%d are), %d missed", r.ID, len(want), len(got), r.Items, r.Seen, ticks, r.Missed)
		}
		rounds, items, seen, missed = rounds+1, items+r.Items, seen+r.Seen, missed+r.Missed
	}
	h.t.Logf("%d states of conversations; %d rounds covered %d: %d seen, %d missed", len(h.states), rounds, items, seen, missed)
	if rounds < roundsLeast || seen == 0 || missed == 0 || items != seen+missed {
		h.t.Errorf("too little happened, or it does not add up")
	}
	a, err := h.Verify(h.t.Context(), nil)
	must(h.t, err)
	for _, f := range a.Findings {
		if !strings.Contains(f.What, "waits for an officer") && !strings.Contains(f.What, "not counted against him") { // nobody routes here
			h.t.Errorf("%s: %s", f.Where, f.What)
		}
	}
}

// open is what a round must cover: in each partition the log is read to where it stood when
// the list was made, which tells at which version each conversation was.
func (h *held) open(r conversations.Review) map[conversations.ID]bool {
	out, ctx := map[conversations.ID]bool{}, h.t.Context()
	for part := range h.Partitions() {
		tag := fmt.Sprintf("{p%02d}:", part)
		listed, err := h.client.HGet(ctx, tag+"ticks:"+string(r.ID), "+").Result()
		if errors.Is(err, redis.Nil) {
			h.t.Fatalf("%s has no list in %s", r.ID, tag)
		}
		must(h.t, err)
		_, last, _ := strings.Cut(listed, " ")
		entries, err := h.client.XRange(ctx, tag+"log", "-", last).Result()
		must(h.t, err)
		version := map[conversations.ID]string{}
		for _, x := range entries {
			f := strings.Split(x.Values["e"].(string), "\t") // place, operation, type, ms, version …
			place, err := strconv.ParseUint(f[0], 10, 64)
			must(h.t, err)
			version[conversations.NewID(place*uint64(h.Partitions())+uint64(part))] = f[4]
		}
		for id, v := range version {
			c, ok := h.states[fmt.Sprint(id, "@", v)]
			if !ok {
				h.t.Fatalf("nobody committed version %s of %s", v, id)
			}
			if c.Desk == r.Desk && r.Covers.Holds(&c) {
				out[id] = true
			}
		}
	}
	return out
}
