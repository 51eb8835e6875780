package news

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

const (
	holdTerm = 15 * time.Second // one matter's news, before another gateway may tell it
	tellTerm = 10 * time.Second // telling one matter's news
	batch    = 8                // matters taken at once
)

// Run tells until ctx is done.
func (n *Newsroom) Run(ctx context.Context) error {
	rounds := conversations.Rounds{
		Partitions: n.Partitions, Watcher: n.Watcher, Now: n.Now, Take: n.take,
		On: []conversations.EventType{conversations.EventShipment, conversations.EventBooking},
	}
	return rounds.Run(ctx)
}

// take tells a partition's news.
func (n *Newsroom) take(ctx context.Context, p int) (int, time.Time, error) {
	refs, next, err := n.Matters.News(ctx, p, batch, holdTerm)
	for _, ref := range refs {
		if err := n.tell(ctx, ref); err != nil && ctx.Err() == nil {
			n.Logger.Warn("news not told yet", "kind", ref.Kind, "error", err)
		}
	}
	return len(refs), next, err
}

// tell carries all that waits of one matter, in the order in which it came. What is
// begun is finished even if the gateway is asked to stop meanwhile.
func (n *Newsroom) tell(ctx context.Context, ref conversations.Reference) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tellTerm)
	defer cancel()
	var done []string
	var told []conversations.Report
	var opened conversations.ID
	for range attempts {
		m, err := n.Matters.LoadMatter(ctx, ref)
		if err != nil {
			return err
		}
		for _, r := range m.Waiting() {
			if slices.Contains(done, r.ID) {
				continue
			}
			id, err := n.carry(ctx, m, r)
			if errors.Is(err, channels.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded) {
				return err
			}
			if err != nil { // the same words would fail again; the matter still shows the report
				n.Logger.Error("news cannot be told", "kind", m.Kind, "error", err)
			}
			done, told = append(done, r.ID), append(told, r)
			if id != "" {
				opened, m.Opened = id, id
			}
		}
		if len(told) > 0 {
			m.Chase = n.chased(m, told, n.Now())
		}
		chase, err := n.chase(ctx, m)
		if err != nil {
			return err
		}
		err = n.Matters.SaveMatter(ctx, conversations.Told(m, done, opened, chase))
		if !errors.Is(err, conversations.ErrStale) {
			return err
		}
	}
	return conversations.ErrStale
}

// carry tells one report to every conversation it concerns, and opens one where there
// is none and should be; it returns the one it opened.
func (n *Newsroom) carry(ctx context.Context, m conversations.Matter, r conversations.Report) (opened conversations.ID, err error) {
	holders, err := n.holders(ctx, m.Reference)
	if err != nil {
		return "", err
	}
	told := 0
	plan := func(c conversations.Conversation, now time.Time) conversations.Notice { return n.notice(m, r, c, now) }
	for _, c := range holders {
		if !conversations.Continues(c, n.Now()) {
			continue
		}
		if err := n.Desk.Notify(ctx, c.ID, plan); err != nil && !errors.Is(err, conversations.ErrNotFound) {
			return "", err
		}
		told++
	}
	if told > 0 || !wanted(m.Kind, r, len(holders) > 0) {
		return "", nil
	}
	return n.raise(ctx, m, r, holders, plan)
}

// wanted reports whether a report that no live conversation is about opens one.
func wanted(kind string, r conversations.Report, asked bool) bool {
	if kind == conversations.KindBooking {
		return r.Customer != nil || asked
	}
	return effectOf(kind, r.Stage).exception || r.Customer != nil
}

// holders are the conversations about a matter, the latest first.
func (n *Newsroom) holders(ctx context.Context, ref conversations.Reference) ([]*conversations.Conversation, error) {
	var out []*conversations.Conversation
	q := conversations.Query{Reference: ref.Value, Limit: 200, Now: n.Now()}
	for {
		page, err := n.Conversations.List(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, c := range page.Items {
			for _, have := range c.References {
				if have.Kind == ref.Kind && have.Value == ref.Value {
					out = append(out, c)
					break
				}
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return out, nil
		}
	}
}

// raise tells somebody who has no live conversation about the matter: in the chat that
// he is having with the desk anyway, or in a new conversation.
func (n *Newsroom) raise(ctx context.Context, m conversations.Matter, r conversations.Report, before []*conversations.Conversation, plan func(conversations.Conversation, time.Time) conversations.Notice) (conversations.ID, error) {
	to := addressed(r.Customer, before)
	if len(to.To) > 0 {
		place, err := n.Conversations.Find(ctx, to.To)
		if err != nil {
			return "", err
		}
		if at, err := n.having(ctx, place.Conversation, m.Kind); err != nil {
			return "", err
		} else if at != "" {
			return "", n.Desk.Notify(ctx, at, plan)
		}
	}
	to.Subject = subject(m)
	to.Why = "opened before anybody asked: " + said(m.Kind, r, effectOf(m.Kind, r.Stage))
	id, err := n.Desk.Raise(ctx, to, m.Reference, plan)
	if err == nil && len(to.To) == 0 {
		n.found(id, m.Reference)
	}
	return id, err
}

// having is the chat that somebody is having, if the matter's desk has it or may take it.
func (n *Newsroom) having(ctx context.Context, id conversations.ID, kind string) (conversations.ID, error) {
	if id == "" {
		return "", nil
	}
	c, err := n.Conversations.Load(ctx, id)
	if errors.Is(err, conversations.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	desk := effectOf(kind, "").desk
	if !c.Status.Live() || c.Erased || c.Desk != desk && c.Desk != conversations.Triage {
		return "", nil
	}
	return c.ID, nil
}

// addressed is whom a report is for: the customer that it names, or the one who had
// the last conversation about the matter.
func addressed(named *conversations.Customer, before []*conversations.Conversation) conversations.Raising {
	var r conversations.Raising
	if named != nil {
		r.Name, r.Language = named.Name, named.Language
		if named.Phone != "" {
			r.To = append(r.To, channels.Handle{Kind: channels.HandlePhone, Value: named.Phone})
		}
		if named.Email != "" {
			r.To = append(r.To, channels.Handle{Kind: channels.HandleEmail, Value: named.Email})
		}
		if len(r.To) > 0 {
			return r
		}
	}
	for _, c := range before {
		if len(c.Contact.Handles) > 0 && !c.Erased {
			r.To, r.Name, r.Language = c.Contact.Handles, c.Contact.Name, c.Language
			return r
		}
	}
	return r
}

// subject names a matter in a list.
func subject(m conversations.Matter) string {
	if m.Kind == conversations.KindBooking {
		return "Booking " + m.Value
	}
	return "Shipment " + m.Value
}
