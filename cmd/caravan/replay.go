package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/routing"
)

// replayCmd shows what changed rules would have done.
type replayCmd struct {
	withConfig
	Rules string        `required:"" type:"existingdir" help:"Folder whose rules/*.yaml are the changed rules." placeholder:"DIR"`
	Since time.Duration `default:"168h" help:"How far back."`
	Limit int           `default:"20" help:"Show at most so many conversations; 0 shows all."`
	JSON  bool          `help:"One JSON line for each conversation that ends differently."`
}

// Validate refuses numbers that mean nothing.
func (c *replayCmd) Validate() error {
	if c.Since <= 0 || c.Limit < 0 {
		return errors.New("--since is more than 0, and --limit not less")
	}
	return nil
}

// Run implements the command.
func (c *replayCmd) Run(e *env) error {
	cfg, err := c.load(e)
	if err != nil {
		return err
	}
	desks, present, err := loadDesks(cfg, nil)
	if err != nil {
		return err
	}
	changed, err := routing.LoadRules(desks, layers([]string{c.Rules})...)
	if err != nil {
		return fmt.Errorf("rules:\n%w", err)
	}
	if len(changed) == 0 {
		return fmt.Errorf("%s holds no rules: they are read from %s", c.Rules, filepath.Join(c.Rules, "rules", "*.yaml"))
	}
	classifier, err := shelfOf(cfg).classifier()
	if err != nil {
		return err
	}
	reader := func(rules routing.Rules) routing.Reader {
		return routing.Reader{Classifier: classifier, Desks: desks, Rules: rules, Timezone: cfg.Timezone, Logger: e.log}
	}
	replay := &routing.Replay{Present: reader(present), Changed: reader(changed)}
	return c.withStore(e, func(ctx context.Context, s *keep) error {
		if err := c.feed(ctx, s, replay); err != nil {
			return err
		}
		return c.print(e.stdout, replay)
	})
}

// feed replays every conversation that a customer wrote in since then.
func (c *replayCmd) feed(ctx context.Context, s *keep, replay *routing.Replay) error {
	at := now()
	since := at.Add(-c.Since)
	q := conversations.Query{Sort: conversations.ByUpdated, Limit: 200, Now: at}
	for {
		page, err := s.List(ctx, q)
		if err != nil {
			return err
		}
		for _, found := range page.Items {
			if found.UpdatedAt.Before(since) {
				return nil
			}
			messages, err := s.Messages(ctx, found.ID, 0, found.Messages)
			if err != nil {
				return err
			}
			messages = slices.DeleteFunc(messages, func(m conversations.Message) bool { return !routing.Told(m, since) })
			if len(messages) > 0 {
				replay.Add(*found, messages)
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return nil
		}
		q.Now = now()
	}
}

func (c *replayCmd) print(w io.Writer, r *routing.Replay) error {
	if c.JSON {
		lines := json.NewEncoder(w)
		for _, d := range r.Differences {
			if err := lines.Encode(d); err != nil {
				return err
			}
		}
		return nil
	}
	fmt.Fprintf(w, "%d messages in %d conversations; %d would end differently\n", r.Messages, r.Conversations, len(r.Differences))
	for _, name := range slices.Sorted(maps.Keys(r.Applied)) {
		n := r.Applied[name]
		fmt.Fprintf(w, "rule %s: applied to %d messages, would apply to %d\n", name, n[0], n[1])
	}
	for i, d := range r.Differences {
		if c.Limit > 0 && i == c.Limit {
			_, err := fmt.Fprintf(w, "… and %d more\n", len(r.Differences)-i)
			return err
		}
		if _, err := fmt.Fprintf(w, "conversation %s: %s (%s)\n", d.Conversation, strings.Join(d.Changes, ", "), strings.Join(d.Rules, ", ")); err != nil {
			return err
		}
	}
	return nil
}
