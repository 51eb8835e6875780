package inbox

import (
	"fmt"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

func TestRounds(t *testing.T) {
	h := newHouse(t)
	id := conversations.NewReviewID("trace", "all", noon)
	round := &held{review: conversations.Review{
		ID: id, Version: 2, Desk: "trace", Round: "all", Title: "Every open trace", State: conversations.ReviewOpen,
		DueAt: noon, BeganAt: noon, EndsAt: noon.Add(6 * time.Hour), Outcomes: []string{"fine", "chased"},
	}}
	for i := range 5 {
		round.items = append(round.items, conversations.ReviewItem{Conversation: h.came(channels.SMS, fmt.Sprintf("+6012345678%d", i), "hello")})
	}
	h.store.rounds[id] = round
	base := "/v1/rounds/" + string(id)

	h.get("/v1/rounds?desk=trace&state=open").status(200).is(string(id), "items", 0, "id").is("map[]", "items", 0, "covers")
	h.get("/v1/rounds?desk=booking").status(200).is("[]", "items")
	h.get("/v1/rounds?cursor=x").problem(422, "invalid").is("query.cursor", "errors", 0, "location")
	h.get("/v1/rounds?state=over").problem(422, "invalid")
	h.get(base).status(200).is(5, "items").is("Every open trace", "title")
	h.get("/v1/rounds/none").problem(404, "not-found")

	page := h.get(base+"/items?limit=2").status(200).is("1001", "items", 0, "conversation").is("open", "items", 0, "state").is("hello", "items", 0, "row", "preview")
	second := h.get(fmt.Sprintf("%s/items?limit=2&cursor=%v", base, page.at("next_cursor"))).status(200).is("1003", "items", 0, "conversation")
	h.get(fmt.Sprintf("%s/items?limit=2&cursor=%v", base, second.at("next_cursor"))).status(200).is("1005", "items", 0, "conversation").is("<nil>", "next_cursor")
	h.get(base+"/items?cursor=x").problem(422, "invalid")

	h.post(base+"/items/1002", `{"outcome":"chased","note":"asked the carrier"}`).status(200).is("seen", "state").is("chased", "tick", "outcome").is("o1", "tick", "by", "id")
	h.post(base+"/items/1002", `{"outcome":"chased"}`).status(200)
	h.post(base+"/items/1002", `{"outcome":"fine"}`).problem(409, "taken")
	h.do(ask{"POST", base + "/items/1002", `{"outcome":"chased"}`, as(supervisorToken)}).problem(409, "taken")
	h.post(base+"/items/1001", `{"outcome":"nonsense"}`).problem(422, "invalid").is("body.outcome", "errors", 0, "location")
	h.post(base+"/items/1999", `{"outcome":"fine"}`).problem(404, "not-found")
	h.post(base+"/items/x", `{"outcome":"fine"}`).problem(404, "not-found")
	h.get("/v1/conversations/1002/history").status(200)
	if last := h.store.events["1002"][len(h.store.events["1002"])-1]; last.Type != conversations.EventReviewed || last.Why != "asked the carrier" {
		t.Errorf("the history ends with %+v", last)
	}
	if n := len(h.get(base + "/items?state=open").status(200).items()); n != 4 {
		t.Errorf("%d are open, want 4", n)
	}
	h.patch("/v1/conversations/1004", `{"assignee":"me"}`).status(200)
	h.get(base+"/items?assignee=me").status(200).is("1004", "items", 0, "conversation").is("<nil>", "next_cursor")
	h.get(base+"/items?assignee=none&limit=1").status(200).is("1001", "items", 0, "conversation").is("1001", "next_cursor")

	round.review.State = conversations.ReviewEnded
	h.post(base+"/items/1001", `{"outcome":"fine"}`).problem(409, "ended")
	h.get(base+"/items?state=missed").status(200).is("1001", "items", 0, "conversation").is("missed", "items", 0, "state")
}
