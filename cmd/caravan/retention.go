package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/caravan-desk/caravan/cmd/caravan/config"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/redisstore"
)

// retention takes away what was kept for its time.
func (a *app) retention() *conversations.Retainer {
	return &conversations.Retainer{
		Terms: terms(a.cfg.Retention), Persons: a.persons, Store: a.store, Lease: redisstore.Mailboxes{Store: a.store.Store},
		Holder: fmt.Sprintf("%s#%d", consumer(a.cfg), os.Getpid()), Partitions: a.store.Partitions(), Now: now, Logger: a.log,
	}
}

func terms(c config.Retention) conversations.Retention {
	return conversations.Retention{Conversations: c.Conversations, Attachments: c.Attachments, Recordings: c.Recordings, Mail: c.Mail}
}

// lateBy is how long what is due may still be there before verify finds fault with it.
const lateBy = 48 * time.Hour

// verifyRetention tells what is kept longer than it may be; late is of how many
// conversations.
func verifyRetention(ctx context.Context, w io.Writer, s *redisstore.Store, c config.Retention, at time.Time) (late int, err error) {
	r := conversations.Retainer{Terms: terms(c), Store: s, Partitions: s.Partitions()}
	overdue, err := r.Overdue(ctx, at.Add(-lateBy))
	if err != nil {
		return 0, err
	}
	for _, k := range overdue {
		late += k.Conversations
		fmt.Fprintf(w, "retention: the %s of %d ended conversations should have gone\n", k.Kind, k.Conversations)
	}
	return late, nil
}
