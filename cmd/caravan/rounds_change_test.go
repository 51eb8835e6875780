package main

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/cmd/caravan/config"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/redisstore/redistest"
)

// TestARoundStandsOverWhatHappens: what a round covers is solved, moved to another desk, merged, put on
// hold and erased before anybody looks at it, its gateway is replaced in the middle, and it still adds up: all
// can be ticked off but what was erased and what nobody got to.
func TestARoundStandsOverWhatHappens(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"trace.yaml":   "extends: trace\nrounds:\n  - {name: all, every: 12s, outcomes: [seen]}\n",
		"booking.yaml": "extends: booking\n",
	})
	h := open(t, onRedis(redistest.Single(t).URL), func(c *config.Config) { c.Desks = []string{dir} })
	who := h.hire(conversations.Officer{Email: "lina@example.com", Name: "Lina", Skills: []string{"trace"}, Capacity: 40})
	var all []conversations.Conversation
	for i := range 7 {
		from := fmt.Sprintf("+97150111%04d", i)
		h.write(simulator.Inbound{From: from, Text: "Where is my shipment 1086396430?"})
		all = append(all, h.waitFor("a trace", "desk=trace", func(c conversations.Conversation) bool {
			return c.Assignee != nil && c.Contact.Handles[0].Value == from
		}))
	}
	round := h.fresh("trace", len(all))
	path := func(i int) string { return "/v1/conversations/" + string(all[i].ID) }
	h.patch(path(0), map[string]any{"status": "solved"}).want(http.StatusOK)
	h.patch(path(1), map[string]any{"desk": "booking", "category": "refund"}).want(http.StatusOK)
	h.post(path(2)+"/merge", map[string]any{"into": all[3].ID}).want(http.StatusOK)
	h.do(http.MethodDelete, "/v1/contacts/"+string(all[4].Contact.ID), nil).want(http.StatusOK)
	h.patch(path(5), map[string]any{"status": "on_hold"}).want(http.StatusOK)

	items := "/v1/rounds/" + string(round.ID) + "/items"
	tick := map[string]any{"outcome": "seen"}
	for i, code := range []int{200, 200, 200, 200, 404} {
		who.post(items+"/"+string(all[i].ID), tick).want(code)
	}
	h.stop()
	h.start()
	who.base = h.base
	who.post(items+"/"+string(all[5].ID), tick).want(http.StatusOK)
	listed := field[struct{ Items []conversations.ReviewItem }](h.get(items).want(http.StatusOK)).Items
	if len(listed) != len(all) {
		t.Errorf("%d are listed, want %d", len(listed), len(all))
	}
	eventually(t, "the round has ended", func() error {
		r := field[conversations.Review](h.get("/v1/rounds/" + string(round.ID)).want(http.StatusOK))
		return wrong(r.State == conversations.ReviewEnded && r.Items == 7 && r.Seen == 5 && r.Missed == 2, "%+v", r)
	})
	who.post(items+"/"+string(all[6].ID), tick).want(http.StatusConflict)
	h.run("", "verify").want(0, "nothing is wrong")
}

// fresh waits for a round that covers so many and has time left.
func (h *house) fresh(desk string, items int) (found conversations.Review) {
	h.t.Helper()
	eventually(h.t, "a fresh round covers all", func() error {
		list := field[struct{ Items []conversations.Review }](h.get("/v1/rounds?desk=" + desk + "&state=open").want(http.StatusOK))
		for _, r := range list.Items {
			if r.Items == items && time.Until(r.EndsAt) > 9*time.Second {
				found = r
				return nil
			}
		}
		return fmt.Errorf("none of %d", len(list.Items))
	})
	return found
}
