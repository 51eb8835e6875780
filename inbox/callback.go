package inbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/caravan-desk/caravan/conversations"
)

type promise struct {
	ConversationPath
	Decided
	Body *promiseBody
}

type promiseBody struct {
	Phone string     `json:"phone,omitempty" maxLength:"40" doc:"The customer's own if left out"`
	At    *time.Time `json:"at,omitempty" doc:"As soon as allowed if left out, due within 24 hours"`
	Note  string     `json:"note,omitempty" maxLength:"2000"`
	First string     `json:"first,omitempty" enum:"officer,customer" doc:"Whom to ring first; the house chooses if left out"`
	Why   string     `json:"why,omitempty" maxLength:"500"`
}

type callbackAnswer struct {
	ETag     string `header:"ETag"`
	Location string `header:"Location"`
	Body     conversations.Callback
}

func answeredCallback(cb conversations.Callback) *callbackAnswer {
	return &callbackAnswer{ETag: etag(cb.Version), Body: shownCallback(cb)}
}

// CallbackPath names the call-back that a route is about.
type CallbackPath struct {
	ID string `path:"id" maxLength:"64" doc:"Of the call-back"`
}

// id refuses what names no call-back before the store is asked.
func (p CallbackPath) id() (conversations.CallbackID, error) {
	c, n, ok := strings.Cut(p.ID, "-cb")
	if !ok || conversations.ID(c).Number() == 0 || conversations.ID(n).Number() == 0 {
		return "", conversations.ErrNotFound
	}
	return conversations.CallbackID(p.ID), nil
}

type callbackPatch struct {
	CallbackPath
	Decided
	Body struct {
		Phone  *string    `json:"phone,omitempty" maxLength:"40"`
		At     *time.Time `json:"at,omitempty" doc:"When to ring instead"`
		Note   *string    `json:"note,omitempty" maxLength:"2000"`
		Status *string    `json:"status,omitempty" enum:"kept,broken,renegotiated,canceled" doc:"How it ended; an officer's own word needs a why"`
		Why    string     `json:"why,omitempty" maxLength:"500" doc:"For the history"`
	}
}

type callbackDelete struct {
	CallbackPath
	Decided
}

func (a *API) registerCallbacks() {
	tags := []string{"Call-backs"}
	add(a, huma.Operation{
		OperationID: "promise-callback", Method: http.MethodPost, Path: "/v1/conversations/{id}/callbacks", Summary: "Promise to ring",
		DefaultStatus: http.StatusCreated, Tags: tags,
	}, a.promise)
	add(a, huma.Operation{
		OperationID: "list-callbacks", Method: http.MethodGet, Path: "/v1/callbacks", Summary: "A page of promises, the next due first", Tags: tags,
	}, a.callbacks)
	add(a, huma.Operation{
		OperationID: "get-callback", Method: http.MethodGet, Path: "/v1/callbacks/{id}", Summary: "One promise", Tags: tags,
	}, a.getCallback)
	add(a, huma.Operation{
		OperationID: "patch-callback", Method: http.MethodPatch, Path: "/v1/callbacks/{id}", Summary: "Move it, or say how it ended", Tags: tags,
	}, a.patchCallback)
	add(a, huma.Operation{
		OperationID: "cancel-callback", Method: http.MethodDelete, Path: "/v1/callbacks/{id}", Summary: "Cancel it",
		DefaultStatus: http.StatusNoContent, Tags: tags,
	}, a.cancelCallback)
}

func (a *API) promise(ctx context.Context, in *promise) (*callbackAnswer, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	if in.Body == nil {
		in.Body = &promiseBody{}
	}
	r := conversations.CallbackRequest{Note: in.Body.Note, Why: in.Body.Why, First: in.Body.First, Op: opOf(ctx)}
	if r.Phone, err = phone("body.phone", in.Body.Phone); err != nil {
		return nil, err
	}
	if in.Body.At != nil {
		r.At = in.Body.At.UTC()
	}
	if err := a.unchanged(ctx, id, in.IfMatch); err != nil {
		return nil, err
	}
	cb, err := a.Desk.Promise(ctx, id, r, callerOf(ctx).officer.Author())
	if err != nil {
		return nil, a.present(ctx, id, 0, fmt.Errorf("promise call-back: %w", err))
	}
	out := answeredCallback(cb)
	out.Location = "/v1/callbacks/" + string(cb.ID)
	return out, nil
}

// unchanged refuses a promise that was decided on another version of the conversation.
func (a *API) unchanged(ctx context.Context, id conversations.ID, header string) error {
	rev, err := ifMatch(header)
	if err != nil || rev == 0 {
		return err
	}
	c, err := a.Store.Load(ctx, id)
	if err != nil {
		return fmt.Errorf("load conversation: %w", err)
	}
	if c.Version != rev {
		return a.present(ctx, id, rev, &conversations.StaleError{Present: c})
	}
	return nil
}

