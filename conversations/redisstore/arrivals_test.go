package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

func keptOnce(t *testing.T, h *house) {
	gateways := []*house{h, h.beside(t, "other")}
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			if err := gateways[i%2].intake.Receive(context.Background(), sms("SM1", number(1), "hello")); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if c := h.only(t); c.Messages != 1 || c.Version != 1 || c.Unread != 1 {
		t.Errorf("%d messages, version %d, %d unread, want 1 of each", c.Messages, c.Version, c.Unread)
	}
	if a := h.audit(t); a.Messages != 1 {
		t.Errorf("%d messages, want 1", a.Messages)
	}
}

func pairs(t *testing.T, h *house) {
	gateways := []*house{h, h.beside(t, "other")}
	people := some(50, 300, 10_000)
	for chunk := range slices.Chunk(slices.Collect(upTo(people)), 500) {
		var wg sync.WaitGroup
		for _, i := range chunk {
			apart := time.NewTimer(time.Duration(rand.IntN(201)) * time.Millisecond)
			for m := range 2 {
				wg.Go(func() {
					if m == 1 {
						<-apart.C
					}
					in := sms(fmt.Sprintf("SM%d-%d", i, m), number(i), "hello")
					if err := gateways[m].intake.Receive(context.Background(), in); err != nil {
						t.Error(err)
					}
				})
			}
		}
		wg.Wait()
	}
	list := h.all(t, conversations.Query{Limit: 50})
	if len(list) != people {
		t.Errorf("%d conversations of %d people", len(list), people)
	}
	for _, c := range list {
		if c.Messages != 2 || c.Unread != 2 {
			t.Fatalf("%d messages, %d unread, want 2: %+v", c.Messages, c.Unread, c)
		}
	}
	h.audit(t)
}

func upTo(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for i := 0; i < n && yield(i); i++ {
		}
	}
}

func handles(t *testing.T, h *house) {
	user := channels.Handle{Kind: channels.HandleBSUID, Issuer: "waba", Value: "u-77"}
	wa := func(id string, from channels.Handle, aliases ...channels.Handle) channels.Inbound {
		return channels.Inbound{Channel: channels.WhatsApp, Account: "+14155238886", ProviderID: id, From: from, Aliases: aliases, Text: "hi"}
	}
	h.receive(t, wa("SM1", user, phone(number(1))))
	h.receive(t, sms("SM2", number(1), "the same person"))
	h.receive(t, wa("SM3", channels.Handle{Kind: channels.HandleWhatsApp, Value: number(1)}))
	h.receive(t, wa("SM4", user))
	c := h.only(t)
	if c.Messages != 4 || len(c.Channels) != 2 || len(c.Contact.Handles) < 2 {
		t.Errorf("got %+v", c)
	}
	if list := h.all(t, conversations.Query{Contact: c.Contact.ID}); len(list) != 1 {
		t.Errorf("%d conversations of the contact, want 1", len(list))
	}
	for i := range 2 { // nobody knows whether these are one person
		in := sms(fmt.Sprintf("CA%d", i), "", "")
		in.Channel, in.Form, in.From = channels.Voice, channels.FormCall, channels.Handle{}
		h.receive(t, in)
		h.receive(t, in)
	}
	if list := h.all(t, conversations.Query{Channel: channels.Voice}); len(list) != 2 {
		t.Errorf("%d conversations of withheld callers, want 2", len(list))
	}
	h.audit(t)
}

func reopening(t *testing.T, h *house) {
	other := h.beside(t, "other")
	say := func(g *house, n int) conversations.ID {
		t.Helper()
		g.receive(t, sms(fmt.Sprintf("SM%d", n), number(1), "hello"))
		place, err := g.Find(t.Context(), []channels.Handle{phone(number(1))})
		must(t, err)
		return place.Conversation
	}
	set := func(id conversations.ID, status conversations.Status) {
		t.Helper()
		_, err := h.desk.Patch(t.Context(), id, conversations.Patch{Status: &status}, officer)
		must(t, err)
	}
	first := say(h, 1)
	set(first, conversations.Solved)
	if again := say(other, 2); again != first {
		t.Errorf("a solved chat was not reopened: %s, want %s", again, first)
	}
	if c, _ := h.Load(t.Context(), first); c.Status != conversations.Open {
		t.Errorf("it is %s, want open", c.Status)
	}
	set(first, conversations.Solved)
	h.forward(conversations.ReopenTerm)
	second := say(h, 3)
	if second == first {
		t.Error("a chat solved long ago was reopened")
	}
	if again := say(other, 4); again != second {
		t.Errorf("another gateway put it into %s, want %s", again, second)
	}
	set(second, conversations.Closed)
	third := say(other, 5)
	if third == second || third == first || say(h, 6) != third {
		t.Error("a closed chat was continued")
	}
	set(third, conversations.Closed)
	_, err := other.Load(t.Context(), third) // so the other gateway remembers it
	must(t, err)
	set(third, conversations.Open)
	if again := say(other, 7); again != third {
		t.Errorf("a gateway that remembers it as closed opened %s beside %s, which is open again", again, third)
	}
	h.audit(t)
}

