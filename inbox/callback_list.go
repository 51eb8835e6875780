package inbox

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

type callbackQuery struct {
	Status       []string  `query:"status,explode" doc:"One or more, comma-separated or one by one"`
	DueBefore    time.Time `query:"due_before"`
	Conversation string    `query:"conversation" maxLength:"32"`
	Paging
}

type callbacksAnswer struct {
	Body page[conversations.Callback]
}

func (a *API) callbacks(ctx context.Context, in *callbackQuery) (*callbacksAnswer, error) {
	status, err := callbackStatuses(in.Status)
	if err != nil {
		return nil, err
	}
	list, err := a.Store.Callbacks(ctx, conversations.CallbackQuery{
		Status: status, DueBefore: in.DueBefore,
		Conversation: conversations.ID(in.Conversation), Limit: in.Limit, Cursor: in.Cursor,
	})
	if err != nil {
		return nil, fmt.Errorf("list call-backs: %w", queryFault(err))
	}
	items := slices.Clone(list.Items)
	for i := range items {
		items[i] = shownCallback(items[i])
	}
	return &callbacksAnswer{pageOf(items, list.Next)}, nil
}

// callbackStatuses reads a filter as that of conversations is read.
func callbackStatuses(given []string) (out []conversations.CallbackStatus, err error) {
	for _, some := range given {
		for _, s := range strings.FieldsFunc(some, func(r rune) bool { return r == ',' }) {
			status := conversations.CallbackStatus(s)
			if !slices.Contains(conversations.CallbackStatuses, status) {
				return nil, fault("query.status", "is not one of %v", conversations.CallbackStatuses)
			}
			out = append(out, status)
		}
	}
	return out, nil
}
