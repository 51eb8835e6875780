package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/cmd/caravan/config"
	"github.com/caravan-desk/caravan/inbox"
)

func TestSegmentsErrorsAndPoolAreWired(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *config.Config) { c.Twilio.SMSPool = []string{c.Twilio.SMSFrom}; c.Twilio.SMSFrom = "" })
	text := strings.Repeat("Your parcel is out for delivery today. ", 3) + "Don’t miss it"
	v := field[inbox.SegmentsView](h.post("/v1/segments", map[string]any{"text": text}).want(http.StatusOK))
	if v.Segments != 2 || v.Encoding != "UCS-2" || v.Forcing == nil || v.Forcing.Character != "’" || v.Plain == nil || v.Plain.Segments != 1 || v.TooLong {
		t.Errorf("segments %+v", v)
	}
	if v = field[inbox.SegmentsView](h.post("/v1/segments", map[string]any{"text": strings.Repeat("a", 1601)}).want(http.StatusOK)); !v.TooLong {
		t.Errorf("1601 letters: %+v", v)
	}
	m := h.status(h.reply(h.asked("+12005550503").ID, "Good news"), "failed")
	if m.Error == nil || !strings.Contains(m.Error.Texts["ar"], "الهاتف مغلق") || m.Error.Texts["ms"] == "" {
		t.Errorf("error %+v", m.Error)
	}
	h.write(simulator.Inbound{From: "+966533330041", Text: "Where is my parcel?"})
	h.status(h.reply(h.from("+966533330041").ID, "In Riyadh"), "delivered")
	h.sound()
}
