package conversations

import (
	"context"
	"errors"
)

// Unfinished are the events that tell what others must know of c's merging and
// splitting; for who has not followed the log from the beginning.
func (c *Conversation) Unfinished() []Event {
	var out []Event
	if c.MergedInto != "" && c.Messages+len(c.Shares) > 0 {
		out = append(out, Event{Type: EventMerged, Conversation: c.ID, By: System, Changes: map[string]Delta{"merged_into": {To: c.MergedInto}}})
	}
	for _, s := range c.Given {
		out = append(out, Event{Type: EventSplit, Conversation: c.ID, By: System, Changes: map[string]Delta{"split": {To: s.Of}}})
	}
	return out
}

// Finish completes what an event began and a crash may have cut short: the second
// half of a merge, of a split, or of their undoing. Doing it again does nothing.
func (d *Desk) Finish(ctx context.Context, e Event) error {
	into, split, status := e.Changes["merged_into"], e.Changes["split"], e.Changes["status"]
	var err error
	if idIn(into.To) != "" {
		if _, err := d.unring(ctx, e.Conversation, true, e.By); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	switch {
	case e.Type == EventChanged && ended(status.From) && !ended(status.To):
		err = d.lead(ctx, e.Conversation)
	case e.Type == EventMerged && idIn(into.To) != "":
		err = d.rejoin(ctx, e.Conversation, idIn(into.To), e.By)
	case e.Type == EventUndone && idIn(into.From) != "":
		err = d.rejoin(ctx, e.Conversation, idIn(into.From), e.By)
	case e.Type == EventSplit && idIn(split.To) != "":
		err = d.breakAway(ctx, e.Conversation, idIn(split.To), e.By)
	case e.Type == EventUndone && idIn(split.From) != "":
		err = d.dissolve(ctx, e.Conversation, idIn(split.From), e.By)
	}
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// ended reports whether an event's value, which may have been through JSON, is the status
// of a conversation that is over.
func ended(v any) bool {
	s, ok := v.(Status)
	if t, text := v.(string); text {
		s, ok = Status(t), true
	}
	return ok && !s.Live()
}
