package main

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/cmd/caravan/config"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/reports"
	"github.com/caravan-desk/caravan/routing"
)

// leasing is a desk that no code knows of.
const leasing = `name: leasing
title: Leasing of containers
calendar: yard
categories: [quote, where_is_my_shipment, damage]
fields:
  - {name: container, title: Container number}
moves:
  closed: []
dispositions: {required: true, values: [leased, declined]}
clocks:
  first_response: {urgent: 10m, normal: 2h}
  inspection: {within: 8h, starts: created, categories: [damage]}
escalation:
  - {after: 1h, to: supervisor}
rounds:
  - {name: yard_walk, title: The yard, at: ["09:00"], covers: {categories: [damage]}, outcomes: [seen, gone]}
  - {name: gate, title: At the gate, every: 2s, covers: {categories: [damage]}, outcomes: [seen, gone]}
weights: {damage: 2}
skills: [leasing]
`

// folder writes files of a folder of desks.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, name)
		must(t, os.MkdirAll(filepath.Dir(file), 0o755))
		must(t, os.WriteFile(file, []byte(text), 0o644))
	}
	return dir
}

// TestNewDeskFromYAMLAlone: a desk, its calendar and a rule that leads to it are files.
func TestNewDeskFromYAMLAlone(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"leasing.yaml": leasing, "trace.yaml": "extends: trace\n",
		"calendars/yard.yaml": "name: yard\ntitle: Yard\ntimezone: Asia/Dubai\nhours: {mon-sun: [\"00:00-24:00\"]}\n",
		"rules/leasing.yaml":  "version: 3\nrules:\n  - name: containers\n    when: {words: [container]}\n    then:\n      - move: {desk: leasing, category: damage}\n      - tag: yard\n",
	})
	h := open(t, func(c *config.Config) { c.Desks = []string{dir} })
	list := field[struct {
		Items []struct {
			Name, Calendar string
			Clocks         map[string]struct{ Within map[string]string }
			Weights        map[string]int
			Rounds         []struct{ Name string }
			Dispositions   struct{ Required bool }
		}
	}](h.get("/v1/desks").want(http.StatusOK))
	var names []string
	for _, d := range list.Items {
		names = append(names, d.Name)
		if d.Name == "leasing" && (d.Calendar != "yard" || d.Clocks["inspection"].Within["normal"] != "8h" || d.Weights["damage"] != 2 || len(d.Rounds) != 2 || !d.Dispositions.Required) {
			t.Errorf("shown as %+v", d)
		}
	}
	if !slices.Equal(names, []string{"leasing", "trace", "triage"}) {
		t.Fatalf("desks %v", names)
	}
	who := h.hire(conversations.Officer{Email: "lina@example.com", Name: "Lina", Skills: []string{"leasing:2"}, Capacity: 4})
	h.write(simulator.Inbound{From: "+971501112222", Text: "Our container fell off the truck and is broken"})
	c := h.waitFor("the matter is Lina's", "desk=leasing&category=damage&tag=yard", func(c conversations.Conversation) bool { return c.Assignee != nil })
	if c.Assignee.ID != who.me.ID {
		t.Errorf("it is %s's", c.Assignee.ID)
	}
	path := "/v1/conversations/" + string(c.ID)
	explained := field[struct {
		Items   []routing.Explained
		Missing []routing.Field
	}](h.get(path + "/clocks").want(http.StatusOK))
	var clocks []string
	for _, k := range explained.Items {
		clocks = append(clocks, k.Name)
		if k.Calendar != "yard" || len(k.Pieces) == 0 || !k.Pieces[0].Counted || !strings.Contains(k.Pieces[0].Why, "Yard") {
			t.Errorf("explained as %+v", k)
		}
	}
	if !slices.Equal(clocks, []string{"first_response", "inspection"}) || len(explained.Missing) != 1 {
		t.Errorf("clocks %v, missing %v", clocks, explained.Missing)
	}
	h.reviewed("leasing", who, c.ID)
	history := h.get(path + "/history").want(http.StatusOK)
	if !strings.Contains(string(history.body), "rule containers (version 3): moved to leasing, damage; tag yard") {
		t.Errorf("the history says nothing of the rule: %s", history.body)
	}
	h.patch(path, map[string]any{"status": "solved"}).want(http.StatusUnprocessableEntity)
	h.patch(path, map[string]any{"status": "solved", "disposition": "eaten"}).want(http.StatusUnprocessableEntity)
	h.patch(path, map[string]any{"details": map[string]string{"container": "CSQU3054383"}, "status": "on_hold", "paused_by": "customs"}).want(http.StatusOK)
	h.patch(path, map[string]any{"status": "solved", "disposition": "leased"}).want(http.StatusOK)
	eventually(t, "its own clock has a row in the report", func() error { // of everything before now
		rows := field[reports.Table](h.get("/v1/reports/clocks?group_by=clock&desk=leasing").want(http.StatusOK)).Rows
		return wrong(len(rows) == 1 && rows[0].Group == "inspection" && rows[0].Values[0].N == 1 && *rows[0].Values[0].Value == 100, "%+v", rows)
	})
	h.post(path+"/clocks/inspection/acknowledge", map[string]any{}).want(http.StatusUnprocessableEntity)
	h.post(path+"/clocks/lunch/acknowledge", map[string]any{}).want(http.StatusNotFound)
	who.patch("/v1/officers/"+string(who.me.ID), map[string]any{"shift": "yard"}).want(http.StatusForbidden)
	h.patch("/v1/officers/"+string(who.me.ID), map[string]any{"shift": "yard", "skills": []string{"leasing/damage:5"}}).want(http.StatusOK)
	h.patch("/v1/officers/"+string(who.me.ID), map[string]any{"shift": "nowhere"}).want(http.StatusUnprocessableEntity)
	h.patch("/v1/officers/"+string(who.me.ID), map[string]any{"skills": []string{"leasing:9"}}).want(http.StatusUnprocessableEntity)
	h.sound()
	h.replayed(dir)
}

// replayed runs `caravan replay` beside the gateway, with rules that do something else.
func (h *house) replayed(desks string) {
	h.t.Helper()
	changed := folder(h.t.(*testing.T), map[string]string{
		"rules/r.yaml": "version: 4\nrules:\n  - name: containers\n    when: {words: [container]}\n    then:\n      - priority: urgent\n",
	})
	var out, logs bytes.Buffer
	code := run(&env{ctx: h.t.Context(), stdout: &out, stderr: &logs, vars: []string{
		"CARAVAN_DATA_DIR=" + h.cfg.DataDir, "CARAVAN_DESKS_0=" + desks,
	}}, []string{"replay", "--rules", changed})
	want := []string{
		"1 messages in 1 conversations; 1 would end differently", "rule containers: applied to 1 messages, would apply to 1",
		"→ urgent", "desk leasing → trace", "tags yard → ",
	}
	for _, w := range want {
		if code != 0 || !strings.Contains(out.String(), w) {
			h.t.Errorf("exit %d, no %q in\n%s%s", code, w, out.String(), logs.String())
		}
	}
}
