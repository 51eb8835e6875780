package redisstore_test

import (
	"errors"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// capped: machines write to one person so often in 24 hours and no more, through whichever
// gateway; officers' own words are free.
func capped(t *testing.T, h *house) {
	const most = 4
	gateways := []*house{h, h.beside(t, "other")}
	for _, g := range gateways {
		g.desk.Caps = &conversations.Caps{Pacer: g, PerDay: map[conversations.Lane]int{conversations.LaneAck: most}}
	}
	h.receive(t, sms("SM1", number(1), "hello"))
	id := h.only(t).ID
	receipt := conversations.Draft{Text: "We have your message.", Auto: true, Lane: conversations.LaneAck}
	var sent []time.Time
	for minute := range 48 * 60 / 5 {
		h.forward(5 * time.Minute)
		_, _, err := gateways[minute%2].desk.Reply(t.Context(), id, receipt, conversations.System)
		switch {
		case err == nil:
			sent = append(sent, h.now())
		case !errors.Is(err, conversations.ErrCapped):
			t.Fatal(err)
		}
	}
	if len(sent) < most || len(sent) > 2*most {
		t.Errorf("%d receipts in two days, want at most %d a day", len(sent), most)
	}
	for i := most; i < len(sent); i++ {
		if apart := sent[i].Sub(sent[i-most]); apart < 24*time.Hour {
			t.Errorf("%d receipts within %s", most+1, apart)
		}
	}
	h.reply(t, id, "an officer's own words")
}
