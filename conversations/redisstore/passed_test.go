package redisstore_test

import (
	"fmt"
	"testing"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// passedBack: a message was on its way to the conversation that its own was merged into when
// the gateway died; since then the merge was taken back, or made the other way round. It is
// not counted as kept before it is, and then it is kept once.
func passedBack(t *testing.T, h *house) {
	ctx := t.Context()
	for i, since := range []func(a, b conversations.ID, in channels.Inbound) error{
		func(a, b conversations.ID, _ channels.Inbound) error { return nil },
		func(a, b conversations.ID, _ channels.Inbound) error {
			_, _, err := h.desk.Merge(ctx, b, a, 0, officer)
			return err
		},
		func(a, b conversations.ID, in channels.Inbound) error { // and again, the other way round
			return h.Pass(ctx, conversations.ClaimOf(in), b, a)
		},
	} {
		mine, other := number(2*i), number(2*i+1)
		h.receive(t, sms(fmt.Sprint("SMa", i), mine, "first"))
		h.receive(t, sms(fmt.Sprint("SMb", i), other, "first"))
		a, b := h.at(t, mine).ID, h.at(t, other).ID
		in := sms(fmt.Sprint("SMc", i), mine, "second")
		must(t, h.Pass(ctx, conversations.ClaimOf(in), a, b))
		must(t, since(a, b, in))
		if kept, err := h.Kept(ctx, []channels.Inbound{in}); err != nil || kept[0].Stored {
			t.Errorf("%d: before it is kept: %+v, %v", i, kept, err)
		}
		h.receive(t, in)
		h.receive(t, in)
		if kept, err := h.Kept(ctx, []channels.Inbound{in}); err != nil || !kept[0].Stored || !kept[0].Threaded {
			t.Errorf("%d: when it is kept: %+v, %v", i, kept, err)
		}
		shown := 0
		for _, c := range h.all(t, conversations.Query{}) {
			list, err := h.Messages(ctx, c.ID, 0, 100)
			must(t, err)
			for _, m := range list {
				if m.ProviderID == in.ProviderID {
					shown++
				}
			}
		}
		if shown != 1 {
			t.Errorf("%d: it is kept %d times", i, shown)
		}
	}
}
