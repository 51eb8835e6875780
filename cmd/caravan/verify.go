package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/caravan-desk/caravan/conversations/blobs"
	"github.com/caravan-desk/caravan/conversations/redisstore"
)

// verifyCmd audits the store.
type verifyCmd struct {
	withConfig
}

// Run implements the command.
func (c *verifyCmd) Run(e *env) error {
	cfg, err := c.load(e)
	if err != nil {
		return err
	}
	folder, err := blobs.Open(filepath.Join(cfg.DataDir, "blobs"))
	if err != nil {
		return err
	}
	return c.withStore(e, func(ctx context.Context, s *keep) error {
		a, err := s.VerifyFiles(ctx, func(key string) error {
			_, err := folder.Stat(ctx, key)
			return err
		}, progress(e, "partitions"))
		if err != nil {
			return err
		}
		fmt.Fprintf(e.stdout, "checked %d conversations, %d messages, %d events, %d contacts, %d handles, %d officers, %d matters, %d search terms with %d postings\n",
			a.Conversations, a.Messages, a.Events, a.Contacts, a.Handles, a.Officers, a.Matters, a.Terms, a.Postings)
		for _, f := range a.Findings {
			fmt.Fprintf(e.stdout, "%s: %s\n", f.Where, f.What)
		}
		wrong, err := verifyTallies(ctx, e.stdout, redisstore.Sweeps{Store: s.Store, Provider: cfg.Twilio.AccountSID}, now())
		if err != nil {
			return err
		}
		late, err := verifyRetention(ctx, e.stdout, s.Store, cfg.Retention, now())
		if err != nil {
			return err
		}
		if n := len(a.Findings) + wrong + late; n > 0 {
			return fmt.Errorf("%d findings", n)
		}
		fmt.Fprintln(e.stdout, "nothing is wrong")
		return nil
	})
}
