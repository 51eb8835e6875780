package conversations_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

func TestEdit(t *testing.T) {
	base := matter(sms("SM1", "hello"))
	base.Promises = 0
	str := func(s string) *string { return &s }
	status := func(s conversations.Status) *conversations.Status { return &s }
	priority := func(p conversations.Priority) *conversations.Priority { return &p }
	var invalid *conversations.InvalidError
	for _, c := range []struct {
		name   string
		change func(*conversations.Conversation)
		patch  conversations.Patch
		err    any
		events string
	}{
		{name: "nothing", events: ""},
		{name: "what is so already", patch: conversations.Patch{Desk: str(conversations.Triage), Status: status(conversations.New)}, events: ""},
		{name: "two fields at once", patch: conversations.Patch{Desk: str("trace"), Priority: priority(conversations.High)}, events: "conversation.changed"},
		{name: "an assignee", patch: conversations.Patch{Assignee: &o1}, events: "conversation.assigned"},
		{name: "the same assignee", change: func(c *conversations.Conversation) { c.Assignee = &conversations.OfficerRef{ID: "o1"} }, patch: conversations.Patch{Assignee: &o1}, events: ""},
		{name: "nobody", change: func(c *conversations.Conversation) { c.Assignee = o2 }, patch: conversations.Patch{Assignee: new(*conversations.OfficerRef)}, events: "conversation.unassigned"},
		{name: "assignee and tags", patch: conversations.Patch{Assignee: &o1, Tags: &[]string{"vip"}}, events: "conversation.assigned conversation.changed"},
		{name: "read", patch: conversations.Patch{Read: true}, events: "conversation.changed"},
		{name: "read again", change: func(c *conversations.Conversation) { c.Unread = 0 }, patch: conversations.Patch{Read: true}, events: ""},
		{name: "solved", patch: conversations.Patch{Status: status(conversations.Solved)}, events: "conversation.changed"},
		{name: "solved with a promise", change: func(c *conversations.Conversation) { c.Promises = 1 }, patch: conversations.Patch{Status: status(conversations.Solved)}, err: conversations.ErrPromised},
		{name: "closed with a promise", change: func(c *conversations.Conversation) { c.Promises = 1 }, patch: conversations.Patch{Status: status(conversations.Closed)}, err: conversations.ErrPromised},
		{name: "pending with a promise", change: func(c *conversations.Conversation) { c.Promises = 1 }, patch: conversations.Patch{Status: status(conversations.Pending)}, events: "conversation.changed"},
		{name: "no status", patch: conversations.Patch{Status: status("done")}, err: &invalid},
		{name: "no priority", patch: conversations.Patch{Priority: priority("soon")}, err: &invalid},
		{name: "no desk", patch: conversations.Patch{Desk: str("")}, err: &invalid},
		{name: "an empty tag", patch: conversations.Patch{Tags: &[]string{""}}, err: &invalid},
		{name: "a long tag", patch: conversations.Patch{Tags: &[]string{strings.Repeat("a", 65)}}, err: &invalid},
		{name: "stale", patch: conversations.Patch{Desk: str("trace"), Version: 9}, err: conversations.ErrStale},
		{name: "erased", change: func(c *conversations.Conversation) { c.Erased = true }, patch: conversations.Patch{Desk: str("trace")}, err: conversations.ErrNotFound},
	} {
		before := base
		if c.change != nil {
			c.change(&before)
		}
		ch, err := conversations.Edit(before, c.patch, officer, noon.Add(time.Hour))
		if c.err != nil {
			if is, ok := c.err.(error); ok && !errors.Is(err, is) || !ok && !errors.As(err, c.err) {
				t.Errorf("%s: %v, want %v", c.name, err, c.err)
			}
			continue
		}
		changed := conversations.Revision(0)
		if c.events != "" {
			changed = 1
		}
		if err != nil || types(ch) != c.events || ch.After.Version != before.Version+changed {
			t.Errorf("%s: %v, %q, version %d", c.name, err, types(ch), ch.After.Version)
		}
		if again, err := conversations.Edit(ch.After, c.patch, officer, noon.Add(2*time.Hour)); err != nil || len(again.Events) != 0 {
			t.Errorf("%s, again: %v, %q", c.name, err, types(again))
		}
	}
}

func TestPromise(t *testing.T) {
	c := matter(sms("SM1", "call me"))
	var invalid *conversations.InvalidError
	if _, err := conversations.Promise(matter(mail("m1", writer.Value, "call me")), conversations.CallbackRequest{}, officer, noon); !errors.As(err, &invalid) {
		t.Errorf("without a number: %v", err)
	}
	if _, err := conversations.Promise(c, conversations.CallbackRequest{At: noon.Add(-time.Hour)}, officer, noon); !errors.As(err, &invalid) {
		t.Errorf("in the past: %v", err)
	}
	first, err := conversations.Promise(c, conversations.CallbackRequest{}, officer, noon)
	if err != nil || first.Callback.ID != "1042-cb1" || first.Callback.Phone != customer.Value || !first.Callback.DueAt.Equal(noon.Add(conversations.CallbackTerm)) {
		t.Errorf("%v %+v", err, first.Callback)
	}
	at := noon.Add(3 * time.Hour)
	second, err := conversations.Promise(first.After, conversations.CallbackRequest{At: at}, officer, noon)
	if err != nil || second.Callback.ID != "1042-cb2" || !second.Callback.NotBefore.Equal(at) || second.After.Promises != 2 {
		t.Errorf("%v %+v", err, second.Callback)
	}
	for status, left := range map[conversations.CallbackStatus]int{
		conversations.CallbackKept: 1, conversations.CallbackBroken: 1, conversations.CallbackCanceled: 1, conversations.CallbackRenegotiated: 1,
		conversations.CallbackDialing: 2, conversations.CallbackConnected: 2,
	} {
		next := *second.Callback
		next.Status = status
		ch := conversations.Keep(second.After, *second.Callback, next, officer, "", noon)
		if ch.After.Promises != left || ch.Callback.Version != 2 {
			t.Errorf("%s: %d promises left, want %d; version %d", status, ch.After.Promises, left, ch.Callback.Version)
		}
		after := conversations.Keep(ch.After, *ch.Callback, *ch.Callback, officer, "", noon)
		if after.After.Promises != left {
			t.Errorf("%s twice: %d promises left, want %d", status, after.After.Promises, left)
		}
	}
}
