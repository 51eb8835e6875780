//go:build unix

package redisstore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/redisstore"
	"github.com/caravan-desk/caravan/conversations/redisstore/redistest"
)

// losing opens a store on a single server whose replies pass a proxy.
func losing(t *testing.T) (*house, *redistest.Proxy) {
	t.Helper()
	s := redistest.Single(t)
	p := redistest.NewProxy(t, s.Addr)
	h := open(t, p.URL(s.Addr))
	h.stop()
	return h, p
}

// losingCluster is losing with six nodes.
func losingCluster(t *testing.T) (*house, *redistest.Proxy) {
	t.Helper()
	n := redistest.Cluster(t)
	p := redistest.NewProxy(t, n.Addrs...)
	connect := func() *redis.ClusterClient {
		return redis.NewClusterClient(&redis.ClusterOptions{
			Addrs: n.Addrs, Dialer: p.Dial, MaxRetries: -1, ContextTimeoutEnabled: true, DialerRetries: 1, ReadTimeout: 4 * time.Second,
		})
	}
	h := openOn(t, n.URL, &watch{}, redisstore.Options{Client: connect(), Readers: connect(), Consumer: "test", Replicated: true, Term: patient})
	h.stop()
	return h, p
}

// ours matches the commands of the store itself, without those that set up a
// connection and those that reserve numbers (a repeat leaves some unused).
func ours(command []string) bool {
	return !redistest.Command("hello", "client", "command", "cluster", "ping", "role", "wait", "incrby", "hincrby", "scan", "type")(command)
}

// unmarked are ours without the marks and looks behind writes: a lost one repeats
// the whole pipeline, and with it what reserves numbers.
func unmarked(command []string) bool {
	return ours(command) && !strings.HasSuffix(command[1], ":mark") && !redistest.Command("info")(command)
}

// TestNothingLandsTwice loses the first replies to each operation of a broad run:
// the state after each is that of a run that lost none.
func TestNothingLandsTwice(t *testing.T) {
	t.Run("single", func(t *testing.T) {
		t.Parallel()
		h, p := losing(t)
		nothingLandsTwice(t, h, p)
	})
	t.Run("cluster", func(t *testing.T) {
		t.Parallel()
		h, p := losingCluster(t)
		nothingLandsTwice(t, h, p)
	})
}

func nothingLandsTwice(t *testing.T, h *house, p *redistest.Proxy) {
	twin := open(t, redistest.Single(t).URL)
	twin.watch.stopped.Store(h.watch.stopped.Load())
	want, lost := twin.broad(new(day)), 0
	for i, s := range h.broad(new(day)) {
		must(t, want[i].run(t.Context()))
		p.EatReplies(1+i%3, unmarked)
		err := s.run(t.Context())
		lost += p.Eaten()
		p.EatReplies(0, ours)
		if err != nil && s.name != "ready" { // which says so when something is lost
			t.Errorf("%s: %v", s.name, err)
		}
		compare(t, "after "+s.name, h.dump(t), twin.dump(t))
		if t.Failed() {
			return
		}
	}
	if lost < 60 {
		t.Errorf("only %d replies were lost", lost)
	}
}

// TestSettledBefore loses the answer to a settlement that changes nothing of the
// message, because a receipt was quicker, or it is as uncertain as it was.
func TestSettledBefore(t *testing.T) {
	for name, receipt := range map[string]channels.Status{"delivered": channels.Delivered, "uncertain": channels.Uncertain} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, p := losing(t)
			ctx, m := t.Context(), h.queued(t)
			d := h.one(t, time.Minute)
			must(t, h.BeginSend(ctx, &d))
			out := conversations.Outcome{Status: channels.Uncertain, Again: h.now().Add(time.Minute)}
			if receipt == channels.Uncertain {
				must(t, h.Settle(ctx, d, out))
				h.forward(time.Minute)
				d = h.one(t, time.Minute)
				out.Again = h.now().Add(time.Minute)
			} else {
				must(t, h.intake.RecordReceipt(ctx, channels.Receipt{MessageID: string(m.ID), ProviderID: "SM2", Status: receipt}))
			}
			p.EatReplies(1, redistest.Command("evalsha"))
			must(t, h.Settle(ctx, d, out))
			if p.Eaten() != 1 {
				t.Errorf("%d answers were lost", p.Eaten())
			}
			h.status(t, m.ID, receipt)
			if h.Settle(ctx, d, out) == nil {
				t.Error("a lease was settled twice")
			}
			h.audit(t)
		})
	}
}

// TestServedWhileItsAnswerWasLost loses the answer to one who waits, and before he asks again
// somebody has got room: he is told that he waits, not that he is to look for room.
func TestServedWhileItsAnswerWasLost(t *testing.T) {
	t.Parallel()
	s := redistest.Single(t)
	p := redistest.NewProxy(t, s.Addr)
	h, other := open(t, p.URL(s.Addr)), open(t, s.URL)
	o := h.hire(t, "a@example.com", 1)
	must(t, h.Claim(t.Context(), o, "1", "", 1))
	room, err := h.Room(t.Context())
	must(t, err)
	tries := 0
	p.EatReplies(1<<30, func(command []string) bool {
		if !redistest.Command("evalsha")(command) || !slices.Contains(command, "{board}:waiting:trace/") {
			return false
		}
		if tries++; tries == 2 {
			must(t, other.Free(context.Background(), o.ID, "1"))
		}
		return tries == 1
	})
	must(t, h.Wait(t.Context(), "2", "trace/", 1, room))
	if tries != 2 {
		t.Errorf("it was tried %d times", tries)
	}
}

