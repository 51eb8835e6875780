package main

import (
	"strings"
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

// A STOP that the provider does not understand is confirmed once, in the customer's language,
// and so are START and HELP; on SMS Twilio answers its own words itself.
func TestStopIsConfirmedOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	for from, steps := range map[string][]string{
		"+966533330051": {"السلام عليكم وين شحنتي 1086396430", "أوقفوا الرسائل من فضلكم", "لن نرسل إليكم", "ابدأ", "ستصلكم رسائلنا"},
		"+60123330052":  {"Di mana parcel saya 1086396430? Tolong cepat ya", "Tolong berhenti. Terima kasih", "Kami tidak akan menghantar mesej lagi", "mula semula", "menerima mesej kami semula"},
		"+12025550153":  {"Where is my parcel 1086396430?", "Stop. Thank you", "We will send you no more messages", "help", "You have reached our customer care"},
	} {
		say := func(text string) { h.write(simulator.Inbound{From: from, WhatsApp: true, Text: text}) }
		told := func(words string) {
			t.Helper()
			eventually(t, words, func() error {
				n := 0
				for _, m := range h.sim.Messages() {
					if m.To == "whatsapp:"+from && strings.Contains(m.Body, words) {
						n++
					}
				}
				return wrong(n == 1, "told %d times", n)
			})
		}
		say(steps[0])
		c := h.from(from)
		say(steps[1])
		told(steps[2])
		h.optedOut(c, "Good news")
		say(steps[1]) // he has said so already
		say(steps[3])
		told(steps[4])
		told(steps[2])
	}
	h.write(simulator.Inbound{From: "+966533330054", Text: "STOP"}) // Twilio answers
	h.sound()
	for _, m := range h.sim.Messages() {
		if m.To == "+966533330054" {
			t.Errorf("a STOP that Twilio answers is answered twice: %q", m.Body)
		}
	}
}
