package redisstore_test

import (
	"testing"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// errands are kept with the change that leaves them, taken when they are due, by one at a
// time, again if he dies, and until somebody says that they are done.
func errands(t *testing.T, h *house) {
	h.stop()
	h.receive(t, sms("SM1", number(1), "hello"))
	id := h.only(t).ID
	part := int(id.Number() % uint64(h.Partitions()))
	want := []conversations.Errand{
		{Conversation: id, Kind: conversations.ErrandAlert, Name: "first_response", Of: "supervisor", Place: 3, At: h.now()},
		{Conversation: id, Kind: conversations.ErrandDetails, At: h.now().Add(time.Minute)},
	}
	leave := func() {
		t.Helper()
		_, err := h.desk.Do(t.Context(), id, func(c conversations.Conversation, now time.Time) (conversations.Change, error) {
			ch, err := conversations.Answer(c, conversations.Draft{Note: true, Text: "a note"}, conversations.System, now)
			ch.Errands = want
			return ch, err
		})
		must(t, err)
	}
	leave()
	due := func(n int) (conversations.Errand, time.Time) {
		t.Helper()
		es, next, err := h.Errands(t.Context(), part, 9, 10*time.Second)
		must(t, err)
		if len(es) != n {
			t.Fatalf("%d are due, want %d", len(es), n)
		}
		if n == 0 {
			return conversations.Errand{}, next
		}
		return es[0], next
	}
	one, next := due(1)
	if one.At = want[0].At; one != want[0] || !next.Equal(want[1].At) {
		t.Errorf("due is %+v, then %s", one, next)
	}
	if _, next = due(0); !next.Equal(h.now().Add(10 * time.Second)) {
		t.Errorf("taken twice, or looked at again at %s", next)
	}
	h.forward(10 * time.Second) // he died
	due(1)
	must(t, h.EndErrand(t.Context(), one))
	must(t, h.EndErrand(t.Context(), one))
	h.forward(50 * time.Second)
	two, _ := due(1)
	if two.At = want[1].At; two != want[1] {
		t.Errorf("due is %+v", two)
	}
	must(t, h.EndErrand(t.Context(), two))
	if _, next = due(0); !next.IsZero() {
		t.Errorf("something waits until %s", next)
	}
}
