package routing

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// Replay runs past messages through the present rules and through changed ones, beside each
// other, and remembers where the two end differently. What officers did meanwhile is left
// out: it is shown what the rules alone would make of the traffic. Nothing is written.
type Replay struct {
	Present, Changed Reader

	Conversations, Messages int
	Applied                 map[string][2]int // rule → how often it applied: the present ones, the changed ones
	Differences             []Difference
}

// Difference is a conversation that ends differently.
type Difference struct {
	Conversation conversations.ID `json:"conversation"`
	Changes      []string         `json:"changes"` // "priority normal → urgent"
	Rules        []string         `json:"rules"`   // those of the changed ones that applied to it
}

// Add replays one conversation's messages from the customer, oldest first.
func (p *Replay) Add(c conversations.Conversation, messages []conversations.Message) {
	if p.Applied == nil {
		p.Applied = map[string][2]int{}
	}
	p.Conversations++
	p.Messages += len(messages)
	was, by := p.Present.rerun(c, messages)
	is, byChanged := p.Changed.rerun(c, messages)
	for i, applied := range [][]string{by, byChanged} {
		for _, name := range applied {
			n := p.Applied[name]
			n[i]++
			p.Applied[name] = n
		}
	}
	if changes := differ(was, is); len(changes) > 0 {
		slices.Sort(byChanged)
		p.Differences = append(p.Differences, Difference{c.ID, changes, slices.Compact(byChanged)})
	}
}

// rerun is what a conversation becomes by its messages alone, and which rules applied.
func (r *Reader) rerun(c conversations.Conversation, messages []conversations.Message) (after conversations.Conversation, applied []string) {
	after = conversations.Conversation{
		ID: c.ID, Number: c.Number, Version: 1, Contact: c.Contact, Routes: c.Routes,
		Status: conversations.New, Priority: conversations.Normal, Desk: DeskTriage, CreatedAt: c.CreatedAt,
	}
	for _, m := range messages {
		after.Messages++
		after.UpdatedAt = m.CreatedAt
		if !after.Status.Live() {
			after.Status = conversations.Open
		}
		ch := conversations.Change{After: after}
		r.Read(&ch, m, m.CreatedAt)
		after = ch.After
		after.Promises = 0 // kept, by the time of the next message
		for _, e := range ch.Events {
			if name, ok := strings.CutPrefix(e.Why, "rule "); ok && e.Type == conversations.EventRule {
				name, _, _ = strings.Cut(name, " ")
				applied = append(applied, name)
			}
		}
	}
	return after, applied
}

// differ says in words what rules may have changed.
func differ(a, b conversations.Conversation) []string {
	var out []string
	add := func(what string, x, y any) {
		if s, t := fmt.Sprint(x), fmt.Sprint(y); s != t {
			out = append(out, fmt.Sprintf("%s %s → %s", what, s, t))
		}
	}
	add("desk", a.Desk, b.Desk)
	add("category", a.Category, b.Category)
	add("priority", a.Priority, b.Priority)
	add("status", a.Status, b.Status)
	add("tags", strings.Join(a.Tags, " "), strings.Join(b.Tags, " "))
	add("offered to", a.Overflow, b.Overflow)
	add("preferably for", a.Previous, b.Previous)
	for _, k := range slices.Sorted(maps.Keys(union(a.Details, b.Details))) {
		add(k, a.Details[k], b.Details[k])
	}
	return out
}

func union(a, b map[string]string) map[string]string {
	out := maps.Clone(a)
	if out == nil {
		out = map[string]string{}
	}
	maps.Copy(out, b)
	return out
}

// Told reports whether a message is one that rules are run on, at or after an instant.
func Told(m conversations.Message, since time.Time) bool {
	return human(m) && !m.CreatedAt.Before(since)
}
