package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/conversations"
)

// asking lets so many customers ask about a shipment each, and waits until all are understood.
func (h *house) asking(n int) (awbs []string) {
	h.t.Helper()
	for i := range n {
		awbs = append(awbs, fmt.Sprintf("EE%08d%dMY", 12300000+i, s10(12300000+i)))
		h.write(simulator.Inbound{From: fmt.Sprintf("+60123%06d", i), Text: "where is my parcel " + awbs[i] + "? it is late"})
	}
	eventually(h.t, "all are understood", func() error {
		list := h.conversations("desk=trace")
		return wrong(len(list) == n, "%d of %d", len(list), n)
	})
	return awbs
}

// s10 is the check digit of a postal number (UPU S10).
func s10(n int) int {
	sum := 0
	for i, w := range []int{8, 6, 4, 2, 3, 5, 9, 7} {
		sum += w * int(fmt.Sprintf("%08d", n)[i]-'0')
	}
	switch r := 11 - sum%11; r {
	case 10:
		return 0
	case 11:
		return 5
	default:
		return r
	}
}

// report posts an event until it is taken.
func (h *house) report(awb string, event map[string]any) {
	for h.t.Context().Err() == nil {
		if a, err := h.try("POST", "/v1/shipments/"+awb+"/events", event); err == nil && a.code == http.StatusAccepted {
			return
		}
		pause(20 * time.Millisecond)
	}
}

// Whatever moment the gateway is killed at, each customer is told of each event once.
func TestNewsIsToldOnceThoughKilled(t *testing.T) {
	t.Parallel()
	h, gateway := outside(t, anyHour)
	const shipments, each = 12, 4
	awbs := h.asking(shipments)
	var work sync.WaitGroup
	for i, awb := range awbs {
		work.Go(func() {
			for e := range each { // stages that advance, each posted twice
				event := map[string]any{"id": fmt.Sprint("E", e), "status": fmt.Sprint("quantum stage ", e), "at": time.Date(2026, 11, 20, 1+e, i, 0, 0, time.UTC)}
				h.report(awb, event)
				h.report(awb, event)
			}
		})
	}
	random := rand.New(rand.NewPCG(7, 7))
	for range kills(3, 20) {
		pause(time.Duration(random.IntN(300)) * time.Millisecond)
		gateway.end(syscall.SIGKILL)
		gateway.start()
		gateway.ready()
	}
	work.Wait()
	for i := range awbs {
		to := fmt.Sprintf("+60123%06d", i)
		eventually(t, to+" is told of each", func() error {
			n := h.sim.Accepted(to, "")
			return wrong(n >= each, "accepted %d of %d", n, each)
		})
	}
	for _, c := range h.conversations("desk=trace") {
		var stages []string
		for _, m := range h.messages(c.ID) {
			if m.Direction == conversations.Out {
				stages = append(stages, m.Text)
			}
		}
		if len(stages) != each || len(slices.Compact(slices.Clone(stages))) != each || !slices.IsSorted(stages) {
			t.Errorf("told %q", stages)
		}
	}
	for i := range awbs {
		if n := h.sim.Accepted(fmt.Sprintf("+60123%06d", i), ""); n != each {
			t.Errorf("customer %d got %d messages, want %d", i, n, each)
		}
	}
}

// TestNewsIsQuick measures from an event's arrival to its message at the provider, at 200
// events a second: CARAVAN_LONG=1.
func TestNewsIsQuick(t *testing.T) {
	if os.Getenv("CARAVAN_LONG") == "" {
		t.Skip("a measurement: CARAVAN_LONG=1")
	}
	h := open(t, anyHour)
	const shipments, rate, seconds = 400, 200, 8
	awbs := h.asking(shipments)
	began := make([]time.Time, rate*seconds)
	took := make([]time.Duration, rate*seconds)
	var work sync.WaitGroup
	tick := time.NewTicker(time.Second / rate)
	defer tick.Stop()
	for n := range took {
		<-tick.C
		work.Go(func() {
			awb, text := awbs[n%shipments], fmt.Sprint("stage ", n, " of it")
			began[n] = time.Now()
			h.report(awb, map[string]any{"id": fmt.Sprint(n), "status": text})
			to := fmt.Sprintf("+60123%06d", n%shipments)
			for h.sim.Accepted(to, fmt.Sprintf("News of shipment %s: %s", awb, text)) == 0 && t.Context().Err() == nil {
				pause(5 * time.Millisecond)
			}
			took[n] = time.Since(began[n])
		})
	}
	work.Wait()
	slices.Sort(took)
	t.Logf("%d events at %d a second: p50 %v, p99 %v, longest %v", len(took), rate, took[len(took)/2], took[len(took)*99/100], took[len(took)-1])
}
