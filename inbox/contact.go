package inbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// ContactPath names the contact that a route is about.
type ContactPath struct {
	ID string `path:"id" maxLength:"32" doc:"Of the contact"`
}

// id refuses what names no contact before the store is asked.
func (p ContactPath) id() (conversations.ContactID, error) {
	n, ok := strings.CutPrefix(p.ID, "k")
	if !ok || conversations.ID(n).Number() == 0 {
		return "", conversations.ErrNotFound
	}
	return conversations.ContactID(p.ID), nil
}

type contactAnswer struct {
	ETag string `header:"ETag"`
	Body conversations.Contact
}

func answeredContact(k conversations.Contact) *contactAnswer {
	return &contactAnswer{ETag: etag(k.Version), Body: shownContact(k)}
}

type contactsParams struct {
	Q string `query:"q" maxLength:"500" doc:"A name or how it begins, an address, or part of a number; everybody if left out"`
	Paging
}

type contactsAnswer struct {
	Body page[conversations.Contact]
}

type contactPatch struct {
	ContactPath
	Decided
	Body struct {
		Name     *string            `json:"name,omitempty" maxLength:"200"`
		Language *string            `json:"language,omitempty" maxLength:"35"`
		Handles  *[]channels.Handle `json:"handles,omitempty" maxItems:"50" doc:"All of them: further ones are added; none is taken away"`
	}
}

type contactMerge struct {
	ContactPath
	Decided
	Body struct {
		Into string `json:"into" minLength:"1" maxLength:"32" doc:"The contact who is the same person"`
	}
}

// MergedContact is a contact after another was merged into him.
type MergedContact struct {
	conversations.Contact
	Event conversations.EventID `json:"event" doc:"For POST /v1/undo/{event}"`
}

type contactMerged struct {
	ETag string `header:"ETag"`
	Body MergedContact
}

type contactDelete struct {
	ContactPath
	Decided
}

type erased struct {
	Body conversations.Certificate
}

func (a *API) registerContacts() {
	tags := []string{"Contacts"}
	add(a, huma.Operation{
		OperationID: "list-contacts", Method: http.MethodGet, Path: "/v1/contacts", Summary: "A page of contacts, the latest first", Tags: tags,
		Description: "A page may be short: only a null next_cursor is the end.",
	}, a.contacts)
	add(a, huma.Operation{OperationID: "get-contact", Method: http.MethodGet, Path: "/v1/contacts/{id}", Summary: "One contact", Tags: tags}, a.getContact)
	add(a, huma.Operation{OperationID: "patch-contact", Method: http.MethodPatch, Path: "/v1/contacts/{id}", Summary: "Change some of its fields", Tags: tags}, a.patchContact)
	add(a, huma.Operation{
		OperationID: "erase-contact", Method: http.MethodDelete, Path: "/v1/contacts/{id}", Tags: tags, DefaultStatus: http.StatusOK,
		Summary:     "Erase the person everywhere; answers with a certificate. Supervisors only",
		Description: "Conversations, messages, files, call-backs, history, log, search and handles. It cannot be undone. What is delivered again does not bring him back; what he writes anew makes a new contact.",
	}, a.eraseContact)
	add(a, huma.Operation{
		OperationID: "merge-contact", Method: http.MethodPost, Path: "/v1/contacts/{id}/merge", Tags: tags, DefaultStatus: http.StatusOK,
		Summary: "Make it the same person as another; answers with that one",
	}, a.mergeContact)
	add(a, huma.Operation{
		OperationID: "export-contact", Method: http.MethodGet, Path: "/v1/contacts/{id}/export", Tags: tags,
		Summary: "Everything that is known of the person. Supervisors only",
	}, a.exportContact)
}

