package inbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/caravan-desk/caravan/conversations"
)

// optional is a JSON field that may be left out, null, or a value.
type optional[T any] struct {
	set   bool
	value *T
}

// UnmarshalJSON implements json.Unmarshaler.
func (o *optional[T]) UnmarshalJSON(b []byte) error {
	o.set = true
	return json.Unmarshal(b, &o.value)
}

// Schema implements huma.SchemaProvider.
func (optional[T]) Schema(r huma.Registry) *huma.Schema {
	s := *r.Schema(reflect.TypeFor[T](), true, "")
	s.Nullable = true
	return &s
}

// ReferenceInput is a reference as an officer gives it; what may be worked out from the value is.
type ReferenceInput struct {
	Kind    string `json:"kind" enum:"awb,booking"`
	Value   string `json:"value" minLength:"1" maxLength:"64"`
	Carrier string `json:"carrier,omitempty" maxLength:"64"`
	Valid   bool   `json:"valid,omitempty" doc:"Taken back as it was given out; worked out again"`
}

type conversationPatch struct {
	ConversationPath
	Decided
	Body struct {
		Status     *conversations.Status   `json:"status,omitempty" enum:"new,open,pending,on_hold,solved,closed"`
		Desk       *string                 `json:"desk,omitempty" minLength:"1" maxLength:"64"`
		Category   *string                 `json:"category,omitempty" maxLength:"64"`
		Priority   *conversations.Priority `json:"priority,omitempty" enum:"urgent,high,normal,low"`
		Assignee   optional[string]        `json:"assignee,omitempty" maxLength:"64" doc:"An officer's ID, me, or null"`
		Tags       *[]string               `json:"tags,omitempty" maxItems:"50" minLength:"1" maxLength:"64"`
		References *[]ReferenceInput       `json:"references,omitempty" maxItems:"50"`
		Snoozed    optional[time.Time]     `json:"snoozed_until,omitempty" doc:"null wakes it"`
		Ending     *string                 `json:"disposition,omitempty" maxLength:"64" doc:"How it ended: one of the desk's dispositions"`
		Details    map[string]string       `json:"details,omitempty" doc:"Fields that the desk wants, one by one; an empty one is taken away"`
		PausedBy   *string                 `json:"paused_by,omitempty" enum:"customer,carrier,customs,embassy" doc:"With on_hold: whose time it is"`
		Read       bool                    `json:"read,omitempty" doc:"The officer has seen it: unread becomes 0"`
		Why        string                  `json:"why,omitempty" maxLength:"500" doc:"For the history"`
	}
}

func (a *API) patchConversation(ctx context.Context, in *conversationPatch) (*conversationAnswer, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	who := callerOf(ctx)
	p, err := a.patchOf(ctx, id, in, who)
	if err != nil {
		return nil, err
	}
	c, err := a.Desk.Patch(ctx, id, p, who.officer.Author())
	if err != nil {
		return nil, a.present(ctx, id, p.Version, fmt.Errorf("patch conversation: %w", err))
	}
	return a.answered(c), nil
}

// patchOf is the request as a conversations.Patch.
func (a *API) patchOf(ctx context.Context, id conversations.ID, in *conversationPatch, who *caller) (conversations.Patch, error) {
	b := &in.Body
	p := conversations.Patch{
		Status: b.Status, Desk: b.Desk, Category: b.Category, Priority: b.Priority, Tags: b.Tags,
		Read: b.Read, Why: b.Why, ByHand: true, Disposition: b.Ending, Details: b.Details, WaitsFor: b.PausedBy,
	}
	var err error
	if p.Version, err = ifMatch(in.IfMatch); err != nil {
		return p, err
	}
	if b.References != nil {
		references := make([]conversations.Reference, len(*b.References))
		for i, r := range *b.References {
			references[i] = a.reference(r)
		}
		p.References = &references
	}
	if b.Snoozed.set {
		until := utc(b.Snoozed.value)
		if until != nil && until.Before(a.Now()) {
			return p, fault("body.snoozed_until", "lies in the past")
		}
		p.Snoozed = &until
	}
	if b.Assignee.set {
		if p.Assignee, err = a.assignee(ctx, b.Assignee.value, who); err != nil {
			return p, err
		}
	}
	return p, a.checkDesk(ctx, id, &p)
}

