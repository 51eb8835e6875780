package inbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

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

// ConversationPath names the conversation that a route is about.
type ConversationPath struct {
	ID string `path:"id" maxLength:"32" doc:"Of the conversation"`
}

// id refuses what names no conversation before the store is asked.
func (p ConversationPath) id() (conversations.ID, error) {
	id := conversations.ID(p.ID)
	if id.Number() == 0 {
		return "", conversations.ErrNotFound
	}
	return id, nil
}

// Decided is how a write says which state it was decided on.
type Decided struct {
	IfMatch string `header:"If-Match" maxLength:"64" doc:"The version it was decided on, as ETag gives it; 409 if it is no longer the present one"`
}

type conversationAnswer struct {
	ETag     string `header:"ETag"`
	Location string `header:"Location"`
	Body     conversations.Conversation
}

func (a *API) answered(c conversations.Conversation) *conversationAnswer {
	return &conversationAnswer{ETag: etag(c.Version), Body: shown(c, a.Now())}
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
		Read       bool                    `json:"read,omitempty" doc:"The officer has seen it: unread becomes 0"`
		Why        string                  `json:"why,omitempty" maxLength:"500" doc:"For the history"`
	}
}

type opening struct {
	Body struct {
		To struct {
			Channel string `json:"channel" enum:"email,sms,whatsapp"`
			Address string `json:"address" minLength:"3" maxLength:"254"`
			Name    string `json:"name,omitempty" maxLength:"200"`
		} `json:"to"`
		Desk string `json:"desk,omitempty" maxLength:"64" doc:"triage if left out"`
		Words
	}
}

func (a *API) registerConversations(app *fiber.App) {
	tags := []string{"Conversations"}
	plain[listParams](a, app, huma.Operation{
		OperationID: "list-conversations", Method: http.MethodGet, Path: "/v1/conversations", Summary: "A page of conversations", Tags: tags,
	}, answer{200, fiber.MIMEApplicationJSON, reflect.TypeFor[page[conversations.Conversation]]()}, a.listConversations)
	add(a, huma.Operation{
		OperationID: "open-conversation", Method: http.MethodPost, Path: "/v1/conversations", Summary: "Write to somebody first",
		DefaultStatus: http.StatusCreated, Tags: tags,
	}, a.openConversation)
	add(a, huma.Operation{
		OperationID: "get-conversation", Method: http.MethodGet, Path: "/v1/conversations/{id}", Summary: "One conversation", Tags: tags,
	}, a.getConversation)
	add(a, huma.Operation{
		OperationID: "patch-conversation", Method: http.MethodPatch, Path: "/v1/conversations/{id}", Summary: "Change some of its fields", Tags: tags,
	}, a.patchConversation)
	add(a, huma.Operation{
		OperationID: "get-history", Method: http.MethodGet, Path: "/v1/conversations/{id}/history", Summary: "What happened, when, who and why; oldest first", Tags: tags,
	}, a.history)
	add(a, huma.Operation{
		OperationID: "get-contact", Method: http.MethodGet, Path: "/v1/contacts/{id}", Summary: "One contact", Tags: []string{"Contacts"},
	}, a.getContact)
}

func (a *API) getConversation(ctx context.Context, in *ConversationPath) (*conversationAnswer, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	c, err := a.Store.Load(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("load conversation: %w", err)
	}
	return a.answered(c), nil
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
		return nil, a.present(ctx, id, fmt.Errorf("patch conversation: %w", err))
	}
	return a.answered(c), nil
}

