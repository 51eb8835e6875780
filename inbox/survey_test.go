package inbox

import (
	"testing"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

func TestSurveysAreShown(t *testing.T) {
	h := newHouse(t)
	id := h.came(channels.SMS, "+966501111111", "hello")
	score := 0
	h.store.convs[id].Surveys = []conversations.Survey{
		{Kind: conversations.NPS, Channel: channels.SMS, AskedAt: noon, Message: "1-2", Score: &score, AnsweredAt: noon, Answer: "1-3"},
		{Kind: conversations.CSAT, Channel: channels.SMS, AskedAt: noon, Message: "1-4"},
	}
	h.get("/v1/conversations/"+string(id)).status(200).is(float64(0), "surveys", 0, "score").is(nil, "surveys", 1, "score")
}
