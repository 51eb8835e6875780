package redisstore

import (
	"slices"
	"strconv"

	"github.com/caravan-desk/caravan/conversations"
)

// A facet is a filter's value that a conversation has, such as "desk=trace".
// Each partition keeps one bitmap a facet, one bit a conversation: any
// combination of filters is an AND of bitmaps of 125 bytes a thousand conversations.
type facet struct{ by, is string }

func (f facet) String() string { return f.by + "=" + f.is }

// facets appends a conversation's facets.
func facets(out []facet, c *conversations.Conversation) []facet {
	if c == nil {
		return out
	}
	assignee := "none"
	if c.Assignee != nil {
		assignee = string(c.Assignee.ID)
	}
	out = append(out, facet{"status", string(c.Status)}, facet{"desk", c.Desk}, facet{"priority", string(c.Priority)}, facet{"assignee", assignee})
	if c.Category != "" {
		out = append(out, facet{"category", c.Category})
	}
	if c.Language != "" {
		out = append(out, facet{"language", c.Language})
	}
	for _, k := range c.Channels {
		out = append(out, facet{"channel", string(k)})
	}
	for _, t := range c.Tags {
		if f := (facet{"tag", t}); !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	return out
}

// groups are the small sets a conversation is a member of.
func groups(c *conversations.Conversation) []string {
	if c == nil {
		return nil
	}
	var out []string
	if c.Contact.ID != "" {
		out = append(out, groupOfContact(c.Contact.ID))
	}
	for _, r := range c.References {
		if g := groupOfReference(r.Value); !slices.Contains(out, g) {
			out = append(out, g)
		}
	}
	return out
}

func groupOfContact(id conversations.ContactID) string { return string(id) }
func groupOfReference(value string) string             { return "ref=" + value }

// A conversation's score in an order is an instant (ms). One that is over has overLift on top:
// officers list what is live, and read none of the history however long it is.
const overLift int64 = 1 << 44

// span is a part of an order: scores from lift, which stands before the instants there, to
// before end.
type span struct{ lift, end int64 }

// halves are the spans of what is live, and of what is over; whole is both.
var (
	halves = [...]span{{0, overLift}, {overLift, 2 * overLift}}
	whole  = [...]span{{0, 2 * overLift}}
)

func lift(c *conversations.Conversation) int64 {
	if c.Status.Live() {
		return 0
	}
	return overLift
}

func createdScore(c *conversations.Conversation) int64 { return max(0, ms(c.CreatedAt)) + lift(c) }
func updatedScore(c *conversations.Conversation) int64 { return max(0, ms(c.UpdatedAt)) + lift(c) }

// dueNever sorts conversations without a running clock behind all others (ms; year 2286).
const dueNever = 10_000_000_000_000

func dueScore(c *conversations.Conversation) int64 {
	if t := c.Due(); !t.IsZero() {
		return ms(t)
	}
	return dueNever + lift(c)
}

// index writes what changed between two states of a conversation into the
// partition's indexes, in the same transaction as the change.
func (t *tx) index(p *partition, n uint64, before, after *conversations.Conversation) {
	member := num(n)
	var old, new [16]facet
	was, is := facets(old[:0], before), facets(new[:0], after)
	for _, f := range was {
		if !slices.Contains(is, f) {
			t.bit(p.facet(f.String()), member, false)
		}
	}
	for _, f := range is {
		if !slices.Contains(was, f) {
			t.bit(p.facet(f.String()), member, true)
		}
	}
	if before == nil || before.Contact.ID != after.Contact.ID || !slices.Equal(before.References, after.References) {
		t.regroup(p, member, groups(before), groups(after))
	}
	t.order(p.sorted("updated"), member, before, after, updatedScore)
	t.order(p.sorted("created"), member, before, after, createdScore)
	t.order(p.sorted("due"), member, before, after, dueScore)
}

// order puts a conversation at its place in an order if it is another than before.
func (t *tx) order(key, member string, before, after *conversations.Conversation, place func(*conversations.Conversation) int64) {
	if at := place(after); before == nil || place(before) != at {
		t.do("ZADD", key, score(at), member)
	}
}

// regroup moves a conversation from the small sets it was in to those it is in.
func (t *tx) regroup(p *partition, member string, was, is []string) {
	for _, g := range was {
		if !slices.Contains(is, g) {
			t.do("SREM", p.members(g), member)
		}
	}
	for _, g := range is {
		if !slices.Contains(was, g) {
			t.do("SADD", p.members(g), member)
		}
	}
}

func score(n int64) string { return strconv.FormatInt(n, 10) }
