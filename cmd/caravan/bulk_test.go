package main

import (
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/cmd/caravan/config"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/inbox"
	"github.com/caravan-desk/caravan/outbox/bulk"
)

// recipients are n people by SMS.
func recipients(n int) (out []map[string]any) {
	for i := range n {
		out = append(out, map[string]any{"channel": "sms", "address": fmt.Sprintf("+9665777%05d", i), "name": fmt.Sprint("Person ", i)})
	}
	return out
}

// bulked waits until a bulk message stands as wanted.
func (h *house) bulked(id conversations.BulkID, want conversations.BulkStatus) conversations.Bulk {
	h.t.Helper()
	var b conversations.Bulk
	eventually(h.t, "bulk "+string(want), func() error {
		a, err := h.try("GET", "/v1/bulk/"+string(id), nil)
		if err != nil || a.code != http.StatusOK {
			return fmt.Errorf("%d %v", a.code, err)
		}
		b = field[conversations.Bulk](a)
		return wrong(b.Status == want, "it is %s: %v", b.Status, b.Counts)
	})
	return b
}

func TestEveryoneOnAFlightIsToldOnce(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *config.Config) {
		c.Bulk.Prices = []config.Price{{Channel: "sms", Price: 0.05}}
	})
	h.asked("+966577700001")                                                   // has a conversation
	h.write(simulator.Inbound{From: "+966577700002", Text: "Stop. Thank you"}) // wants nothing
	list := append(recipients(6), recipients(1)...)                            // one stands twice
	list[3]["group"], list[4]["group"] = "family 1", "family 1"
	order := map[string]any{"name": "SV 843 is late", "text": "Flight SV 843 leaves at 22:40 instead of 19:15.", "recipients": list}
	e := field[bulk.Estimate](h.post("/v1/bulk/preview", order).want(http.StatusOK))
	if e.Messages != 4 || e.States[conversations.RowSkipped] != 1 || e.States[conversations.RowGrouped] != 1 || e.States[conversations.RowRepeated] != 1 || fmt.Sprintf("%.2f", e.Cost) != "0.20" || len(e.Samples) != 1 {
		t.Errorf("estimate %+v", e)
	}
	if n := h.sim.Accepted("", "Flight SV 843 leaves at 22:40 instead of 19:15."); n != 0 {
		t.Fatalf("a dry run sent %d", n)
	}
	live := h.follow("")
	created := h.post("/v1/bulk", order, "Idempotency-Key", "k1").want(http.StatusCreated)
	b := field[conversations.Bulk](created)
	if again := field[conversations.Bulk](h.post("/v1/bulk", order, "Idempotency-Key", "k1").want(http.StatusCreated)); again.ID != b.ID {
		t.Errorf("created twice: %s and %s", b.ID, again.ID)
	}
	b = h.bulked(b.ID, conversations.BulkCompleted)
	if b.Counts[conversations.RowQueued] != 4 || b.Counts[conversations.RowSkipped] != 1 || b.Total != 7 {
		t.Errorf("%+v", b)
	}
	live.until(conversations.EventBulk, `"completed"`)
	for i, want := range []int{1, 1, 0, 1, 0, 1} {
		eventually(t, fmt.Sprint("person ", i), func() error {
			n := h.sim.Accepted(fmt.Sprintf("+9665777%05d", i), "Flight SV 843 leaves at 22:40 instead of 19:15.")
			return wrong(n == want, "told %d times, want %d", n, want)
		})
	}
	rows := all[inbox.RecipientView](h.client, "/v1/bulk/"+string(b.ID)+"/recipients?limit=2")
	if len(rows) != 7 || !strings.Contains(rows[2].Why, "asked to stop") || rows[1].Conversation != h.from("+966577700001").ID {
		t.Errorf("recipients %+v", rows)
	}
	if n := len(all[inbox.RecipientView](h.client, "/v1/bulk/"+string(b.ID)+"/recipients?state=queued&limit=1")); n != 4 {
		t.Errorf("%d queued", n)
	}
	if c := h.conversation(rows[0].Conversation); c.Status != conversations.Solved || c.Assignee != nil {
		t.Errorf("one who only was told something wants an officer: %+v", c)
	}
	h.sound()
}

