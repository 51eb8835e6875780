package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

func (s *Store) ofContact(id conversations.ContactID) (*partition, uint64, error) {
	number, ok := strings.CutPrefix(string(id), "k")
	if !ok {
		return nil, 0, conversations.ErrNotFound
	}
	return s.of(conversations.ID(number))
}

// Contact implements conversations.People.
func (s *Store) Contact(ctx context.Context, id conversations.ContactID) (conversations.Contact, error) {
	p, n, err := s.ofContact(id)
	if err != nil {
		return conversations.Contact{}, err
	}
	raw, ok, err := get[string](ctx, s, redis.NewStringCmd(ctx, "get", p.contact(n)))
	if err != nil {
		return conversations.Contact{}, fmt.Errorf("load contact: %w", err)
	}
	if !ok {
		return conversations.Contact{}, conversations.ErrNotFound
	}
	return decodeContact(id, raw)
}

// SaveContact implements conversations.Registry.
func (s *Store) SaveContact(ctx context.Context, k conversations.Contact) error {
	p, _, err := s.ofContact(k.ID)
	if err != nil {
		return err
	}
	t := newTx(p.log)
	t.op = opID()
	if err := s.composeContact(t, &k); err != nil {
		return err
	}
	err = s.commit(ctx, t)
	var no *refusal
	if errors.As(err, &no) {
		if now, lerr := s.Contact(ctx, k.ID); lerr == nil && now.Version == k.Version && now.UpdatedAt.Equal(k.UpdatedAt) {
			return nil // our own writing, whose answer was lost
		}
		return conversations.ErrStale
	}
	return err
}

// Adopt implements conversations.Registry.
func (s *Store) Adopt(ctx context.Context, h channels.Handle, k conversations.ContactID) error {
	key := h.Key()
	place, known, err := s.lookUp(ctx, h)
	if err != nil {
		return err
	}
	if known {
		who, err := conversations.Present(ctx, s, place.Contact)
		if err == nil && who.ID != k {
			err = conversations.ErrTaken
		}
		return err
	}
	home, hash := s.home(key), digest(key)
	v, err := s.write(ctx, "hsetnx", home.handles(hash), key, encodePlace(conversations.Place{Contact: k}))
	if err != nil {
		return err
	}
	s.places.drop(key)
	if set, _ := v.(int64); set == 0 { // somebody was quicker, or it was us
		place, _, err := s.lookUp(ctx, h)
		if err == nil && place.Contact != k {
			err = conversations.ErrTaken
		}
		return err
	}
	return nil
}
