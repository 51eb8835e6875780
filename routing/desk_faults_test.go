package routing

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// TestDeskFaultsOfTheNewKeys: each with its line, all at once.
func TestDeskFaultsOfTheNewKeys(t *testing.T) {
	const faulty = `name: a
categories: [x]
calendar: nowhere
moves: {open: [gone]}
waits: {default: nobody}
weights: {x: 12, y: 2}
levels: {x: 9}
warn: 2h
dispositions: {required: true}
handover: maybe
clocks:
  customs: {within: 1h, starts: lunch, categories: [z]}
  review: {within: 1h, starts: created}
  callback: {within: 10s, pauses: [cat]}
escalation:
  - {after: 2h, to: supervisor, priority: vip}
  - {after: 1h, to: boss, offer: a}
fields:
  - {name: n, reference: passport}
rounds:
  - {name: r, at: [noon], every: 1h, covers: {statuses: [gone]}}
  - {name: s, every: 1ms}
  - {name: t, every: 300d, covers: {statuses: [solved]}, outcomes: [a, a]}
  - {name: u, every: 999999d}
chase: 5m
templates: {missing: more_details}
skills: [a, a]
waits_for: {default: carrier}
title: [a, b]
`
	known := func(template string) bool { return template != "more_details" }
	_, _, err := Load(known, time.UTC, fstest.MapFS{"d.yaml": {Data: []byte(faulty)}, "calendars/c.yaml": {Data: []byte("name: c\ntimezone: Mars\nhours: {mon: ['9']}\n")},
		"rules/r.yml":         {Data: []byte("version: 1\nrules:\n  - {name: r, when: {desks: [a], words: ['?'], tags: [], unsure: 20, languages: [fr]}, then: [{details: {}}, {reply: more_details}]}\n")},
		"calendars/other.yml": {Data: []byte("name: c\ntimezone: UTC\nhours: {mon: ['09:00-10:00']}\n")}})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"d.yaml:3: calendar: no calendar is called \"nowhere\"", "d.yaml:4: moves.open[0]", "d.yaml:5: waits.default", "d.yaml:6: weights.x: 12",
		"d.yaml:6: weights.y", "d.yaml:7: levels.x: 9", "d.yaml:8: warn: is more than 15m", "d.yaml:9: dispositions: one is required",
		"d.yaml:10: handover", "d.yaml:12: clocks.customs.starts", "d.yaml:12: clocks.customs.categories[0]", "d.yaml:13: clocks.review: starts and",
		"d.yaml:14: clocks.callback: 10s is less than a minute", "d.yaml:14: clocks.callback.pauses[0]", "d.yaml:16: escalation[0]: \"vip\"",
		"d.yaml:17: escalation[1]: after", "d.yaml:17: escalation[1]: to: \"boss\"", "d.yaml:17: escalation[1]: offer", "d.yaml:19: fields[0]: reference",
		"d.yaml:21: rounds[0]: wants either", "d.yaml:21: rounds[0].at[0]", "d.yaml:21: rounds[0].covers.statuses[0]",
		"d.yaml:22: rounds[1].every: 1ms is not between 1s and 31d", "d.yaml:23: rounds[2].every: 300d", "d.yaml:23: rounds[2].covers.statuses[0]: \"solved\"",
		"d.yaml:23: rounds[2].outcomes[1]", "d.yaml:24: rounds[3].every: \"999999d\" is longer than a year",
		"d.yaml:25: chase: 5m is not between 1h and 14d", "d.yaml:26: templates.missing: no template is called \"more_details\"", "d.yaml:27: skills[1]",
		"d.yaml:28: waits_for: unknown key; did you mean waits?", "d.yaml:29: title: want one value, got a list", "calendars/other.yml:1: name: \"c\" stands in calendars/c.yaml too",
		"r.yml:3: rules[0].when.words[0]", "r.yml:3: rules[0].when.tags: is empty", "r.yml:3: rules[0].when.unsure", "r.yml:3: rules[0].when.languages[0]",
		"r.yml:3: rules[0].then[0]: sets no detail", "r.yml:3: rules[0].then[1]: no template is called",
		"c.yaml:2: timezone: \"Mars\"", "c.yaml:3: hours.mon[0]: \"9\"",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in\n%v", want, err)
		}
	}
}

