package callbacks

import (
	"fmt"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// TestOnePersonOneCall promises calls to one person on three numbers at once. His contacts
// become one only after the dialer has looked at their promises, while their customers' lines
// are taken. He is never rung on two numbers at a time.
func TestOnePersonOneCall(t *testing.T) {
	w := newWorld(t, 3, 2)
	w.provider.kind, w.provider.answers = true, 2*time.Second
	for i := range 6 {
		w.store.officers = append(w.store.officers, conversations.Officer{
			ID: conversations.OfficerID(fmt.Sprintf("o%02d", i)), Phone: fmt.Sprintf("+9665000000%02d", i), Availability: conversations.Available, Skills: []string{"trace"},
		})
	}
	person := func(n int, of conversations.ContactID) {
		id := conversations.NewID(uint64(n))
		c := w.store.conversations[id]
		c.Contact.ID = of
		w.store.conversations[id] = c
	}
	var ids []conversations.CallbackID
	for n := range 9 {
		ids = append(ids, w.promise(n+1, conversations.CallbackRequest{Phone: fmt.Sprintf("+6011111111%d", n%3), First: conversations.PartyCustomer}, nil))
	}
	w.store.lines["n:+60111111110"], w.store.lines["n:+60111111111"], w.store.lines["n:+60111111112"] = "x", "x", "x"
	for _, g := range w.gateways {
		g.born(20, 12)
		g.turn()
	}
	for n := range 9 {
		person(n+1, "kone")
	}
	clear(w.store.lines)
	w.run(24*time.Hour, func() bool { return false })
	for _, id := range ids {
		if cb := w.store.callbacks[id]; cb.Status != conversations.CallbackKept {
			t.Errorf("%s is %s", id, cb.Status)
		}
	}
	calls := w.provider.calls
	for i, a := range calls {
		for _, b := range calls[i+1:] {
			if b.created.Before(a.ended) && a.created.Before(b.ended) {
				t.Errorf("%s to %s while %s to %s is under way", b.r.Attempt, b.r.Customer().Number, a.r.Attempt, a.r.Customer().Number)
			}
		}
	}
}
