package inbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/sync/errgroup"

	"github.com/caravan-desk/caravan/conversations"
)

// Rounds is what the API reads of review rounds.
type Rounds interface {
	conversations.Reviews
	// Reviews is a page of rounds, the latest first.
	Reviews(ctx context.Context, q conversations.ReviewQuery) (conversations.ReviewPage, error)
	// ReviewItems is all that a round covers, the oldest first.
	ReviewItems(ctx context.Context, id conversations.ReviewID) ([]conversations.ReviewItem, error)
}

// RoundItem is a conversation that a round covers, as it is now.
type RoundItem struct {
	Conversation conversations.ID            `json:"conversation"`
	State        string                      `json:"state" enum:"open,seen,missed"`
	Tick         *conversations.Tick         `json:"tick" doc:"Who ticked it off, with what outcome; null: nobody"`
	Row          *conversations.Conversation `json:"row" doc:"null: its person was erased meanwhile"`
}

type roundQuery struct {
	Desk  string    `query:"desk" maxLength:"32"`
	Round string    `query:"round" maxLength:"32" doc:"A round's name at its desk"`
	State string    `query:"state" enum:"opening,open,ended,skipped" doc:"skipped: no gateway ran when it was due"`
	From  time.Time `query:"from" doc:"Due then or later"`
	To    time.Time `query:"to" doc:"Due before"`
	Paging
}

// RoundPath names a round.
type RoundPath struct {
	ID string `path:"id" maxLength:"96" doc:"Of the round, as the list has it"`
}

type roundItemsQuery struct {
	RoundPath
	State    string `query:"state" enum:"open,seen,missed"`
	Assignee string `query:"assignee" maxLength:"64" doc:"me, none, or an officer's ID: whose it is now"`
	Paging
}

type tickAsk struct {
	RoundPath
	Conversation string `path:"conversation" maxLength:"32"`
	Body         struct {
		Outcome string `json:"outcome" minLength:"1" maxLength:"32" doc:"One of the round's outcomes"`
		Note    string `json:"note,omitempty" maxLength:"500" doc:"For the conversation's history"`
	}
}

type roundsAnswer struct {
	Body page[conversations.Review]
}
type roundAnswer struct{ Body conversations.Review }
type roundItemsAnswer struct{ Body page[RoundItem] }
type roundItemAnswer struct{ Body RoundItem }

func (a *API) registerRounds() {
	tags := []string{"Rounds"}
	add(a, huma.Operation{
		OperationID: "list-rounds", Method: http.MethodGet, Path: "/v1/rounds", Tags: tags,
		Summary: "Review rounds as they were and are held, the latest first",
	}, a.listRounds)
	add(a, huma.Operation{
		OperationID: "get-round", Method: http.MethodGet, Path: "/v1/rounds/{id}", Tags: tags,
		Summary: "One round: what it covers, how much of it was seen, and what was missed",
	}, func(ctx context.Context, in *RoundPath) (*roundAnswer, error) {
		r, err := a.Store.LoadReview(ctx, conversations.ReviewID(in.ID))
		if err != nil {
			return nil, fmt.Errorf("load round: %w", err)
		}
		return &roundAnswer{shownRound(r)}, nil
	})
	add(a, huma.Operation{
		OperationID: "list-round-items", Method: http.MethodGet, Path: "/v1/rounds/{id}/items", Tags: tags,
		Summary: "What a round covers, as it was at its instant, the oldest first",
	}, a.roundItems)
	add(a, huma.Operation{
		OperationID: "tick-off", Method: http.MethodPost, Path: "/v1/rounds/{id}/items/{conversation}", Tags: tags,
		Summary: "Say that one was looked at, and with what outcome", DefaultStatus: http.StatusOK,
	}, a.tickOff)
}

func (a *API) listRounds(ctx context.Context, in *roundQuery) (*roundsAnswer, error) {
	page, err := a.Store.Reviews(ctx, conversations.ReviewQuery{
		Desk: in.Desk, Round: in.Round, State: conversations.ReviewState(in.State), From: in.From, To: in.To, Limit: in.Limit, Cursor: in.Cursor,
	})
	if errors.Is(err, conversations.ErrCursor) {
		return nil, fault("query.cursor", "is not a cursor of this list")
	}
	if err != nil {
		return nil, fmt.Errorf("list rounds: %w", err)
	}
	for i := range page.Items {
		page.Items[i] = shownRound(page.Items[i])
	}
	return &roundsAnswer{pageOf(page.Items, page.Next)}, nil
}

