package main

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/cmd/caravan/config"
	"github.com/caravan-desk/caravan/conversations"
)

// overtaken is how many bulk messages may reach the provider between an officer's
// click and his reply: those that were under way, half a channel's workers, and as many again
// that were leased in the same instant.
const overtaken = 40

// While many are told something, an officer's reply goes at once. Counted in messages,
// not in time; with CARAVAN_LONG=1 the times are logged as well.
func TestRepliesGoFirst(t *testing.T) {
	replies, crowd := kills(12, 150), kills(900, 50_000)
	h := open(t, func(c *config.Config) { c.Bulk.PerSecond = float64(kills(0, 50)) })
	h.sim.SetFaults(simulator.Faults{AnswerDelay: 20 * time.Millisecond})
	c := h.asked("+966588800001")
	quiet := h.answers(c.ID, replies, nil)
	order := map[string]any{"name": "SV 843", "text": "The bus waits at gate 4", "recipients": recipients(crowd)}
	began := time.Now()
	b := field[conversations.Bulk](h.post("/v1/bulk", order).want(http.StatusCreated))
	t.Logf("%d recipients enrolled in %v", b.Total, time.Since(began).Round(time.Millisecond))
	bulk := func() int { return h.sim.Accepted("", "The bus waits at gate 4") }
	eventually(t, "it is under way", func() error { return wrong(bulk() > 20, "%d", bulk()) })
	busy := h.answers(c.ID, replies, bulk)
	if n := bulk(); n == crowd {
		t.Errorf("all %d were told before the last reply: the test proves nothing", n)
	}
	t.Logf("p50, p99 from click to provider: %v %v alone, %v %v beside a bulk message", at(quiet, 50), at(quiet, 99), at(busy, 50), at(busy, 99))
	h.post("/v1/bulk/"+string(b.ID)+"/cancel", nil).want(http.StatusOK)
}

// answers sends replies one after another; it gives how long each took to reach the provider.
func (h *house) answers(id conversations.ID, n int, others func() int) (took []time.Duration) {
	h.t.Helper()
	for i := range n {
		text := fmt.Sprintf("answer %d of %v", i, others != nil)
		before := 0
		if others != nil {
			before = others()
		}
		began := time.Now()
		h.reply(id, text)
		for h.sim.Accepted("", text) == 0 && h.t.Context().Err() == nil {
			pause(time.Millisecond)
		}
		took = append(took, time.Since(began))
		if others == nil {
			continue
		}
		if passed := others() - before; passed > overtaken {
			h.t.Errorf("%d bulk messages overtook reply %d", passed, i)
		}
	}
	return took
}

func at(all []time.Duration, percent int) time.Duration {
	all = slices.Sorted(slices.Values(all))
	return all[(len(all)-1)*percent/100].Round(time.Millisecond)
}
