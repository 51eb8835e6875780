package routing

import (
	"context"
	"errors"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

const (
	doubtAge   = 10 * time.Second // a claim that nobody confirmed for so long was left by a crash
	doubtEvery = 5 * time.Second
)

// resolve ends the doubt about claims that a crash left between claiming and assigning.
func (r *Router) resolve(ctx context.Context) {
	tick := time.NewTicker(doubtEvery)
	defer tick.Stop()
	for {
		if err := r.resolveOnce(ctx); err != nil && ctx.Err() == nil {
			r.Logger.Warn("claims not checked", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (r *Router) resolveOnce(ctx context.Context) error {
	claims, err := r.Officers.Doubtful(ctx, doubtAge)
	if err != nil {
		return err
	}
	for id, officer := range claims {
		c, err := r.Store.Load(ctx, id)
		if err != nil && !errors.Is(err, conversations.ErrNotFound) {
			return err
		}
		if err := r.Board.Claimed(ctx, officer, id, err == nil && holds(c, officer)); err != nil {
			return err
		}
		r.duty.forget()
		if err := r.serve(ctx, officer); err != nil {
			return err
		}
		if err == nil && c.Status.Live() && c.Assignee == nil && c.ID != "" {
			if err := r.route(ctx, &work{id: id, moved: true}); err != nil {
				return err
			}
		}
	}
	return nil
}
