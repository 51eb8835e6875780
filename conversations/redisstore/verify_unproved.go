package redisstore

import (
	"context"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// readUnproved reads which messages a partition looks at again for their receipts.
func (a *audit) readUnproved(ctx context.Context, p *partition) error {
	list, _, err := get[[]string](ctx, a.s, redis.NewStringSliceCmd(ctx, "zrange", p.unproved(), 0, -1))
	a.unproved = make(map[string]bool, len(list))
	for _, ref := range list {
		a.unproved[ref] = true
	}
	return err
}

// areUnproved accounts for a conversation's messages that have another way and no proof
// that they arrived: nobody would take that way for one that has not gone yet, or whose
// receipt may still come, if it were not looked at. said are those whose other way was taken.
func (a *audit) areUnproved(n uint64, open []*conversations.Message, said map[conversations.MessageID]bool) {
	for _, m := range open {
		ref := member(n, m.ID)
		if a.unproved[ref] {
			delete(a.unproved, ref)
			continue
		}
		early := a.s.now().Before(m.Ready().Add(m.Send.Wait)) // nobody has looked yet
		if early && m.Status != channels.Failed && !said[m.ID] {
			a.found(string(m.ID), "has another way to say it, and nobody looks for its receipt")
		}
	}
}

// leftUnproved tells of what is looked at for nothing.
func (a *audit) leftUnproved(p *partition) {
	for ref := range a.unproved {
		a.found(p.unproved(), "has %s, which has arrived, has no other way, or does not exist", ref)
	}
}
