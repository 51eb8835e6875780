package conversations

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/caravan-desk/caravan/channels"
)

// Splitting, too, moves no message: the conversation says which of its messages it
// has given away, and to whom; the new one shares them. The first is written
// first, and from it Breakaway makes the second, as often as need be.

// Split is what giving messages to a new conversation does to a. moved are those
// messages, rest the last one that stays. It is pure.
func Split(a Conversation, to ID, moved []Message, rest Message, by Author, now time.Time) (Change, error) {
	if a.Erased {
		return Change{}, ErrNotFound
	}
	if a.MergedInto != "" {
		return Change{}, ErrMerged
	}
	gift := Share{Of: to, At: now}
	for _, m := range moved {
		id, place, ok := m.ID.Split()
		switch {
		case !ok || id != a.ID:
			return Change{}, &InvalidError{Fields: map[string]string{"messages": "each is a message of this conversation itself; one that was merged in is parted by undoing that"}}
		case given(a, place) || slices.Contains(gift.Places, place):
			return Change{}, &InvalidError{Fields: map[string]string{"messages": "one is named twice, or is in another conversation already"}}
		}
		gift.Places = append(gift.Places, place)
		if m.Author.Type == ByCustomer {
			gift.Undo.Unread--
		}
	}
	slices.Sort(gift.Places)
	if len(gift.Places) == 0 || rest.ID == "" {
		return Change{}, &InvalidError{Fields: map[string]string{"messages": "one at least goes, and one at least stays"}}
	}
	c := a
	gift.Undo.Unread = -min(a.Unread, -gift.Undo.Unread)
	c.Unread += gift.Undo.Unread
	if p := preview(&rest); p != c.Preview {
		gift.Undo.Preview = Swap[string]{c.Preview, p}
		c.Preview = p
	}
	c.Given = append(slices.Clone(c.Given), gift)
	c.Version++
	c.UpdatedAt = now
	return Change{Before: &a, After: c, Events: []Event{{
		Type: EventSplit, At: now, By: by, Why: fmt.Sprintf("%d of its messages became conversation %s", len(gift.Places), to),
		Changes: map[string]Delta{"split": {To: to}},
	}}}, nil
}

// given reports whether a message of c's own is shown elsewhere.
func given(c Conversation, place int) bool {
	return slices.ContainsFunc(c.Given, func(s Share) bool { return slices.Contains(s.Places, place) })
}

// Breakaway is the conversation that a's messages became. It is pure.
func Breakaway(a Conversation, to ID, moved []Message, by Author, now time.Time) Change {
	c := Conversation{
		ID: to, Number: to.Number(), Version: 1, Desk: a.Desk, Category: a.Category, Confidence: a.Confidence, Status: Open,
		Priority: a.Priority, Language: a.Language, Contact: a.Contact, Assignee: a.Assignee, ByHand: a.ByHand, People: a.People,
		CreatedAt: now, UpdatedAt: now, WindowUntil: a.WindowUntil, Subject: a.Subject,
	}
	c.Times.Status = now
	gift := Share{Of: a.ID, At: now}
	var words strings.Builder
	for _, m := range moved {
		_, place, _ := m.ID.Split()
		gift.Places = append(gift.Places, place)
		words.WriteString(m.Subject + " " + m.Text + " ")
		c.Preview = preview(&m)
		if m.Direction == In {
			c.heard(m, a)
		}
	}
	c.Shares = []Share{gift}
	for _, r := range a.References {
		if strings.Contains(plain(words.String()), plain(r.Value)) {
			c.References = append(c.References, r)
		}
	}
	if a.Times.Waiting.IsZero() {
		c.Times.Waiting, c.Times.Answered = time.Time{}, now
	}
	if len(c.Routes) == 0 {
		c.Routes, c.Channels = a.Routes, a.Channels
	}
	ch := Change{Events: []Event{{Type: EventOpened, At: now, By: by, Why: "split from conversation " + string(a.ID)}}}
	if c.Assignee != nil {
		c.Times.Assigned = now
		ch.Events = append(ch.Events, Event{Type: EventAssigned, At: now, By: by, Why: "as conversation " + string(a.ID),
			Changes: map[string]Delta{"assignee": {To: c.Assignee}}})
	}
	ch.Events = append(ch.Events,
		Event{Type: EventChanged, At: now, By: by, Why: "split from conversation " + string(a.ID), Changes: map[string]Delta{"status": {From: New, To: Open}}},
		Event{Type: EventSplit, At: now, By: by, Why: "split from conversation " + string(a.ID), Changes: map[string]Delta{"split": {From: a.ID}}})
	ch.After = c
	return ch
}

