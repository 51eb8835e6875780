package main

import (
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/conversations/redisstore/redistest"
)

// metric is the value of a line of /metrics; "" if there is none.
func (h *house) metric(line string) string {
	h.t.Helper()
	a := (&client{t: h.t, base: h.base}).get("/metrics").want(http.StatusOK)
	for l := range strings.Lines(string(a.body)) {
		if value, ok := strings.CutPrefix(l, line+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// What goes through a gateway is counted, what waits is shown, and nothing of a customer is.
func TestMetrics(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.asked("+966533350001") // nobody is there to serve him
	h.status(h.reply(c.ID, "It is on its way"), "delivered")
	h.webhook("/webhooks/twilio/sms", nil, "another token").want(http.StatusForbidden)
	(&client{t: t, base: h.base}).get("/nothing/of/ours/966533350001")
	for line, want := range map[string]string{
		`caravan_messages_total{channel="sms",direction="in"}`:                                                "1",
		`caravan_messages_total{channel="sms",direction="out"}`:                                               "1",
		`caravan_conversations_opened_total{channel="sms"}`:                                                   "1",
		`caravan_sends_total{channel="sms",outcome="sent"}`:                                                   "1",
		`caravan_http_request_seconds_count{code="200",method="POST",route="/webhooks/twilio/sms"}`:           "1",
		`caravan_http_request_seconds_count{code="403",method="POST",route="/webhooks/twilio/sms"}`:           "1",
		`caravan_http_request_seconds_count{code="202",method="POST",route="/v1/conversations/:id/messages"}`: "1",
		`caravan_store_up`: "1",
		`caravan_mailbox_status{mailbox="support",protocol="smtp",status="idle"}`: "1",
		`caravan_outbox_ready{lane="reply"}`:                                      "0",
		`caravan_conversations_waiting{desk="trace"}`:                             "1",
		`caravan_conversations_overdue`:                                           "0",
	} {
		eventually(t, line, func() error { got := h.metric(line); return wrong(got == want, "%q, want %s", got, want) })
	}
	all := h.get("/metrics").body
	for _, secret := range []string{"966533350001", string(c.ID) + `"`, "parcel"} {
		if strings.Contains(string(all), secret) {
			t.Errorf("/metrics holds %q", secret)
		}
	}
	page, err := os.ReadFile("../../docs/metrics.md")
	must(t, err)
	names := regexp.MustCompile(`(?m)^# TYPE (caravan_\w+)`).FindAllStringSubmatch(string(all), -1)
	for _, name := range names {
		if !strings.Contains(string(page), "| `"+name[1]+"` |") {
			t.Errorf("docs/metrics.md does not tell of %s", name[1])
		}
	}
	for _, row := range regexp.MustCompile("(?m)^\\| `(caravan_\\w+)`").FindAllStringSubmatch(string(page), -1) {
		shown := slices.ContainsFunc(names, func(n []string) bool { return n[1] == row[1] })
		if !shown && row[1] != "caravan_mailbox_last_mail_timestamp_seconds" { // no mail has come yet
			t.Errorf("docs/metrics.md tells of %s, which is not there", row[1])
		}
	}
}

func TestMetricsWithoutAStore(t *testing.T) {
	t.Parallel()
	server := redistest.Single(t, redistest.AOF...)
	h := open(t, onRedis(server.URL), hasty)
	h.write(simulator.Inbound{From: "+966533350002", Text: "Where is my parcel?"})
	server.Kill()
	if up, kept := h.metric("caravan_store_up"), h.metric(`caravan_messages_total{channel="sms",direction="in"}`); up != "0" || kept != "1" {
		t.Errorf("without a store: up %q, kept %q", up, kept)
	}
	server.Restart()
	eventually(t, "the store is back", func() error { up := h.metric("caravan_store_up"); return wrong(up == "1", "%q", up) })
}
