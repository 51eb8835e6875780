package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/cmd/caravan/config"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/routing/feeds"
)

// Whoever asked about a shipment is told of what a file says, by the gateway that runs
// beside the command, and once though the file is given twice.
func TestAFileOfEventsIsTold(t *testing.T) {
	t.Parallel()
	h, _ := outside(t, anyHour)
	awbs := h.asking(3)
	file := filepath.Join(t.TempDir(), "scans.csv")
	text := "\ufeffرقم الشحنة;الحالة;التاريخ;ملاحظات\r\n"
	for i, awb := range awbs {
		text += fmt.Sprintf("%s;Out for delivery;2026-11-21 0%d:00;\r\n", awb, i)
	}
	text += "!!;Delivered;2026-11-21;\r\n"
	must(t, os.WriteFile(file, []byte(text), 0o600))
	h.run("", "events", "--dry-run", file).want(1, "good 3", "refused 1", "line 5: reference: is not a number")
	h.run("", "events", file).want(1, "kept 3, known before 0, refused 1").complains("some lines were refused")
	h.run(text, "events").want(1, "kept 0, known before 3, refused 1")
	for i := range awbs {
		to := fmt.Sprintf("+60123%06d", i)
		eventually(t, to+" is told", func() error {
			n := h.sim.Accepted(to, "")
			return wrong(n == 1, "%d times", n)
		})
	}
	h.run("awb,status\n", "events", "--column", "colour=x").want(2).complains(`"colour" is no field`)
	h.run("number,status\n", "events").want(1).complains("-: line 1: it is not clear whether these are shipments or bookings")
	h.run("number,status,weight\nUMR-1,confirmed,1\n", "events", "--kind", "booking", "--timezone", "Asia/Kuala_Lumpur").want(0, "kept 1")
	if m := field[matter](h.get("/v1/bookings/UMR-1").want(http.StatusOK)); m.Stage != "confirmed" {
		t.Errorf("the booking is %+v", m)
	}
	h.run("", "verify").want(0, "nothing is wrong")
}

// signed is what the other system does, as docs/feeds.md tells it to: both headers of a body at an instant.
func signed(secret string, at time.Time, body []byte) (timestamp, signature string) {
	timestamp = strconv.FormatInt(at.Unix(), 10)
	m := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(m, "%s.%s", timestamp, body)
	return timestamp, fmt.Sprintf("sha256=%x", m.Sum(nil))
}

// A system posts its own form, signed; who is named in it is told.
func TestASignedFeedIsTold(t *testing.T) {
	t.Parallel()
	const secret = "a secret of sixteen or more"
	h := open(t, anyHour, func(c *config.Config) {
		c.Feeds = []config.Feed{{
			Name: "tours", Kind: config.FeedBooking, Secret: secret, Tolerance: config.DefaultTolerance, Timezone: time.UTC, Events: "changes",
			Fields: config.FeedFields{Reference: "file.no", Phone: "lead.mobile", Language: "lead.lang"},
			Facts:  []config.FeedFact{{Name: "departure", Path: "file.from"}, {Name: "package", Path: "file.tour"}, {Name: "travellers", Path: "file.pax"}},
			Codes:  []config.FeedCode{{Code: "CNF", Status: "Confirmed"}},
		}}
	})
	body := []byte(`{"changes":[
		{"uuid":"c1","file":{"no":"UMR-2291","from":"2026-12-12","tour":"Umrah Plus","pax":4},"code":"CNF","lead":{"mobile":"+60 12-345 6789","lang":"ms"}},
		{"uuid":"c2","file":{"no":"UMR-2292"},"code":"CNF","lead":{"mobile":"0123456789"}}]}`)
	post := func(timestamp, signature string, body []byte) answer {
		return h.post("/webhooks/events/tours", body, "Content-Type", "application/json", feeds.TimestampHeader, timestamp, feeds.SignatureHeader, signature)
	}
	at, signature := signed(secret, now(), body)
	for range 2 {
		a := post(at, signature, body)
		if a.code != http.StatusAccepted || !strings.Contains(string(a.body), `"refused":1`) || !strings.Contains(string(a.body), "phone") {
			t.Errorf("%d %s", a.code, a.body)
		}
	}
	post(at, signature, append(body, ' ')).want(http.StatusForbidden)
	late, expired := signed(secret, now().Add(-time.Hour), body)
	post(late, expired, body).want(http.StatusForbidden)
	c := h.waitFor("the booking has a conversation", "reference=UMR-2291", func(c conversations.Conversation) bool { return c.Desk == "booking" })
	m := h.told(c.ID, 1)[0]
	if m.To != "+60123456789" || m.Template != "booking_confirmation" || m.Language != "ms" || !strings.Contains(m.Text, "4 orang") {
		t.Errorf("%s was told %s in %s: %s", m.To, m.Template, m.Language, m.Text)
	}
	h.write(simulator.Inbound{From: "+60123456789", Text: "Alhamdulillah, terima kasih"})
	h.waitFor("he answers in it", "reference=UMR-2291", func(c conversations.Conversation) bool { return c.Unread == 1 })
	h.sound()
}
