package inbox

import (
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/caravan-desk/caravan/conversations"
)

// RecipientView is one recipient, with what became of his message.
type RecipientView struct {
	conversations.BulkRow
	Status string                      `json:"status,omitempty" doc:"Of his message"`
	Error  *conversations.MessageError `json:"error,omitempty"`
}

type recipientQuery struct {
	BulkPath
	State string `query:"state" enum:"pending,queued,grouped,repeated,skipped,failed,canceled"`
	Paging
}

type recipientsAnswer struct{ Body page[RecipientView] }

func (a *API) registerBulkRows(tags []string) {
	add(a, huma.Operation{
		OperationID: "list-bulk-recipients", Method: http.MethodGet, Path: "/v1/bulk/{id}/recipients", Tags: tags,
		Summary: "The ledger: every recipient in the list's order, and what became of his message",
	}, a.recipients)
}

// readAhead is how many rows are read at once; longestScan how many for one page of a state.
const readAhead, longestScan = 500, 10_000

func (a *API) recipients(ctx context.Context, in *recipientQuery) (*recipientsAnswer, error) {
	from, err := in.offset()
	if err != nil {
		return nil, err
	}
	id := conversations.BulkID(in.ID)
	b, err := a.Store.LoadBulk(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("load bulk: %w", err)
	}
	var found []RecipientView
	at := from
	for at < b.Total && len(found) < in.Limit && at-from < longestScan {
		rows, err := a.Store.BulkRows(ctx, id, at, readAhead)
		if err != nil {
			return nil, fmt.Errorf("load recipients: %w", err)
		}
		if len(rows) == 0 {
			at = b.Total
		}
		for _, r := range rows {
			if len(found) == in.Limit {
				break
			}
			if at = r.N + 1; in.State != "" && string(r.State) != in.State {
				continue
			}
			v, err := a.recipient(ctx, r)
			if err != nil {
				return nil, err
			}
			found = append(found, v)
		}
	}
	next := ""
	if at < b.Total {
		next = fmt.Sprint(at)
	}
	return &recipientsAnswer{pageOf(found, next)}, nil
}

// recipient adds what became of a recipient's message.
func (a *API) recipient(ctx context.Context, r conversations.BulkRow) (RecipientView, error) {
	v := RecipientView{BulkRow: r}
	v.At = moment(v.At)
	conv, seq, ok := r.Message.Split()
	if !ok {
		return v, nil
	}
	list, err := a.Store.Messages(ctx, conv, seq-1, 1)
	if err != nil {
		return v, fmt.Errorf("load message: %w", err)
	}
	for _, m := range list {
		m = a.shownMessage(ctx, m)
		v.Status, v.Error = m.Status.String(), m.Error
	}
	return v, nil
}
