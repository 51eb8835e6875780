package redisstore_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/redisstore"
	"github.com/caravan-desk/caravan/conversations/redisstore/redistest"
)

// house is a store with the rules in front of it.
type house struct {
	*redisstore.Store
	intake *conversations.Intake
	desk   *conversations.Desk
}

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

func clock() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// open opens a store at an address, and closes it with the test.
func open(t testing.TB, url string) *house {
	t.Helper()
	client, readers, err := redisstore.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	s, err := redisstore.Open(t.Context(), redisstore.Options{Client: client, Readers: readers, Consumer: "test", Logger: quiet, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(); client.Close(); readers.Close() })
	return &house{
		Store:  s,
		intake: &conversations.Intake{Arrivals: s, Threads: s, People: s, Receipts: s, Now: clock},
		desk:   &conversations.Desk{Store: s, People: s, Now: clock},
	}
}

func sms(sid, from, text string) channels.Inbound {
	return channels.Inbound{
		Channel: channels.SMS, Account: "+15005550006", ProviderID: sid,
		From: channels.Handle{Kind: channels.HandlePhone, Value: from}, To: "+15005550006", Text: text,
	}
}

// all pages through a query.
func (h *house) all(t testing.TB, q conversations.Query) []*conversations.Conversation {
	t.Helper()
	if q.Limit == 0 {
		q.Limit = 50
	}
	var out []*conversations.Conversation
	for {
		q.Now = clock()
		page, err := h.List(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, page.Items...)
		if q.Cursor = page.Next; q.Cursor == "" {
			return out
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestSmoke(t *testing.T) {
	h := open(t, redistest.Single(t).URL)
	ctx := t.Context()
	for i := range 5 {
		must(t, h.intake.Receive(ctx, sms(fmt.Sprintf("SM%032d", i), "+966500000001", fmt.Sprintf("message %d", i))))
		must(t, h.intake.Receive(ctx, sms(fmt.Sprintf("SM%032d", i), "+966500000001", "again")))
	}
	list := h.all(t, conversations.Query{})
	if len(list) != 1 || list[0].Messages != 5 || list[0].Unread != 5 {
		t.Fatalf("got %+v", list)
	}
	msgs, err := h.Messages(ctx, list[0].ID, 0, 50)
	must(t, err)
	if len(msgs) != 5 || msgs[4].Text != "message 4" || msgs[4].ProviderID != fmt.Sprintf("SM%032d", 4) {
		t.Fatalf("got %+v", msgs)
	}
	m, c, err := h.desk.Reply(ctx, list[0].ID, conversations.Draft{Text: "hello", Op: "x"}, conversations.System)
	must(t, err)
	m2, _, err := h.desk.Reply(ctx, list[0].ID, conversations.Draft{Text: "hello", Op: "x"}, conversations.System)
	must(t, err)
	if m.ID != m2.ID || c.Messages != 6 {
		t.Fatalf("not idempotent: %v %v %d", m.ID, m2.ID, c.Messages)
	}
	for p := range h.Partitions() {
		ds, err := h.Lease(ctx, p, 10, time.Minute)
		must(t, err)
		for _, d := range ds {
			must(t, h.BeginSend(ctx, &d))
			must(t, h.Settle(ctx, d, conversations.Outcome{Status: channels.Sent, ProviderID: "SMx"}))
		}
	}
	must(t, h.intake.RecordReceipt(ctx, channels.Receipt{MessageID: string(m.ID), Status: channels.Read}))
	must(t, h.intake.RecordReceipt(ctx, channels.Receipt{MessageID: string(m.ID), Status: channels.Delivered}))
	got, err := h.LoadMessage(ctx, m.ID)
	must(t, err)
	if got.Status != channels.Read || got.ProviderID != "SMx" {
		t.Fatalf("got %v %v", got.Status, got.ProviderID)
	}
	events, err := h.History(ctx, c.ID, 0, 100)
	must(t, err)
	for _, e := range events {
		t.Log(e.Type, e.Message, e.By, e.Why, e.Changes)
	}
}

func TestConcurrentFirstMessages(t *testing.T) {
	h := open(t, redistest.Single(t).URL)
	var wg sync.WaitGroup
	const people, each = 200, 8
	for p := range people {
		for m := range each {
			wg.Go(func() {
				from := fmt.Sprintf("+9665%08d", p)
				for range 2 {
					if err := h.intake.Receive(context.Background(), sms(fmt.Sprintf("SM%016d%016d", p, m), from, "hi")); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	wg.Wait()
	list := h.all(t, conversations.Query{Limit: 7})
	if len(list) != people {
		t.Fatalf("%d conversations, want %d", len(list), people)
	}
	for _, c := range list {
		if c.Messages != each {
			t.Fatalf("%d messages, want %d", c.Messages, each)
		}
	}
}