// TestDesksThatCannotWork: each value is one that could stand there, and together they make no sense.
func TestDesksThatCannotWork(t *testing.T) {
	for _, c := range []struct{ name, yaml, want string }{
		{"states in a circle", "moves: {open: [pending], pending: [open]}", "d.yaml:3: moves.open: what is open could never be solved: no way leads there\nd.yaml:3: moves.pending: what is"},
		{"a state without a way out", "moves: {on_hold: []}", "d.yaml:3: moves.on_hold: what is on_hold could never be solved"},
		{"a way through a state that may go anywhere", "moves: {open: [pending], on_hold: [open]}", ""},
		{"a state to itself", "moves: {open: [open, solved]}", "moves.open[0]: open to open"},
		{"a round while nobody works", "calendar: riyadh\nrounds:\n  - {name: night, at: ['03:00']}", "d.yaml:5: rounds[0]: is never held: none of its times is within the hours of Riyadh"},
		{"a round in hours", "calendar: riyadh\nrounds:\n  - {name: day, at: ['03:00', '09:00']}", ""},
		{"no warning", "warn: 0", ""},
		{"a term that is never worked off", "calendar: riyadh\nclocks: {resolution: 366d}", "d.yaml:4: clocks.resolution: 366d is more than the hours of Riyadh"},
		{"a long term", "calendar: riyadh\nclocks: {resolution: 200d}", ""},
		{"a calendar for a base", "extends: calendars/riyadh", `"calendars/riyadh" is no built-in desk`},
		{"a base out of reach", "extends: ../trace", `"../trace" is no built-in desk`},
	} {
		_, err := LoadDesks(fstest.MapFS{"d.yaml": {Data: []byte("name: d\ncategories: [x]\n" + c.yaml + "\n")}})
		if (err == nil) != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || strings.Count(err.Error(), "\n") != strings.Count(c.want, "\n")) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	desk := &fstest.MapFile{Data: []byte("name: d\ncategories: [x]\n")}
	if _, err := LoadDesks(fstest.MapFS{"a.yaml": desk, "b.yml": desk}); err == nil || err.Error() != `b.yml:1: name: "d" stands in a.yaml too` {
		t.Errorf("two desks of one name in a folder: %v", err)
	}
	ds, err := LoadDesks(fstest.MapFS{"a.yml": desk}, fstest.MapFS{"a.yaml": desk})
	if err != nil || len(ds) != 2 || ds[0].Title != "d" {
		t.Errorf("a desk laid over another: %v, %v", ds, err)
	}
	if _, err := LoadDesks(os.DirFS(filepath.Join(t.TempDir(), "gone")), BuiltinDesks()); err == nil {
		t.Error("a folder that is not there was passed over")
	}
}

// TestExtending: maps are laid over the built-in desk's key by key, and a key that is given nothing is taken out.
func TestExtending(t *testing.T) {
	ds, err := LoadDesks(fstest.MapFS{"t.yaml": {Data: []byte("extends: trace\nclocks: {review: }\nphone: {press: {en: 'Parcels: %d'}}\nweights: {claim: 2}\ndispositions: {required: true}\n")}})
	if err != nil {
		t.Fatal(err)
	}
	d := ds[0]
	if _, kept := d.Within(Review, Normal); kept || d.Weight("held_in_customs") != 3 || d.Weight("claim") != 2 {
		t.Errorf("clocks %v, weights %v", d.Clocks, d.Weights)
	}
	if d.Phone.Order != 1 || len(d.Phone.Press) != 3 || d.Phone.Press["en"] != "Parcels: %d" || !d.Dispositions.Required || len(d.Dispositions.Values) == 0 {
		t.Errorf("phone %+v, dispositions %+v", d.Phone, d.Dispositions)
	}
}