func TestBulkByFilterIsPausedResumedAndCanceled(t *testing.T) {
	t.Parallel()
	h := open(t, func(c *config.Config) { c.Bulk.PerSecond = 0 })
	const people = 40
	for i := range people {
		c := h.asked(fmt.Sprintf("+9665778%05d", i))
		h.patch("/v1/conversations/"+string(c.ID), map[string]any{"tags": []string{"SV843"}}).want(http.StatusOK)
	}
	order := map[string]any{"name": "SV 843", "text": "The bus waits at gate 4", "filter": map[string]any{"tag": "SV843"}, "paused": true}
	h.post("/v1/bulk", map[string]any{"name": "x", "text": "y", "filter": map[string]any{"language": "en"}}).want(http.StatusUnprocessableEntity)
	one := field[conversations.Bulk](h.post("/v1/bulk", order).want(http.StatusCreated))
	two := field[conversations.Bulk](h.post("/v1/bulk", order).want(http.StatusCreated))
	if one.Status != conversations.BulkPaused || one.Total != people || one.ID == two.ID {
		t.Fatalf("%+v %+v", one, two)
	}
	canceled := field[conversations.Bulk](h.post("/v1/bulk/"+string(two.ID)+"/cancel", nil).want(http.StatusOK))
	if canceled.Status != conversations.BulkCanceled {
		t.Errorf("%+v", canceled)
	}
	h.post("/v1/bulk/"+string(two.ID)+"/resume", nil).want(http.StatusUnprocessableEntity)
	eventually(t, "all of the second are struck out", func() error {
		b := field[conversations.Bulk](h.get("/v1/bulk/" + string(two.ID)))
		return wrong(b.Counts[conversations.RowCanceled] == people, "%v", b.Counts)
	})
	if n := h.sim.Accepted("", "The bus waits at gate 4"); n != 0 {
		t.Errorf("%d were told while it was paused", n)
	}
	h.post("/v1/bulk/"+string(one.ID)+"/resume", nil).want(http.StatusOK)
	h.bulked(one.ID, conversations.BulkCompleted)
	eventually(t, "all are told", func() error {
		n := h.sim.Accepted("", "The bus waits at gate 4")
		return wrong(n == people, "%d", n)
	})
	officer := h.hire(conversations.Officer{Email: "o@example.com", Name: "Aisyah", Capacity: 5})
	officer.post("/v1/bulk", order).want(http.StatusForbidden)
	officer.get("/v1/bulk").want(http.StatusOK)
	h.sound()
}

// Killed wherever, each recipient is written to exactly once.
func TestBulkSurvivesEveryKill(t *testing.T) {
	h, c := outside(t)
	times := kills(4, 20)
	people := 60 * times
	order := map[string]any{"name": "SV 843", "text": "The bus waits at gate 4", "recipients": recipients(people)}
	b := field[conversations.Bulk](h.post("/v1/bulk", order, "Idempotency-Key", "k1").want(http.StatusCreated))
	for i := range times {
		goal := (i + 1) * people / (times + 1)
		eventually(t, "it gets further", func() error {
			n := h.sim.Accepted("", "The bus waits at gate 4")
			return wrong(n >= goal, "%d of %d", n, goal)
		})
		c.end(syscall.SIGKILL)
		c.start()
		c.ready()
	}
	b = h.bulked(b.ID, conversations.BulkCompleted)
	if b.Counts[conversations.RowQueued] != people {
		t.Errorf("%+v", b)
	}
	eventually(t, "all are told", func() error {
		n := h.sim.Accepted("", "The bus waits at gate 4")
		return wrong(n >= people, "%d of %d", n, people)
	})
	for i := range people {
		if n := h.sim.Accepted(fmt.Sprintf("+9665777%05d", i), ""); n != 1 {
			t.Errorf("person %d was told %d times", i, n)
		}
	}
	out, errs, code := caravan(t, c.env, "", "bulk", "show", string(b.ID), "--follow")
	if code != 0 || !strings.Contains(out, fmt.Sprintf("completed  %d recipients  queued %d", people, people)) {
		t.Errorf("caravan bulk show: %d %s %s", code, out, errs)
	}
}
