package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

func callbacks(t *testing.T, h *house) {
	ctx := t.Context()
	h.receive(t, sms("SM1", number(1), "call me"))
	id := h.only(t).ID
	cb, err := h.desk.Promise(ctx, id, conversations.CallbackRequest{Note: "about customs", Op: "key"}, officer)
	must(t, err)
	again, err := h.beside(t, "other").desk.Promise(ctx, id, conversations.CallbackRequest{Note: "about customs", Op: "key"}, officer)
	must(t, err)
	if again.ID != cb.ID || cb.Phone != number(1) || !cb.DueAt.Equal(cb.RequestedAt.Add(conversations.CallbackTerm)) {
		t.Errorf("promised %+v and %+v", cb, again)
	}
	solved := conversations.Solved
	_, err = h.desk.Patch(ctx, id, conversations.Patch{Status: &solved}, officer)
	var owed *conversations.PromisedError
	if !errors.As(err, &owed) || !errors.Is(err, conversations.ErrPromised) || !slices.Equal(owed.Callbacks, []conversations.CallbackID{cb.ID}) {
		t.Errorf("solved with an open promise: %v", err)
	}
	gateways := []*house{h, h.beside(t, "third")}
	busy := errors.New("somebody rings already")
	var rings atomic.Int32
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			_, err := gateways[i%2].desk.Keep(context.Background(), cb.ID, conversations.System, "dialing", func(cb conversations.Callback, now time.Time) (conversations.Callback, error) {
				if cb.Status != conversations.CallbackScheduled {
					return cb, busy
				}
				cb.Status = conversations.CallbackDialing
				cb.Attempts = append(slices.Clone(cb.Attempts), conversations.CallAttempt{At: now, CallSID: fmt.Sprint("CA", i)})
				return cb, nil
			})
			if err == nil {
				rings.Add(1)
			} else if !errors.Is(err, busy) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got, err := h.LoadCallback(ctx, cb.ID)
	must(t, err)
	if rings.Load() != 1 || len(got.Attempts) != 1 || got.Version != 2 {
		t.Errorf("rang %d times: %+v", rings.Load(), got)
	}
	_, err = h.desk.Keep(ctx, cb.ID, conversations.System, "he pressed 1", func(cb conversations.Callback, _ time.Time) (conversations.Callback, error) {
		cb.Status = conversations.CallbackKept
		return cb, nil
	})
	must(t, err)
	c, err := h.desk.Patch(ctx, id, conversations.Patch{Status: &solved}, officer)
	must(t, err)
	if c.Promises != 0 || c.Status != conversations.Solved {
		t.Errorf("got %+v", c)
	}
	for _, id := range []conversations.CallbackID{"", "x", cb.ID + "9", "99999-cb1"} {
		if _, err := h.LoadCallback(ctx, id); !errors.Is(err, conversations.ErrNotFound) {
			t.Errorf("call-back %q: %v, want not found", id, err)
		}
	}
	h.audit(t)
}

// unpromised ends a conversation with a reason: what was promised ends with it.
func unpromised(t *testing.T, h *house) {
	ctx := t.Context()
	h.receive(t, sms("SM1", number(1), "call me"))
	id := h.only(t).ID
	var ids []conversations.CallbackID
	for range 2 {
		cb, err := h.desk.Promise(ctx, id, conversations.CallbackRequest{}, officer)
		must(t, err)
		ids = append(ids, cb.ID)
	}
	before := h.only(t).Version
	solved := conversations.Solved
	c, err := h.desk.Patch(ctx, id, conversations.Patch{Status: &solved, Why: "he came to the office", Version: before}, officer)
	must(t, err)
	if c.Promises != 0 || c.Version != before+1 || c.Status != solved {
		t.Errorf("ended as %+v", c)
	}
	for _, cb := range ids {
		if got, err := h.LoadCallback(ctx, cb); err != nil || got.Status != conversations.CallbackCanceled || got.LookAt != nil {
			t.Errorf("%s is %+v, %v", cb, got, err)
		}
	}
	h.audit(t)
}

