package conversations

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// Notice is news of a matter for one conversation: what becomes of the
// conversation, and what its customer is told.
type Notice struct {
	Key      string // names it for ever: each conversation gets it once
	Event    Event  // for the history and the live feed: Type, Why and Changes
	About    Reference
	Desk     string // proposed; what an officer set stays
	Category string
	Priority Priority      // raised to it, never lowered
	Reopen   bool          // a solved conversation is taken up again
	Offers   []Offer       // what the customer is told: the first that he permits
	Silent   string        // why there is no offer, for the history
	Wait     time.Duration // for a receipt of one offer, before the next is tried; 0: only the first is sent
}

// Offer is one way to tell a customer something.
type Offer struct {
	Draft
	Why string // for the history
}

// Notify is what a notice does to a conversation. It is pure.
func Notify(before Conversation, n Notice, now time.Time) (Change, error) {
	if before.Erased {
		return Change{}, ErrNotFound
	}
	c, moved := before, map[string]Delta{}
	n.place(&c, moved, now)
	ch := Change{Before: &before}
	why := n.Silent
	switch {
	case len(n.Offers) > 0 && n.Offers[0].Channel == channels.Voice:
		var err error
		if ch, err = Promise(c, n.ring(), System, now); err != nil {
			return Change{}, err
		}
		ch.Before, why = &before, n.Offers[0].Why
	case len(n.Offers) > 0:
		n.chain()
		var err error
		if ch, err = Answer(c, n.Offers[0].Draft, System, now); err != nil {
			return Change{}, err
		}
		ch.Before, why = &before, n.Offers[0].Why
	default:
		c.Version++
		c.UpdatedAt = now
		ch.After = c
	}
	told := n.Event
	told.At, told.By = now, System
	if why != "" {
		told.Why += "; " + why
	}
	events := []Event{told}
	if len(moved) > 0 {
		events = append(events, Event{Type: EventChanged, At: now, By: System, Why: n.Event.Why, Changes: moved})
	}
	ch.Events, ch.Claim = append(events, ch.Events...), n.claim()
	return ch, nil
}

func (o Offer) alternate() *Alternate {
	return &Alternate{Channel: o.Channel, Text: o.Text, HTML: o.HTML, Subject: o.Subject, Content: o.Content, Language: o.Language, Template: o.Template}
}

// chain lets the first offer know what is tried after it.
func (n *Notice) chain() {
	first := &n.Offers[0]
	if first.Wait, first.Else = n.Wait, nil; n.Wait == 0 {
		return
	}
	for _, o := range n.Offers[1:] {
		if o.Channel != channels.Voice {
			first.Else = append(first.Else, *o.alternate())
		}
	}
}

// claim makes the notice once in each partition's conversation that it is for.
func (n *Notice) claim() string { return "news\x00" + n.Key }

// place moves the conversation where the matter belongs.
func (n *Notice) place(c *Conversation, moved map[string]Delta, now time.Time) {
	if !c.holdsReference(n.About.Value) && n.About.Value != "" {
		refs := append(append([]Reference{}, c.References...), n.About)
		set(moved, "references", &c.References, &refs)
	}
	if !c.ByHand && n.Desk != "" && (c.Desk == n.Desk || c.Desk == Triage) {
		set(moved, "desk", &c.Desk, &n.Desk)
		if n.Category != "" {
			set(moved, "category", &c.Category, &n.Category)
			c.Confidence = 1
		}
	}
	if n.Priority != "" && n.Priority.Rank() < c.Priority.Rank() {
		set(moved, "priority", &c.Priority, &n.Priority)
	}
	if n.Reopen && !c.Status.Live() {
		moved["status"] = Delta{From: c.Status, To: Open}
		c.enter(Open, "", now)
	}
}

func (c *Conversation) holdsReference(value string) bool {
	for _, r := range c.References {
		if r.Value == value {
			return true
		}
	}
	return false
}

// Notify tells a conversation of news. The plan is made on its present state, and
// again if that changes meanwhile. What was told before is not told again.
func (d *Desk) Notify(ctx context.Context, id ID, plan func(Conversation, time.Time) Notice) error {
	_, err := d.decide(ctx, id, 0, func(c Conversation, now time.Time) (Change, error) {
		n := plan(c, now)
		n.Key += "\x00" + string(id) // a partition has many conversations
		return d.offered(ctx, c, n, now)
	})
	var dup *DuplicateError
	if errors.As(err, &dup) {
		return nil
	}
	return err
}

// offered is what a notice does with the first of its offers that may be sent.
func (d *Desk) offered(ctx context.Context, c Conversation, n Notice, now time.Time) (Change, error) {
	for {
		ch, err := Notify(c, n, now)
		switch {
		case err != nil:
			return ch, err
		case ch.Callback != nil:
			if err = d.mayTell(ctx, c, *ch.Callback); err == nil {
				return d.overtaken(ctx, ch, now)
			}
		case len(ch.Messages) == 0:
			return ch, nil
		default:
			counted := false
			err = d.allowed(ctx, c, ch.Messages[0], &counted)
		}
		if !errors.Is(err, ErrOptedOut) && !errors.Is(err, ErrCapped) {
			return ch, err
		}
		n.Silent = fmt.Sprintf("the customer is not told by %s: %v", n.Offers[0].Channel, err)
		if n.Offers = n.Offers[1:]; errors.Is(err, ErrCapped) {
			n.Offers = nil
		}
	}
}

