package conversations

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// Retention is how long what ended conversations hold is kept, by kind: from the
// conversation's last change on. Zero keeps it for ever.
type Retention struct {
	Conversations time.Duration // all of them but what reports count
	Attachments   time.Duration // files
	Recordings    time.Duration // of calls
	Mail          time.Duration // mails as they came, byte for byte
}

// Aging is a conversation that has not changed since At.
type Aging struct {
	ID ID
	At time.Time
}

// Aged is what retention asks of the store.
type Aged interface {
	Load(ctx context.Context, id ID) (Conversation, error)
	// Unchanged lists a partition's conversations whose last change came later
	// than since and not later than until, the oldest first.
	Unchanged(ctx context.Context, part int, since, until time.Time) ([]Aging, error)
	// Retained is the last change up to which a kind was looked through; zero: none.
	Retained(ctx context.Context, kind string, part int) (time.Time, error)
	SaveRetained(ctx context.Context, kind string, part int, at time.Time) error
	// Expire lets edit take files from a message; when it says no reason nothing is written.
	Expire(ctx context.Context, id MessageID, edit func(m *Message) (why string)) (changed bool, err error)
}

// Lease makes this gateway the only one at something for a while.
type Lease interface {
	Acquire(ctx context.Context, name, holder string, ttl time.Duration) (bool, error)
}

// Retainer takes away what was kept for its time. Conversations are found by their
// last change, and each is looked at once for each kind: one that is open now
// changes when it ends, and so comes again.
type Retainer struct {
	Terms      Retention
	Persons    *Persons
	Store      Aged
	Lease      Lease
	Holder     string // this gateway
	Partitions int
	Now        func() time.Time
	Logger     *slog.Logger
}

const (
	retainEvery = time.Hour
	retainHold  = 3 * retainEvery / 2
)

// keptKind is one kind of what is kept.
type keptKind struct {
	name string
	term time.Duration
	drop func(context.Context, Conversation) error
}

func (r *Retainer) kinds() []keptKind {
	files := func(of func(*Message) []*string) func(context.Context, Conversation) error {
		return func(ctx context.Context, c Conversation) error { return r.strip(ctx, c, of) }
	}
	all := []keptKind{
		{"attachments", r.Terms.Attachments, files(func(m *Message) []*string { return m.attached(false) })},
		{"recordings", r.Terms.Recordings, files(func(m *Message) []*string { return m.attached(true) })},
		{"mail", r.Terms.Mail, files(func(m *Message) []*string { return []*string{&m.Raw} })},
		{"conversations", r.Terms.Conversations, r.bury},
	}
	return slices.DeleteFunc(all, func(k keptKind) bool { return k.term <= 0 })
}

// attached are the keys of a message's files, those of a call or the others.
func (m *Message) attached(recorded bool) []*string {
	if (m.Channel == channels.Voice) != recorded {
		return nil
	}
	keys := make([]*string, len(m.Attachments))
	for i := range m.Attachments {
		keys[i] = &m.Attachments[i].ID
	}
	return keys
}

// Run looks every hour until ctx is done. Nothing to be kept for a time: it waits.
func (r *Retainer) Run(ctx context.Context) error {
	if len(r.kinds()) == 0 {
		<-ctx.Done()
		return ctx.Err()
	}
	for {
		held, err := r.Lease.Acquire(ctx, "retention", r.Holder, retainHold)
		if err == nil && held {
			err = r.Sweep(ctx)
		}
		if err != nil && ctx.Err() == nil {
			r.Logger.Warn("not all was taken away that was kept for its time", "error", err)
		}
		timer := time.NewTimer(retainEvery)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// Sweep takes away what is due now. What failed is tried again the next time.
func (r *Retainer) Sweep(ctx context.Context) error {
	var errs []error
	for _, k := range r.kinds() {
		for part := range r.Partitions {
			if err := r.part(ctx, k, part); err != nil {
				errs = append(errs, fmt.Errorf("retention of %s: %w", k.name, err))
			}
		}
	}
	return errors.Join(errs...)
}

func (r *Retainer) part(ctx context.Context, k keptKind, part int) error {
	until := r.Now().Add(-k.term)
	since, err := r.Store.Retained(ctx, k.name, part)
	if err != nil || !since.Before(until) {
		return err
	}
	list, err := r.Store.Unchanged(ctx, part, since, until)
	if err != nil {
		return err
	}
	done := until
	var failed error
	for _, a := range list {
		if err := r.look(ctx, k, a.ID, until); err != nil {
			failed = errors.Join(failed, fmt.Errorf("conversation %s: %w", a.ID, err))
			if before := a.At.Add(-time.Millisecond); before.Before(done) {
				done = before
			}
		}
	}
	if done.After(since) {
		failed = errors.Join(failed, r.Store.SaveRetained(ctx, k.name, part, done))
	}
	return failed
}

// Overdue is of how many ended conversations a kind is still there.
type Overdue struct {
	Kind          string
	Conversations int
}

// Overdue counts what was due at an instant and has not been looked through.
func (r *Retainer) Overdue(ctx context.Context, at time.Time) ([]Overdue, error) {
	var out []Overdue
	for _, k := range r.kinds() {
		o := Overdue{Kind: k.name}
		for part := range r.Partitions {
			since, err := r.Store.Retained(ctx, k.name, part)
			if err != nil {
				return nil, err
			}
			list, err := r.Store.Unchanged(ctx, part, since, at.Add(-k.term))
			if err != nil {
				return nil, err
			}
			for _, a := range list {
				c, err := r.Store.Load(ctx, a.ID)
				if err != nil {
					return nil, err
				}
				if c.rests() && !c.Erased {
					o.Conversations++
				}
			}
		}
		if o.Conversations > 0 {
			out = append(out, o)
		}
	}
	return out, nil
}

// look takes a kind from a conversation and those that it shares messages with,
// once all of them have ended and rested for the term: the last one to do so
// brings the others.
func (r *Retainer) look(ctx context.Context, k keptKind, id ID, until time.Time) error {
	group, rested, err := r.group(ctx, id, until)
	if err != nil || !rested {
		return err
	}
	for _, c := range group {
		if c.Erased {
			continue
		}
		if err := k.drop(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

func (r *Retainer) group(ctx context.Context, id ID, until time.Time) (group []Conversation, rested bool, err error) {
	ids := []ID{id}
	for i := 0; i < len(ids); i++ {
		c, err := r.Store.Load(ctx, ids[i])
		if err != nil {
			return nil, false, err
		}
		if c.UpdatedAt.After(until) || !c.rests() {
			return nil, false, nil
		}
		group = append(group, c)
		for _, other := range c.sharers() {
			if !slices.Contains(ids, other) {
				ids = append(ids, other)
			}
		}
	}
	return group, true, nil
}

// rests reports whether a conversation has ended and nothing is owed in it.
func (c *Conversation) rests() bool {
	return (c.Status == Solved || c.Status == Closed) && c.Promises == 0
}

// sharers are the conversations that show messages of this one, or give it theirs.
func (c *Conversation) sharers() []ID {
	var out []ID
	if c.MergedInto != "" {
		out = append(out, c.MergedInto)
	}
	for _, s := range append(slices.Clone(c.Shares), c.Given...) {
		out = append(out, s.Of)
	}
	return out
}
