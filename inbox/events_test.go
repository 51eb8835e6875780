package inbox

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// stream is one client of the feed on a real connection.
type stream struct {
	testing.TB
	*http.Response
	lines *bufio.Scanner
}

// serve listens on a free port and returns where.
func (h *house) serve() string {
	h.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		h.Fatal(err)
	}
	go func() { _ = h.app.Listener(l) }()
	return "http://" + l.Addr().String()
}

func (h *house) follow(ctx context.Context, base, token, last string) *stream {
	h.Helper()
	req, err := http.NewRequestWithContext(ctx, "GET", base+"/v1/events", nil)
	if err != nil {
		h.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() { resp.Body.Close() })
	return &stream{h, resp, bufio.NewScanner(resp.Body)}
}

// next reads up to the next empty line; ok is false at the end.
func (s *stream) next() (fields map[string]string, ok bool) {
	fields = map[string]string{}
	for s.lines.Scan() {
		line := s.lines.Text()
		if line == "" {
			return fields, true
		}
		name, value, _ := strings.Cut(line, ":")
		fields[name] = strings.TrimSpace(value)
	}
	return fields, false
}

// event reads up to the next event.
func (s *stream) event() map[string]string {
	s.Helper()
	for {
		f, ok := s.next()
		if !ok {
			s.Fatalf("the feed ended: %v", s.lines.Err())
		}
		if f["data"] != "" {
			return f
		}
	}
}

func TestEvents(t *testing.T) {
	h := newHouse(t)
	base := h.serve()
	s := h.follow(t.Context(), base, officerToken, "")
	if s.StatusCode != 200 || s.Header.Get("Content-Type") != "text/event-stream" || s.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v", s.StatusCode, s.Header)
	}
	id := h.came(channels.SMS, "+60123456789", "hello")
	opened, received := s.event(), s.event()
	if opened["event"] != "conversation.opened" || received["event"] != "message.received" || opened["id"] != "1" || received["id"] != "2" {
		t.Errorf("%v, %v", opened, received)
	}
	for _, part := range []string{fmt.Sprintf(`"conversation":"%s"`, id), `"message":"` + string(id) + `-1"`, `"at":"2026-11-21T12:00:00Z"`} {
		if !strings.Contains(received["data"], part) {
			t.Errorf("%s is not in %s", part, received["data"])
		}
	}
	h.patch("/v1/conversations/"+string(id), `{"priority":"high"}`).status(200)
	if e := s.event(); e["event"] != "conversation.changed" {
		t.Errorf("%v", e)
	}
	again := h.follow(t.Context(), base, officerToken, "1") // without a gap
	if e := again.event(); e["id"] != "2" {
		t.Errorf("resumed with %v", e)
	}
	if e := again.event(); e["id"] != "3" {
		t.Errorf("resumed with %v", e)
	}
}

func TestEventsStartWithAPosition(t *testing.T) {
	h := newHouse(t)
	h.came(channels.SMS, "+60123456789", "hello")
	s := h.follow(t.Context(), h.serve(), officerToken, "")
	s.next() // retry
	if f, _ := s.next(); f["id"] != "2" || f["data"] != "" {
		t.Errorf("%v", f)
	}
}

func TestEventsRefuses(t *testing.T) {
	h := newHouse(t)
	base := h.serve()
	if s := h.follow(t.Context(), base, "cv_nope", ""); s.StatusCode != 401 {
		t.Errorf("status %d", s.StatusCode)
	}
	if s := h.follow(t.Context(), base, officerToken, strings.Repeat("x", 5000)); s.StatusCode != 422 {
		t.Errorf("status %d", s.StatusCode)
	}
	s := h.follow(t.Context(), base, officerToken, "nonsense")
	if e := s.event(); e["event"] != "reset" || e["id"] != "" {
		t.Errorf("%v", e)
	}
	if _, ok := s.next(); ok {
		t.Error("the feed goes on after reset")
	}
	h.store.mu.Lock()
	h.store.down = errors.New("away")
	h.store.mu.Unlock()
	s = h.follow(t.Context(), base, officerToken, "")
	for ok := true; ok; _, ok = s.next() { // it ends
	}
}

func TestEventsEndWithTheToken(t *testing.T) {
	h := newHouse(t)
	h.api.heartbeat = time.Millisecond
	s := h.follow(t.Context(), h.serve(), officerToken, "")
	for beats := 0; beats < 3; { // comments while nothing happens
		f, ok := s.next()
		if !ok {
			t.Fatal("the feed ended")
		}
		if _, comment := f[""]; comment {
			beats++
		}
	}
	h.store.mu.Lock()
	delete(h.store.tokens, HashSecret(officerToken))
	h.store.mu.Unlock()
	for ok := true; ok; _, ok = s.next() {
	}
}

func TestEventsEndWithTheServer(t *testing.T) {
	h := newHouse(t)
	s := h.follow(t.Context(), h.serve(), officerToken, "")
	s.next()
	done := make(chan error, 1)
	go func() { done <- h.app.ShutdownWithTimeout(10 * time.Second) }()
	for ok := true; ok; _, ok = s.next() {
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestEventsEndWithTheClient(t *testing.T) {
	h := newHouse(t)
	h.api.heartbeat = time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	s := h.follow(ctx, h.serve(), officerToken, "")
	s.next()
	cancel() // goleak tells if the writer or the reader of the log stays
}
