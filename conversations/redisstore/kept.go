package redisstore

import (
	"context"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// sought is an inbound item that is looked for.
type sought struct {
	item  *channels.Inbound
	kept  *channels.Kept
	home  *partition
	claim *redis.StringCmd
	body  *redis.StringCmd
}

// Kept says of each inbound item whether its claim is taken, and whether the
// message that has it stands in its conversation. Of a person who was erased nothing
// stands anywhere, and nothing is missing.
func (s *Store) Kept(ctx context.Context, items []channels.Inbound) ([]channels.Kept, error) {
	out, all := make([]channels.Kept, len(items)), make([]*sought, len(items))
	for i := range items {
		home, err := s.homeOf(ctx, &items[i])
		if err != nil {
			return nil, err
		}
		all[i] = &sought{item: &items[i], kept: &out[i], home: home}
	}
	moved, err := s.claimed(ctx, all)
	if err != nil {
		return nil, err
	}
	for range passedMost { // the conversation that has it is elsewhere by now
		if len(moved) == 0 {
			break
		}
		if moved, err = s.claimed(ctx, moved); err != nil {
			return nil, err
		}
	}
	return out, nil // what goes round in a ring, or ends nowhere, is not kept: a crash cut it short
}

// passedMost bounds how often a claim was passed on.
const passedMost = 8

// homeOf is the partition that an item's claim is in.
func (s *Store) homeOf(ctx context.Context, in *channels.Inbound) (*partition, error) {
	if in.From.IsZero() { // of a caller who withholds his number: see Intake
		return s.home(in.ProviderID), nil
	}
	place, err := s.Find(ctx, append([]channels.Handle{in.From}, in.Aliases...))
	if err != nil {
		return nil, fmt.Errorf("find handle: %w", err)
	}
	return s.home(place.Root.Key()), nil
}

// claimed looks claims up, and the messages that have them; those that were passed
// on to another partition are returned, to be looked up there.
func (s *Store) claimed(ctx context.Context, all []*sought) (moved []*sought, err error) {
	var claims, bodies []redis.Cmder
	for _, w := range all {
		hash := digest(conversations.ClaimOf(*w.item))
		w.claim, w.body = redis.NewStringCmd(ctx, "hget", w.home.claims(hash), hash[2:]), nil
		claims = append(claims, w.claim)
	}
	if err := s.readAll(ctx, claims); err != nil {
		return nil, err
	}
	for _, w := range all {
		ref := w.claim.Val()
		if ref == "" {
			continue
		}
		if to, passed := strings.CutPrefix(ref, "@"); passed {
			if w.home, _, err = s.of(conversations.ID(to)); err != nil {
				return nil, err
			}
			moved = append(moved, w)
			continue
		}
		w.kept.Stored = true
		id, err := s.fromMember(w.home, ref)
		if err != nil {
			return nil, err
		}
		conv, seq, _ := id.Split()
		p, n, err := s.of(conv)
		if err != nil {
			return nil, err
		}
		w.body = redis.NewStringCmd(ctx, "lindex", p.messages(n), seq-1)
		bodies = append(bodies, w.body)
	}
	if err := s.readAll(ctx, bodies); err != nil {
		return nil, err
	}
	for _, w := range all {
		if w.body == nil {
			continue
		}
		head, _, found := strings.Cut(w.body.Val(), "\n")
		st, err := parseState(head)
		w.kept.Threaded = found && err == nil && (st.provider == w.item.ProviderID || st.provider == "") // "": erased
	}
	return moved, nil
}
