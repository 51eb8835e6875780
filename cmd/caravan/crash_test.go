package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/redisstore/redistest"
)

// kills is how often something is killed: a few times, or with CARAVAN_LONG=1 as
// often as the figures we publish were measured.
func kills(few, many int) int {
	if os.Getenv("CARAVAN_LONG") != "" {
		return many
	}
	return few
}

// load is customers who write without end, and officers who answer.
type load struct {
	h       *house
	ctx     context.Context
	stop    func()
	work    sync.WaitGroup
	taken   atomic.Int64
	mu      sync.Mutex
	written map[string]string // text by SID, of what was answered 200
	replies map[string]bool   // texts of what was answered 202
}

const (
	handles   = 40
	customers = 6
	officers  = 3
)

func (h *house) load() *load {
	ctx, cancel := context.WithCancel(h.t.Context())
	l := &load{h: h, ctx: ctx, written: map[string]string{}, replies: map[string]bool{}}
	for i := range customers {
		l.work.Go(func() { l.customer(rand.New(rand.NewPCG(uint64(i), 1))) })
	}
	for i := range officers {
		l.work.Go(func() { l.officer(i, rand.New(rand.NewPCG(uint64(i), 2))) })
	}
	l.stop = sync.OnceFunc(func() { cancel(); l.work.Wait() })
	h.t.Cleanup(l.stop)
	return l
}

// customer writes, and has every message delivered again until it is taken.
func (l *load) customer(r *rand.Rand) {
	for n := 0; l.ctx.Err() == nil; n++ {
		in := simulator.Inbound{
			WhatsApp: r.IntN(2) == 0, From: fmt.Sprintf("+9665000%05d", r.IntN(handles)), SID: simulator.NewSID("SM"),
			Text: fmt.Sprintf("Where is my parcel %d?", r.Uint64()),
		}
		if in.WhatsApp {
			in.From = fmt.Sprintf("+6011000%05d", r.IntN(handles))
		}
		d, err := l.h.sim.Write(l.h.t.Context(), in)
		for err == nil && !d.OK() && l.h.t.Context().Err() == nil {
			pause(5 * time.Millisecond)
			d, err = l.h.sim.Redeliver(l.h.t.Context(), in.SID)
		}
		if err != nil {
			l.h.t.Errorf("write: %v", err)
			return
		}
		l.mu.Lock()
		l.written[in.SID] = in.Text
		l.mu.Unlock()
		l.taken.Add(1)
		if r.IntN(10) == 0 { // once more, although it was taken
			if _, err := l.h.sim.Redeliver(l.h.t.Context(), in.SID); err != nil {
				l.h.t.Errorf("redeliver: %v", err)
			}
		}
	}
}

// officer answers conversations, each answer again until it is taken.
func (l *load) officer(who int, r *rand.Rand) {
	for n := 0; l.ctx.Err() == nil; n++ {
		a, err := l.h.try("GET", "/v1/conversations?limit=50", nil)
		if err != nil || a.code != http.StatusOK {
			pause(20 * time.Millisecond)
			continue
		}
		items := field[list[conversations.Conversation]](a).Items
		if len(items) == 0 {
			pause(20 * time.Millisecond)
			continue
		}
		c := items[r.IntN(len(items))]
		text := fmt.Sprintf("answer %d of officer %d", n, who)
		if !l.reply(c.ID, text) { // again until it is answered, while the officer goes on
			l.work.Go(func() {
				for l.h.t.Context().Err() == nil && !l.reply(c.ID, text) {
					pause(100 * time.Millisecond)
				}
			})
		}
	}
}

