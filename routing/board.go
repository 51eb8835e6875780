package routing

import (
	"context"
	"errors"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// Board keeps what officers have in hand. A claim is as much of an officer's
// capacity as a conversation weighs, taken atomically, and in doubt until it is
// known whether the conversation was assigned. Where Seats is true a change takes it by
// itself (conversations.Seat), and there is no doubt.
type Board interface {
	Seats() bool
	Claim(ctx context.Context, o conversations.Officer, id conversations.ID, queue string, weight int) error
	Claimed(ctx context.Context, officer conversations.OfficerID, id conversations.ID, assigned bool) error
	Confirm(ctx context.Context, claims map[conversations.ID]conversations.OfficerID) error // Claimed of many that were assigned
	Hold(ctx context.Context, officer conversations.OfficerID, id conversations.ID, weight int) error
	Free(ctx context.Context, officer conversations.OfficerID, id conversations.ID) error
}

// Queues keep what waits for an officer. Room grows whenever an officer may take
// more than before; Wait fails with ErrStale if it has grown meanwhile.
type Queues interface {
	Room(ctx context.Context) (string, error)
	Wait(ctx context.Context, id conversations.ID, queue string, rank int64, room string) error
	Unwait(ctx context.Context, id conversations.ID, queue string) error
	Heads(ctx context.Context, queues []string) ([]conversations.Waiter, error)
}

// Roster knows the officers, and which claims on them a crash may have left.
type Roster interface {
	Officers(ctx context.Context) ([]conversations.Officer, error)
	Doubtful(ctx context.Context, age time.Duration) (map[conversations.ID]conversations.OfficerID, error)
}

// claim is an officer's place taken for a conversation, or the room there was
// when nobody had one.
type claim struct {
	officer *conversations.Officer
	why     string
	room    string
}

// end ends the doubt about a claim. A place that is given back goes to whoever
// waits for it.
func (r *Router) end(ctx context.Context, c claim, id conversations.ID, assigned bool) error {
	if c.officer == nil {
		return nil
	}
	if err := r.Board.Claimed(ctx, c.officer.ID, id, assigned); err != nil || assigned {
		return err
	}
	r.duty.forget()
	return r.serve(ctx, c.officer.ID)
}

// holds reports whether the conversation counts against the officer.
func holds(c conversations.Conversation, id conversations.OfficerID) bool {
	return c.Assignee != nil && c.Assignee.ID == id && c.Status.Live()
}

// claim takes a place for the conversation with the officer who fits best, once he
// has taken those who waited for him before it.
func (r *Router) claim(ctx context.Context, c conversations.Conversation, now time.Time) (claim, error) {
	need := r.Desks.need(c)
	for {
		room, err := r.look(ctx, now)
		if err != nil {
			return claim{}, err
		}
		o, reading, why, ok := r.duty.choose(need, now)
		if !ok {
			return claim{why: why, room: room}, nil
		}
		if r.duty.crowded() {
			if another, err := r.serveOne(ctx, conversations.OfficerID(o.ID), rank(c)); err != nil {
				return claim{}, err
			} else if another {
				continue
			}
		}
		switch err := r.Board.Claim(ctx, o, c.ID, "", takes(o, need.Weight)); {
		case err == nil:
			r.duty.given(o.ID, takes(o, need.Weight), reading, now)
			return claim{officer: &o, why: why}, nil
		case errors.Is(err, conversations.ErrFull) || errors.Is(err, conversations.ErrStale):
			r.duty.forget()
		default:
			return claim{}, err
		}
	}
}

// wait puts the conversation into its queue, unless somebody got room meanwhile:
// then it is routed again. Whoever took it just before has assigned it by now, or
// takes it out himself (handOver).
func (r *Router) wait(ctx context.Context, c conversations.Conversation, room string) error {
	err := r.Queues.Wait(ctx, c.ID, queue(c), rank(c), room)
	if errors.Is(err, conversations.ErrStale) {
		r.duty.forget()
	}
	if err != nil {
		return err
	}
	r.duty.crowd()
	now, err := r.Store.Load(ctx, c.ID)
	if err == nil && (now.Assignee != nil || !now.Status.Live() || queue(now) != queue(c)) {
		err = r.Queues.Unwait(ctx, c.ID, queue(c))
	}
	return err
}
