package routing

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/fold"
)

// Rules are what a company adds to the desks: when a message is like this, do that. They
// are read from rules/*.yaml in the folders of desks, and run in their files' order after a
// message was understood, each seeing what those before it did.
type Rules []Rule

// Rule is one of them.
type Rule struct {
	Name string   `yaml:"name"`
	When When     `yaml:"when"`
	Then []Action `yaml:"then"`
	Stop bool     `yaml:"stop"` // if it applies, those after it do not

	Version int // its file's
}

// When are conditions, all of which must hold; of a list any one. One that is left out holds.
type When struct {
	Handles  []string `yaml:"handles"`  // the sender: +96650*, *@ministry.example
	Channels []string `yaml:"channels"` // email, sms, whatsapp, voice
	Desks    []string `yaml:"desks"`
	Category []string `yaml:"categories"`
	Priority []string `yaml:"priorities"`
	Language []string `yaml:"languages"`
	Words    []string `yaml:"words"`      // words that begin so, in any script's spellings, in the subject or the text
	Tags     []string `yaml:"tags"`       // that it has
	Refers   string   `yaml:"references"` // awb, booking, any or none
	First    *bool    `yaml:"first"`      // whether it is the conversation's first message
	Unsure   float64  `yaml:"unsure"`     // the confidence is less than this
	Open     *bool    `yaml:"open"`       // whether its desk is within its hours
}

// Action is one thing to do; exactly one of its fields is set.
type Action struct {
	Priority string            `yaml:"priority"`
	Move     *Move             `yaml:"move"`
	Tag      string            `yaml:"tag"`
	Status   string            `yaml:"status"`
	Details  map[string]string `yaml:"details"` // set, if they are not known yet
	Offer    string            `yaml:"offer"`   // a desk whose officers may take it too
	Prefer   string            `yaml:"prefer"`  // an officer's ID: his, if he is on duty and has room
	Reply    string            `yaml:"reply"`   // a template that the customer is answered with
}

// Move is another desk and category.
type Move struct {
	Desk     string `yaml:"desk"`
	Category string `yaml:"category"`
}

// Apply runs the rules on a message that was just added to ch.After, and notes in the
// history what each did, or why it could not. It is pure.
func (rs Rules) Apply(ch *conversations.Change, m conversations.Message, ds Desks, now time.Time) {
	text := ""
	for i := range rs {
		r := &rs[i]
		if len(r.When.Words) > 0 && text == "" {
			text = plain(m.Subject + "\n" + m.Text)
		}
		if !r.When.holds(&ch.After, m, text, ds, now) {
			continue
		}
		moved, notes := map[string]conversations.Delta{}, make([]string, 0, len(r.Then))
		for _, a := range r.Then {
			if a.Reply != "" {
				notes = append(notes, r.reply(ch, m, a.Reply, now))
				continue
			}
			notes = append(notes, a.do(&ch.After, moved, ds, now))
		}
		ch.Events = append(ch.Events, conversations.Event{
			Type: conversations.EventRule, At: now, By: conversations.System, Message: m.ID, Changes: moved,
			Why: fmt.Sprintf("rule %s (version %d): %s", r.Name, r.Version, strings.Join(notes, "; ")),
		})
		if r.Stop {
			return
		}
	}
}

// holds reports whether all conditions do.
func (w *When) holds(c *conversations.Conversation, m conversations.Message, text string, ds Desks, now time.Time) bool {
	in := func(list []string, v string) bool { return len(list) == 0 || slices.Contains(list, v) }
	from := strings.ToLower(m.From)
	sender := func(pattern string) bool {
		ok, err := path.Match(strings.ToLower(pattern), from)
		return ok && err == nil
	}
	_, seq, _ := m.ID.Split()
	return in(w.Desks, c.Desk) && in(w.Category, c.Category) && in(w.Priority, string(c.Priority)) && in(w.Language, c.Language) &&
		in(w.Channels, string(m.Channel)) &&
		(len(w.Handles) == 0 || slices.ContainsFunc(w.Handles, sender)) &&
		(len(w.Tags) == 0 || slices.ContainsFunc(w.Tags, func(t string) bool { return slices.Contains(c.Tags, t) })) &&
		(len(w.Words) == 0 || slices.ContainsFunc(w.Words, func(s string) bool { return strings.Contains(text, strings.TrimRight(plain(s), " ")) })) &&
		w.refers(c) &&
		(w.First == nil || *w.First == (seq == 1)) &&
		(w.Unsure == 0 || c.Confidence < w.Unsure) &&
		(w.Open == nil || *w.Open == ds.of(c.Desk).Hours("").Open(now))
}