func shownRound(r conversations.Review) conversations.Review {
	r.DueAt, r.BeganAt, r.EndsAt = moment(r.DueAt), moment(r.BeganAt), moment(r.EndsAt)
	if r.EndedAt != nil {
		at := moment(*r.EndedAt)
		r.EndedAt = &at
	}
	r.Outcomes, r.Ended = some(r.Outcomes), filled(r.Ended)
	return r
}

// mostLooked is how many items are looked through for one page.
const mostLooked = 1000

func (a *API) roundItems(ctx context.Context, in *roundItemsQuery) (*roundItemsAnswer, error) {
	from := conversations.ID(in.Cursor).Number()
	if in.Cursor != "" && from == 0 {
		return nil, fault("query.cursor", "is not a cursor of this list")
	}
	r, err := a.Store.LoadReview(ctx, conversations.ReviewID(in.ID))
	if err != nil {
		return nil, fmt.Errorf("load round: %w", err)
	}
	items, err := a.Store.ReviewItems(ctx, r.ID)
	if err != nil {
		return nil, fmt.Errorf("load round: %w", err)
	}
	items = slices.DeleteFunc(items, func(i conversations.ReviewItem) bool {
		return i.Conversation.Number() <= from || in.State != "" && in.State != itemState(r, i)
	})
	assignee := in.Assignee
	if assignee == "me" {
		assignee = string(callerOf(ctx).officer.ID)
	}
	var out []RoundItem
	next := ""
	for looked := 0; len(items) > 0 && next == ""; {
		chunk := items[:min(len(items), in.Limit-len(out))]
		items = items[len(chunk):]
		views, err := a.roundRows(ctx, r, chunk)
		if err != nil {
			return nil, err
		}
		for _, v := range views {
			if assignee == "" || assignee == holder(v.Row) {
				out = append(out, v)
			}
		}
		if looked += len(chunk); len(items) > 0 && (len(out) == in.Limit || looked >= mostLooked) {
			next = string(chunk[len(chunk)-1].Conversation)
		}
	}
	return &roundItemsAnswer{pageOf(out, next)}, nil
}

// holder is who has a conversation: an officer's ID, or none.
func holder(c *conversations.Conversation) string {
	if c == nil || c.Assignee == nil {
		return "none"
	}
	return string(c.Assignee.ID)
}

func itemState(r conversations.Review, i conversations.ReviewItem) string {
	switch {
	case i.Tick != nil:
		return "seen"
	case r.State == conversations.ReviewEnded:
		return "missed"
	}
	return "open"
}

// roundRows adds the conversations as they are now.
func (a *API) roundRows(ctx context.Context, r conversations.Review, items []conversations.ReviewItem) ([]RoundItem, error) {
	out := make([]RoundItem, len(items))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(16)
	for n, i := range items {
		g.Go(func() error {
			out[n] = RoundItem{Conversation: i.Conversation, State: itemState(r, i), Tick: i.Tick}
			if i.Tick != nil {
				out[n].Tick.At = moment(i.Tick.At)
			}
			c, err := a.Store.Load(ctx, i.Conversation)
			if errors.Is(err, conversations.ErrNotFound) || c.Erased {
				return nil
			}
			if err != nil {
				return fmt.Errorf("load conversation: %w", err)
			}
			row := shown(c, a.Now())
			out[n].Row = &row
			return nil
		})
	}
	return out, g.Wait()
}

func (a *API) tickOff(ctx context.Context, in *tickAsk) (*roundItemAnswer, error) {
	of := conversations.ID(in.Conversation)
	if of.Number() == 0 {
		return nil, conversations.ErrNotFound
	}
	id := conversations.ReviewID(in.ID)
	item, err := a.Desk.TickOff(ctx, a.Store, id, of, in.Body.Outcome, in.Body.Note, callerOf(ctx).officer.Author())
	if err != nil {
		return nil, fmt.Errorf("tick off: %w", err)
	}
	views, err := a.roundRows(ctx, conversations.Review{ID: id}, []conversations.ReviewItem{item})
	if err != nil {
		return nil, err
	}
	return &roundItemAnswer{views[0]}, nil
}
