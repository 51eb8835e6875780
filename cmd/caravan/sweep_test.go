package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/channels/twilio/reconcile"
	"github.com/caravan-desk/caravan/cmd/caravan/config"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/inbox"
)

// reconciled switches the comparison on; its own sweeps are left to the test.
func reconciled(c *config.Config) { c.Twilio.Reconcile = time.Hour }

// later is a sweep as it will be when no webhook can be under way any more.
func (h *house) later(ahead time.Duration) channels.Sweep {
	h.t.Helper()
	since := now().Add(ahead) // before the sweep looks at the clock
	e := *h.app.sweeps.engine
	e.Now = func() time.Time { return now().Add(ahead) }
	ctx, cancel := context.WithCancel(h.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- reconcile.New(e).Run(ctx) }()
	var last channels.Sweep
	eventually(h.t, "a sweep", func() (err error) {
		if last, err = h.app.sweeps.LastSweep(h.t.Context()); err == nil && last.At.Before(since) {
			err = fmt.Errorf("the last was at %v", last.At)
		}
		return err
	})
	cancel()
	<-ended
	return last
}

// The stand-in drops, doubles and reorders one in twenty of everything it posts. After
// a sweep every message is there once, and every receipt says what the provider says.
func TestNothingIsLostToMissedWebhooks(t *testing.T) {
	people, each := 40, 5
	if os.Getenv("CARAVAN_LONG") == "1" {
		people, each = 1000, 10 // 10,000 in and as many out
	}
	h := open(t, reconciled)
	must(t, h.app.sweeps.Sweep(t.Context()))
	often := simulator.Chance{Odds: 0.05}
	h.sim.SetFaults(simulator.Faults{Seed: 4, Drop: often, Duplicate: often, Reorder: often})
	ids := make([][]string, people)
	h.crowd(people, func(p int) {
		in := simulator.Inbound{From: fmt.Sprintf("+9665%08d", p), WhatsApp: p%2 == 0}
		for i := range each {
			in.Text = fmt.Sprintf("question %d about parcel %d", i, p)
			d, err := h.sim.Write(t.Context(), in)
			if err != nil {
				t.Error(err)
			}
			ids[p] = append(ids[p], d.SID)
		}
	})
	must(t, h.sim.Idle(t.Context()))
	h.crowd(people, func(p int) {
		place, err := h.app.store.Find(t.Context(), []channels.Handle{{Kind: channels.HandlePhone, Value: fmt.Sprintf("+9665%08d", p)}})
		if err != nil || place.Conversation == "" {
			t.Errorf("customer %d: %+v %v", p, place, err)
			return
		}
		for i := range each {
			d := conversations.Draft{Text: fmt.Sprintf("answer %d to %d", i, p)}
			if _, _, err := h.app.desk.Reply(t.Context(), place.Conversation, d, conversations.System); err != nil {
				t.Error(err)
			}
		}
	})
	eventually(t, "the provider has all of them", func() error {
		n := h.sim.Accepted("", "")
		return wrong(n == people*each, "%d of %d", n, people*each)
	})
	must(t, h.sim.Idle(t.Context()))
	h.settledAll()
	missed := missing(h.all())
	last := h.later(3 * time.Minute)
	t.Logf("%d messages: %d of the customers' had been lost and were healed, %d receipts; %d compared", 2*people*each, last.Healed, last.Receipts, last.Compared)
	if last.Healed == 0 || last.Receipts == 0 || last.Compared < people*each {
		t.Errorf("nothing was lost: the test proves nothing (%+v, %d)", last, len(missed))
	}
	h.complete(people, each, ids)
	again := h.later(4 * time.Minute)
	if again.Healed != 0 || again.Receipts != 0 {
		t.Errorf("healed again: %+v", again)
	}
	h.sound()
}

// crowd runs something for many people, some at once.
func (h *house) crowd(people int, do func(p int)) {
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for p := worker; p < people; p += 8 {
				do(p)
			}
		})
	}
	wg.Wait()
}

// all is every message there is.
func (h *house) all() []conversations.Message {
	h.t.Helper()
	var out []conversations.Message
	for _, c := range h.conversations("") {
		list, err := h.app.store.Messages(h.t.Context(), c.ID, 0, 10_000)
		must(h.t, err)
		out = append(out, list...)
	}
	return out
}

// settledAll waits until the outbox has written down what became of everything.
func (h *house) settledAll() {
	h.t.Helper()
	eventually(h.t, "everything is settled", func() error {
		open := 0
		for _, m := range h.all() {
			if m.Direction == conversations.Out && m.Status < channels.Sent {
				open++
			}
		}
		return wrong(open == 0, "%d are not", open)
	})
}