func (w *When) refers(c *conversations.Conversation) bool {
	switch w.Refers {
	case "":
		return true
	case "none":
		return len(c.References) == 0
	case "any":
		return len(c.References) > 0
	}
	return slices.ContainsFunc(c.References, func(r conversations.Reference) bool { return r.Kind == w.Refers })
}

// do does it, and says so, or why not.
func (a *Action) do(c *conversations.Conversation, moved map[string]conversations.Delta, ds Desks, now time.Time) string {
	switch {
	case a.Priority != "":
		note(moved, "priority", &c.Priority, conversations.Priority(a.Priority))
		return "priority " + a.Priority
	case a.Move != nil:
		return a.Move.do(c, moved)
	case a.Tag != "":
		if !slices.Contains(c.Tags, a.Tag) {
			was := c.Tags
			c.Tags = append(slices.Clone(was), a.Tag)
			moved["tags"] = conversations.Delta{From: was, To: c.Tags}
		}
		return "tag " + a.Tag
	case a.Status != "":
		return a.status(c, moved, ds, now)
	case len(a.Details) > 0:
		p := conversations.Patch{Details: map[string]string{}}
		for k, v := range a.Details {
			if c.Details[k] == "" {
				p.Details[k] = v
			}
		}
		if err := edit(c, p, moved, now); err != nil {
			return fmt.Sprintf("could not set details: %v", err)
		}
		return fmt.Sprintf("details %d", len(p.Details))
	case a.Offer != "":
		if c.Assignee != nil {
			return fmt.Sprintf("could not offer it to %s: %s has it", a.Offer, c.Assignee.Name)
		}
		note(moved, "overflow", &c.Overflow, a.Offer)
		return "offered to " + a.Offer
	}
	if c.Assignee != nil {
		return "could not prefer an officer: " + c.Assignee.Name + " has it"
	}
	c.Previous = conversations.OfficerID(a.Prefer)
	return "preferably for " + a.Prefer
}

// reply leaves the errand of answering; whether that could be done, the history says then.
func (r *Rule) reply(ch *conversations.Change, m conversations.Message, template string, now time.Time) string {
	_, place, _ := m.ID.Split()
	ch.Errands = append(ch.Errands, conversations.Errand{
		Conversation: ch.After.ID, Kind: conversations.ErrandReply, Name: template, Of: r.Name, Place: place, At: now,
	})
	return "reply " + template
}

func (m *Move) do(c *conversations.Conversation, moved map[string]conversations.Delta) string {
	if c.ByHand {
		return fmt.Sprintf("could not move it to %s: an officer put it on %s", m.Desk, c.Desk)
	}
	note(moved, "desk", &c.Desk, m.Desk)
	note(moved, "category", &c.Category, m.Category)
	return fmt.Sprintf("moved to %s, %s", m.Desk, words(m.Category))
}

// status moves it as the desk allows.
func (a *Action) status(c *conversations.Conversation, moved map[string]conversations.Delta, ds Desks, now time.Time) string {
	to := conversations.Status(a.Status)
	after, p := *c, conversations.Patch{Status: &to}
	after.Status = to
	err := ds.Allow(*c, after)
	if err == nil {
		err = edit(c, p, moved, now)
	}
	if err != nil {
		return fmt.Sprintf("could not make it %s: %v", words(a.Status), err)
	}
	return "status " + words(a.Status)
}

// edit patches the conversation in place, within a change that counts as one.
func edit(c *conversations.Conversation, p conversations.Patch, moved map[string]conversations.Delta, now time.Time) error {
	ch, err := conversations.Edit(*c, p, conversations.System, now)
	if err != nil {
		return err
	}
	for _, e := range ch.Events {
		for k, d := range e.Changes {
			moved[k] = d
		}
	}
	version := c.Version
	*c = ch.After
	c.Version = version
	return nil
}

// plain is a text's words in folded spelling, each with a space before it.
func plain(text string) string {
	var b strings.Builder
	b.WriteByte(' ')
	gap := true
	for _, r := range fold.Compose(text) {
		switch f := fold.Rune(r); {
		case f == fold.Dropped:
		case f != fold.Separator:
			b.WriteRune(f)
			gap = false
		case !gap:
			b.WriteByte(' ')
			gap = true
		}
	}
	return b.String()
}
