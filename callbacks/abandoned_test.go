package callbacks

import (
	"testing"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

func TestHardStop(t *testing.T) {
	for _, c := range []struct {
		abandoned, offered int
		want               bool
	}{{0, 0, false}, {29, 29, false}, {1, 30, true}, {0, 30, false}, {3, 100, false}, {4, 101, true}} {
		if got := tooMany(c.abandoned, c.offered); got != c.want {
			t.Errorf("%d of %d: %v", c.abandoned, c.offered, got)
		}
	}
	now := start
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

// TestAbandonedAreCountedOnce holds what the house remembers of the calls it offered against
// the attempts themselves, in worlds in which gateways die and words are lost.
func TestAbandonedAreCountedOnce(t *testing.T) {
	all := 0
	for seed := range uint64(40) {
		w := play(t, seed)
		offered, abandoned := 0, 0
		for _, cb := range w.store.callbacks {
			for _, a := range cb.Attempts {
				connected, ok := Offered(a)
				if ok {
					offered++
				}
				if ok && !connected {
					abandoned++
				}
			}
		}
		lost, noted, _ := (&lived{w.store, w.gateways[0]}).AbandonedSince(t.Context(), start)
		if all += offered; noted != offered || lost != abandoned {
			t.Errorf("seed %d: %d of %d noted, %d of %d attempts", seed, lost, noted, abandoned, offered)
		}
	}
	if all == 0 {
		t.Error("nobody was offered an officer")
	}
}