// TestNothingIsLostNorDoubled lets many write at once while replies are lost at
// random and connections cut.
func TestNothingIsLostNorDoubled(t *testing.T) {
	t.Run("single", func(t *testing.T) {
		t.Parallel()
		h, p := losing(t)
		nothingIsLostNorDoubled(t, h, p)
	})
	t.Run("cluster", func(t *testing.T) {
		t.Parallel()
		h, p := losingCluster(t)
		nothingIsLostNorDoubled(t, h, p)
	})
}

func nothingIsLostNorDoubled(t *testing.T, h *house, p *redistest.Proxy) {
	const people = 16
	each := some(5, 20, 200)
	p.EatReplies(1<<30, func(command []string) bool { return ours(command) && rand.IntN(10) == 0 })
	var wg sync.WaitGroup
	for n := range people {
		wg.Go(func() {
			for i := range each {
				in := sms(fmt.Sprintf("SM%d-%d", n, i), number(n), "hello")
				for h.intake.Receive(context.Background(), in) != nil { // as a provider does
				}
			}
		})
	}
	wg.Wait()
	lost := p.Eaten()
	list := h.all(t, conversations.Query{})
	for _, c := range list {
		wg.Go(func() {
			for i := range each {
				draft := conversations.Draft{Text: "good day", Op: fmt.Sprint("answer ", i)}
				for {
					if _, _, err := h.desk.Reply(context.Background(), c.ID, draft, officer); err == nil {
						break
					}
				}
			}
		})
	}
	wg.Wait()
	lost += p.Eaten()
	p.EatReplies(0, ours)
	if len(list) != people || lost < people {
		t.Errorf("%d conversations of %d people, %d replies lost", len(list), people, lost)
	}
	for _, c := range h.all(t, conversations.Query{}) {
		ms, err := h.Messages(t.Context(), c.ID, 0, 1000)
		must(t, err)
		var in []string
		out := 0
		for _, m := range ms {
			if m.Direction == conversations.In {
				in = append(in, m.ProviderID)
			} else if m.Status == channels.Queued {
				out++
			}
		}
		slices.Sort(in)
		if len(slices.Compact(in)) != each || len(in) != each || out != each {
			t.Errorf("%s has %d in and %d out, want %d each", c.ID, len(in), out, each)
		}
	}
	logs, ops := 0, map[string]bool{}
	for key, lines := range h.raw(t, ":log") {
		for _, line := range lines {
			logs++
			ops[key+line] = true
		}
	}
	if want := 2 * people * each; len(ops) != logs || logs < want || logs > want+people {
		t.Errorf("the logs tell %d events, %d different ones, want %d and one change of status a person", logs, len(ops), want)
	}
	h.audit(t)
}

// raw are the entries of the streams whose names end so.
func (h *house) raw(t *testing.T, end string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	h.masters(t, func(c *redis.Client) {
		scan := c.Scan(t.Context(), 0, "*"+end, 1000).Iterator()
		for scan.Next(t.Context()) {
			for _, x := range c.XRange(t.Context(), scan.Val(), "-", "+").Val() {
				out[scan.Val()] = append(out[scan.Val()], fmt.Sprint(x.Values))
			}
		}
		must(t, scan.Err())
	})
	return out
}

// TestNumbersStayUnique loses the replies to what reserves numbers.
func TestNumbersStayUnique(t *testing.T) {
	t.Parallel()
	h, p := losing(t)
	p.EatReplies(1<<30, func(command []string) bool {
		return redistest.Command("incrby", "hincrby")(command) && rand.IntN(2) == 0
	})
	var mu sync.Mutex
	seen := map[string]bool{}
	note := func(id string, err error) {
		mu.Lock()
		defer mu.Unlock()
		if err != nil || seen[id] {
			t.Errorf("%q: %v, given before: %v", id, err, seen[id])
		}
		seen[id] = true
	}
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			id, err := h.NewID(context.Background(), "one key")
			note(string(id), err)
			if i%20 == 0 {
				o, err := h.SaveOfficer(context.Background(), conversations.Officer{Email: fmt.Sprint(i)})
				note(string(o.ID), err)
			}
		})
	}
	wg.Wait()
}

// TestSeatIsTakenOnce loses the answer to a change that takes an officer's last place.
func TestSeatIsTakenOnce(t *testing.T) {
	h, p := losing(t)
	o := h.hire(t, "a@example.com", 1)
	p.EatReplies(1, redistest.Command("evalsha"))
	id, err := h.seated(t.Context(), o, 1)
	must(t, err)
	if p.Eaten() != 1 {
		t.Errorf("%d answers were lost", p.Eaten())
	}
	if c, err := h.Load(t.Context(), id); err != nil || c.Version != 1 {
		t.Errorf("version %d, %v", c.Version, err)
	}
	h.load(t, o.ID, 1)
	h.audit(t)
}