// Raising opens a conversation about a matter that nobody has asked about yet.
type Raising struct {
	To       []channels.Handle // the customer's; none: he is not known
	Name     string
	Language string
	Subject  string
	Why      string
}

// Raise opens a conversation by the house itself, and tells its customer what the
// plan says. Where he is not known it waits for an officer all the same. The same
// notice opens one conversation, however often it is raised: that one is returned.
func (d *Desk) Raise(ctx context.Context, r Raising, about Reference, plan func(Conversation, time.Time) Notice) (ID, error) {
	for range attempts {
		id, err := d.raise(ctx, r, about, plan)
		var dup *DuplicateError
		if errors.As(err, &dup) {
			return dup.Conversation, nil
		}
		if !errors.Is(err, ErrStale) {
			return id, err
		}
	}
	return "", fmt.Errorf("raise: %w after %d attempts", ErrStale, attempts)
}

// raise makes the decision once on what is known now.
func (d *Desk) raise(ctx context.Context, r Raising, about Reference, plan func(Conversation, time.Time) Notice) (ID, error) {
	now := d.Now()
	key, place := about.Key(), Place{}
	var err error
	if len(r.To) > 0 {
		if place, err = d.Store.Find(ctx, r.To); err != nil {
			return "", fmt.Errorf("find handle: %w", err)
		}
		key = place.Root.Key()
	}
	c, err := d.unasked(ctx, r, key, place, now)
	if err != nil {
		return "", err
	}
	ch, err := d.offered(ctx, c, plan(c, now), now)
	if err != nil {
		return "", err
	}
	raised(&ch, r, now)
	id, chats := c.ID, len(c.Related) > 0
	if chats { // one live chat with a person: his words go on leading there
		ch.After.Routes = nil
	} else if len(r.To) > 0 {
		introduce(&ch, &channels.Inbound{Channel: chatOf(r.To), From: place.Root}, place, now)
	}
	d.Clocks.wind(&ch)
	if _, err := d.Store.Commit(ctx, ch); err != nil {
		return "", err
	}
	for _, h := range r.To {
		if h.Key() != place.Root.Key() {
			if err := d.People.Link(ctx, place.Root, []channels.Handle{h}); err != nil {
				return id, fmt.Errorf("link handles: %w", err)
			}
		}
	}
	return id, nil
}

// unasked is the new conversation before anything is said in it. It is related to the
// one that its customer is having, if there is one.
func (d *Desk) unasked(ctx context.Context, r Raising, key string, place Place, now time.Time) (Conversation, error) {
	id, err := d.Store.NewID(ctx, key)
	if err != nil {
		return Conversation{}, fmt.Errorf("reserve conversation: %w", err)
	}
	c := Conversation{
		ID: id, Number: id.Number(), Status: New, Priority: Normal, Desk: Triage, Language: r.Language, Subject: r.Subject,
		CreatedAt: now, UpdatedAt: now, Times: Milestones{Status: now},
	}
	if len(r.To) == 0 {
		c.Tags = []string{Unowned}
	}
	switch {
	case place.Contact != "":
		k, err := d.People.Contact(ctx, place.Contact)
		if err != nil {
			return Conversation{}, fmt.Errorf("load contact: %w", err)
		}
		c.Contact = k.Ref()
		if c.Language == "" {
			c.Language = k.Language
		}
	case len(r.To) > 0:
		c.Contact = ContactRef{ID: ContactID("k" + string(id)), Name: r.Name, Handles: r.To}
	}
	if place.Conversation != "" {
		chat, err := d.Store.Load(ctx, place.Conversation)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return Conversation{}, fmt.Errorf("load conversation: %w", err)
		}
		if err == nil && chat.Status.Live() && !chat.Erased {
			c.Related = []ID{chat.ID}
		}
	}
	return c, nil
}

// chatOf is a chat channel if the person has one: then his chat leads to the new conversation.
func chatOf(handles []channels.Handle) channels.Kind {
	for _, h := range handles {
		if k := channelOf(h); k != channels.Email {
			return k
		}
	}
	return channels.Email
}

// raised makes the first notice of a conversation what opens it. It is pure.
func raised(ch *Change, r Raising, now time.Time) {
	ch.Before, ch.After.Version = nil, 1
	if m := ch.Messages; len(m) > 0 {
		ch.After.Channels = []channels.Kind{m[0].Channel}
		ch.After.Routes = []Route{{Channel: m[0].Channel, To: m[0].Send.To}}
		if m[0].Channel == channels.Email {
			ch.After.People = []string{m[0].Send.To.Key()}
		}
	}
	opened := Event{Type: EventOpened, At: now, By: System, Why: r.Why}
	started := Event{Type: EventChanged, At: now, By: System, Why: r.Why, Changes: map[string]Delta{"status": {To: New}}}
	ch.Events = append([]Event{opened, started}, ch.Events...)
}
