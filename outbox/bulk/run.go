package bulk

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

const (
	batch     = 32                     // recipients taken at once
	atOnce    = 8                      // of them worked on together
	idleTerm  = 5 * time.Second        // until what another gateway left is looked for
	pauseTerm = time.Second            // before a store that is away is asked again
	holdTerm  = 15 * time.Second       // another gateway takes over what this one left
	rowTerm   = 10 * time.Second       // one recipient
	deepest   = 64                     // messages waiting in the bulk lane: more would only wait there, beyond a pause
	drainTerm = 100 * time.Millisecond // until the lane is looked at again
)

// Run works until ctx is done.
func (e *Engine) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		busy, err := e.round(ctx)
		if err != nil && ctx.Err() == nil {
			e.Logger.Warn("bulk messages wait", "error", err)
		}
		wait := idleTerm
		switch {
		case err != nil:
			wait = pauseTerm
		case busy:
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-e.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
	return ctx.Err()
}

// round gives every running bulk message a batch; busy reports whether there was one.
func (e *Engine) round(ctx context.Context) (busy bool, err error) {
	all, err := e.Ledger.Bulks(ctx)
	if err != nil {
		return false, err
	}
	for _, b := range all {
		canceled := b.Status == conversations.BulkCanceled && b.Counts[conversations.RowPending] > 0
		if b.Status != conversations.BulkRunning && !canceled {
			continue
		}
		held, err := e.Lines.HoldBulk(ctx, b.ID, holdTerm)
		if err != nil {
			return busy, err
		}
		if !held {
			continue
		}
		busy = true
		do := e.work
		if canceled {
			do = e.strike
		}
		if err := do(ctx, b); err != nil {
			return busy, fmt.Errorf("bulk %s: %w", b.ID, err)
		}
	}
	return busy, nil
}

// work goes through a bulk message's recipients until it is done, or not running any
// more, or somebody else's turn.
func (e *Engine) work(ctx context.Context, b conversations.Bulk) error {
	if err := e.drained(ctx); err != nil {
		return err
	}
	rows, err := e.Rows.PendingRows(ctx, b.ID, batch)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return e.finish(ctx, b.ID)
	}
	if err := e.together(ctx, &b, rows); err != nil {
		return err
	}
	now, err := e.Ledger.LoadBulk(ctx, b.ID)
	if err != nil {
		return err
	}
	return e.Lines.TellBulk(ctx, now)
}

// strike takes those who wait out of a canceled bulk message.
func (e *Engine) strike(ctx context.Context, b conversations.Bulk) error {
	rows, err := e.Rows.PendingRows(ctx, b.ID, batch)
	if err != nil {
		return err
	}
	for _, r := range rows {
		next := r
		next.State, next.Why, next.At = conversations.RowCanceled, "canceled before his turn", e.Now()
		if err := gone(e.Rows.SaveRow(ctx, b.ID, r, next)); err != nil {
			return err
		}
	}
	return nil
}

// together works on some recipients at once.
func (e *Engine) together(ctx context.Context, b *conversations.Bulk, rows []conversations.BulkRow) error {
	var wg sync.WaitGroup
	slots, failed := make(chan struct{}, atOnce), make(chan error, len(rows))
	for _, r := range rows {
		if err := e.turn(ctx); err != nil {
			failed <- err
			break
		}
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if err := e.tell(ctx, b, r); err != nil {
				failed <- err
			}
		})
	}
	wg.Wait()
	close(failed)
	return <-failed
}

// turn waits until the next message may be queued.
func (e *Engine) turn(ctx context.Context) error {
	if e.PerSecond <= 0 {
		return ctx.Err()
	}
	gap := time.Duration(float64(time.Second) / e.PerSecond)
	wait, _, err := e.Lines.Pace(ctx, "bulk", gap, 1, time.Hour)
	if err != nil {
		return err
	}
	return rest(ctx, wait)
}

// drained waits until the bulk lane has room.
func (e *Engine) drained(ctx context.Context) error {
	for range int(holdTerm/2/drainTerm) - 1 {
		n, err := e.Lines.Queued(ctx, conversations.LaneBulk)
		if err != nil || n < deepest {
			return err
		}
		if err := rest(ctx, drainTerm); err != nil {
			return err
		}
	}
	return nil
}

func rest(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// tell brings one recipient to his outcome. What is begun is finished even if the
// gateway is asked to stop meanwhile; if it is killed, the row says where it stood.
func (e *Engine) tell(ctx context.Context, b *conversations.Bulk, r conversations.BulkRow) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rowTerm)
	defer cancel()
	if !r.Placed {
		placed, err := e.place(ctx, r)
		if err != nil {
			return err
		}
		if err := e.Rows.SaveRow(ctx, b.ID, r, placed); err != nil {
			return gone(err)
		}
		r = placed
		r.Version++
	}
	next, err := e.queue(ctx, b, r)
	if err != nil {
		return err
	}
	next.At = e.Now()
	return gone(e.Rows.SaveRow(ctx, b.ID, r, next))
}

// gone is nil for a row that somebody else was quicker with.
func gone(err error) error {
	if errors.Is(err, conversations.ErrStale) {
		return nil
	}
	return err
}

// queue puts the message into the outbox, or says why not. It may be done again: the
// claim under the row's name makes the second time find the first.
func (e *Engine) queue(ctx context.Context, b *conversations.Bulk, r conversations.BulkRow) (conversations.BulkRow, error) {
	l, err := e.write(ctx, b, r)
	if err == nil {
		var m conversations.Message
		if r.Conversation != "" {
			m, _, err = e.Desk.Reply(ctx, r.Conversation, l.draft, b.By)
		} else {
			m, _, err = e.Desk.Open(ctx, conversations.Opening{
				To: l.to, Name: r.Name, Channel: l.draft.Channel, Desk: b.Desk, Draft: l.draft, Quiet: true,
			}, b.By)
		}
		if err == nil {
			r.State, r.Message, r.Conversation = conversations.RowQueued, m.ID, m.Conversation
			return r, nil
		}
	}
	if errors.Is(err, channels.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, conversations.ErrStale) {
		return r, err
	}
	r.State, r.Why = outcome(err), err.Error()
	return r, nil
}

// outcome tells whom we may not write to from what we cannot write.
func outcome(err error) conversations.RowState {
	for _, may := range []error{conversations.ErrOptedOut, conversations.ErrCapped, conversations.ErrWindowClosed, conversations.ErrNoRoute} {
		if errors.Is(err, may) {
			return conversations.RowSkipped
		}
	}
	return conversations.RowFailed
}

// finish notes that nobody is pending any more.
func (e *Engine) finish(ctx context.Context, id conversations.BulkID) error {
	b, err := e.Ledger.LoadBulk(ctx, id)
	if err != nil || b.Counts[conversations.RowPending] > 0 { // another gateway was quicker with all that was read
		return err
	}
	_, err = e.Move(ctx, id, conversations.BulkCompleted)
	var not *conversations.InvalidError
	if errors.As(err, &not) { // paused or canceled meanwhile
		return nil
	}
	return err
}
