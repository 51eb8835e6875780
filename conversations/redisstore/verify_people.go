package redisstore

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// handles checks that every handle leads to a contact that exists.
func (a *audit) handles(ctx context.Context, p *partition) error {
	cmds := make([]redis.Cmder, 256)
	for shard := range cmds {
		cmds[shard] = redis.NewMapStringStringCmd(ctx, "hgetall", p.handles(fmt.Sprintf("%02x", shard)))
	}
	if err := a.s.read(ctx, cmds...); err != nil {
		return err
	}
	var led []conversations.ContactID
	for _, c := range cmds {
		for _, raw := range c.(*redis.MapStringStringCmd).Val() {
			a.Handles++
			if place := decodePlace(channels.Handle{}, raw); !strings.HasPrefix(raw, ">") && place.Contact != "" {
				led = append(led, place.Contact)
			}
		}
	}
	for chunk := range slices.Chunk(led, 200) {
		if err := a.contacts(ctx, chunk); err != nil {
			return err
		}
	}
	return nil
}

// contacts checks that contacts exist.
func (a *audit) contacts(ctx context.Context, led []conversations.ContactID) error {
	var cmds []redis.Cmder
	for _, id := range led {
		p, n, err := a.s.ofContact(id)
		if err != nil {
			a.found(string(id), "is led to by a handle: %v", err)
			continue
		}
		cmds = append(cmds, redis.NewIntCmd(ctx, "exists", p.contact(n)))
	}
	if len(cmds) == 0 {
		return nil
	}
	if err := a.s.read(ctx, cmds...); err != nil {
		return err
	}
	for _, c := range cmds {
		if c.(*redis.IntCmd).Val() == 0 {
			a.found(keyOf(c), "is led to by a handle but does not exist")
			continue
		}
		a.Contacts++
	}
	return nil
}
