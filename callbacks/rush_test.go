package callbacks

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// TestRush plays promises that fall due in the same minute: they are rung in the
// order in which they were asked for, at the pace, and no officer has two calls; and
// whenever an officer, a place and a turn are free, somebody is rung at once.
func TestRush(t *testing.T) {
	const officers, pace = 20, 5
	promises := 1000
	if os.Getenv("CARAVAN_LONG") != "" {
		promises = 10_000
	}
	w := newWorld(t, 1, 1)
	w.provider.kind, w.provider.answers = true, 2*time.Second
	for i := range officers {
		w.store.officers = append(w.store.officers, conversations.Officer{
			ID: conversations.OfficerID(fmt.Sprintf("o%02d", i)), Phone: fmt.Sprintf("+9665000000%02d", i), Availability: conversations.Available, Skills: []string{"trace"},
		})
	}
	due := w.now.Add(time.Hour)
	asked := map[conversations.CallbackID]time.Time{}
	var order []conversations.CallbackID
	for i := range promises {
		w.now = start.Add(time.Duration(i) * time.Millisecond)
		number := (i*7919)%promises + 1 // asked for in another order than that of their IDs
		id := w.promise(number, conversations.CallbackRequest{Phone: fmt.Sprintf("+60%09d", number), At: due.Add(time.Duration(i*37%60) * time.Second), Until: due.Add(48 * time.Hour)}, nil)
		asked[id], order = w.now, append(order, id)
	}
	g := w.gateways[0]
	g.born(pace, 2*officers)
	g.turn()
	w.run(72*time.Hour, func() bool { return false })

	for _, id := range order {
		if cb := w.store.callbacks[id]; cb.Status != conversations.CallbackKept || len(cb.Attempts) != 1 {
			t.Fatalf("%s is %s after %d attempts", id, cb.Status, len(cb.Attempts))
		}
	}
	paced(t, w.provider.asked, time.Second/pace)
	if n := w.provider.busiest(time.Second); n > pace {
		t.Errorf("%d calls in one second, %d are allowed", n, pace)
	}
	// Once all are due, they go by when they were asked for.
	var late []time.Time
	for _, c := range w.provider.calls {
		id, _, _ := conversations.SplitAttempt(c.r.Attempt)
		if c.created.After(due.Add(time.Minute)) {
			late = append(late, asked[id])
		}
	}
	if len(late) < promises/2 || !slices.IsSortedFunc(late, time.Time.Compare) {
		t.Errorf("%d were rung after all were due, not in the order in which they were asked for", len(late))
	}
	waits := idle(w, officers, time.Second/pace*105/100)
	slices.Sort(waits)
	p99 := waits[len(waits)*99/100]
	if p99 > time.Second {
		t.Errorf("p99 from free to rung: %s", p99)
	}
	t.Logf("%d promises, %d officers: %s for all; from officer and turn free to rung: median %s, p99 %s, longest %s", promises, officers,
		w.provider.asked[len(w.provider.asked)-1].Sub(due), waits[len(waits)/2], p99, waits[len(waits)-1])
}

// busiest is the most calls placed within any stretch of that length.
func (p *provider) busiest(d time.Duration) int {
	most := 0
	for i := range p.asked {
		n := 0
		for j := i; j < len(p.asked) && p.asked[j].Sub(p.asked[i]) < d; j++ {
			n++
		}
		most = max(most, n)
	}
	return most
}

// idle is, for each call but the last, how long after an officer and a turn were both free it was placed.
func idle(w *world, officers int, gap time.Duration) (waits []time.Duration) {
	var free []time.Time // when each officer is free, the earliest first
	for range officers {
		free = append(free, start)
	}
	for i, c := range w.provider.calls {
		from := free[0]
		if i > 0 {
			if turn := w.provider.calls[i-1].created.Add(gap); turn.After(from) {
				from = turn
			}
			waits = append(waits, c.created.Sub(from))
		}
		free[0] = c.ended
		slices.SortFunc(free, time.Time.Compare)
	}
	return waits
}
