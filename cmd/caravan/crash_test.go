package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/redisstore"
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
	written map[string]string // text by SID or Message-ID, of what was answered 200 or lies in the mailbox
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
	l.work.Go(l.writer)
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

// writer is a customer who writes mails. They lie in the mailbox whatever the gateway does.
func (l *load) writer() {
	for n := 0; l.ctx.Err() == nil; n++ {
		note := simulator.Note{
			From: fmt.Sprintf("person%d@customer.example", n%10), Subject: fmt.Sprint("Umrah ", n), Text: fmt.Sprintf("Is my umrah booking %d confirmed?", n),
		}
		letter, err := l.h.mail.Send(note)
		if err != nil {
			l.h.t.Errorf("mail: %v", err)
			return
		}
		l.mu.Lock()
		l.written[letter.MessageID] = note.Text
		l.mu.Unlock()
		pause(100 * time.Millisecond)
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
		text := fmt.Sprintf("answer %d of officer %d.", n, who)
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
	h.run("", "verify").want(0)
}

func TestGatewayIsStopped(t *testing.T) {
	t.Parallel()
	h, gateway := outside(t)
	h.staff()
	l := h.load()
	for range kills(2, 10) {
		l.more(50)
		gateway.end(syscall.SIGTERM)
		if err := gateway.process.Err(); err != nil {
			t.Errorf("it ended with %v\n%s", err, tail(h.log.String()))
		}
		gateway.start()
		gateway.ready()
	}
	l.more(20)
	l.settled()
	eventually(t, "verify beside a gateway at work finds nothing that stays", func() error {
		r := h.run("", "verify")
		return wrong(r.code == 0, "%s", r.out)
	})
}

// TestStoreIsKilled kills the server while its disk is slow: with appendfsync everysec it
// then answers before it has written, and what nobody was told may be gone.
func TestStoreIsKilled(t *testing.T) {
	t.Parallel()
	busyDisk(t)
	server := redistest.Single(t, redistest.AOF...)
	h, gateway := outside(t, onRedis(server.URL))
	h.staff()
	l := h.load()
	r := rand.New(rand.NewPCG(2, 1))
	for range kills(2, 10) {
		l.more(int64(100 + r.IntN(400)))
		behind(t, server.URL)
		server.Kill()
		server.Restart()
		gateway.ready()
	}
	l.more(20)
	l.settled()
	h.run("", "verify").want(0)
}

// behind waits until a server has answered what it has not written, but not longer than two
// seconds: it begins an fsync in each, which a fast disk may have done at once.
func behind(t *testing.T, url string) {
	t.Helper()
	client, readers, err := redisstore.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	defer readers.Close()
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		info := client.Info(ctx, "persistence").Val()
		if strings.Contains(info, "aof_pending_bio_fsync:1") && !strings.Contains(info, "aof_buffer_length:0") {
			return
		}
	}
	t.Log("the disk is too fast for the server to fall behind")
}

// busyDisk keeps the disk of the test's folders at work.
func busyDisk(t *testing.T) {
	t.Helper()
	quit := make(chan struct{})
	var wg sync.WaitGroup
	for range 2 {
		f, err := os.CreateTemp(t.TempDir(), "busy")
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			defer f.Close()
			for block := make([]byte, 4<<20); ; {
				select {
				case <-quit:
					return
				default:
				}
				_, err := f.WriteAt(block, 0)
				if err = errors.Join(err, f.Sync()); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	t.Cleanup(func() { close(quit); wg.Wait() })
}
