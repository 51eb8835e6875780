package callbacks

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

var seeds = flag.Int("seeds", worlds, "how many worlds are played")

// TestKilledAtEveryStep plays worlds in which gateways are killed before and after
// whatever they do, with a provider that loses, doubles and delays. Each attempt
// rings once at most, nobody is on two calls, every promise ends in one of its ends,
// and those kept are those that a recount of the provider's news finds kept.
func TestKilledAtEveryStep(t *testing.T) {
	n := *seeds
	points, ends, kept := map[string]bool{}, map[conversations.CallbackStatus]int{}, 0
	news := map[conversations.CallbackStatus]int{}
	calls, deaths := 0, 0
	for seed := range n {
		w := play(t, uint64(seed))
		for p := range w.diedAt {
			points[p] = true
		}
		deaths += 12 - w.kills
		calls += len(w.provider.calls)
		for id, cb := range w.store.callbacks {
			ends[cb.Status]++
			if cb.Status == conversations.CallbackCanceled {
				continue // an officer's word; what comes after it does not count
			}
			if cb.Spoken != nil {
				news[cb.Status]++
			}
			told := recount(w, id)
			if told {
				kept++
			}
			if told != (cb.Status == conversations.CallbackKept) {
				t.Errorf("seed %d: %s is %s, a recount says kept=%v\n%s", seed, id, cb.Status, told, story(w, cb))
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	if len(points) < 12 {
		t.Errorf("killed at %d points only: %v", len(points), points)
	}
	for _, s := range []conversations.CallbackStatus{conversations.CallbackKept, conversations.CallbackBroken, conversations.CallbackCanceled, conversations.CallbackRenegotiated} {
		if ends[s] == 0 {
			t.Errorf("no promise ended as %s: %v", s, ends)
		}
	}
	if news[conversations.CallbackKept] == 0 || news[conversations.CallbackBroken] == 0 || news[conversations.CallbackRenegotiated] > 0 {
		t.Errorf("calls that tell news ended %v", news)
	}
	t.Logf("%d worlds, %d calls, %d deaths at %d points; ends %v, of them news %v; kept %d, recounted %d", n, calls, deaths, len(points), ends, news, ends[conversations.CallbackKept], kept)
}

// play lets a world live until every promise has ended.
func play(t *testing.T, seed uint64) *world {
	w := newWorld(t, seed, 2)
	w.kills, w.killAt = 12, 1+w.rnd.IntN(40)
	for i := range w.rnd.IntN(4) {
		w.store.officers = append(w.store.officers, conversations.Officer{
			ID: conversations.OfficerID(fmt.Sprint("o", i)), Name: fmt.Sprint("Officer ", i), Phone: fmt.Sprintf("+96650000000%d", i),
			Availability: conversations.Available, Skills: []string{"trace"}, Languages: []string{"en"},
		})
	}
	for i := range 1 + w.rnd.IntN(5) {
		w.after(time.Duration(w.rnd.IntN(600))*time.Second, func() {
			r := conversations.CallbackRequest{Phone: fmt.Sprintf("+6012345670%d", i%3)} // some share a telephone
			if w.chance(30) {
				r.At = w.now.Add(time.Duration(w.rnd.IntN(300)) * time.Minute)
			}
			if w.chance(20) {
				r.First = conversations.PartyCustomer
			}
			if w.chance(25) {
				r.Spoken = &conversations.Spoken{Text: "It is out for delivery.", Language: "en", About: "1086396430"}
			}
			var owner *conversations.Officer
			if len(w.store.officers) > 0 && w.chance(60) {
				owner = &w.store.officers[w.rnd.IntN(len(w.store.officers))]
			}
			id := w.promise(i+1, r, owner)
			if w.chance(20) {
				w.after(time.Duration(w.rnd.IntN(60))*time.Minute, func() { w.cancel(id) })
			}
			for _, g := range w.gateways {
				if !g.down {
					g.d.changed(0)
					g.woke = true
					g.turn()
				}
			}
		})
	}
	for _, g := range w.gateways {
		g.born(1, 1+w.rnd.IntN(4))
		g.turn()
	}
	expected := func() bool {
		if w.now.Sub(start) < 600*time.Second {
			return false
		}
		for _, cb := range w.store.callbacks {
			if cb.Status.Open() || cb.LookAt != nil {
				return false
			}
		}
		return true
	}
	w.run(7*24*time.Hour, expected)
	if !expected() {
		for _, cb := range w.store.callbacks {
			if cb.LookAt != nil || cb.Status.Open() {
				t.Errorf("seed %d: %s: %s never ends\n%s", seed, w.now, cb.ID, story(w, cb))
			}
		}
	}
	for id, cb := range w.store.callbacks {
		if cb.Status == conversations.CallbackBroken && w.store.told[id] == 0 {
			t.Errorf("seed %d: nobody was told that %s was broken", seed, id)
		}
		rang(t, w, seed, cb)
	}
	paced(t, w.provider.asked, time.Second)
	return w
}

// cancel is an officer who takes a promise back, if it is open still.
func (w *world) cancel(id conversations.CallbackID) {
	for _, g := range w.gateways {
		if g.down {
			continue
		}
		g.alive(func() {
			err := g.d.keep(context.Background(), id, "not wanted", func(cb conversations.Callback, now time.Time) (conversations.Callback, error) {
				if !cb.Status.Open() {
					return cb, errNothing
				}
				return cb.Closed(conversations.CallbackCanceled, now), nil
			})
			if err != nil {
				w.t.Error(err)
			}
		})
		g.woke = true
		g.turn()
		return
	}
}

// rang holds each attempt against the provider's own list of calls.
func rang(t *testing.T, w *world, seed uint64, cb conversations.Callback) {
	for i, a := range cb.Attempts {
		n := w.provider.perAttempt[conversations.AttemptID(cb.ID, i+1)]
		placed := a.CallSID != ""
		if n > 1 || placed && n != 1 || !placed && n == 1 && a.Outcome != conversations.CallUncertain {
			t.Errorf("seed %d: attempt %d of %s was placed %d times: %+v", seed, i+1, cb.ID, n, a)
		}
	}
}

// paced holds calls against the pace: no two are nearer than the gap.
func paced(t *testing.T, at []time.Time, gap time.Duration) {
	for i := 1; i < len(at); i++ {
		if d := at[i].Sub(at[i-1]); d < gap {
			t.Errorf("two calls within %s", d)
		}
	}
}

// recount says whether a promise was kept, from nothing but what the provider told.
func recount(w *world, id conversations.CallbackID) bool {
	cb := w.store.callbacks[id]
	for i, a := range cb.Attempts {
		if cb.Spoken != nil && newsHeard(w.provider.heard[conversations.AttemptID(id, i+1)]) {
			return true
		}
		if cb.Spoken == nil && humanProved(w.provider.heard[conversations.AttemptID(id, i+1)], a.First == conversations.PartyCustomer, a.At) {
			return true
		}
	}
	return false
}

// newsHeard says the same of a call that told news: a key, or silence at its end where no
// machine was heard.
func newsHeard(all []heardNews) bool {
	machine, silence := false, false
	for _, n := range all {
		switch n.Kind {
		case channels.NewsKey:
			return true
		case channels.NewsMachine:
			machine = true
		case channels.NewsSilence:
			silence = true
		}
	}
	return silence && !machine
}

func humanProved(all []heardNews, customerFirst bool, began time.Time) bool {
	machine, talk, answered, ended := false, 0, time.Time{}, 0
	for _, n := range all {
		his := n.Second != customerFirst
		switch n.Kind {
		case channels.NewsKey:
			if his && n.Digits != "2" && n.Digits != "9" {
				return true
			}
		case channels.NewsSpeech:
			return true
		case channels.NewsRecorded:
			if n.Seconds >= 2 {
				return true
			}
		case channels.NewsMachine:
			machine = machine || his
		case channels.NewsDisposing:
			machine = machine || n.Digits == "3"
		case channels.NewsAnswered:
			if his && answered.IsZero() {
				answered = n.at
			}
		case channels.NewsJoined:
			if n.Status == channels.CallCompleted {
				talk = max(talk, n.Seconds)
			}
		case channels.NewsEnded:
			if n.Second && n.Status == channels.CallCompleted {
				talk = max(talk, n.Seconds)
			} else if !n.Second {
				ended = n.Seconds
			}
		}
	}
	if talk == 0 && !customerFirst && !answered.IsZero() {
		talk = ended - int(answered.Sub(began)/time.Second)
	}
	return talk >= 15 && !machine
}

// story is what happened to a promise, for whoever mends it.
func story(w *world, cb conversations.Callback) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s look %v\n", cb.Status, cb.LookAt)
	for i, a := range cb.Attempts {
		fmt.Fprintf(&b, "  %d at %s sid %q stage %s first %s outcome %q of %q proof %q machine %v seconds %d\n", i+1, a.At.Sub(start), a.CallSID, a.Stage, a.First, a.Outcome, a.Party, a.Proof, a.Machine, a.Seconds)
		for _, n := range w.provider.heard[conversations.AttemptID(cb.ID, i+1)] {
			fmt.Fprintf(&b, "      %s %s second %v %s %d %q\n", n.at.Sub(start), n.Kind, n.Second, n.Status, n.Seconds, n.Digits)
		}
	}
	return b.String()
}
