package routing

import (
	"slices"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// Fold is what understanding a customer's message does to its conversation: the
// first one places it; later ones add references, raise the priority, and move
// it out of triage once they say what it is about. What an officer set stays.
// There are no events if nothing changed. It is pure.
func (ds Desks) Fold(before conversations.Conversation, m conversations.Message, u Understanding, now time.Time) (conversations.Conversation, []conversations.Event) {
	return ds.fold(before, m, u, func() []string { return slices.Clone(u.Why) }, now)
}

// fold is Fold that asks why something was understood only if it changes anything.
func (ds Desks) fold(before conversations.Conversation, m conversations.Message, u Understanding, because func() []string, now time.Time) (conversations.Conversation, []conversations.Event) {
	c := before
	desk, reason := ds.Place(u)
	if h := m.Hints; h != nil && h.Desk != "" {
		desk, reason = h.Desk, "the caller chose this desk"
	}
	first := c.Category == ""
	places := !c.ByHand && (first || c.Desk == DeskTriage && desk != DeskTriage)
	presses := first || conversations.Priority(u.Priority).Rank() < c.Priority.Rank()
	lang := language(m, u)
	speaks := lang != "" && (first || c.Language == "")
	c.References = join(c.References, u.References)
	names := added(before.References, c.References)
	if !places && !presses && !speaks && len(names) == 0 {
		return before, nil
	}
	moved := map[string]conversations.Delta{}
	if places {
		note(moved, "desk", &c.Desk, desk)
		note(moved, "category", &c.Category, u.Category)
		note(moved, "confidence", &c.Confidence, u.Confidence)
	}
	if presses {
		note(moved, "priority", &c.Priority, conversations.Priority(u.Priority))
	}
	if speaks {
		note(moved, "language", &c.Language, lang)
	}
	placed := len(moved) > 0
	if len(names) > 0 {
		moved["references"] = conversations.Delta{To: strings.Join(names, ", ")}
	}
	if len(moved) == 0 {
		return before, nil
	}
	why := because()
	if reason != "" {
		why = append(why, reason)
	}
	if !placed {
		why = slices.DeleteFunc(why, func(w string) bool {
			return !slices.ContainsFunc(names, func(name string) bool { return strings.Contains(w, name) })
		})
	}
	return c, []conversations.Event{{
		Type: conversations.EventClassified, At: now, By: conversations.System, Message: m.ID,
		Why: strings.Join(why, "; "), Changes: moved,
	}}
}

// language is the customer's own choice, or what he writes.
func language(m conversations.Message, u Understanding) string {
	if m.Hints != nil && m.Hints.Language != "" {
		return m.Hints.Language
	}
	return u.Language
}

// note sets *field and remembers what it was, if that is a change.
func note[T comparable](moved map[string]conversations.Delta, name string, field *T, to T) {
	if *field == to {
		return
	}
	moved[name] = conversations.Delta{From: *field, To: to}
	*field = to
}

// added are the numbers of the references that came after those there were.
func added(was, is []conversations.Reference) []string {
	var out []string
	for _, r := range is[len(was):] {
		out = append(out, r.Value)
	}
	return out
}

// join adds the references that are not there yet.
func join(have []conversations.Reference, more []Reference) []conversations.Reference {
	out := have
	for _, r := range more {
		ref := conversations.Reference{Kind: r.Kind, Value: r.Value, Carrier: r.Carrier, Valid: r.Valid}
		if !slices.ContainsFunc(out, func(o conversations.Reference) bool { return o.Value == ref.Value }) {
			out = append(slices.Clone(out), ref)
		}
	}
	return out
}

// Wish is the call-back that a message asks for, or nil.
func Wish(m conversations.Message, u Understanding, now time.Time) *conversations.CallbackRequest {
	if (m.Hints == nil || m.Hints.Callback == nil) && (u.Callback == nil || !u.Callback.Requested) {
		return nil
	}
	r := conversations.CallbackRequest{Why: "the customer asked to be called", Asked: true}
	if h := m.Hints; h != nil && h.Callback != nil {
		r.Phone, r.Note = h.Callback.Phone, h.Callback.Note
		if h.Callback.NotBefore.After(now) {
			r.At, r.Until = h.Callback.NotBefore, h.Callback.Until
		}
		return &r
	}
	if u.Callback.At != nil && u.Callback.At.After(now) {
		r.At = *u.Callback.At
	}
	if u.Callback.Until != nil {
		r.Until = *u.Callback.Until
	}
	return &r
}

// human reports whether a message is a person's, to be understood and answered.
func human(m conversations.Message) bool {
	return m.Direction == conversations.In && m.Kind != conversations.KindSystem &&
		(m.Class == "" || m.Class == channels.Human)
}
