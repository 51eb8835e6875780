package callbacks

import (
	"testing"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// TestFigures folds worlds in two ways: all promises at once, and each by itself
// and then joined. Both must agree with a count by hand.
func TestFigures(t *testing.T) {
	var all, joined Figures
	rings, kept, late := 0, 0, 0
	for seed := range uint64(40) {
		w := play(t, seed)
		for _, cb := range w.store.callbacks {
			all.Add(cb)
			var one Figures
			one.Add(cb)
			joined.Join(one)
			if cb.Status == conversations.CallbackKept {
				kept++
				if cb.KeptAt.After(cb.DueAt) {
					late++
				}
			}
		}
		for _, n := range w.provider.rungTwice {
			rings += n
		}
	}
	if all.Kept != kept || all.OnTime != kept-late || all.Promised != all.Kept+all.Broken+all.Renegotiated+all.Canceled+all.Open {
		t.Errorf("%+v; kept %d, of them %d late", all, kept, late)
	}
	if all.Rings < rings || all.Rings > rings+rings/10 { // an attempt of which nobody can tell counts as a ring
		t.Errorf("%d rings counted, the provider rang customers %d times", all.Rings, rings)
	}
	share, ok := all.KeptOnTime()
	if again, _ := joined.KeptOnTime(); !ok || share != again || all.MedianRing() != joined.MedianRing() || all.Attempts != joined.Attempts || all.Abandoned != joined.Abandoned {
		t.Errorf("at once %+v, joined %+v", all, joined)
	}
	if n, ok := all.PerPromise(); !ok || n < 1 {
		t.Errorf("%v attempts a promise", n)
	}
	if r, ok := all.AbandonRate(); !ok || r < 0 || r > 1 || all.Talk == 0 {
		t.Errorf("abandon rate %v (%d of %d), talked %s", r, all.Abandoned, all.Offered, all.Talk)
	}
	if _, ok := new(Figures).KeptOnTime(); ok {
		t.Error("nothing promised, and a share of it")
	}
}

func TestHardStop(t *testing.T) {
	var a abandons
	now := start
	for i := range 100 {
		a.add(now.Add(time.Duration(i)*time.Minute), i >= 3)
	}
	at := now.Add(100 * time.Minute)
	if a.stopped(at) {
		t.Error("stopped at 3 in 100")
	}
	a.add(at, false)
	if !a.stopped(at) {
		t.Error("not stopped at 4 in 101")
	}
	if a.stopped(at.Add(abandonTerm + time.Minute)) {
		t.Error("stopped for ever")
	}
	cb := conversations.Callback{Phone: "+1", First: conversations.PartyCustomer, DueAt: now.Add(24 * time.Hour)}
	scene := Scene{Officers: []conversations.Officer{{ID: "o1", Phone: "+2", Availability: conversations.Available}}, Now: now}
	if p, _, ok := Choose(cb, conversations.Conversation{}, scene); !ok || p.First != conversations.PartyCustomer {
		t.Errorf("%+v: the promise says whom to ring first", p)
	}
	scene.Stopped = true
	if p, _, ok := Choose(cb, conversations.Conversation{}, scene); !ok || p.First != conversations.PartyOfficer {
		t.Errorf("%+v: customers are not to be rung first now", p)
	}
}