func (a *API) contacts(ctx context.Context, in *contactsParams) (*contactsAnswer, error) {
	list, err := a.Store.Contacts(ctx, conversations.SearchQuery{Text: strings.TrimSpace(in.Q), Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, fmt.Errorf("list contacts: %w", queryFault(err))
	}
	for i := range list.Items {
		list.Items[i] = shownContact(list.Items[i])
	}
	return &contactsAnswer{pageOf(list.Items, list.Next)}, nil
}

// contact loads a contact who was not erased.
func (a *API) contact(ctx context.Context, in ContactPath) (conversations.Contact, error) {
	id, err := in.id()
	if err != nil {
		return conversations.Contact{}, err
	}
	k, err := a.Store.Contact(ctx, id)
	if err == nil && k.Erased {
		err = conversations.ErrNotFound
	}
	if err != nil {
		return k, fmt.Errorf("load contact: %w", err)
	}
	return k, nil
}

func (a *API) getContact(ctx context.Context, in *ContactPath) (*contactAnswer, error) {
	k, err := a.contact(ctx, *in)
	if err != nil {
		return nil, err
	}
	return answeredContact(k), nil
}

func (a *API) patchContact(ctx context.Context, in *contactPatch) (*contactAnswer, error) {
	id, rev, err := in.decidedOn(in.Decided)
	if err != nil {
		return nil, err
	}
	p := conversations.PersonPatch{Name: in.Body.Name, Language: in.Body.Language, Version: rev}
	if in.Body.Handles != nil {
		handles, err := handlesOf(*in.Body.Handles)
		if err != nil {
			return nil, err
		}
		p.Handles = &handles
	}
	k, err := a.Persons.Patch(ctx, id, p)
	if err != nil {
		return nil, fmt.Errorf("patch contact: %w", presentContact(err))
	}
	return answeredContact(k), nil
}

// presentContact adds to a refusal of an old version what is stored now, as it is shown.
func presentContact(err error) error {
	var stale *conversations.StaleContactError
	if errors.As(err, &stale) {
		return &staleError{present: shownContact(stale.Present), version: stale.Present.Version}
	}
	return err
}

// decidedOn is the contact that a write is about, and the version it was decided on.
func (p ContactPath) decidedOn(d Decided) (conversations.ContactID, conversations.Revision, error) {
	id, err := p.id()
	if err != nil {
		return "", 0, err
	}
	rev, err := ifMatch(d.IfMatch)
	return id, rev, err
}

// handlesOf brings addresses that an officer typed into their one form.
func handlesOf(given []channels.Handle) ([]channels.Handle, error) {
	out := make([]channels.Handle, len(given))
	on := map[channels.HandleKind]string{channels.HandlePhone: "sms", channels.HandleWhatsApp: "whatsapp", channels.HandleEmail: "email"}
	for i, h := range given {
		out[i] = h
		channel, typed := on[h.Kind]
		if !typed || h.Issuer != "" {
			if h.Value == "" || len(h.Value) > 254 {
				return nil, fault(fmt.Sprintf("body.handles[%d].value", i), "has 1 to 254 bytes")
			}
			continue
		}
		clean, _, err := addressOf(channel, h.Value)
		if err != nil {
			return nil, fault(fmt.Sprintf("body.handles[%d].value", i), "is no address of this kind")
		}
		out[i].Value = clean.Value
	}
	return out, nil
}

func (a *API) mergeContact(ctx context.Context, in *contactMerge) (*contactMerged, error) {
	id, rev, err := in.decidedOn(in.Decided)
	if err != nil {
		return nil, err
	}
	into, err := ContactPath{ID: in.Body.Into}.id()
	if err != nil {
		return nil, fault("body.into", "is no contact")
	}
	k, event, err := a.Persons.Merge(ctx, id, into, rev)
	if err != nil {
		return nil, fmt.Errorf("merge contact: %w", presentContact(err))
	}
	return &contactMerged{ETag: etag(k.Version), Body: MergedContact{shownContact(k), event}}, nil
}

func (a *API) eraseContact(ctx context.Context, in *contactDelete) (*erased, error) {
	who := callerOf(ctx)
	if !who.officer.Role.AtLeast(conversations.RoleSupervisor) {
		return nil, errForbidden
	}
	id, rev, err := in.decidedOn(in.Decided)
	if err != nil {
		return nil, err
	}
	k, err := a.contact(ctx, in.ContactPath)
	if err != nil {
		return nil, err
	}
	if rev != 0 && rev != k.Version {
		return nil, presentContact(&conversations.StaleContactError{Present: k})
	}
	long, cancel := context.WithTimeout(context.WithoutCancel(ctx), eraseTerm)
	defer cancel()
	cert, err := a.Persons.Erase(long, id, who.officer.Author())
	if err != nil {
		return nil, fmt.Errorf("erase contact: %w", err)
	}
	a.tell(ctx, conversations.AuditEntry{Action: "erase-contact", Target: "/v1/contacts/" + string(id), Status: http.StatusOK, Detail: cert})
	return &erased{cert}, nil
}

// eraseTerm is how long an erasure may take; it is not cut short with the request.
const eraseTerm = 2 * time.Minute