func replies(t *testing.T, h *house) {
	ctx := t.Context()
	h.receive(t, sms("SM1", number(1), "hello"))
	c := h.only(t)
	gateways := []*house{h, h.beside(t, "other")}
	ids := make([]conversations.MessageID, 16)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			m, _, err := gateways[i%2].desk.Reply(context.Background(), c.ID, conversations.Draft{Text: "hello", Op: "key"}, officer)
			if err != nil {
				t.Error(err)
			}
			ids[i] = m.ID
		})
	}
	wg.Wait()
	if ids = slices.Compact(ids); len(ids) != 1 {
		t.Errorf("one Idempotency-Key made %v", ids)
	}
	if ds := h.lease(t, time.Minute); len(ds) != 1 || ds[0].Message.ID != ids[0] {
		t.Errorf("the outbox has %v", ds)
	}
	read := conversations.Draft{Text: "as I read", Version: c.Version}
	_, _, err := h.desk.Reply(ctx, c.ID, read, officer)
	var stale *conversations.StaleError
	if !errors.As(err, &stale) || stale.Present.Version != 2 || !errors.Is(err, conversations.ErrStale) {
		t.Errorf("a stale reply got %v", err)
	}
	now, err := h.Load(ctx, c.ID)
	must(t, err)
	if now.Messages != 2 || now.Unread != 0 || now.Status != conversations.Open {
		t.Errorf("after one reply: %+v", now)
	}
	opening := conversations.Opening{To: phone(number(2)), Channel: channels.SMS, Draft: conversations.Draft{Text: "good day", Op: "open"}}
	m, _, err := h.desk.Open(ctx, opening, officer)
	must(t, err)
	again, _, err := gateways[1].desk.Open(ctx, opening, officer)
	must(t, err)
	if m.ID != again.ID {
		t.Errorf("opened twice: %s and %s", m.ID, again.ID)
	}
	if now, _ = h.Load(ctx, m.Conversation); now.Messages != 1 {
		t.Errorf("opened with %d messages", now.Messages)
	}
	h.receive(t, sms("SM2", number(2), "thank you"))
	if now, _ = h.Load(ctx, m.Conversation); now.Messages != 2 {
		t.Errorf("his answer went elsewhere: %+v", now)
	}
	h.audit(t)
}

// permutations visits every order of the values.
func permutations[T any](values []T, visit func([]T)) {
	if len(values) < 2 {
		visit(values)
		return
	}
	for i := range values {
		rest := append(slices.Clone(values[:i]), values[i+1:]...)
		permutations(rest, func(p []T) { visit(append([]T{values[i]}, p...)) })
	}
}

func receipts(t *testing.T, h *house) {
	ctx := t.Context()
	h.receive(t, sms("SM1", number(1), "hello"))
	id := h.only(t).ID
	other := h.beside(t, "other")
	all := []channels.Receipt{
		{Status: channels.Sent}, {Status: channels.Delivered}, {Status: channels.Read},
		{Status: channels.Failed, Code: "30007", Reason: "filtered"},
	}
	for _, set := range [][]channels.Receipt{all[:3], all[1:]} {
		want := set[2]
		permutations(set, func(order []channels.Receipt) {
			m := h.reply(t, id, "hello")
			for i, r := range append(order, order[0]) { // and the first once more
				r.MessageID, r.ProviderID = string(m.ID), "SM9"
				must(t, []*house{h, other}[i%2].intake.RecordReceipt(ctx, r))
			}
			got, err := h.LoadMessage(ctx, m.ID)
			must(t, err)
			if got.Status != want.Status || got.ProviderID != "SM9" || (got.Error != nil) != (want.Code != "") {
				t.Errorf("%v ended as %v %v, want %v", order, got.Status, got.Error, want.Status)
			}
		})
	}
	m := h.reply(t, id, "hello")
	var wg sync.WaitGroup
	for _, r := range append(all, all...) {
		r.MessageID = string(m.ID)
		wg.Go(func() {
			if err := other.intake.RecordReceipt(ctx, r); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got, _ := h.LoadMessage(ctx, m.ID); got.Status != channels.Failed || got.Error.Code != "30007" {
		t.Errorf("all at once ended as %v %v", got.Status, got.Error)
	}
	for _, unknown := range []string{string(id) + "-1", string(id) + "-999", "999999-1", "", "x", "1-cb1"} {
		if err := h.intake.RecordReceipt(ctx, channels.Receipt{MessageID: unknown, Status: channels.Sent}); !errors.Is(err, channels.ErrUnknownMessage) {
			t.Errorf("receipt of %q: %v, want unknown", unknown, err)
		}
	}
}