// heard notes a customer's message among those a new conversation starts with.
func (c *Conversation) heard(m Message, a Conversation) {
	if m.Author.Type != ByCustomer {
		return
	}
	c.Unread = min(c.Unread+1, a.Unread)
	if c.Times.Waiting.IsZero() {
		c.Times.Waiting = m.CreatedAt
	}
	c.Channels, _ = united(c.Channels, []channels.Kind{m.Channel})
	for _, r := range a.Routes {
		if r.Channel == m.Channel && r.To.Value == m.From {
			if r.Channel == channels.Email {
				r.Last = m.ProviderID
			}
			c.Routes = append([]Route{r}, sifted(c.Routes, func(o Route) bool { return o.Channel == r.Channel })...)
		}
	}
}

// plain is letters and digits alone, in lower case.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

// Unsplit takes back that a gave messages to another conversation; what that one
// has of its own is shown in a from now on. If that one is merged into a third, this
// is undone first: what it was given is shown there. It is pure.
func Unsplit(a, other Conversation, by Author, now time.Time) (Change, error) {
	at := slices.IndexFunc(a.Given, func(s Share) bool { return s.Of == other.ID })
	if at < 0 || a.Erased || a.MergedInto != "" {
		return Change{}, ErrUndone
	}
	if other.MergedInto != "" {
		return Change{}, ErrMerged
	}
	c, u := a, a.Given[at].Undo
	c.Given = sifted(a.Given, func(s Share) bool { return s.Of == other.ID })
	c.Unread -= u.Unread
	if u.Preview.To != "" && c.Preview == u.Preview.To {
		c.Preview = u.Preview.From
	}
	if other.Messages > 0 || len(other.Shares) > 1 { // shows more than it was given
		c.Shares = append(slices.Clone(c.Shares), Share{Of: other.ID, At: now})
	}
	c.Version++
	c.UpdatedAt = now
	return Change{Before: &a, After: c, Events: []Event{{
		Type: EventUndone, At: now, By: by, Why: fmt.Sprintf("what became conversation %s is back", other.ID),
		Changes: map[string]Delta{"split": {From: other.ID}},
	}}}, nil
}

// Dissolve brings the conversation that was split from a in step with a no longer
// giving it anything: it is shown in a. It is pure, and doing it again does nothing.
func Dissolve(c, a Conversation, by Author, now time.Time) Change {
	still := slices.ContainsFunc(a.Given, func(s Share) bool { return s.Of == c.ID })
	at := slices.IndexFunc(c.Shares, func(s Share) bool { return s.Of == a.ID && len(s.Places) > 0 })
	if still || at < 0 || c.Erased {
		return Change{Before: &c, After: c}
	}
	ch, err := Merge(c, a, by, now)
	if err != nil { // it was merged into a third, or a was: only what it was given goes
		ch = Change{Before: &c, After: c, Events: []Event{{Type: EventUndone, At: now, By: by}}}
		ch.After.Version++
		ch.After.UpdatedAt = now
	}
	ch.After.Shares = sifted(c.Shares, func(s Share) bool { return s.Of == a.ID })
	ch.Events[len(ch.Events)-1].Type = EventUndone
	ch.Events[len(ch.Events)-1].Why = "its messages are back in conversation " + string(a.ID)
	return ch
}
