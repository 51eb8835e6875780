package main

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/reports"
)

// reviewed waits for a round of a desk that covers a conversation, lets an officer tick it
// off and the next one pass, and compares what the reports say.
func (h *house) reviewed(desk string, who *client, id conversations.ID) {
	h.t.Helper()
	round := h.round("an open round", desk, "open", 0)
	items := "/v1/rounds/" + string(round.ID) + "/items"
	covered := field[struct {
		Items []struct {
			Conversation conversations.ID
			Row          conversations.Conversation
		}
	}](h.get(items).want(http.StatusOK)).Items
	if len(covered) != 1 || covered[0].Conversation != id || covered[0].Row.Desk != desk {
		h.t.Errorf("the round covers %+v", covered)
	}
	tick := map[string]any{"outcome": "seen", "note": "stands by the gate"}
	for { // the round may end just now
		res := who.post(items+"/"+string(id), tick)
		if res.code == http.StatusOK {
			break
		}
		if res.code != http.StatusConflict {
			h.t.Fatalf("ticked off: %d %s", res.code, res.body)
		}
		round = h.round("another open round", desk, "open", 0)
		items = "/v1/rounds/" + string(round.ID) + "/items"
	}
	h.round("it has ended, seen", desk, "ended", 1)
	h.round("another was missed", desk, "ended", 0)

	table := field[reports.Table](h.get("/v1/reports/rounds?group_by=round&desk=" + desk).want(http.StatusOK))
	if len(table.Rows) != 1 || table.Rows[0].Group != "gate" {
		h.t.Fatalf("rows of the report: %+v", table.Rows)
	}
	all, missed := table.Rows[0].Values[0].N, table.Rows[0].Values[2].N
	if all < 2 || missed != all-1 {
		h.t.Errorf("of %d covered %d were missed, want all but one", all, missed)
	}
	behind := field[struct{ Items []reports.Item }](h.get("/v1/reports/rounds/items?metric=coverage&desk=" + desk).want(http.StatusOK)).Items
	seen := 0
	for _, i := range behind {
		if i.Value == 1 {
			seen++
		}
	}
	if len(behind) < all || seen != 1 {
		h.t.Errorf("%d are behind the figure, of which %d were seen", len(behind), seen)
	}
	history := h.get("/v1/conversations/" + string(id) + "/history").want(http.StatusOK)
	if !strings.Contains(string(history.body), "stands by the gate") {
		h.t.Errorf("the history says nothing of the round: %s", history.body)
	}
}

// round waits for a round of a desk in a state, of which so many items were seen.
func (h *house) round(what, desk, state string, seen int) (found conversations.Review) {
	h.t.Helper()
	eventually(h.t, what, func() error {
		list := field[struct{ Items []conversations.Review }](h.get(fmt.Sprintf("/v1/rounds?desk=%s&state=%s", desk, state)).want(http.StatusOK))
		for _, r := range list.Items {
			if r.Items > 0 && r.Seen == seen && r.Seen+r.Missed <= r.Items {
				found = r
				return nil
			}
		}
		return fmt.Errorf("none of %d", len(list.Items))
	})
	return found
}
