package redisstore_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// verification breaks one thing after another, each in a store that was whole.
func verification(t *testing.T, h *house) {
	ctx := t.Context()
	m := h.queued(t)
	h.receive(t, mail("m1", customer, "hello"))
	o := h.hire(t, "a@example.com", 5)
	h.assign(t, m.Conversation, o.Ref())
	must(t, h.Hold(ctx, o.ID, m.Conversation, 1))
	two, _, err := h.desk.Reply(ctx, m.Conversation, conversations.Draft{Text: "first", Wait: time.Minute, Auto: true,
		Else: []conversations.Alternate{{Channel: channels.SMS, Text: "second"}}}, conversations.System)
	must(t, err)
	h.audit(t)
	place, n := m.Conversation.Number()%uint64(h.Partitions()), m.Conversation.Number()/uint64(h.Partitions())
	key := func(name string) string {
		return strings.ReplaceAll(fmt.Sprintf("{p%02d}:%s", place, name), "N", fmt.Sprint(n))
	}
	c := h.client
	member := fmt.Sprint(n)
	_, at, _ := two.ID.Split()
	looked := fmt.Sprintf("%s-%d", member, at)
	for _, broken := range []struct {
		what, found string
		hurt, heal  func() error
	}{
		{"an index lacks it", "in updated", func() error { return c.ZRem(ctx, key("by:updated"), member).Err() }, nil},
		{"a bit is missing", "bit", func() error { return c.SetBit(ctx, key("is:desk=triage"), int64(n), 0).Err() },
			func() error { return c.SetBit(ctx, key("is:desk=triage"), int64(n), 1).Err() }},
		{"a bit is too many", "bit", func() error { return c.SetBit(ctx, key("is:desk=trace"), int64(n), 1).Err() },
			func() error { return c.SetBit(ctx, key("is:desk=trace"), int64(n), 0).Err() }},
		{"a line is held by nobody", "no place among the calls", func() error { return c.HSet(ctx, "{board}:lines", "o:o9", "9-cb1.1").Err() },
			func() error { return c.HDel(ctx, "{board}:lines", "o:o9").Err() }},
		{"a place is held by a call that is over", "not under way", func() error { return c.ZAdd(ctx, "{board}:calls", redis.Z{Score: 1, Member: "9-cb1.1"}).Err() },
			func() error { return c.ZRem(ctx, "{board}:calls", "9-cb1.1").Err() }},
		{"a group has a stranger", "do not belong", func() error { return c.SAdd(ctx, key("of:ref=1"), "99").Err() },
			func() error { return c.Del(ctx, key("of:ref=1")).Err() }},
		{"the outbox lacks it", "in no outbox", func() error { return c.ZRem(ctx, key("out:0"), fmt.Sprintf("%d-2", n)).Err() }, nil},
		{"nobody looks for a receipt", "nobody looks for its receipt", func() error { return c.ZRem(ctx, key("unproved"), looked).Err() },
			func() error { return c.ZAdd(ctx, key("unproved"), redis.Z{Score: 1, Member: looked}).Err() }},
		{"a receipt is looked for in vain", "has arrived, has no other way", func() error { return c.ZAdd(ctx, key("unproved"), redis.Z{Score: 1, Member: member + "-99"}).Err() },
			func() error { return c.ZRem(ctx, key("unproved"), member+"-99").Err() }},
		{"a message is gone", "messages", func() error { return c.RPop(ctx, key("m:N")).Err() }, nil},
		{"an officer's load is wrong", "not his", func() error { return h.Hold(ctx, o.ID, "77", 1) }, func() error { return h.Free(ctx, o.ID, "77") }},
		{"it is not counted against him", "not counted", func() error { return h.Free(ctx, o.ID, m.Conversation) }, func() error { return h.Hold(ctx, o.ID, m.Conversation, 1) }},
		{"it waits twice", "2 queues", func() error {
			list := h.all(t, conversations.Query{Assignee: "none"})
			room, err := h.Room(ctx)
			must(t, err)
			return h.Wait(ctx, list[0].ID, "another", 1, room)
		}, nil},
		{"a document is unreadable", "decode", func() error { return c.Set(ctx, key("c:N"), "1{", time.Minute).Err() }, nil},
	} {
		must(t, broken.hurt())
		a, err := h.Verify(ctx, nil)
		must(t, err)
		found := false
		for _, f := range a.Findings {
			found = found || strings.Contains(f.Where+" "+f.What, broken.found)
		}
		if !found {
			t.Errorf("%s: verify found %v", broken.what, a.Findings)
		}
		if broken.heal != nil {
			must(t, broken.heal())
		}
	}
}
