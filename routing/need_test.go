package routing

import (
	"slices"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// TestRank: who goes before whom.
func TestRank(t *testing.T) {
	at := func(p conversations.Priority, minutes int, more func(*conversations.Conversation)) conversations.Conversation {
		c := conversations.Conversation{Priority: p, CreatedAt: monday.Add(time.Duration(minutes) * time.Minute)}
		if more != nil {
			more(&c)
		}
		return c
	}
	vip := func(c *conversations.Conversation) { c.Tags = []string{"late", VIP} }
	leaves := func(in int) func(*conversations.Conversation) {
		return func(c *conversations.Conversation) {
			c.Details = map[string]string{Departure: monday.AddDate(0, 0, in).Format(time.DateOnly)}
		}
	}
	for _, c := range []struct {
		name          string
		first, second conversations.Conversation
	}{
		{"urgent before normal", at(conversations.Urgent, 10, nil), at(conversations.Normal, 0, nil)},
		{"older before newer", at(conversations.Normal, 0, nil), at(conversations.Normal, 1, nil)},
		{"a normal one that has waited for hours before an urgent one of now", at(conversations.Normal, 0, nil), at(conversations.Urgent, 241, nil)},
		{"even a low one, after a day", at(conversations.Low, 0, nil), at(conversations.Urgent, 25*60, nil)},
		{"a VIP before his like", at(conversations.Normal, 60, vip), at(conversations.Normal, 0, nil)},
		{"a VIP behind what is urgent", at(conversations.Urgent, 1, nil), at(conversations.Normal, 0, vip)},
		{"who leaves tomorrow before what is high", at(conversations.Low, 30, leaves(1)), at(conversations.High, 0, nil)},
		{"who leaves this week before what is normal", at(conversations.Normal, 30, leaves(5)), at(conversations.Normal, 0, nil)},
		{"who has left has no hurry", at(conversations.Normal, 0, nil), at(conversations.Normal, 30, leaves(-3))},
	} {
		if a, b := rank(c.first), rank(c.second); a >= b {
			t.Errorf("%s: %d, %d", c.name, a, b)
		}
	}
}

// TestQueues: each need has one queue, and a desk that offers its work has more.
func TestQueues(t *testing.T) {
	ds := load(t, `name: desk
categories: [light, heavy]
weights: {heavy: 3}
levels: {heavy: 2}
clocks:
  unassigned: {within: 10m, escalation: [{after: 5m, to: supervisor, offer: triage}]}
`)
	r := &Router{Desks: ds}
	served := func(o Officer) []string {
		return r.queues(func(n Need) bool { return n.Desk == "desk" && n.fits(&o) && o.HasRoom(n.Weight) })
	}
	for _, c := range []struct {
		name string
		who  Officer
		want []string
	}{
		{"all of the desk", Officer{Skills: []string{"desk:2"}, Capacity: 3}, []string{"desk/", "desk/>triage", "desk/light", "desk/light>triage", "desk/heavy", "desk/heavy>triage"}},
		{"not skilled enough for what is hard", Officer{Skills: []string{"desk"}, Capacity: 3}, []string{"desk/", "desk/>triage", "desk/light", "desk/light>triage"}},
		{"no room for what is heavy", Officer{Skills: []string{"desk:2"}, Capacity: 3, Load: 1}, []string{"desk/", "desk/>triage", "desk/light", "desk/light>triage"}},
		{"too heavy for anybody like him, so it is all he does", Officer{Skills: []string{"desk/heavy:3"}, Capacity: 2}, []string{"desk/heavy", "desk/heavy>triage"}},
		{"helps out", Officer{Skills: []string{"triage"}, Capacity: 3}, []string{"desk/>triage", "desk/light>triage", "desk/heavy>triage"}},
	} {
		if got := served(c.who); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v\nwant %v", c.name, got, c.want)
		}
	}
	if w := ds.weightOf("desk/heavy>triage"); w != 3 {
		t.Errorf("weighs %d", w)
	}
	c := conversations.Conversation{Desk: "desk", Category: "heavy", Overflow: "triage"}
	if q := queue(c); q != ds.need(c).queue() || q != "desk/heavy>triage" {
		t.Errorf("waits in %s, needs %s", q, ds.need(c).queue())
	}
}

func TestParseSkill(t *testing.T) {
	for _, s := range []string{"trace", "trace/claim", "trace:5", "trace/claim:2"} {
		if _, err := ParseSkill(s); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
	for _, s := range []string{"", "Trace", "trace/", "trace:0", "trace:6", "trace:02", "trace:x", "trace/claim/x", "/claim", "trace: 2"} {
		if k, err := ParseSkill(s); err == nil {
			t.Errorf("%q was read as %+v", s, k)
		}
	}
}