// assignee is the officer meant by an ID, "me", or nobody.
func (a *API) assignee(ctx context.Context, named *string, who *caller) (**conversations.OfficerRef, error) {
	var ref *conversations.OfficerRef
	if named == nil {
		return &ref, nil
	}
	id := conversations.OfficerID(*named)
	if id == "me" {
		if id = who.officer.ID; id == adminID {
			return nil, fault("body.assignee", "cannot be me: the administrator's token is no officer's")
		}
	}
	o, err := a.Store.Officer(ctx, id)
	switch {
	case errors.Is(err, conversations.ErrNotFound):
		return nil, fault("body.assignee", "is no officer")
	case err != nil:
		return nil, fmt.Errorf("load assignee: %w", err)
	case o.Disabled:
		return nil, fault("body.assignee", "no longer works here")
	}
	ref = o.Ref()
	return &ref, nil
}

// checkDesk refuses desks there are none of, and categories that are not the desk's. A
// conversation that only moves to another desk leaves a category behind that is not known there.
func (a *API) checkDesk(ctx context.Context, id conversations.ID, p *conversations.Patch) error {
	if p.Desk != nil && !a.hasDesk(*p.Desk) {
		return fault("body.desk", "is no desk of this gateway")
	}
	if len(a.Desks) == 0 || p.Desk == nil && p.Category == nil || p.Category != nil && *p.Category == "" {
		return nil
	}
	c, err := a.Store.Load(ctx, id)
	if err != nil {
		return fmt.Errorf("load conversation: %w", err)
	}
	desk, none := c.Desk, ""
	if p.Desk != nil {
		desk = *p.Desk
	}
	switch {
	case p.Category != nil && !a.hasCategory(desk, *p.Category):
		return fault("body.category", "is no category of the desk %q", desk)
	case p.Category == nil && desk != c.Desk && desk != conversations.Triage && !a.hasCategory(desk, c.Category):
		p.Category = &none
	}
	return nil
}

func (a *API) hasDesk(name string) bool {
	return name == conversations.Triage || len(a.Desks) == 0 || slices.ContainsFunc(a.Desks, func(d DeskView) bool { return d.Name == name })
}

// hasCategory reports whether a desk takes a category; triage takes every desk's.
func (a *API) hasCategory(desk, category string) bool {
	return slices.ContainsFunc(a.Desks, func(d DeskView) bool {
		return (d.Name == desk || desk == conversations.Triage) && slices.Contains(d.Categories, category)
	})
}

func (a *API) reference(r ReferenceInput) conversations.Reference {
	ref := conversations.Reference{Kind: r.Kind, Value: r.Value, Carrier: r.Carrier, Valid: r.Valid}
	if a.Reference != nil {
		carrier, valid := a.Reference(r.Kind, r.Value)
		if ref.Valid = valid; carrier != "" {
			ref.Carrier = carrier
		}
	}
	ref.Value = a.written(ref.Kind, ref.Value).Value
	return ref
}

// present adds to an error that says somebody was quicker what is stored now, and what has
// happened since version read (0: none was named).
func (a *API) present(ctx context.Context, id conversations.ID, read conversations.Revision, err error) error {
	if !errors.Is(err, conversations.ErrStale) {
		return err
	}
	var stale *conversations.StaleError
	if !errors.As(err, &stale) || stale.Present.ID == "" {
		c, lerr := a.Store.Load(ctx, id)
		if lerr != nil {
			return errors.Join(lerr, err)
		}
		stale = &conversations.StaleError{Present: c}
	}
	if now := stale.Present.Version; read > 0 && read < now {
		history, herr := a.Desk.History(ctx, id, 0, mostSince)
		if herr != nil {
			return errors.Join(herr, err)
		}
		stale.Since = conversations.Lately(history, int(now-read))
	}
	return stale
}

// mostSince is how many events of a conversation are looked through.
const mostSince = 100_000

// overtaken tells what is stored now, and what has happened.
func (p *Problem) overtaken(e *conversations.StaleError, now time.Time) {
	p.Present = shown(e.Present, now)
	for _, event := range e.Since {
		p.Since = append(p.Since, shownEvent(event))
	}
	p.set("ETag", etag(e.Present.Version))
}
