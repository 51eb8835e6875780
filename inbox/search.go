package inbox

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/caravan-desk/caravan/conversations"
)

// Search is what the API asks the index of what was said.
type Search interface {
	Search(ctx context.Context, q conversations.SearchQuery) (conversations.SearchPage, error)
	Contacts(ctx context.Context, q conversations.SearchQuery) (conversations.ContactPage, error)
}

// SearchHit is a conversation that answers a search.
type SearchHit struct {
	ID           conversations.ID           `json:"id" doc:"Of the conversation"`
	Conversation conversations.Conversation `json:"conversation"`
	Messages     []conversations.Message    `json:"messages" doc:"A few of those that say it, the best first"`
	Where        []string                   `json:"where" enum:"number,name,subject,reference,tag,message"`
}

type searchParams struct {
	Q string `query:"q" required:"true" minLength:"1" maxLength:"500" doc:"Words or how they begin, names, and parts of numbers, in any script; all of them must be found"`
	Paging
}

type searchAnswer struct {
	Body page[SearchHit]
}

func (a *API) registerSearch() {
	add(a, huma.Operation{
		OperationID: "search", Method: http.MethodGet, Path: "/v1/search", Tags: []string{"Conversations"},
		Summary: "Conversations and messages by what was said and by whom, the latest first",
		Description: "Words as they stand come first, then longer words that begin so. Of numbers (references, telephone numbers) any part of three digits is found. " +
			"A page may be short: only a null next_cursor is the end. What was kept is found within a second or so.",
	}, a.search)
}

func (a *API) search(ctx context.Context, in *searchParams) (*searchAnswer, error) {
	if strings.TrimSpace(in.Q) == "" {
		return nil, fault("query.q", "is empty")
	}
	found, err := a.Store.Search(ctx, conversations.SearchQuery{Text: in.Q, Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, fmt.Errorf("search: %w", queryFault(err))
	}
	now, hits := a.Now(), make([]SearchHit, 0, len(found.Items))
	for _, f := range found.Items {
		hit := SearchHit{ID: f.Conversation.ID, Conversation: shown(*f.Conversation, now), Messages: some(f.Messages), Where: some(f.Where)}
		for i := range hit.Messages {
			hit.Messages[i] = a.shownMessage(ctx, hit.Messages[i])
		}
		hits = append(hits, hit)
	}
	return &searchAnswer{pageOf(hits, found.Next)}, nil
}
