package main

import (
	"encoding/json"
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

// TestFaultyDesksAreToldWhole: of desks, calendars and rules with faults in each file every one is named, by
// file and line, whoever reads them; and a running gateway goes on with what it has.
func TestFaultyDesksAreToldWhole(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"calendars/office.yaml": "name: office\ntimezone: Asia/Dubai\nhours: {sun-sat: ['00:00-24:00']}\n"})
	h := open(t, func(c *config.Config) { c.Desks = []string{dir} })
	for name, text := range map[string]string{
		"trace.yaml":            "extends: trace\ncalendar: mars\nclokcs: {}\ntemplates: {missing: nothing}\n",
		"more.yaml":             "name: more\ncategories: [a]\nweights: {b: 1}\n",
		"calendars/office.yaml": "name: office\ntimezone: Asia/Nowhere\nhours: {someday: []}\n",
		"rules/r.yaml":          "version: 1\nrules:\n  - {name: r, when: {desks: [trace], words: []}, then: [{reply: nothing}]}\n",
	} {
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	want := []string{
		"trace.yaml:2: calendar: no calendar is called \"mars\"", "trace.yaml:3: clokcs: unknown key; did you mean clocks?",
		"trace.yaml:4: templates.missing: no template is called \"nothing\"", "more.yaml:3: weights.b", "office.yaml:2: timezone", "office.yaml:3: hours.someday",
		"r.yaml:3: rules[0].when.words: is empty", "r.yaml:3: rules[0].then[0]: no template is called \"nothing\"",
	}
	named := func(who, said string) {
		for _, w := range want {
			if !strings.Contains(said, w) {
				t.Errorf("%s does not say %q:\n%s", who, w, said)
			}
		}
	}
	refused := h.post("/v1/desks/reload", map[string]any{}).want(http.StatusUnprocessableEntity)
	var problem struct {
		Errors []struct{ Message string }
	}
	must(t, json.Unmarshal(refused.body, &problem))
	if len(problem.Errors) != 1 {
		t.Fatalf("refused with %s", refused.body)
	}
	named("reload", problem.Errors[0].Message)
	h.asked("+971501112223")
	vars := []string{"CARAVAN_DESKS=" + dir, "CARAVAN_DATA_DIR=" + t.TempDir(), "CARAVAN_HTTP_LISTEN=127.0.0.1:0"}
	for _, command := range []string{"check", "serve"} {
		out, errs, code := caravan(t, vars, "", command)
		ran{t, out, errs, code}.want(1)
		named(command, out+errs)
	}
	h.sound()
}

// TestHolidayIsMovedLive: a holiday is written into a calendar while the gateway runs. Every
// open clock counts by it at once; a calendar with a fault in it changes nothing.
func TestHolidayIsMovedLive(t *testing.T) {
	t.Parallel()
	const office = "name: office\ntimezone: Asia/Dubai\nhours: {sun-sat: ['00:00-24:00']}\n"
	dir := folder(t, map[string]string{
		"trace.yaml": "extends: trace\ncalendar: office\nclocks: {first_response: 4h, resolution: 20d}\nescalation: []\n", "calendars/office.yaml": office,
		"calendars/night.yaml": "name: night\ntimezone: Asia/Dubai\nhours: {sun-sat: ['18:00-17:59']}\n",
	})
	calendar, night := filepath.Join(dir, "calendars", "office.yaml"), filepath.Join(dir, "calendars", "night.yaml")
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
	h.write(simulator.Inbound{From: "+971505556666", Text: "Where is my shipment 1086396430?"})
	over := h.waitFor("a trace that is solved before", "desk=trace", func(o conversations.Conversation) bool { return o.ID != c.ID && !due(o).IsZero() })
	h.patch("/v1/conversations/"+string(over.ID), map[string]any{"status": conversations.Solved}).want(http.StatusOK)
	h.post("/v1/desks/reload", map[string]any{}).want(http.StatusOK)
	if moved := field[struct{ Moved bool }](h.post("/v1/desks/reload", map[string]any{}).want(http.StatusOK)).Moved; moved {
		t.Error("nothing was changed, and something moved")
	}

	must(t, os.WriteFile(calendar, []byte(office+"holidays: [{name: Eid, date: 13-45}]\n"), 0o644))
	refused := h.post("/v1/desks/reload", map[string]any{}).want(http.StatusUnprocessableEntity)
	if !strings.Contains(string(refused.body), "office.yaml:4") {
		t.Errorf("the fault is not named: %s", refused.body)
	}
	h.patch("/v1/officers/"+string(h.hire(conversations.Officer{Email: "nora@desk.example", Name: "Nora", Skills: []string{"trace"}, Capacity: 9}).me.ID), map[string]any{"shift": "night"}).want(http.StatusOK)
	must(t, os.WriteFile(calendar, []byte(office), 0o644))
	must(t, os.Rename(night, night+".old"))
	gone := h.post("/v1/desks/reload", map[string]any{}).want(http.StatusUnprocessableEntity)
	if !strings.Contains(string(gone.body), "works by the calendar night, which is gone") {
		t.Errorf("the calendar that is gone is not named: %s", gone.body)
	}
	must(t, os.Rename(night+".old", night))
	off := time.Now().In(time.FixedZone("", 4*3600)).AddDate(0, 0, 3).Format(time.DateOnly)
	must(t, os.WriteFile(calendar, []byte(fmt.Sprintf("%sholidays: [{name: Eid, date: %s, days: 2}]\n", office, off)), 0o644))
	if moved := field[struct{ Moved bool }](h.post("/v1/desks/reload", map[string]any{}).want(http.StatusOK)).Moved; !moved {
		t.Error("a holiday of two days moved nothing")
	}
	after := h.waitFor("its clocks have moved", "desk=trace", func(o conversations.Conversation) bool { return o.ID == c.ID && !due(o).Equal(before) })
	if got := due(after).Sub(before); got != 48*time.Hour {
		t.Errorf("the resolution is due %s later, want two days", got)
	}
	h.said(c.ID, "the desks' terms or calendars have changed")
	h.write(simulator.Inbound{From: "+971503334444", Text: "Where is my shipment 1086396430?"})
	other := h.waitFor("another trace", "desk=trace", func(o conversations.Conversation) bool { return o.ID != c.ID && o.ID != over.ID && !due(o).IsZero() })
	if got := due(other).Sub(other.CreatedAt); got != 22*24*time.Hour {
		t.Errorf("what comes now is due after %s, want 22 days", got)
	}
	h.sound() // what was solved before keeps the clocks that it had
	h.patch("/v1/conversations/"+string(over.ID), map[string]any{"status": conversations.Open}).want(http.StatusOK)
	h.said(over.ID, "the desks' terms or calendars have changed")
	h.sound()
}
