package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/cmd/caravan/config"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/outbox/bulk"
)

// bulkEngine is one text to many.
func (a *app) bulkEngine() *bulk.Engine {
	return bulk.New(bulk.Engine{
		Ledger: a.store, Rows: a.store, Lines: a.store, People: a.store, Desk: a.desk, Library: a.library,
		PerSecond: a.cfg.Bulk.PerSecond, Prices: prices(a.cfg.Bulk), Currency: a.cfg.Bulk.Currency,
		Timezone: a.cfg.Timezone, Now: now, Logger: a.log,
	})
}

func prices(c config.Bulk) []bulk.Price {
	var out []bulk.Price
	for _, p := range c.Prices {
		out = append(out, bulk.Price{Channel: channels.Kind(p.Channel), Prefix: p.Prefix, Each: p.Price})
	}
	return out
}

// bulkCmd looks at bulk messages, and steers them, beside a gateway that sends them.
type bulkCmd struct {
	List   bulkListCmd   `cmd:"" help:"List bulk messages, the latest first."`
	Show   bulkShowCmd   `cmd:"" help:"Show how far one is; with --follow until it is done."`
	Pause  bulkPauseCmd  `cmd:"" help:"Queue no more of one for now."`
	Resume bulkResumeCmd `cmd:"" help:"Go on with one that is paused."`
	Cancel bulkCancelCmd `cmd:"" help:"Queue no more of one for good."`
}

type bulkListCmd struct{ withConfig }

// Run implements the command.
func (c *bulkListCmd) Run(e *env) error {
	return c.withStore(e, func(ctx context.Context, s *keep) error {
		all, err := s.Bulks(ctx)
		for _, b := range all {
			printBulk(e.stdout, b)
		}
		return err
	})
}

type bulkShowCmd struct {
	withConfig
	ID     string        `arg:"" help:"Of the bulk message."`
	Follow bool          `help:"Until it is done."`
	Every  time.Duration `hidden:"" default:"1s"`
}

// Run implements the command.
func (c *bulkShowCmd) Run(e *env) error {
	return c.withStore(e, func(ctx context.Context, s *keep) error {
		for {
			b, err := s.LoadBulk(ctx, conversations.BulkID(c.ID))
			if err != nil {
				return fmt.Errorf("bulk %s: %w", c.ID, err)
			}
			printBulk(e.stdout, b)
			if !c.Follow || b.Status == conversations.BulkCompleted || b.Status == conversations.BulkCanceled {
				return nil
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(c.Every):
			}
		}
	})
}

// bulkMove is what the commands that steer have in common.
type bulkMove struct {
	withConfig
	ID string `arg:"" help:"Of the bulk message."`
}

type (
	bulkPauseCmd  struct{ bulkMove }
	bulkResumeCmd struct{ bulkMove }
	bulkCancelCmd struct{ bulkMove }
)

// Run implements the command.
func (c *bulkPauseCmd) Run(e *env) error { return c.move(e, conversations.BulkPaused) }

// Run implements the command.
func (c *bulkResumeCmd) Run(e *env) error { return c.move(e, conversations.BulkRunning) }

// Run implements the command.
func (c *bulkCancelCmd) Run(e *env) error { return c.move(e, conversations.BulkCanceled) }

func (c *bulkMove) move(e *env, to conversations.BulkStatus) error {
	return c.withStore(e, func(ctx context.Context, s *keep) error {
		b, err := bulk.New(bulk.Engine{Ledger: s, Now: now}).Move(ctx, conversations.BulkID(c.ID), to)
		if err != nil {
			return fmt.Errorf("bulk %s: %w", c.ID, err)
		}
		printBulk(e.stdout, b)
		return nil
	})
}

// printBulk writes a bulk message on one line.
func printBulk(w io.Writer, b conversations.Bulk) {
	var counts strings.Builder
	for _, state := range conversations.RowStates {
		if n := b.Counts[state]; n > 0 {
			fmt.Fprintf(&counts, "  %s %d", state, n)
		}
	}
	fmt.Fprintf(w, "%s  %s  %s  %d recipients%s  %q\n", b.ID, b.CreatedAt.Format(time.RFC3339), b.Status, b.Total, counts.String(), b.Name)
}
