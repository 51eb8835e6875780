package inbox

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// Reconciliation compares a provider's own list of messages with ours.
type Reconciliation interface {
	LastSweep(ctx context.Context) (channels.Sweep, error)
	// Tallies are the counts of up to n hours before an instant, the latest first.
	Tallies(ctx context.Context, before time.Time, n int) ([]channels.Tally, error)
	// Sweep compares now, and waits until that is done.
	Sweep(ctx context.Context) error
}

// SweepView is the last comparison, and the hours that were counted.
type SweepView struct {
	page[TallyView]
	Last channels.Sweep `json:"last" doc:"The last comparison; compared 0 and at zero if there was none yet"`
}

// TallyView is one counted hour.
type TallyView struct {
	channels.Tally
	Whole bool `json:"whole" doc:"What the provider received, what is stored and what stands in a conversation are the same"`
}

type sweepAnswer struct{ Body SweepView }

func (a *API) registerReconciliation() {
	tags := []string{"Reconciliation"}
	add(a, huma.Operation{
		OperationID: "get-reconciliation", Method: http.MethodGet, Path: "/v1/reconciliation", Tags: tags,
		Summary: "The provider's list of messages against ours: the last comparison and a page of hours, the latest first (supervisors)",
	}, a.reconciliation)
	add(a, huma.Operation{
		OperationID: "reconcile", Method: http.MethodPost, Path: "/v1/reconciliation", Tags: tags,
		Summary: "Compare now, and heal what was missed (supervisors)",
	}, func(ctx context.Context, _ *struct{}) (*sweepAnswer, error) {
		if err := a.supervised(ctx); err != nil {
			return nil, err
		}
		if err := a.Reconciliation.Sweep(ctx); err != nil {
			return nil, fmt.Errorf("reconcile: %w", err)
		}
		return a.sweepView(ctx, a.Now().Add(time.Hour), 50)
	})
}

// supervised is nil for a supervisor, where a provider's list is compared at all.
func (a *API) supervised(ctx context.Context) error {
	if !callerOf(ctx).officer.Role.AtLeast(conversations.RoleSupervisor) {
		return errForbidden
	}
	if a.Reconciliation == nil {
		return conversations.ErrNotFound
	}
	return nil
}

func (a *API) reconciliation(ctx context.Context, in *Paging) (*sweepAnswer, error) {
	if err := a.supervised(ctx); err != nil {
		return nil, err
	}
	before := a.Now().Add(time.Hour)
	if in.Cursor != "" {
		at, err := time.Parse(time.RFC3339, in.Cursor)
		if err != nil {
			return nil, fault("query.cursor", "is not a cursor of this list")
		}
		before = at
	}
	return a.sweepView(ctx, before, in.Limit)
}

func (a *API) sweepView(ctx context.Context, before time.Time, limit int) (*sweepAnswer, error) {
	last, err := a.Reconciliation.LastSweep(ctx)
	if err != nil {
		return nil, fmt.Errorf("load comparison: %w", err)
	}
	hours, err := a.Reconciliation.Tallies(ctx, before, limit+1)
	if err != nil {
		return nil, fmt.Errorf("load hours: %w", err)
	}
	next := ""
	if len(hours) > limit {
		hours = hours[:limit]
		next = hours[limit-1].Hour.UTC().Format(time.RFC3339)
	}
	views := make([]TallyView, len(hours))
	for i, t := range hours {
		views[i] = TallyView{t, t.Whole()}
	}
	return &sweepAnswer{SweepView{pageOf(views, next), last}}, nil
}
