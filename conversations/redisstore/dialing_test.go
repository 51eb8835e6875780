package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// due returns the promises of all partitions that are to be looked at now.
func (h *house) due(t testing.TB) (ids []conversations.CallbackID, next time.Time) {
	t.Helper()
	for p := range h.Partitions() {
		some, at, err := h.DueCallbacks(t.Context(), p, h.now())
		must(t, err)
		for _, cb := range some {
			ids = append(ids, cb.ID)
		}
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return ids, next
}

func callbacksDue(t *testing.T, h *house) {
	h.stop()
	h.receive(t, sms("SM1", number(1), "call me"))
	id := h.only(t).ID
	at := h.now().Add(2 * time.Hour)
	cb, err := h.desk.Promise(t.Context(), id, conversations.CallbackRequest{At: at}, officer)
	must(t, err)
	if due, next := h.due(t); len(due) != 0 || !next.Equal(at) {
		t.Errorf("due %v, next %s, want none and %s", due, next, at)
	}
	h.forward(2 * time.Hour)
	if due, next := h.due(t); !slices.Equal(due, []conversations.CallbackID{cb.ID}) || !next.IsZero() {
		t.Errorf("due %v, next %s", due, next)
	}
	_, err = h.desk.Keep(t.Context(), cb.ID, officer, "later", func(cb conversations.Callback, now time.Time) (conversations.Callback, error) {
		return cb.Moved(now.Add(time.Hour)), nil
	})
	must(t, err)
	if due, next := h.due(t); len(due) != 0 || !next.Equal(h.now().Add(time.Hour)) {
		t.Errorf("moved: due %v, next %s", due, next)
	}
	_, err = h.desk.Keep(t.Context(), cb.ID, officer, "not wanted", func(cb conversations.Callback, now time.Time) (conversations.Callback, error) {
		return cb.Closed(conversations.CallbackCanceled, now), nil
	})
	must(t, err)
	h.forward(48 * time.Hour)
	if due, next := h.due(t); len(due) != 0 || !next.IsZero() {
		t.Errorf("canceled: due %v, next %s", due, next)
	}
	h.audit(t)
}

func renegotiated(t *testing.T, h *house) {
	ctx := t.Context()
	h.stop()
	h.receive(t, sms("SM1", number(1), "call me"))
	id := h.only(t).ID
	old, err := h.desk.Promise(ctx, id, conversations.CallbackRequest{Note: "customs"}, officer)
	must(t, err)
	at := h.now().Add(3 * time.Hour)
	cb, err := h.desk.Renegotiate(ctx, old.ID, conversations.CallbackRequest{At: at, Why: "he is driving"}, officer)
	must(t, err)
	again, err := h.beside(t, "other").desk.Renegotiate(ctx, old.ID, conversations.CallbackRequest{At: at, Why: "he is driving"}, officer)
	must(t, err)
	if again.ID != cb.ID || cb.Replaces != old.ID || cb.Note != "customs" || !cb.NotBefore.Equal(at) || !cb.RequestedAt.Equal(old.RequestedAt) {
		t.Errorf("renegotiated to %+v and %+v", cb, again)
	}
	if was, err := h.LoadCallback(ctx, old.ID); err != nil || was.Status != conversations.CallbackRenegotiated || was.LookAt != nil {
		t.Errorf("the old one is %+v, %v", was, err)
	}
	if c := h.only(t); c.Promises != 1 {
		t.Errorf("%d promises are open, want 1", c.Promises)
	}
	h.audit(t)
}

// recalled lets a customer's own words move and end what he is promised, in the change that
// keeps them.
func recalled(t *testing.T, h *house) {
	ctx := t.Context()
	h.stop()
	h.receive(t, sms("SM1", number(1), "call me"))
	id := h.only(t).ID
	first, err := h.desk.Promise(ctx, id, conversations.CallbackRequest{Note: "customs"}, officer)
	must(t, err)
	at := h.now().Add(20 * time.Hour)
	say := func(sid string, r conversations.Recall) {
		t.Helper()
		h.intake.Read = func(ch *conversations.Change, _ conversations.Message, _ time.Time) { ch.Recall = &r }
		h.receive(t, sms(sid, number(1), "about the call"))
		h.receive(t, sms(sid, number(1), "about the call")) // delivered again
	}
	stands := func(id conversations.CallbackID, want conversations.CallbackStatus) conversations.Callback {
		t.Helper()
		cb, err := h.LoadCallback(ctx, id)
		if must(t, err); cb.Status != want {
			t.Errorf("%s is %s, want %s", id, cb.Status, want)
		}
		return cb
	}
	later := conversations.Recall{CallbackRequest: conversations.CallbackRequest{At: at, Why: "tomorrow"}}
	say("SM2", later)
	stands(first.ID, conversations.CallbackRenegotiated)
	c := h.only(t)
	second := stands(c.CallbackID(2), conversations.CallbackScheduled)
	if !second.NotBefore.Equal(at) || second.Replaces != first.ID || second.Note != "customs" || !second.RequestedAt.Equal(first.RequestedAt) {
		t.Errorf("renegotiated to %+v", second)
	}
	say("SM3", later) // the same time again asks for nothing
	say("SM4", conversations.Recall{CallbackRequest: conversations.CallbackRequest{At: h.now().Add(-time.Hour)}})
	if c := h.only(t); c.Issued != 2 || c.Promises != 1 || c.Messages != 4 {
		t.Errorf("%d promises made, %d open, %d messages", c.Issued, c.Promises, c.Messages)
	}
	say("SM5", conversations.Recall{Soon: true})
	third := stands(c.CallbackID(3), conversations.CallbackScheduled)
	if third.NotBefore.After(h.now()) {
		t.Errorf("at once is %s", third.NotBefore)
	}
	other, err := h.desk.Promise(ctx, id, conversations.CallbackRequest{At: at}, officer)
	must(t, err)
	say("SM6", conversations.Recall{Off: true, CallbackRequest: conversations.CallbackRequest{Why: "no need"}})
	stands(third.ID, conversations.CallbackCanceled)
	stands(other.ID, conversations.CallbackCanceled)
	if c := h.only(t); c.Promises != 0 || c.Version == 0 {
		t.Errorf("%d promises are open", c.Promises)
	}
	say("SM7", conversations.Recall{Off: true}) // nothing is promised
	h.audit(t)
}

func lines(t *testing.T, h *house) {
	ctx := t.Context()
	const most = 3
	gateways := []*house{h, h.beside(t, "other")}
	var mu sync.Mutex
	got := map[string]string{} // attempt → customer
	var wg sync.WaitGroup
	for i := range 24 {
		wg.Go(func() {
			attempt, customer := fmt.Sprintf("%d-cb1.1", i+1), fmt.Sprintf("+%d", i%6)
			err := gateways[i%2].SeizeLines(context.Background(), attempt, []string{customer, fmt.Sprint("officer", i%4)}, customer, most)
			switch {
			case err == nil:
				mu.Lock()
				got[attempt] = customer
				mu.Unlock()
			case !errors.Is(err, conversations.ErrFull) && !errors.Is(err, conversations.ErrTaken):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	held, calls, err := h.HeldLines(ctx)
	must(t, err)
	if len(got) == 0 || len(got) > most || len(calls) != len(got) || len(held) != 2*len(got) {
		t.Errorf("%d attempts got through: lines %v, calls %v", len(got), held, calls)
	}
	attempt := slices.Sorted(maps.Keys(got))[0]
	customer := got[attempt]
	var his []string
	for line, by := range held {
		if by == attempt {
			his = append(his, line)
		}
	}
	if err := h.SeizeLines(ctx, attempt, his, customer, 99); !errors.Is(err, conversations.ErrTaken) {
		t.Errorf("seized again by the same attempt: %v, want taken", err)
	}
	hour := h.now().Add(-time.Hour)
	rung := func(want int) {
		t.Helper()
		if n, err := h.RungSince(ctx, customer, hour, h.now().Add(time.Hour)); err != nil || n[0] != want || n[1] != 0 {
			t.Errorf("rung %v times, %v; want %d and 0", n, err, want)
		}
	}
	rung(1)
	must(t, h.FreeLines(ctx, "99-cb1.1", his, customer)) // not his
	rung(1)
	must(t, h.FreeLines(ctx, attempt, his, customer))
	must(t, h.FreeLines(ctx, attempt, his, customer))
	rung(0)
	must(t, h.SeizeLines(ctx, "50-cb1.1", his, customer, most))
	rung(1)
	must(t, h.FreeLines(ctx, attempt, his, "")) // late, and his no longer
	if held, _, err = h.HeldLines(ctx); err != nil || held[customer] != "50-cb1.1" {
		t.Errorf("a late end took %s away: %v, %v", customer, held, err)
	}
	for i, connected := range []bool{true, false, false, true} {
		must(t, gateways[i%2].NoteOffered(ctx, fmt.Sprintf("%d-cb1.1", 60+i), h.now(), connected))
	}
	must(t, h.NoteOffered(ctx, "61-cb1.1", h.now(), true)) // late news
	for since, want := range map[time.Duration][2]int{time.Hour: {1, 4}, -time.Hour: {0, 0}} {
		if lost, all, err := gateways[1].AbandonedSince(ctx, h.now().Add(-since)); err != nil || [2]int{lost, all} != want {
			t.Errorf("%d of %d abandoned, %v; want %v", lost, all, err, want)
		}
	}
	must(t, h.MarkCall(ctx, "CA1", attempt))
	for sid, want := range map[string]string{"CA1": attempt, "CA2": ""} {
		if of, err := h.CallOf(ctx, sid); err != nil || of != want {
			t.Errorf("%s is of %q, %v", sid, of, err)
		}
	}
}
