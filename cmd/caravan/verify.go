package main

import (
	"context"
	"fmt"
)

// verifyCmd audits the store.
type verifyCmd struct {
	withConfig
}

// Run implements the command.
func (c *verifyCmd) Run(e *env) error {
	return c.withStore(e, func(ctx context.Context, s *keep) error {
		a, err := s.Verify(ctx, progress(e, "partitions"))
		if err != nil {
			return err
		}
		fmt.Fprintf(e.stdout, "checked %d conversations, %d messages, %d events, %d contacts, %d handles, %d officers\n",
			a.Conversations, a.Messages, a.Events, a.Contacts, a.Handles, a.Officers)
		for _, f := range a.Findings {
			fmt.Fprintf(e.stdout, "%s: %s\n", f.Where, f.What)
		}
		if n := len(a.Findings); n > 0 {
			return fmt.Errorf("%d findings", n)
		}
		fmt.Fprintln(e.stdout, "nothing is wrong")
		return nil
	})
}
