package main

import (
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/routing"
	"github.com/caravan-desk/caravan/routing/news"
)

// newsroom carries what other systems report to customers. Its channels are those
// that get an account.
func (a *app) newsroom() *news.Newsroom {
	return &news.Newsroom{
		Matters: a.store, Conversations: a.store, Desk: a.desk, Library: a.library, Watcher: a.store,
		Partitions: a.store.Partitions(), Timezone: a.cfg.Timezone, Now: now, Logger: a.log,
	}
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
