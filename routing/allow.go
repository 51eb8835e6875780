package routing

import (
	"fmt"
	"slices"
	"strings"

	"github.com/caravan-desk/caravan/conversations"
)

// Allow is conversations.Desk's rule for what officers change: the moves between statuses
// that the desk allows, and how a conversation of it can end. It is pure.
func (ds Desks) Allow(before, after conversations.Conversation) error {
	d, bad := ds.of(after.Desk), map[string]string{}
	if moves, set := ds.of(before.Desk).Moves[string(before.Status)]; set && before.Status != after.Status && !slices.Contains(moves, string(after.Status)) {
		bad["status"] = fmt.Sprintf("cannot go from %s to %s on this desk", before.Status, after.Status)
	}
	ending := after.Disposition
	switch values := d.Dispositions.Values; {
	case ending != "" && ending != before.Disposition && !slices.Contains(values, ending):
		bad["disposition"] = "is not one of " + strings.Join(values, ", ")
	case ending == "" && d.Dispositions.Required && before.Status.Live() && !after.Status.Live():
		bad["disposition"] = "is needed to solve it: one of " + strings.Join(values, ", ")
	}
	if len(bad) > 0 {
		return &conversations.InvalidError{Fields: bad}
	}
	return nil
}

// Missing are the fields that the conversation's desk wants and does not have yet.
func (ds Desks) Missing(c conversations.Conversation) []Field {
	var out []Field
	for _, f := range ds.of(c.Desk).Fields {
		if len(f.Categories) > 0 && !slices.Contains(f.Categories, c.Category) || c.Details[f.Name] != "" {
			continue
		}
		if f.Reference != "" && slices.ContainsFunc(c.References, func(r conversations.Reference) bool { return r.Kind == f.Reference }) {
			continue
		}
		out = append(out, f)
	}
	return out
}
