package conversations

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// way is what earlier attempts have found out. Where an earlier delivery of a message was
// passed on to, while conversations were merged, its claim says in each partition.
type way struct {
	to   ID   // the conversation it belongs to
	been []ID // those it was passed on to so far
	back ID   // it was passed on to this one, which passed it back
	full bool // the officer who was chosen had no room: whoever follows the log chooses another
}

// moved goes on to where a claim was passed. Where that has been before, merging has gone
// both ways: the claim is taken back by the conversation it belongs to now, or of two that
// stand by themselves by the later one.
func (w *way) moved(e *MovedError) {
	w.back = ""
	if e.To == w.to || slices.Contains(w.been, e.To) && e.In.Number() > e.To.Number() {
		w.back = e.To
		return
	}
	w.to, w.been = e.To, append(w.been, e.To)
}

// met is what was met on the way to the conversation that a message joins.
type met struct {
	related *Conversation // it was named, but may not be joined
	passed  []Stand       // these were looked at, and are over
}

// aim finds where the sender's handles lead, and the conversation the message joins. What was
// remembered of them may be out of date: where his address is new, it is looked up again.
func (t *Intake) aim(ctx context.Context, in *channels.Inbound, to ID, now time.Time) (place Place, before *Conversation, m met, err error) {
	if place, err = t.place(ctx, in); err != nil {
		return place, nil, m, err
	}
	before, m, err = t.target(ctx, in, place, to, now)
	if err != nil || before == nil || before.knows(in) {
		return place, before, m, err
	}
	if place, err = t.People.Leads(ctx, senders(in)); err != nil {
		return place, nil, m, fmt.Errorf("find handle: %w", err)
	}
	before, m, err = t.target(ctx, in, place, to, now)
	return place, before, m, err
}

// target is the conversation the message joins, or nil for a new one.
func (t *Intake) target(ctx context.Context, in *channels.Inbound, place Place, to ID, now time.Time) (before *Conversation, m met, err error) {
	var room [2]ID
	ids, own := append(room[:0], place.Conversation), 0
	if in.Channel == channels.Email {
		if ids, own, err = t.threads(ctx, in); err != nil {
			return nil, m, err
		}
	}
	if to != "" {
		ids, own = append([]ID{to}, ids...), own+1
	}
	for i, id := range ids {
		if id == "" {
			continue
		}
		from, err := t.Arrivals.Known(ctx, id)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, m, fmt.Errorf("load conversation: %w", err)
		}
		c, err := t.follow(ctx, from)
		if err != nil {
			return nil, m, err
		}
		if id == to && !c.Erased || joins(c, in, now) || i < own && returns(c, in) {
			if c.ID != from.ID {
				err = t.Passage.Pass(ctx, ClaimOf(*in), from.ID, c.ID)
			}
			return c, m, err
		}
		if m.passed = append(m.passed, Stand{from.ID, from.Version}); c.ID != from.ID {
			m.passed = append(m.passed, Stand{c.ID, c.Version})
		}
		if m.related == nil && !c.Erased {
			m.related = c
		}
	}
	return nil, m, nil
}

// threads lists the conversations that a mail names, best evidence first: where
// it was put when it came before (that many are own), our own verified token,
// then known Message-IDs. A subject is never evidence.
func (t *Intake) threads(ctx context.Context, in *channels.Inbound) (ids []ID, own int, err error) {
	ids, err = t.Threads.Threads(ctx, in.Account, []string{in.ProviderID})
	if err != nil {
		return nil, 0, fmt.Errorf("look up mail: %w", err)
	}
	own = len(ids)
	if id, _, ok := MessageID(in.Thread).Split(); ok {
		ids = append(ids, id)
	}
	known, err := t.Threads.Threads(ctx, in.Account, in.References)
	if err != nil {
		return nil, 0, fmt.Errorf("look up thread: %w", err)
	}
	return append(ids, known...), own, nil
}

// remember ties a mail that joins a conversation, and what it refers to, to that
// conversation: answers to either find it, even without our token.
func (t *Intake) remember(ctx context.Context, in *channels.Inbound, to ID) (p Pinned, err error) {
	if in.Channel != channels.Email {
		return p, nil
	}
	if p, err = t.Threads.Pin(ctx, in.Account, in.ProviderID, in.References, to); err != nil {
		return p, fmt.Errorf("pin thread: %w", err)
	}
	return p, nil
}

// knows reports whether the sender of a chat message has used his address here.
func (c *Conversation) knows(in *channels.Inbound) bool {
	return in.Channel == channels.Email || in.From.IsZero() || c.party(in.From) >= 0 ||
		c.met(in.From)
}

// met reports whether somebody has written from an address.
func (c *Conversation) met(from channels.Handle) bool {
	for i := range c.Routes {
		if c.Routes[i].To == from {
			return true
		}
	}
	return false
}

// senders are the handles of who wrote.
func senders(in *channels.Inbound) []channels.Handle {
	return append([]channels.Handle{in.From}, in.Aliases...)
}
