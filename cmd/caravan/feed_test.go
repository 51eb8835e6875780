package main

import (
	"bufio"
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/redisstore/redistest"
)

// feed is one reader of the live feed (HTML Standard, section 9.2).
type feed struct {
	t      testing.TB
	last   string // the last event's id
	events chan event
	stop   func()
}

type event struct{ id, kind, data string }

// follow opens the feed; last resumes it.
func (c *client) follow(last string) *feed {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), redistest.Patience)
	req, err := http.NewRequestWithContext(ctx, "GET", c.base+"/v1/events", nil)
	must(c.t, err)
	req.Header.Set("Authorization", "Bearer "+c.token)
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	resp, err := http.DefaultClient.Do(req)
	must(c.t, err)
	f := &feed{t: c.t, last: last, events: make(chan event, 1000)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(f.events)
		defer resp.Body.Close()
		var e event
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			switch name, value, _ := strings.Cut(lines.Text(), ": "); {
			case lines.Text() == "":
				if e.id != "" || e.kind != "" {
					f.events <- e
				}
				e = event{}
			case name == "id":
				e.id = value
			case name == "event":
				e.kind = value
			case name == "data":
				e.data = value
			}
		}
	}()
	f.stop = func() {
		cancel()
		for range f.events {
		}
		<-done
	}
	c.t.Cleanup(f.stop)
	return f
}

// until reads on until an event of a kind about something; it gives all it read.
func (f *feed) until(kind conversations.EventType, about string) []event {
	f.t.Helper()
	var seen []event
	for e := range f.events {
		if e.id != "" {
			f.last = e.id
		}
		if e.kind == "" {
			continue // a position
		}
		seen = append(seen, e)
		if e.kind == string(kind) && strings.Contains(e.data, about) {
			return seen
		}
	}
	f.t.Fatalf("the feed ended before %s of %s; it said %v", kind, about, seen)
	return nil
}

func TestFeedResumesWithoutAGapOverARestart(t *testing.T) {
	t.Parallel()
	server := redistest.Single(t, redistest.AOF...)
	h := open(t, onRedis(server.URL))
	h.hire(everything("Rana"))
	f := h.follow("")
	h.write(simulator.Inbound{From: "+966505556667", Text: "Where is 1086396430?"})
	seen := f.until(conversations.EventAssigned, `"conversation":"`)
	if kinds(seen)[0] != conversations.EventReceived {
		t.Errorf("heard %v", kinds(seen))
	}
	f.stop()

	h.write(simulator.Inbound{From: "+966505556667", Text: "Hello?"})
	h.stop()
	h.start() // another gateway on the same store
	h.write(simulator.Inbound{From: "+966505556667", Text: "Anybody?"})

	f = h.follow(f.last)
	missed := append(f.until(conversations.EventReceived, `-2"`), f.until(conversations.EventReceived, `-3"`)...)
	received := slices.DeleteFunc(kinds(missed), func(k conversations.EventType) bool { return k != conversations.EventReceived })
	if len(received) != 2 {
		t.Errorf("resumed with %v, want two messages received", kinds(missed))
	}
	for _, e := range missed {
		if slices.ContainsFunc(seen, func(s event) bool { return s.id == e.id }) {
			t.Errorf("heard %s twice", e.kind)
		}
	}
	if f = h.follow("nonsense"); (<-f.events).kind != "reset" {
		t.Error("a position that is not ours was not refused")
	}
	h.sound()
}

func kinds(all []event) []conversations.EventType {
	var out []conversations.EventType
	for _, e := range all {
		out = append(out, conversations.EventType(e.kind))
	}
	return out
}