func callbackPages(t *testing.T, h *house) {
	ctx := t.Context()
	h.stop()
	var all []conversations.Callback
	for i := range 10 {
		h.receive(t, sms(fmt.Sprint("SM", i), number(i), "call me"))
	}
	for i, c := range h.all(t, conversations.Query{}) {
		for k := range 3 {
			cb, err := h.desk.Promise(ctx, c.ID, conversations.CallbackRequest{At: h.now().Add(time.Duration((i*7+k*3)%8) * time.Hour)}, officer)
			must(t, err)
			if k == 2 {
				cb, err = h.desk.Keep(ctx, cb.ID, officer, "he rang himself", func(cb conversations.Callback, _ time.Time) (conversations.Callback, error) {
					cb.Status = conversations.CallbackCanceled
					return cb, nil
				})
				must(t, err)
			}
			all = append(all, cb)
		}
	}
	slices.SortFunc(all, func(a, b conversations.Callback) int {
		if c := a.DueAt.Compare(b.DueAt); c != 0 {
			return c
		}
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	for _, q := range []conversations.CallbackQuery{
		{}, {Status: []conversations.CallbackStatus{conversations.CallbackScheduled}}, {Status: []conversations.CallbackStatus{conversations.CallbackKept, conversations.CallbackCanceled, conversations.CallbackScheduled}}, {DueBefore: h.now().Add(5 * time.Hour)}, {Conversation: all[4].Conversation},
		{Conversation: "999999"}, {Status: []conversations.CallbackStatus{conversations.CallbackCanceled}, DueBefore: h.now().Add(6 * time.Hour)},
	} {
		want := []conversations.CallbackID{}
		for _, cb := range all {
			if (len(q.Status) == 0 || slices.Contains(q.Status, cb.Status)) && (q.DueBefore.IsZero() || cb.DueAt.Before(q.DueBefore)) && (q.Conversation == "" || cb.Conversation == q.Conversation) {
				want = append(want, cb.ID)
			}
		}
		got := []conversations.CallbackID{}
		for q.Limit = 4; ; {
			page, err := h.Callbacks(ctx, q)
			must(t, err)
			for _, cb := range page.Items {
				got = append(got, cb.ID)
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%+v: got %v, want %v", q, got, want)
		}
	}
	if _, err := h.Callbacks(ctx, conversations.CallbackQuery{Limit: 4, Cursor: "!"}); !errors.Is(err, conversations.ErrCursor) {
		t.Errorf("a cursor that is none: %v", err)
	}
}

// media plays the fetching of attachments from a provider that fails once.
func media(t *testing.T, h *house) {
	ctx := t.Context()
	in := sms("MM1", number(1), "a picture")
	in.Attachments = []channels.Attachment{{URL: "https://provider/1", ContentType: "image/jpeg"}, {Blob: "b0", Name: "kept already"}}
	h.receive(t, in)
	h.receive(t, sms("SM2", number(1), "no picture"))
	waiting := func(want int) []conversations.MessageID {
		t.Helper()
		var ids []conversations.MessageID
		for p := range h.Partitions() {
			got, _, err := h.Unfetched(ctx, p, 10, time.Minute)
			must(t, err)
			ids = append(ids, got...)
		}
		if len(ids) != want {
			t.Fatalf("%d messages wait for attachments, want %d", len(ids), want)
		}
		return ids
	}
	id := waiting(1)[0]
	waiting(0) // somebody is at it
	h.forward(2 * time.Minute)
	m, err := h.LoadMessage(ctx, waiting(1)[0])
	must(t, err)
	must(t, h.Attach(ctx, id, m.Attachments, h.now().Add(time.Hour)))
	h.forward(2 * time.Minute)
	waiting(0)
	h.forward(time.Hour)
	waiting(1)
	done := slices.Clone(m.Attachments)
	done[0].ID, done[0].URL, done[0].Size = "b1", "", 7
	must(t, h.Attach(ctx, id, done, time.Time{}))
	h.forward(time.Hour)
	waiting(0)
	if m, err = h.LoadMessage(ctx, id); err != nil || !slices.Equal(m.Attachments, done) {
		t.Errorf("got %+v, %v", m.Attachments, err)
	}
	heard := func(want int) {
		t.Helper()
		n := 0
		for p := range h.Partitions() {
			ids, _, err := h.Unheard(ctx, p, 10, time.Minute)
			must(t, err)
			n += len(ids)
		}
		if n != want {
			t.Errorf("%d messages wait to be heard, want %d", n, want)
		}
	}
	heard(0)
	must(t, h.WantHeard(ctx, id, h.now().Add(time.Hour)))
	heard(0)
	h.forward(time.Hour)
	heard(1)
	heard(0) // somebody is at it
	h.forward(2 * time.Minute)
	heard(1)
	must(t, h.WantHeard(ctx, id, time.Time{}))
	h.forward(2 * time.Minute)
	heard(0)
	if err := h.Attach(ctx, "99999-1", done, time.Time{}); !errors.Is(err, conversations.ErrNotFound) {
		t.Errorf("attached to nothing: %v", err)
	}
	h.audit(t)
}
