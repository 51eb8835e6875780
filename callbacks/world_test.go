package callbacks

import (
	"container/heap"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// world is a house in which time is a number: a store, a provider with telephones
// behind it, and gateways that can be killed before and after every step they take.
type world struct {
	t      testing.TB
	rnd    *rand.Rand
	now    time.Time
	events events
	serial int

	store    *memory
	provider *provider
	gateways []*gateway

	killAt    int             // the step at which a gateway dies next; 0: never
	kills     int             // how often one may still die
	steps     int             // taken since the last death
	diedAt    map[string]bool // the points at which one died
	downUntil time.Duration   // how long a dead gateway stays dead, at most
}

// gateway is one life after the other of a gateway.
type gateway struct {
	w    *world
	name string
	d    *Dialer
	down bool
	woke bool

	alarm int // the latest time set to look again
}

// died is what a killed gateway panics with.
type died struct{ at string }

var start = time.Date(2026, 11, 21, 6, 0, 0, 0, time.UTC)

func newWorld(t testing.TB, seed uint64, gateways int) *world {
	w := &world{t: t, rnd: rand.New(rand.NewPCG(seed, 7)), now: start, diedAt: map[string]bool{}, downUntil: 90 * time.Second}
	w.store = newMemory(w)
	w.provider = &provider{w: w, perAttempt: map[string]int{}, byPerson: map[string]int{}, heard: map[string][]heardNews{}}
	for i := range gateways {
		w.gateways = append(w.gateways, &gateway{w: w, name: fmt.Sprint("g", i)})
	}
	return w
}

// born gives a gateway a new life.
func (g *gateway) born(perSecond float64, atOnce int) {
	w := g.w
	s := &lived{w.store, g}
	g.d = &Dialer{
		Ledger: s, Keeper: &conversations.Desk{Store: s, Now: w.clock}, Lines: s, Marks: s, Officers: s, Pacer: s, Watcher: s,
		Caller: &line{w.provider, g}, Teller: s, Partitions: 1, PerSecond: perSecond, AtOnce: atOnce, Gateway: g.name,
		Now: w.clock, Logger: slog.New(slog.DiscardHandler), inline: true,
	}
	g.down, g.woke = false, true
	g.d.open()
	g.d.Watcher.Watch(conversations.EventCallback, g.d.changed)
	g.alive(func() { g.d.reclaim(context.Background()) })
}

func (w *world) clock() time.Time { return w.now }

// alive runs a part of a gateway's life; it reports whether it survived.
func (g *gateway) alive(f func()) (survived bool) {
	defer func() {
		if v := recover(); v != nil {
			d, ok := v.(died)
			if !ok {
				panic(v)
			}
			g.w.diedAt[d.at] = true
			g.down, survived = true, false
			perSecond, atOnce := g.d.PerSecond, g.d.AtOnce
			g.w.after(time.Second+time.Duration(g.w.rnd.Int64N(int64(g.w.downUntil))), func() { g.born(perSecond, atOnce); g.turn() })
		}
	}()
	f()
	return true
}

// step is a point at which a gateway may die.
func (g *gateway) step(at string) {
	w := g.w
	if w.kills == 0 || g.down {
		return
	}
	if w.steps++; w.steps >= w.killAt {
		w.kills--
		w.steps, w.killAt = 0, 1+w.rnd.IntN(60)
		panic(died{at})
	}
}

// turn lets a gateway do what is due, and comes back when it says.
func (g *gateway) turn() {
	for i := 0; !g.down && g.woke; i++ {
		if i > 1000 {
			g.w.t.Fatalf("%s: %s turns and turns: %v", g.w.now, g.name, g.w.store.callbacks)
		}
		g.woke = false
		g.alive(func() {
			next, err := g.d.Turn(context.Background())
			if err != nil {
				g.w.t.Fatalf("turn: %v", err)
			}
			g.alarm++
			if mine := g.alarm; !next.IsZero() {
				g.w.at(next, func() {
					if g.alarm == mine && !g.down {
						g.woke = true
						g.turn()
					}
				})
			}
		})
		select {
		case <-g.d.wakeup:
			g.woke = true
		default:
		}
	}
}

// run plays until done says so, or the time is over.
func (w *world) run(until time.Duration, done func() bool) {
	for w.events.Len() > 0 && !done() {
		e := heap.Pop(&w.events).(event)
		if e.at.Sub(start) > until {
			return
		}
		if e.at.After(w.now) {
			w.now = e.at
		}
		e.do()
	}
}

func (w *world) at(at time.Time, do func()) {
	w.serial++
	heap.Push(&w.events, event{at, w.serial, do})
}

func (w *world) after(d time.Duration, do func()) { w.at(w.now.Add(d), do) }

// chance is true n times in a hundred.
func (w *world) chance(n int) bool { return w.rnd.IntN(100) < n }

type event struct {
	at    time.Time
	order int
	do    func()
}

// events is a heap, the earliest first.
type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at.Before(e[j].at) || e[i].at.Equal(e[j].at) && e[i].order < e[j].order
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	old := *e
	x := old[len(old)-1]
	*e = old[:len(old)-1]
	return x
}