// phone is a number in E.164, or empty.
func phone(location, s string) (string, error) {
	if s == "" {
		return "", nil
	}
	v, ok := conversations.PhoneNumber(s)
	if !ok {
		return "", fault(location, "is not a number in international form, such as +966501234567")
	}
	return v, nil
}

func (a *API) getCallback(ctx context.Context, in *CallbackPath) (*callbackAnswer, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	cb, err := a.Store.LoadCallback(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("load call-back: %w", err)
	}
	return answeredCallback(cb), nil
}

func (a *API) patchCallback(ctx context.Context, in *callbackPatch) (*callbackAnswer, error) {
	b := &in.Body
	var number string
	if b.Phone != nil {
		var err error
		if number, err = phone("body.phone", *b.Phone); err != nil {
			return nil, err
		}
		if number == "" {
			return nil, fault("body.phone", "is empty")
		}
	}
	if b.Status != nil && *b.Status != string(conversations.CallbackCanceled) && b.Why == "" {
		return nil, fault("body.why", "is needed: nothing but your word says so")
	}
	if b.Status != nil && *b.Status == string(conversations.CallbackRenegotiated) && b.At != nil {
		return a.renegotiate(ctx, in, number)
	}
	return a.keep(ctx, in.CallbackPath, in.Decided, b.Why, func(cb conversations.Callback, now time.Time) (conversations.Callback, error) {
		if !cb.Status.Open() {
			return cb, fault("body.status", "the promise is over: it is %s", cb.Status)
		}
		if number != "" {
			cb.Phone = number
		}
		if b.Note != nil {
			cb.Note = *b.Note
		}
		if b.At != nil {
			if b.At.Before(now.Add(-time.Minute)) {
				return cb, fault("body.at", "lies in the past")
			}
			cb = cb.Moved(b.At.UTC())
		}
		if b.Status != nil {
			cb = cb.Closed(conversations.CallbackStatus(*b.Status), now)
		}
		return cb, nil
	})
}

// renegotiate ends the promise for another one, whose address it tells.
func (a *API) renegotiate(ctx context.Context, in *callbackPatch, number string) (*callbackAnswer, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	was, err := a.Store.LoadCallback(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("load call-back: %w", err)
	}
	switch rev, err := ifMatch(in.IfMatch); {
	case err != nil:
		return nil, err
	case rev != 0 && rev != was.Version:
		return nil, &staleError{present: shownCallback(was), version: was.Version}
	}
	r := conversations.CallbackRequest{Phone: number, At: in.Body.At.UTC(), Why: in.Body.Why}
	if in.Body.Note != nil {
		r.Note = *in.Body.Note
	}
	next, err := a.Desk.Renegotiate(ctx, id, r, callerOf(ctx).officer.Author())
	if err != nil {
		return nil, fmt.Errorf("renegotiate: %w", err)
	}
	if was, err = a.Store.LoadCallback(ctx, id); err != nil {
		return nil, fmt.Errorf("load call-back: %w", err)
	}
	out := answeredCallback(was)
	out.Location = "/v1/callbacks/" + string(next.ID)
	return out, nil
}

// errOver ends a cancellation of what is cancelled already.
var errOver = errors.New("canceled already")

func (a *API) cancelCallback(ctx context.Context, in *callbackDelete) (*struct{}, error) {
	_, err := a.keep(ctx, in.CallbackPath, in.Decided, "canceled by an officer", func(cb conversations.Callback, now time.Time) (conversations.Callback, error) {
		switch {
		case cb.Status == conversations.CallbackCanceled:
			return cb, errOver
		case !cb.Status.Open():
			return cb, invalid(Fault{"path.id", "the promise is over: it is " + string(cb.Status)})
		}
		return cb.Closed(conversations.CallbackCanceled, now), nil
	})
	if err != nil && !errors.Is(err, errOver) {
		return nil, err
	}
	return nil, nil
}

// keep changes a promise, if it is at the version that the change was decided on.
func (a *API) keep(ctx context.Context, of CallbackPath, decided Decided, why string, change func(conversations.Callback, time.Time) (conversations.Callback, error)) (*callbackAnswer, error) {
	id, err := of.id()
	if err != nil {
		return nil, err
	}
	rev, err := ifMatch(decided.IfMatch)
	if err != nil {
		return nil, err
	}
	cb, err := a.Desk.Keep(ctx, id, callerOf(ctx).officer.Author(), why, func(was conversations.Callback, now time.Time) (conversations.Callback, error) {
		if rev != 0 && rev != was.Version {
			return was, &staleError{present: shownCallback(was), version: was.Version}
		}
		return change(was, now)
	})
	if err != nil {
		return nil, fmt.Errorf("change call-back: %w", err)
	}
	return answeredCallback(cb), nil
}
