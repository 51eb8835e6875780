package letters

import (
	"fmt"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/routing"
	"github.com/caravan-desk/caravan/templates"
)

// details asks for all that is missing at once, once in a conversation's life.
func (k *Clerk) details(c conversations.Conversation, now time.Time) conversations.Notice {
	language := c.ReplyLanguage()
	var names, wanted []string
	for _, f := range k.Desks.Wanted(c) {
		names = append(names, f.Title)
		words := f.Ask[language]
		if words == "" {
			words = f.Ask["en"]
		}
		wanted = append(wanted, words)
	}
	n := conversations.Notice{Key: "details", Event: conversations.Event{
		Type: conversations.EventRule, Why: "the desk must know more: " + strings.ToLower(strings.Join(names, ", ")),
	}}
	if len(wanted) == 0 {
		n.Silent = "it is known by now"
		return n
	}
	return k.offer(n, c, k.Desks.Template(c.Desk, routing.OccasionMissing), map[string]any{"wanted": wanted}, now)
}

// reply answers as a rule says, once for the message that it applied to.
func (k *Clerk) reply(c conversations.Conversation, e conversations.Errand, now time.Time) conversations.Notice {
	n := conversations.Notice{
		Key:   fmt.Sprintf("reply\x00%s\x00%d", e.Of, e.Place),
		Event: conversations.Event{Type: conversations.EventRule, Message: conversations.NewMessageID(c.ID, e.Place), Why: "rule " + e.Of},
	}
	known := map[string]any{"reference": fmt.Sprint(c.Number)}
	if named := c.FirstReference(); named != "" {
		known["awb"], known["booking"] = named, named
	}
	for _, clock := range c.Clocks {
		if clock.Name == routing.FirstResponse && clock.Going() && clock.DueAt.After(now) {
			known["reply_by"] = clock.DueAt
		}
	}
	if at := k.Desks.Opens(c.Desk, now); !at.IsZero() {
		known["opens_at"] = at
	}
	return k.offer(n, c, e.Name, known, now)
}

// offer adds the message to the notice, or why there is none. No machine is answered, and
// nobody is written to where only an approved template may go.
func (k *Clerk) offer(n conversations.Notice, c conversations.Conversation, template string, known map[string]any, now time.Time) conversations.Notice {
	route, ok := c.ReplyRoute("")
	switch {
	case !ok:
		n.Silent = "could not write to the customer: there is no channel for it"
		return n
	case route.Class != "":
		n.Silent = "could not write to the customer: a machine wrote last"
		return n
	case c.MergedInto != "":
		n.Silent = "could not write to the customer: the conversation was merged into another"
		return n
	}
	t, err := k.Library.Get(template)
	if err == nil {
		var out templates.Rendered
		out, err = k.Library.Render(template, c.ReplyLanguage(), route.Channel, k.vars(t, c, known), templates.Options{Now: now, Timezone: k.Timezone})
		if err == nil && out.Content == nil && !c.WindowOpen(route.Channel, now) {
			err = conversations.ErrWindowClosed
		}
		n.Offers = []conversations.Offer{{Why: fmt.Sprintf("the customer is written to by %s in %q: %s", route.Channel, out.Language, template), Draft: conversations.Draft{
			Channel: route.Channel, Text: out.Text, HTML: out.HTML, Subject: out.Subject, Content: out.Content, Language: out.Language, Template: template,
			Auto: true, Lane: conversations.LaneAck,
		}}}
	}
	if err != nil {
		n.Offers, n.Silent = nil, fmt.Sprintf("could not write to the customer (%s): %v", template, err)
	}
	return n
}

// vars are those of what is known that the template takes.
func (k *Clerk) vars(t templates.Template, c conversations.Conversation, known map[string]any) map[string]any {
	out := map[string]any{}
	for _, v := range t.Variables {
		if value, ok := known[v.Name]; ok {
			out[v.Name] = value
		}
	}
	if c.Contact.Name != "" {
		out["name"] = c.Contact.Name
	}
	if k.Company != "" {
		out["company"] = k.Company
	}
	return out
}

// words is a name as people read it.
func words(name string) string { return strings.ReplaceAll(name, "_", " ") }
