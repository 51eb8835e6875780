package main

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/conversations/redisstore/redistest"
)

// refused fails unless a customer's message is answered 503; it returns its SID.
func (h *house) refused(in simulator.Inbound) string {
	h.t.Helper()
	d, err := h.sim.Write(h.t.Context(), in)
	must(h.t, err)
	if d.Status != http.StatusServiceUnavailable {
		h.t.Errorf("webhook without a store: %d %s, want 503", d.Status, d.Error)
	}
	return d.SID
}

// again delivers a message again until it is taken.
func (h *house) again(sid string) {
	h.t.Helper()
	eventually(h.t, "a refused message is taken", func() error {
		d, err := h.sim.Redeliver(h.t.Context(), sid)
		return errors.Join(err, wrong(d.OK(), "%d %s", d.Status, d.Error))
	})
}

// away fails unless the gateway says that its store is away, and lives.
func (h *house) away() {
	h.t.Helper()
	a := h.get("/readyz").want(http.StatusServiceUnavailable)
	if !strings.Contains(string(a.body), `"location":"store"`) {
		h.t.Errorf("/readyz does not name the store: %s", a.body)
	}
	h.get("/healthz").want(http.StatusOK)
	if a := h.get("/v1/officers").want(http.StatusServiceUnavailable); a.header.Get("Retry-After") == "" {
		h.t.Error("a 503 does not say when to try again")
	}
}

func TestStoreGoesAwayAndComesBack(t *testing.T) {
	t.Parallel()
	server := redistest.Single(t, redistest.AOF...)
	h := open(t, onRedis(server.URL), hasty)
	zain := h.hire(everything("Zain"))
	h.write(simulator.Inbound{From: "+966511110001", Text: "Where is my parcel?"})
	c := h.from("+966511110001")
	h.assignee(c.ID, zain.me.ID)

	server.Kill()
	sid := h.refused(simulator.Inbound{From: "+966511110002", Text: "And mine?"})
	h.away()
	ring := url.Values{"CallSid": {simulator.NewSID("CA")}, "From": {"+966511110003"}, "To": {h.sim.Numbers().Voice}, "CallStatus": {"ringing"}}
	h.webhook("/webhooks/twilio/voice", ring, testSecret).want(http.StatusServiceUnavailable)
	h.webhook("/webhooks/twilio/voice", ring, "another token").want(http.StatusForbidden)
	if a := h.post("/v1/conversations/"+string(c.ID)+"/messages", map[string]any{"kind": "reply", "text": "lost"}); a.code != http.StatusServiceUnavailable {
		t.Errorf("a reply without a store: %d", a.code)
	}
	_, err := h.mail.Send(simulator.Note{From: "late@customer.example", Subject: "late", Text: "Where is my parcel?"})
	must(t, err)

	server.Restart()
	h.again(sid)
	h.assignee(h.from("+966511110002").ID, zain.me.ID)
	h.assignee(h.from("late@customer.example").ID, zain.me.ID)
	m := zain.reply(c.ID, "It is on its way")
	h.status(m, "delivered")
	eventually(t, "the gateway says that it is ready", func() error {
		a := h.get("/readyz")
		return wrong(a.code == http.StatusOK, "%d", a.code)
	})
	if n := len(h.conversations("")); n != 3 {
		t.Errorf("%d conversations with three people", n)
	}
	h.sound()
}

func TestFullStoreKeepsNothingByHalves(t *testing.T) {
	t.Parallel()
	server := redistest.Single(t, redistest.AOF...)
	h := open(t, onRedis(server.URL), hasty)
	amir := h.hire(everything("Amir"))
	h.write(simulator.Inbound{From: "+966522220001", Text: "Where is my parcel?"})
	c := h.from("+966522220001")
	h.assignee(c.ID, amir.me.ID)
	h.sound()

	r := server.Client()
	must(t, r.ConfigSet(t.Context(), "maxmemory", "1").Err())
	sid := h.refused(simulator.Inbound{From: "+966522220002", Text: "And mine?"})
	old := h.refused(simulator.Inbound{From: "+966522220001", Text: "Hello?"})
	h.get("/readyz").want(http.StatusServiceUnavailable)
	if a := h.post("/v1/conversations/"+string(c.ID)+"/messages", map[string]any{"kind": "reply", "text": "lost"}); a.code != http.StatusServiceUnavailable {
		t.Errorf("a reply into a full store: %d", a.code)
	}
	if !strings.Contains(h.log.String(), "level=ERROR") {
		t.Error("a full store raised no alarm in the log")
	}
	h.sound() // reads go on, and nothing is half-written
	if n := len(h.conversations("")); n != 1 {
		t.Errorf("a full store took a conversation: %d", n)
	}

	must(t, r.ConfigSet(t.Context(), "maxmemory", "0").Err())
	h.again(sid)
	h.again(old)
	h.assignee(h.from("+966522220002").ID, amir.me.ID)
	h.status(amir.reply(c.ID, "It is on its way"), "delivered")
	if n := len(h.messages(c.ID)); n != 3 {
		t.Errorf("%d messages, want two questions and an answer", n)
	}
	h.sound()
}
