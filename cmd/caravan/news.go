package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/callbacks/quiet"
	"github.com/caravan-desk/caravan/cmd/caravan/config"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/routing"
	"github.com/caravan-desk/caravan/routing/news"
)

// newsroom carries what other systems report to customers. Its channels are those
// that get an account.
func (a *app) newsroom() *news.Newsroom {
	return &news.Newsroom{
		Matters: a.store, Conversations: a.store, Desk: a.desk, Library: a.library, Watcher: a.store,
		Files: files{a.store}, Promiser: a.desk, Documents: a.documents(), ChaseEvery: a.chaseEvery(),
		Partitions: a.store.Partitions(), Timezone: a.cfg.Timezone, Now: now, Logger: a.log,
	}
}

// documents are what the desks need of travellers.
func (a *app) documents() (out []routing.Document) {
	for _, d := range a.desks {
		out = append(out, d.Documents...)
	}
	return out
}

// chaseEvery is the time between two askings, of the first desk that says it.
func (a *app) chaseEvery() time.Duration {
	for _, d := range a.desks {
		if d.Chase > 0 {
			return time.Duration(d.Chase)
		}
	}
	return 0
}

// files looks for what customers sent.
type files struct{ store *keep }

// FileSince implements news.Files: a picture or a PDF, as papers come.
func (f files) FileSince(ctx context.Context, id conversations.ID, since time.Time) (bool, error) {
	const last = 50
	c, err := f.store.Load(ctx, id)
	if err != nil {
		return false, err
	}
	list, err := f.store.Messages(ctx, id, max(0, c.Messages-last), last)
	for _, m := range list {
		if m.Direction != conversations.In || m.CreatedAt.Before(since) {
			continue
		}
		for _, a := range m.Attachments {
			if strings.HasPrefix(a.ContentType, "image/") || strings.HasPrefix(a.ContentType, "application/pdf") {
				return true, err
			}
		}
	}
	return false, err
}

// hush keeps news that can wait out of a customer's night and prayers, unless quiet hours are switched off.
func (a *app) hush() error {
	if a.cfg.Callbacks.QuietHours == config.QuietNone {
		return nil
	}
	rules, err := quiet.New(nil, nil)
	if err != nil {
		return fmt.Errorf("quiet hours: %w", err)
	}
	a.news.Quiet = func(c conversations.Conversation, at time.Time) (time.Time, string) {
		for _, h := range c.Contact.Handles {
			if !strings.HasPrefix(h.Value, "+") {
				continue
			}
			if next := rules.Next(quiet.Person{Phone: h.Value}, quiet.Wish{Named: true}, at); next.OK {
				return next.At, next.Why()
			}
		}
		return at, ""
	}
	return nil
}

// canonical writes a number that a system of record gives as Classify writes it.
func canonical(given conversations.Reference) conversations.Reference {
	for _, r := range routing.References(given.Kind + " " + given.Value) {
		if r.Kind == given.Kind {
			return conversations.Reference{Kind: r.Kind, Value: r.Value, Carrier: r.Carrier, Valid: r.Valid}
		}
	}
	return given
}

// reference says whose a number is, for officers who type one in.
func reference(kind, value string) (carrier string, valid bool) {
	for _, r := range routing.References(kind + " " + value) {
		if r.Kind == kind {
			return r.Carrier, r.Valid
		}
	}
	return "", false
}
