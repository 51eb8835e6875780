package main

import (
	"testing"

	"github.com/caravan-desk/caravan/channels/simulator"
)

func TestNobodyIsWrittenToWhoSaidStop(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.asked("+966533330005")
	h.write(simulator.Inbound{From: "+966533330005", Text: "من فضلك أوقفوا الرسائل"})
	h.optedOut(c, "Good news")
	h.write(simulator.Inbound{From: "+966533330005", Text: "START"})
	h.status(h.reply(c.ID, "Good news"), "delivered")
	h.once("+966533330005", "Good news")
	h.sound()
}

// What was allowed when it was queued is asked again at the instant of sending.
func TestStopOvertakesWhatWaits(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.asked("+966533330015")
	h.sim.SetFaults(simulator.Faults{Refuse: simulator.Chance{Next: 1}}) // it waits five seconds for its next try
	m := h.reply(c.ID, "Good news")
	h.write(simulator.Inbound{From: "+966533330015", Text: "Stop. Thank you"})
	if m = h.status(m, "failed"); m.Error == nil || m.Error.Code != "opted out" {
		t.Errorf("failed with %+v", m.Error)
	}
	if n := h.sim.Accepted("+966533330015", "Good news"); n != 0 {
		t.Errorf("sent %d times after STOP", n)
	}
	h.sound()
}
