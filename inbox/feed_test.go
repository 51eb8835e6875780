package inbox

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/routing/feeds"
)

// ledger keeps matters for several at once, and may be away.
type ledger struct {
	mu   sync.Mutex
	down error
	reported
}

func (s *ledger) Report(ctx context.Context, ref conversations.Reference, r conversations.Report, facts map[string]any) (conversations.Matter, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down != nil {
		return conversations.Matter{}, false, s.down
	}
	return s.reported.Report(ctx, ref, r, facts)
}

// signed is what the other system does, as docs/feeds.md tells it to: both headers of a body at an instant.
func signed(secret string, at time.Time, body []byte) (timestamp, signature string) {
	timestamp = strconv.FormatInt(at.Unix(), 10)
	m := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(m, "%s.%s", timestamp, body)
	return timestamp, fmt.Sprintf("sha256=%x", m.Sum(nil))
}

func TestFeeds(t *testing.T) {
	const secret = "a secret of sixteen or more"
	kept := &ledger{reported: reported{}}
	h := newHouse(t, func(d *Deps) {
		d.Matters = kept
		d.Feeds = []feeds.Feed{
			{Name: "other", Kind: conversations.KindBooking, Secrets: []string{"another one's secret"}, Tolerance: time.Minute},
			{Name: "courier", Kind: conversations.KindShipment, Secrets: []string{secret}, Tolerance: time.Minute, Zone: time.UTC},
		}
	})
	post := func(feed, kind, body string, more ...string) *got {
		at, signature := signed(secret, h.clock.Now(), []byte(body))
		header := map[string]string{"Content-Type": kind, feeds.TimestampHeader: at, feeds.SignatureHeader: signature}
		for i := 0; i+1 < len(more); i += 2 {
			header[more[i]] = more[i+1]
		}
		return h.do(ask{"POST", "/webhooks/events/" + feed, body, header})
	}
	const json, csv = "application/json", "text/csv; charset=utf-8"
	body := `[{"awb":"108 639 6430","id":"E1","status":"Delivered"},{"awb":"1086396430","status":""},7]`
	post("courier", json, body).status(202).is(1, "new").is(0, "known").is(2, "refused").is(2, "faults", 0, "n").
		is("status", "faults", 0, "errors", 0, "location").is("is not an object", "faults", 1, "errors", 0, "message")
	post("courier", json, body).status(202).is(0, "new").is(1, "known")
	post("courier", csv, "awb;status;date\n1086396430;Returned;21/11/2026\n2;Returned;soon\n").status(202).is(1, "new").is(3, "faults", 0, "n")
	if m := kept.reported["awb:1086396430"]; len(m.Reports) != 2 {
		t.Errorf("kept %+v", m)
	}
	post("courier", json, `{"awb":"!","status":"x"}`).problem(422, "invalid", "body.1.reference")
	post("courier", json, `[`).problem(422, "invalid", "not valid JSON")
	post("courier", csv, "a,b\n").problem(422, "invalid", "line 1: no column")
	post("courier", json, `[]`).status(202).is(0, "new")
	post("nobody", json, `[]`).problem(404, "not-found")
	post("other", json, `[]`).problem(403, "forbidden", "wrong signature")
	post("courier", json, `[]`, feeds.SignatureHeader, "").problem(403, "forbidden", "not signed")
	post("courier", json, `[]`, feeds.TimestampHeader, "1").problem(403, "forbidden", "wrong signature")
	post("courier", json, strings.Repeat(" ", maxFeed+1)).problem(413, "too-large")
	at, signature := signed(secret, h.clock.Now(), []byte(`[]`))
	h.clock.forward(2 * time.Minute)
	post("courier", json, `[]`, feeds.TimestampHeader, at, feeds.SignatureHeader, signature).problem(403, "forbidden", "too long ago")
	kept.down = errors.Join(channels.ErrUnavailable, errors.New("redis is away"))
	post("courier", json, `{"awb":"1086396430","id":"E2","status":"x"}`).problem(503, "unavailable")
	if log := h.log.String(); strings.Contains(log, "108639") || strings.Contains(log, signature) {
		t.Errorf("log %s", log)
	}
}
