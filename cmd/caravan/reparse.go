package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/channels/email"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/blobs"
)

// reparseCmd reads kept mail anew, after an upgrade has taught the parser something.
type reparseCmd struct {
	withConfig
	DryRun        bool      `help:"Say what would change, and change nothing."`
	Since         time.Time `help:"Only mail kept since then (RFC 3339)."`
	Conversations []string  `arg:"" optional:"" name:"conversation" help:"Only in these conversations."`
}

// reparse is one run of it.
type reparse struct {
	cmd                       *reparseCmd
	e                         *env
	store                     *keep
	intakes                   map[string]*email.Intake // by the mailbox's name
	read, changed, unreadable int
}

// Run implements the command.
func (c *reparseCmd) Run(e *env) error {
	cfg, err := c.load(e)
	if err != nil {
		return err
	}
	folder, err := blobs.Open(filepath.Join(cfg.DataDir, "blobs"))
	if err != nil {
		return err
	}
	return c.withStore(e, func(ctx context.Context, s *keep) error {
		r := &reparse{cmd: c, e: e, store: s, intakes: map[string]*email.Intake{}}
		signer := email.NewSigner(s.Secret())
		for _, m := range cfg.Email {
			r.intakes[m.Name] = &email.Intake{Account: m.Name, Address: m.Address, Blobs: folder, Signer: signer, Now: now, AuthServID: m.AuthServID}
		}
		if err := r.all(ctx); err != nil {
			return err
		}
		fmt.Fprintf(e.stdout, "%d mails read, %d say something else now, %d could not be read\n", r.read, r.changed, r.unreadable)
		if r.unreadable > 0 {
			return fmt.Errorf("%d raw mails are missing or damaged", r.unreadable)
		}
		return nil
	})
}

// all goes through the conversations that are meant.
func (r *reparse) all(ctx context.Context) error {
	if len(r.cmd.Conversations) > 0 {
		for _, id := range r.cmd.Conversations {
			_, err := r.store.Load(ctx, conversations.ID(id))
			if err == nil {
				err = r.conversation(ctx, conversations.ID(id))
			}
			if err != nil {
				return fmt.Errorf("conversation %s: %w", id, err)
			}
		}
		return nil
	}
	q := conversations.Query{Channel: channels.Email, Sort: conversations.ByCreatedOldest, Limit: 200, Now: now()}
	for {
		page, err := r.store.List(ctx, q)
		if err != nil {
			return err
		}
		for _, c := range page.Items {
			if err := r.conversation(ctx, c.ID); err != nil {
				return err
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return nil
		}
	}
}

func (r *reparse) conversation(ctx context.Context, id conversations.ID) error {
	const step = 100
	for after := 0; ; after += step {
		list, err := r.store.Messages(ctx, id, after, step)
		if err != nil {
			return err
		}
		for _, m := range list {
			if m.Direction != conversations.In || m.Raw == "" || m.CreatedAt.Before(r.cmd.Since) {
				continue
			}
			if err := r.message(ctx, m); err != nil {
				return err
			}
		}
		if len(list) < step {
			return nil
		}
	}
}

// message reads one mail anew. What is missing of it is told, and the others go on.
func (r *reparse) message(ctx context.Context, m conversations.Message) error {
	intake, known := r.intakes[m.Account]
	if !known {
		return nil // of a mailbox that is not configured any more
	}
	r.read++
	in, err := intake.Reparse(ctx, m.Raw, m.CreatedAt)
	if err != nil {
		r.unreadable++
		fmt.Fprintf(r.e.stdout, "%s: %v\n", m.ID, err)
		return nil
	}
	what := ""
	edit := func(m *conversations.Message) string {
		what = strings.Join(m.Reread(in), ", ")
		return what
	}
	if r.cmd.DryRun {
		edit(&m)
	} else if _, err := r.store.Reread(ctx, m.ID, edit); err != nil {
		return err
	}
	if what != "" {
		r.changed++
		fmt.Fprintf(r.e.stdout, "%s: %s\n", m.ID, what)
	}
	return nil
}