func missing(all []conversations.Message) []conversations.Message {
	return slices.DeleteFunc(all, func(m conversations.Message) bool {
		return m.Direction == conversations.In || m.Status >= channels.Delivered
	})
}

// complete fails unless everything is there once, and every receipt is right.
func (h *house) complete(people, each int, ids [][]string) {
	h.t.Helper()
	here, in, out := map[string]conversations.Message{}, 0, 0
	for _, m := range h.all() {
		if m.ProviderID == "" {
			h.t.Errorf("message %s has no provider's ID: %s", m.ID, m.Status)
		}
		if _, twice := here[m.ProviderID]; twice {
			h.t.Errorf("%s is there twice", m.ProviderID)
		}
		here[m.ProviderID] = m
		if m.Direction == conversations.In {
			in++
		} else {
			out++
		}
	}
	if in != people*each || out != people*each {
		h.t.Errorf("%d in and %d out, want %d of each", in, out, people*each)
	}
	for p := range ids {
		for i, sid := range ids[p] {
			if m := here[sid]; m.Text != fmt.Sprintf("question %d about parcel %d", i, p) {
				h.t.Errorf("message %d of customer %d is %q", i, p, m.Text)
			}
		}
	}
	for _, m := range h.sim.Messages() {
		if m.Direction != simulator.DirInbound && here[m.SID].Status.String() != m.Status {
			h.t.Errorf("%s is %s here and %s at the provider", m.SID, here[m.SID].Status, m.Status)
		}
	}
}

func TestReconciliationIsReadAndAskedFor(t *testing.T) {
	t.Parallel()
	h := open(t, reconciled)
	h.write(simulator.Inbound{From: "+966533330031", Text: "Where is my parcel?"})
	view := field[inbox.SweepView](h.post("/v1/reconciliation", nil).want(http.StatusOK))
	if view.Last.Compared != 1 || view.Last.Healed != 0 {
		t.Errorf("compared %+v", view.Last)
	}
	hour := now().Truncate(time.Hour)
	must(t, h.app.sweeps.SaveSweep(t.Context(), view.Last, []channels.Tally{
		{Hour: hour.Add(-2 * time.Hour), Received: 7, Stored: 7, Threaded: 7}, {Hour: hour.Add(-time.Hour), Received: 7, Stored: 6, Threaded: 6}}))
	view = field[inbox.SweepView](h.get("/v1/reconciliation?limit=1").want(http.StatusOK))
	if len(view.Items) != 1 || view.Items[0].Whole || view.NextCursor == nil {
		t.Fatalf("hours %+v", view)
	}
	view = field[inbox.SweepView](h.get("/v1/reconciliation?limit=1&cursor=" + *view.NextCursor).want(http.StatusOK))
	if len(view.Items) != 1 || !view.Items[0].Whole || view.NextCursor != nil {
		t.Errorf("earlier hours %+v", view)
	}
	officer := h.hire(conversations.Officer{Email: "o@example.com", Name: "Aisyah", Capacity: 5})
	officer.get("/v1/reconciliation").want(http.StatusForbidden)
	var out bytes.Buffer
	n, err := verifyTallies(t.Context(), &out, h.app.sweeps.Sweeps, now())
	if must(t, err); n != 1 || !strings.Contains(out.String(), "in 2 whole hours received 14, stored 13, in conversations 13") {
		t.Errorf("%d hours are wrong: %s", n, out.String())
	}
}

// What customers write while every gateway is away, Twilio posts once and never again: it
// is there after the next start, without anybody asking. It takes as long as a webhook may take.
func TestWrittenWhileAwayIsHealedAtTheNextStart(t *testing.T) {
	if os.Getenv("CARAVAN_LONG") != "1" {
		t.Skip("takes 20 seconds: CARAVAN_LONG=1 runs it")
	}
	h, c := outside(t)
	eventually(t, "a first sweep", func() error {
		v := field[inbox.SweepView](h.get("/v1/reconciliation"))
		return wrong(!v.Last.At.IsZero(), "none yet")
	})
	c.end(syscall.SIGKILL)
	for i := range 20 {
		_, _ = h.sim.Write(t.Context(), simulator.Inbound{From: fmt.Sprintf("+9665999%05d", i), Text: "Where is my parcel?"})
	}
	c.start()
	c.ready()
	eventually(t, "all are there", func() error {
		n := len(h.conversations(""))
		return wrong(n == 20, "%d of 20", n)
	})
	for _, conv := range h.conversations("") {
		if ms := h.messages(conv.ID); len(ms) != 1 || len(ms[0].Warnings) == 0 {
			t.Errorf("conversation %s: %+v", conv.ID, ms)
		}
	}
}
