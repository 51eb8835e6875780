package reports

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/caravan-desk/caravan/conversations"
)

// Figures are folded from each conversation's history, while officers work on what its
// document says, and its messages and clocks are kept beside both. A recount makes them
// anew from zero and compares: what differs is a fault in one of them.

// Difference is something that history tells otherwise than what is stored.
type Difference struct {
	Conversation conversations.ID `json:"conversation"`
	What         string           `json:"what"` // status, assignee, answered, replies, or a clock's name
	Counted      string           `json:"counted"`
	Stored       string           `json:"stored"`
}

// Recounted is what came of a recount.
type Recounted struct {
	Conversations int          `json:"conversations"`
	Differences   []Difference `json:"differences"`
}

// String says it in a few words.
func (r Recounted) String() string {
	if len(r.Differences) == 0 {
		return fmt.Sprintf("%d conversations compared and no difference", r.Conversations)
	}
	return fmt.Sprintf("%d conversations compared and %d differences, the first in %s (%s)",
		r.Conversations, len(r.Differences), r.Differences[0].Conversation, r.Differences[0].What)
}

// Archive is where everything about conversations is read from; the store is one.
type Archive interface {
	Source
	Messages(ctx context.Context, id conversations.ID, after, limit int) ([]conversations.Message, error)
}

// Clocks folds a conversation's clocks as they stood when it was changed last; routing
// supplies it.
type Clocks func(c conversations.Conversation) []conversations.Clock

// Recount compares every conversation that was changed since from.
func Recount(ctx context.Context, s Archive, clocks Clocks, from, now time.Time) (Recounted, error) {
	var out Recounted
	q := conversations.Query{Sort: conversations.ByUpdated, Limit: pageOf, Now: now}
	for {
		page, err := s.List(ctx, q)
		if err != nil {
			return out, fmt.Errorf("list conversations: %w", err)
		}
		rows := slices.DeleteFunc(slices.Clone(page.Items), func(c *conversations.Conversation) bool { return c.UpdatedAt.Before(from) })
		found := make([][]Difference, len(rows))
		g, gctx := errgroup.WithContext(ctx)
		g.SetLimit(together)
		for i, c := range rows {
			g.Go(func() (err error) {
				found[i], err = recount(gctx, s, clocks, c.ID)
				return err
			})
		}
		if err := g.Wait(); err != nil {
			return out, err
		}
		out.Conversations += len(rows)
		for _, d := range found {
			out.Differences = append(out.Differences, d...)
		}
		if q.Cursor = page.Next; q.Cursor == "" || len(rows) < len(page.Items) {
			return out, nil
		}
	}
}

// recount compares one conversation; while it changes under the reading it is read again.
func recount(ctx context.Context, s Archive, clocks Clocks, id conversations.ID) ([]Difference, error) {
	for range 5 {
		before, err := s.Load(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("conversation %s: %w", id, err)
		}
		events, err := s.History(ctx, id, 0, longest)
		if err != nil {
			return nil, fmt.Errorf("conversation %s: %w", id, err)
		}
		messages, err := s.Messages(ctx, id, 0, longest)
		if err != nil {
			return nil, fmt.Errorf("conversation %s: %w", id, err)
		}
		after, err := s.Load(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("conversation %s: %w", id, err)
		}
		if before.Version == after.Version {
			return Differences(after, events, messages, clocks), nil
		}
	}
	return nil, nil // somebody works on it: another night
}

// Differences compares what history tells of a conversation with what is stored. What was
// merged or split shows others' messages, and is left out, as are the erased. It is pure.
func Differences(c conversations.Conversation, events []conversations.Event, messages []conversations.Message, clocks Clocks) []Difference {
	if c.Erased || c.MergedInto != "" || c.Was != nil || len(c.Shares)+len(c.Given) > 0 {
		return nil
	}
	var out []Difference
	differ := func(what, counted, stored string) {
		if counted != stored {
			out = append(out, Difference{c.ID, what, counted, stored})
		}
	}
	k := Fold(c, events, nil, c.UpdatedAt)
	if k.Status != "" {
		differ("status", string(k.Status), string(c.Status))
	}
	assignee := ""
	if c.Assignee != nil {
		assignee = string(c.Assignee.ID)
	}
	differ("assignee", string(k.Assignee), assignee)
	if !k.ByOfficer && !k.Answered.IsZero() {
		differ("answered", instant(k.Answered), instant(c.Times.Answered))
	}
	written := 0
	for _, m := range messages {
		if m.Direction == conversations.Out && m.Kind == conversations.KindMessage && m.Author.Type == conversations.ByOfficer && (m.Send == nil || !m.Send.Auto) {
			written++
		}
	}
	differ("replies", fmt.Sprint(len(k.Replies)), fmt.Sprint(written))
	scratch := c
	scratch.Clocks = slices.DeleteFunc(slices.Clone(c.Clocks), func(k conversations.Clock) bool { return k.Name != "callback" }) // a promise keeps its own
	anew := clocks(scratch)
	for _, stored := range c.Clocks {
		i := slices.IndexFunc(anew, func(k conversations.Clock) bool { return k.Name == stored.Name })
		if i < 0 {
			differ(stored.Name, "no such clock", instant(stored.DueAt))
		} else if stored.State != conversations.Paused && c.Status.Live() { // what is over keeps those of its calendars
			differ(stored.Name, instant(anew[i].DueAt), instant(stored.DueAt))
		}
	}
	return out
}

func instant(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
