package webhooks

import (
	"context"
	"sync"
	"time"
)

// terms lends contexts that end keepTimeout after they were begun, or up to shareTerm
// later: those who begin at about the same time share one. A timer and a channel for each
// request cost as much as reading its form.
type terms struct {
	mu    sync.Mutex
	began time.Time
	ctx   context.Context
	end   context.CancelFunc // by the timer alone: others may be at it
}

const shareTerm = time.Second

// begin returns a context for what begins now.
func (t *terms) begin(now time.Time) context.Context {
	t.mu.Lock()
	defer t.mu.Unlock()
	if age := now.Sub(t.began); t.ctx == nil || age < 0 || age >= shareTerm || t.ctx.Err() != nil {
		t.began = now
		t.ctx, t.end = context.WithTimeout(context.Background(), keepTimeout+shareTerm)
	}
	return t.ctx
}
