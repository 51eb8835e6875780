package news

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// Joining brings together what belongs together: a shipment in trouble whose customer
// nobody knew has a trace that waits (conversations.Unowned), and its customer asks later.
// His conversation then takes the trace in, goes to the officer who has it, and is told at
// once how things stand. Named is asked after every message that brings a number, so
// it looks into memory alone; what this gateway did not see is found when it starts.

// unowned are the traces without a customer, by the key of what they are about.
type unowned struct {
	mu    sync.Mutex
	of    map[string]trace
	asked map[string]bool // somebody has named these
	wake  chan struct{}
}

type trace struct {
	id  conversations.ID
	ref conversations.Reference
}

const (
	joinTerm  = 15 * time.Second // one joining
	joinPause = time.Second      // before a store that is away is asked again
)

// Named tells of references that a conversation has just been given. It does not block.
func (n *Newsroom) Named(refs []conversations.Reference) {
	n.unowned.mu.Lock()
	defer n.unowned.mu.Unlock()
	for _, r := range refs {
		if _, waits := n.unowned.of[r.Key()]; waits {
			n.unowned.ask(r.Key())
		}
	}
}

// found notes a trace without a customer, who may have asked already.
func (n *Newsroom) found(id conversations.ID, ref conversations.Reference) {
	n.unowned.mu.Lock()
	defer n.unowned.mu.Unlock()
	if n.unowned.of == nil {
		n.unowned.of = map[string]trace{}
	}
	n.unowned.of[ref.Key()] = trace{id, ref}
	n.unowned.ask(ref.Key())
}

// ask has a trace's customer looked for. The caller holds mu.
func (u *unowned) ask(key string) {
	if u.asked == nil {
		u.asked = map[string]bool{}
	}
	u.asked[key] = true
	select {
	case u.woken() <- struct{}{}:
	default:
	}
}

// woken is where those who ask are heard. The caller holds mu.
func (u *unowned) woken() chan struct{} {
	if u.wake == nil {
		u.wake = make(chan struct{}, 1)
	}
	return u.wake
}

// take takes what was asked for.
func (u *unowned) take() (out []trace) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for key := range u.asked {
		if t, ok := u.of[key]; ok {
			out = append(out, t)
		}
	}
	u.asked = nil
	return out
}

// Join joins until ctx is done.
func (n *Newsroom) Join(ctx context.Context) error {
	n.unowned.mu.Lock()
	wake := n.unowned.woken()
	n.unowned.mu.Unlock()
	known := false
	for ctx.Err() == nil {
		var err error
		if !known {
			err = n.recall(ctx)
			known = err == nil
		}
		for _, t := range n.unowned.take() {
			if jerr := n.join(ctx, t); jerr != nil && ctx.Err() == nil {
				n.Logger.Warn("trace and question not joined yet", "conversation", t.id, "error", jerr)
				n.found(t.id, t.ref)
				err = jerr
			}
		}
		if err != nil {
			select {
			case <-ctx.Done():
			case <-time.After(joinPause):
			}
			continue
		}
		select {
		case <-ctx.Done():
		case <-wake:
		}
	}
	return ctx.Err()
}

// recall reads which traces have no customer.
func (n *Newsroom) recall(ctx context.Context) error {
	q := conversations.Query{Tag: conversations.Unowned, Status: conversations.LiveStatuses, Limit: 200, Now: n.Now()}
	for {
		page, err := n.Conversations.List(ctx, q)
		if err != nil {
			return fmt.Errorf("list traces without a customer: %w", err)
		}
		for _, c := range page.Items {
			for _, r := range c.References {
				n.found(c.ID, r)
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return nil
		}
	}
}

// join lets the conversation in which a trace's customer asks take the trace in, if there is one.
func (n *Newsroom) join(ctx context.Context, t trace) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), joinTerm)
	defer cancel()
	a, err := n.Conversations.Load(ctx, t.id)
	if errors.Is(err, conversations.ErrNotFound) || err == nil && (!a.Status.Live() || a.Erased || a.MergedInto != "") {
		n.forget(t)
		return nil
	}
	if err != nil {
		return fmt.Errorf("load trace: %w", err)
	}
	holders, err := n.holders(ctx, t.ref)
	if err != nil {
		return err
	}
	b := asking(holders, a)
	if b == nil {
		return nil
	}
	_, _, err = n.Desk.Merge(ctx, a.ID, b.ID, 0, conversations.System)
	if err != nil && !errors.Is(err, conversations.ErrMerged) {
		return fmt.Errorf("join: %w", err)
	}
	n.forget(t)
	n.hand(ctx, a, b)
	return n.tellLatest(ctx, t.ref, b.ID)
}

func (n *Newsroom) forget(t trace) {
	n.unowned.mu.Lock()
	defer n.unowned.mu.Unlock()
	delete(n.unowned.of, t.ref.Key())
}

// asking is the first of the conversations about a matter that a customer has on the
// trace's desk; nil if there is none.
func asking(holders []*conversations.Conversation, a conversations.Conversation) *conversations.Conversation {
	for _, c := range slices.Backward(holders) { // the latest come first
		if c.ID != a.ID && c.Status.Live() && !c.Erased && c.MergedInto == "" && len(c.Contact.Handles) > 0 && (c.Desk == a.Desk || c.Desk == conversations.Triage) {
			return c
		}
	}
	return nil
}

// joiner is who assigns here: not the router, which counts what others assign.
var joiner = conversations.Author{Type: conversations.BySystem, ID: "joining", Name: conversations.System.Name}

// hand gives the question to the officer who works on the trace, unless another one has
// answered it.
func (n *Newsroom) hand(ctx context.Context, a conversations.Conversation, b *conversations.Conversation) {
	if a.Assignee == nil || !b.Times.Answered.IsZero() || b.Assignee != nil && b.Assignee.ID == a.Assignee.ID {
		return
	}
	p := conversations.Patch{Assignee: &a.Assignee, Why: "has worked on it before the customer asked"}
	if _, err := n.Desk.Patch(ctx, b.ID, p, joiner); err != nil {
		n.Logger.Warn("question stays with whom it was given to", "conversation", b.ID, "error", err)
	}
}

// tellLatest tells a conversation how its matter stands.
func (n *Newsroom) tellLatest(ctx context.Context, ref conversations.Reference, id conversations.ID) error {
	m, err := n.Matters.LoadMatter(ctx, ref)
	if errors.Is(err, conversations.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("load %s: %w", ref.Kind, err)
	}
	r, ok := m.Latest()
	if !ok {
		return nil
	}
	err = n.Desk.Notify(ctx, id, func(c conversations.Conversation, now time.Time) conversations.Notice { return n.notice(m, r, c, now) })
	if err != nil && !errors.Is(err, channels.ErrUnavailable) {
		n.Logger.Warn("customer not told how it stands", "conversation", id, "error", err)
		return nil
	}
	return err
}