// reply answers a conversation once, however often it is called; it reports
// whether the gateway has said so.
func (l *load) reply(id conversations.ID, text string) bool {
	body := map[string]any{"kind": "reply", "text": text}
	a, err := l.h.try("POST", "/v1/conversations/"+string(id)+"/messages", body, "Idempotency-Key", text)
	if err != nil || a.code >= 500 || a.code == http.StatusConflict {
		return false
	}
	if a.code != http.StatusAccepted {
		l.h.t.Errorf("reply: %d %s", a.code, a.body)
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.replies[text] = true
	return true
}

// pause keeps a client from asking a dead gateway as fast as it can.
func pause(d time.Duration) { <-time.After(d) }

// more waits until the gateway has taken n more messages.
func (l *load) more(n int64) {
	l.h.t.Helper()
	goal := l.taken.Load() + n
	eventually(l.h.t, "the gateway takes messages", func() error {
		return wrong(l.taken.Load() >= goal, "%d of %d", l.taken.Load(), goal)
	})
}

// settled waits until every reply has gone, and fails unless nothing was lost and nothing doubled.
func (l *load) settled() {
	t := l.h.t
	t.Helper()
	l.stop()
	byStatus := map[string]int{}
	eventually(t, "every reply has gone", func() error {
		clear(byStatus)
		for _, c := range l.h.conversations("") {
			for _, m := range l.h.messages(c.ID) {
				if m.Direction == conversations.Out {
					byStatus[m.Status]++
				}
			}
		}
		return wrong(byStatus["queued"]+byStatus["sending"]+byStatus["uncertain"] == 0, "%v", byStatus)
	})
	kept, open := map[string]int{}, map[string]int{}
	for _, c := range l.h.conversations("") {
		if c.Status.Live() {
			open[c.Contact.Handles[0].Key()]++
		}
		for _, m := range l.h.messages(c.ID) {
			if m.Direction == conversations.In {
				kept[m.ProviderID]++
				if want, ok := l.written[m.ProviderID]; ok && want != m.Text {
					t.Errorf("%s was kept as %q, written as %q", m.ProviderID, m.Text, want)
				}
			}
		}
	}
	for sid := range l.written {
		if kept[sid] != 1 {
			t.Errorf("%s was accepted and is kept %d times", sid, kept[sid])
		}
	}
	for handle, n := range open {
		if n != 1 {
			t.Errorf("%s has %d open conversations", handle, n)
		}
	}
	for text := range l.replies {
		if n := l.h.sim.Accepted("", text); n != 1 {
			t.Errorf("%q was accepted %d times", text, n)
		}
	}
	t.Logf("%d messages accepted, %d conversations, %d replies: %v", len(l.written), len(open), len(l.replies), byStatus)
	if len(l.written) == 0 || len(l.replies) == 0 {
		t.Error("there was no load")
	}
}

func (h *house) staff() {
	h.t.Helper()
	for i := range officers {
		o := everything(fmt.Sprint("Officer", i))
		h.post("/v1/officers", map[string]any{
			"email": o.Email, "name": o.Name, "availability": "available", "skills": o.Skills, "languages": o.Languages, "capacity": 20,
		}).want(http.StatusCreated)
	}
}

func TestGatewayIsKilled(t *testing.T) {
	t.Parallel()
	h, gateway := outside(t)
	h.staff()
	l := h.load()
	r := rand.New(rand.NewPCG(1, 1))
	for range kills(5, 50) {
		l.more(int64(5 + r.IntN(100)))
		gateway.end(syscall.SIGKILL)
		gateway.start()
		gateway.ready()
	}
	l.more(20)
	l.settled()
	gateway.end(syscall.SIGTERM)
	if out, errs, code := caravan(t, gateway.env, "", "verify"); code != 0 {
		t.Errorf("verify: %d\n%s%s", code, out, errs)
	}
}

func TestStoreIsKilled(t *testing.T) {
	t.Parallel()
	server := redistest.Single(t, redistest.AOF...)
	h, gateway := outside(t, onRedis(server.URL))
	h.staff()
	l := h.load()
	r := rand.New(rand.NewPCG(2, 1))
	for range kills(2, 10) {
		l.more(int64(100 + r.IntN(400)))
		server.Kill()
		server.Restart()
		gateway.ready()
	}
	l.more(20)
	l.settled()
	if out, errs, code := caravan(t, gateway.env, "", "verify"); code != 0 {
		t.Errorf("verify: %d\n%s%s", code, out, errs)
	}
}