// patchOf is the request as a conversations.Patch.
func (a *API) patchOf(ctx context.Context, id conversations.ID, in *conversationPatch, who *caller) (conversations.Patch, error) {
	b := &in.Body
	p := conversations.Patch{
		Status: b.Status, Desk: b.Desk, Category: b.Category, Priority: b.Priority, Tags: b.Tags,
		Read: b.Read, Why: b.Why, ByHand: true,
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
	return p, a.checkDesk(ctx, id, p)
}

// assignee is the officer meant by an ID, "me", or nobody.
func (a *API) assignee(ctx context.Context, named *string, who *caller) (**conversations.OfficerRef, error) {
	var ref *conversations.OfficerRef
	if named == nil {
		return &ref, nil
	}
	id := conversations.OfficerID(*named)
	if id == "me" {
		id = who.officer.ID
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

// checkDesk refuses desks there are none of, and categories that are not the desk's.
func (a *API) checkDesk(ctx context.Context, id conversations.ID, p conversations.Patch) error {
	if p.Desk != nil && !a.hasDesk(*p.Desk) {
		return fault("body.desk", "is no desk of this gateway")
	}
	if p.Category == nil || *p.Category == "" || len(a.Desks) == 0 {
		return nil
	}
	desk := ""
	if p.Desk != nil {
		desk = *p.Desk
	} else {
		c, err := a.Store.Load(ctx, id)
		if err != nil {
			return fmt.Errorf("load conversation: %w", err)
		}
		desk = c.Desk
	}
	if !a.hasCategory(desk, *p.Category) {
		return fault("body.category", "is no category of the desk %q", desk)
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
	return ref
}

// present adds what is stored now to an error that says somebody was quicker.
func (a *API) present(ctx context.Context, id conversations.ID, err error) error {
	var stale *conversations.StaleError
	if !errors.Is(err, conversations.ErrStale) || errors.As(err, &stale) && stale.Present.ID != "" {
		return err
	}
	c, lerr := a.Store.Load(ctx, id)
	if lerr != nil {
		return errors.Join(lerr, err)
	}
	return &conversations.StaleError{Present: c}
}

func (a *API) openConversation(ctx context.Context, in *opening) (*conversationAnswer, error) {
	who, b := callerOf(ctx), &in.Body
	to, kind, err := addressOf(b.To.Channel, b.To.Address)
	if err != nil {
		return nil, err
	}
	if b.Desk != "" && !a.hasDesk(b.Desk) {
		return nil, fault("body.desk", "is no desk of this gateway")
	}
	person := conversations.Conversation{Contact: conversations.ContactRef{Name: b.To.Name}}
	draft, err := a.draft(ctx, &b.Words, person, kind)
	if err != nil {
		return nil, err
	}
	o := conversations.Opening{To: to, Name: b.To.Name, Channel: kind, Desk: b.Desk, Draft: draft}
	if who.officer.ID != adminID {
		o.By = who.officer.Ref()
	}
	_, c, err := a.Desk.Open(ctx, o, who.officer.Author())
	if err != nil {
		return nil, fmt.Errorf("open conversation: %w", err)
	}
	out := a.answered(c)
	out.Location = "/v1/conversations/" + string(c.ID)
	return out, nil
}

type historyParams struct {
	ConversationPath
	Paging
}

type historyAnswer struct {
	Body page[conversations.Event]
}

func (a *API) history(ctx context.Context, in *historyParams) (*historyAnswer, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	after, err := in.offset()
	if err != nil {
		return nil, err
	}
	events, err := a.Store.History(ctx, id, after, in.Limit+1)
	if err != nil {
		return nil, fmt.Errorf("load history: %w", err)
	}
	if len(events) == 0 {
		if err := a.exists(ctx, id); err != nil {
			return nil, err
		}
	}
	for i := range events {
		events[i] = shownEvent(events[i])
	}
	return &historyAnswer{grown(events, after, in.Limit)}, nil
}

// exists tells an empty list from one that belongs to nothing.
func (a *API) exists(ctx context.Context, id conversations.ID) error {
	if _, err := a.Store.Load(ctx, id); err != nil {
		return fmt.Errorf("load conversation: %w", err)
	}
	return nil
}

type contactID struct {
	ID string `path:"id" maxLength:"32"`
}

type contactAnswer struct {
	Body conversations.Contact
}

func (a *API) getContact(ctx context.Context, in *contactID) (*contactAnswer, error) {
	k, err := a.Store.Contact(ctx, conversations.ContactID(in.ID))
	if err != nil {
		return nil, fmt.Errorf("load contact: %w", err)
	}
	return &contactAnswer{shownContact(k)}, nil
}
