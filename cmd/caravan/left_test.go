package main

import (
	"net/http"
	"testing"

	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/conversations"
)

// TestWhoLeavesForGoodLeavesNothing: what an officer had who is switched off goes to others at once, whatever
// state it is in; and so does what he had solved, when its customer writes again.
func TestWhoLeavesForGoodLeavesNothing(t *testing.T) {
	t.Parallel()
	h := open(t)
	omar := h.hire(everything("Omar"))
	numbers := []string{"+966506670001", "+966506670002", "+966506670003"}
	var ids []conversations.ID
	for _, n := range numbers {
		h.write(simulator.Inbound{From: n, Text: "Where is my parcel?"})
		ids = append(ids, h.from(n).ID)
		h.assignee(ids[len(ids)-1], omar.me.ID)
	}
	h.patch("/v1/conversations/"+string(ids[1]), map[string]any{"status": "on_hold"}).want(http.StatusOK)
	h.solve(ids[2])
	nora := h.hire(everything("Nora"))
	h.patch("/v1/officers/"+string(omar.me.ID), map[string]any{"disabled": true}).want(http.StatusOK)
	h.assignee(ids[0], nora.me.ID)
	h.assignee(ids[1], nora.me.ID)
	h.said(ids[0], "Omar does not work here any more")
	h.assignee(ids[2], omar.me.ID) // who solved it stays known
	h.write(simulator.Inbound{From: numbers[2], Text: "It has not come after all"})
	h.assignee(ids[2], nora.me.ID)
	h.sound()
}
