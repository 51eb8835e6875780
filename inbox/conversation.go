package inbox

import (
	"context"
	"fmt"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"github.com/caravan-desk/caravan/conversations"
)

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
}

func (a *API) getConversation(ctx context.Context, in *ConversationPath) (*conversationAnswer, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	c, err := a.Desk.Read(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("load conversation: %w", err)
	}
	return a.answered(c), nil
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

type historyAnswer struct {
	Body page[conversations.Event]
}

func (a *API) history(ctx context.Context, in *partsOf) (*historyAnswer, error) {
	body, err := parts(ctx, in, a.Desk.History, shownEvent)
	return &historyAnswer{body}, err
}

// partsOf asks for what a conversation is made of.
type partsOf struct {
	ConversationPath
	Paging
}

// parts is a page of a list that only grows at its end: read gives one item more
// than the limit if there is more.
func parts[T any](ctx context.Context, in *partsOf, read func(context.Context, conversations.ID, int, int) ([]T, error), show func(T) T) (page[T], error) {
	id, err := in.id()
	if err != nil {
		return page[T]{}, err
	}
	after, err := in.offset()
	if err != nil {
		return page[T]{}, err
	}
	list, err := read(ctx, id, after, in.Limit+1)
	if err != nil {
		return page[T]{}, fmt.Errorf("load parts of conversation: %w", err)
	}
	for i := range list {
		list[i] = show(list[i])
	}
	return grown(list, after, in.Limit), nil
}
