package inbox

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/caravan-desk/caravan/conversations"
)

type mergeAsk struct {
	ConversationPath
	Decided
	Body struct {
		Into string `json:"into" minLength:"1" maxLength:"32" doc:"The conversation that shows its messages from now on"`
	}
}

type splitAsk struct {
	ConversationPath
	Decided
	Body struct {
		Messages []string `json:"messages" minItems:"1" maxItems:"1000" doc:"IDs of its messages, each once"`
	}
}

type undoAsk struct {
	Event string `path:"event" maxLength:"64" doc:"The event of the merge or split: as it was answered, or its id in the history"`
}

// Joined is a conversation after a merge or split.
type Joined struct {
	conversations.Conversation
	Event conversations.EventID `json:"event" doc:"For POST /v1/undo/{event}"`
}

type joinedAnswer struct {
	ETag     string `header:"ETag"`
	Location string `header:"Location"`
	Body     Joined
}

func (a *API) registerMerges() {
	tags := []string{"Conversations"}
	add(a, huma.Operation{
		OperationID: "merge-conversation", Method: http.MethodPost, Path: "/v1/conversations/{id}/merge", Tags: tags,
		Summary: "Show its messages in another conversation; answers with that one", DefaultStatus: http.StatusOK,
	}, a.merge)
	add(a, huma.Operation{
		OperationID: "split-conversation", Method: http.MethodPost, Path: "/v1/conversations/{id}/split", Tags: tags,
		Summary: "Make some of its messages a conversation of their own; answers with that one", DefaultStatus: http.StatusCreated,
	}, a.split)
	add(a, huma.Operation{
		OperationID: "undo", Method: http.MethodPost, Path: "/v1/undo/{event}", Tags: tags,
		Summary: "Take back a merge or a split, of conversations or of contacts", DefaultStatus: http.StatusOK,
	}, a.undo)
}

func (a *API) merge(ctx context.Context, in *mergeAsk) (*joinedAnswer, error) {
	id, rev, err := in.decidedOn(in.Decided)
	if err != nil {
		return nil, err
	}
	into := ConversationPath{ID: in.Body.Into}
	to, err := into.id()
	if err != nil {
		return nil, fault("body.into", "is no conversation")
	}
	c, event, err := a.Desk.Merge(ctx, id, to, rev, callerOf(ctx).officer.Author())
	if err != nil {
		return nil, a.present(ctx, id, rev, fmt.Errorf("merge conversation: %w", err))
	}
	return &joinedAnswer{ETag: etag(c.Version), Body: Joined{shown(c, a.Now()), event}}, nil
}

func (a *API) split(ctx context.Context, in *splitAsk) (*joinedAnswer, error) {
	id, rev, err := in.decidedOn(in.Decided)
	if err != nil {
		return nil, err
	}
	places := make([]conversations.MessageID, len(in.Body.Messages))
	for i, m := range in.Body.Messages {
		places[i] = conversations.MessageID(m)
	}
	c, event, err := a.Desk.Split(ctx, id, places, rev, callerOf(ctx).officer.Author())
	if err != nil {
		return nil, a.present(ctx, id, rev, fmt.Errorf("split conversation: %w", err))
	}
	return &joinedAnswer{
		ETag: etag(c.Version), Location: "/v1/conversations/" + string(c.ID), Body: Joined{shown(c, a.Now()), event},
	}, nil
}

// decidedOn is the conversation that a write is about, and the version it was decided on.
func (p ConversationPath) decidedOn(d Decided) (conversations.ID, conversations.Revision, error) {
	id, err := p.id()
	if err != nil {
		return "", 0, err
	}
	rev, err := ifMatch(d.IfMatch)
	return id, rev, err
}

type undoAnswer struct {
	Body struct {
		Conversation *conversations.Conversation `json:"conversation,omitempty" doc:"The one that is whole again"`
		Contact      *conversations.Contact      `json:"contact,omitempty" doc:"The one who is himself again, where contacts had been merged"`
	}
}

func (a *API) undo(ctx context.Context, in *undoAsk) (*undoAnswer, error) {
	out := new(undoAnswer)
	if strings.HasPrefix(in.Event, "k") {
		k, err := a.Persons.Unmerge(ctx, conversations.EventID(in.Event))
		if err != nil {
			return nil, fmt.Errorf("undo: %w", err)
		}
		k = shownContact(k)
		out.Body.Contact = &k
		return out, nil
	}
	c, err := a.Desk.Undo(ctx, conversations.EventID(in.Event), callerOf(ctx).officer.Author())
	if err != nil {
		return nil, fmt.Errorf("undo: %w", err)
	}
	c = shown(c, a.Now())
	out.Body.Conversation = &c
	return out, nil
}
