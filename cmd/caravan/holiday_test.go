package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/cmd/caravan/config"
	"github.com/caravan-desk/caravan/conversations"
)

// TestHolidayIsMovedLive: a holiday is written into a calendar while the gateway runs. Every
// open clock counts by it at once; a calendar with a fault in it changes nothing.
func TestHolidayIsMovedLive(t *testing.T) {
	t.Parallel()
	const office = "name: office\ntimezone: Asia/Dubai\nhours: {sun-sat: ['00:00-24:00']}\n"
	dir := folder(t, map[string]string{
		"trace.yaml": "extends: trace\ncalendar: office\nclocks: {first_response: 4h, resolution: 20d}\nescalation: []\n", "calendars/office.yaml": office,
	})
	calendar := filepath.Join(dir, "calendars", "office.yaml")
	h := open(t, func(c *config.Config) { c.Desks = []string{dir} })
	h.write(simulator.Inbound{From: "+971501112222", Text: "Where is my shipment 1086396430?"})
	due := func(c conversations.Conversation) time.Time {
		for _, k := range c.Clocks {
			if k.Name == "resolution" {
				return k.DueAt
			}
		}
		return time.Time{}
	}
	c := h.waitFor("the trace", "desk=trace", func(c conversations.Conversation) bool { return !due(c).IsZero() })
	before := due(c)
	h.post("/v1/desks/reload", map[string]any{}).want(http.StatusOK)
	if moved := field[struct{ Moved bool }](h.post("/v1/desks/reload", map[string]any{}).want(http.StatusOK)).Moved; moved {
		t.Error("nothing was changed, and something moved")
	}

	must(t, os.WriteFile(calendar, []byte(office+"holidays: [{name: Eid, date: 13-45}]\n"), 0o644))
	refused := h.post("/v1/desks/reload", map[string]any{}).want(http.StatusUnprocessableEntity)
	if !strings.Contains(string(refused.body), "office.yaml:4") {
		t.Errorf("the fault is not named: %s", refused.body)
	}
	off := time.Now().In(time.FixedZone("", 4*3600)).AddDate(0, 0, 3).Format(time.DateOnly)
	must(t, os.WriteFile(calendar, []byte(fmt.Sprintf("%sholidays: [{name: Eid, date: %s, days: 2}]\n", office, off)), 0o644))
	if moved := field[struct{ Moved bool }](h.post("/v1/desks/reload", map[string]any{}).want(http.StatusOK)).Moved; !moved {
		t.Error("a holiday of two days moved nothing")
	}
	after := h.waitFor("its clocks have moved", "desk=trace", func(c conversations.Conversation) bool { return !due(c).Equal(before) })
	if got := due(after).Sub(before); got != 48*time.Hour {
		t.Errorf("the resolution is due %s later, want two days", got)
	}
	h.said(c.ID, "the desks' terms or calendars have changed")
	h.write(simulator.Inbound{From: "+971503334444", Text: "Where is my shipment 1086396430?"})
	other := h.waitFor("another trace", "desk=trace", func(o conversations.Conversation) bool { return o.ID != c.ID && !due(o).IsZero() })
	if got := due(other).Sub(other.CreatedAt); got != 22*24*time.Hour {
		t.Errorf("what comes now is due after %s, want 22 days", got)
	}
	h.sound()
}
