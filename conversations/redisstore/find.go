package redisstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// A handle's record is "contact conversation" ("k1042 1042"; "-" for none), or
// ">" and the JSON-free form of another handle that it follows.

// placed is a remembered answer of Find: small, for there are many.
type placed struct {
	record string
	root   *channels.Handle // nil: the handle that was asked for
}

func placedAt(asked channels.Handle, p conversations.Place) placed {
	if p.Root == asked {
		return placed{record: encodePlace(p)}
	}
	root := p.Root
	return placed{record: encodePlace(p), root: &root}
}

func (p placed) place(asked channels.Handle) conversations.Place {
	if p.root != nil {
		asked = *p.root
	}
	return decodePlace(asked, p.record)
}

func encodePlace(p conversations.Place) string {
	if p.Contact == "" && p.Conversation == "" {
		return ""
	}
	contact, conv := string(p.Contact), string(p.Conversation)
	if contact == "" {
		contact = "-"
	}
	if conv == "" {
		conv = "-"
	}
	return contact + " " + conv
}

func decodePlace(root channels.Handle, raw string) conversations.Place {
	contact, conv, _ := strings.Cut(raw, " ")
	p := conversations.Place{Root: root}
	if contact != "-" {
		p.Contact = conversations.ContactID(contact)
	}
	if conv != "-" {
		p.Conversation = conversations.ID(conv)
	}
	return p
}

func encodeAlias(h channels.Handle) string {
	return ">" + string(h.Kind) + "\x00" + h.Issuer + "\x00" + h.Value
}

func decodeAlias(raw string) channels.Handle {
	f := strings.SplitN(raw[1:], "\x00", 3)
	if len(f) != 3 {
		return channels.Handle{}
	}
	return channels.Handle{Kind: channels.HandleKind(f[0]), Issuer: f[1], Value: f[2]}
}

// Find implements conversations.Arrivals.
func (s *Store) Find(ctx context.Context, handles []channels.Handle) (conversations.Place, error) {
	return s.find(ctx, handles, true)
}

// Leads implements conversations.People.
func (s *Store) Leads(ctx context.Context, handles []channels.Handle) (conversations.Place, error) {
	return s.find(ctx, handles, false)
}

func (s *Store) find(ctx context.Context, handles []channels.Handle, remembered bool) (conversations.Place, error) {
	none := conversations.Place{Root: handles[0]}
	for _, h := range handles {
		if hit, ok := s.places.get(h.Key()); ok && remembered {
			return hit.place(h), nil
		}
		place, ok, err := s.lookUp(ctx, h)
		if err != nil {
			return conversations.Place{}, err
		}
		if ok {
			s.places.put(h.Key(), placedAt(h, place))
			return place, nil
		}
		if none.Root == handles[0] && !place.Root.IsZero() {
			none = place
		}
	}
	return none, nil
}

// lookUp reads a handle's record, following an alias once. Of one that follows a handle
// without a record only that handle is told: what is new begins there.
func (s *Store) lookUp(ctx context.Context, h channels.Handle) (place conversations.Place, ok bool, err error) {
	for range 2 {
		hash := digest(h.Key())
		raw, ok, err := get[string](ctx, s, redis.NewStringCmd(ctx, "hget", s.home(h.Key()).handles(hash), h.Key()))
		if err != nil || !ok {
			return place, false, err
		}
		if !strings.HasPrefix(raw, ">") {
			return decodePlace(h, raw), true, nil
		}
		h = decodeAlias(raw)
		place.Root = h
	}
	return place, false, nil
}

// point moves a handle that lives in another partition than what was committed,
// and remembers where it leads now.
func (s *Store) point(ctx context.Context, committed *partition, ptr *conversations.Pointer) error {
	key := ptr.Handle.Key()
	home := s.home(key)
	if home != committed {
		hash := digest(key)
		t := newTx(home.log)
		t.check("field", home.handles(hash), encodePlace(ptr.Was), key)
		t.do("HSET", home.handles(hash), key, encodePlace(ptr.Now))
		err := s.commit(ctx, t)
		var no *refusal
		if errors.As(err, &no) { // somebody was quicker: his place stands
			s.places.drop(key)
			return nil
		}
		if err != nil {
			return fmt.Errorf("move handle: %w", err)
		}
	}
	s.places.put(key, placedAt(ptr.Handle, ptr.Now))
	return nil
}

// Link implements conversations.People.
func (s *Store) Link(ctx context.Context, root channels.Handle, handles []channels.Handle) error {
	for _, h := range handles {
		if hit, ok := s.places.get(h.Key()); ok && hit.place(h).Root.Key() == root.Key() {
			continue
		}
		hash, home := digest(h.Key()), s.home(h.Key())
		if _, err := s.write(ctx, "hsetnx", home.handles(hash), h.Key(), encodeAlias(root)); err != nil {
			return err
		}
	}
	return nil
}

// Threads implements conversations.Threads.
func (s *Store) Threads(ctx context.Context, account string, messageIDs []string) ([]conversations.ID, error) {
	cmds := make([]redis.Cmder, len(messageIDs))
	for i, mid := range messageIDs {
		key := account + "\x00" + mid
		hash := digest(key)
		cmds[i] = redis.NewStringCmd(ctx, "hget", s.home(key).threads(hash), hash[2:])
	}
	if len(cmds) == 0 {
		return nil, nil
	}
	if err := s.read(ctx, cmds...); err != nil && !errors.Is(err, redis.Nil) {
		return nil, err
	}
	var ids []conversations.ID
	for _, c := range cmds {
		if v := c.(*redis.StringCmd).Val(); v != "" {
			ids = append(ids, conversations.ID(v))
		}
	}
	return ids, nil
}

// Pin implements conversations.Threads. It goes through the references in one
// order for all callers, and gives in to whoever was quicker: of two that share
// any, both end at the same conversation.
func (s *Store) Pin(ctx context.Context, account, own string, references []string, to conversations.ID) (pinned conversations.Pinned, err error) {
	for _, mid := range slices.Compact(slices.Sorted(slices.Values(references))) {
		if to, err = s.pin(ctx, account, mid, to); err != nil {
			return pinned, err
		}
	}
	pinned.References = to
	pinned.Own, err = s.pin(ctx, account, own, to)
	return pinned, err
}

// pin ties one Message-ID, and returns where it was tied first.
func (s *Store) pin(ctx context.Context, account, mid string, to conversations.ID) (conversations.ID, error) {
	key := account + "\x00" + mid
	hash, home := digest(key), s.home(key)
	t := newTx(home.log)
	t.check("field", home.threads(hash), "", hash[2:])
	t.do("HSET", home.threads(hash), hash[2:], string(to))
	err := s.commit(ctx, t)
	var no *refusal
	if errors.As(err, &no) {
		return conversations.ID(no.have), nil
	}
	if err != nil {
		return "", fmt.Errorf("pin thread: %w", err)
	}
	return to, nil
}

// NewID implements conversations.Arrivals. Numbers are reserved in blocks; what
// a gateway does not use by the time it ends stays unused.
func (s *Store) NewID(ctx context.Context, key string) (conversations.ID, error) {
	const block, first = 32, 64
	p := s.home(key)
	r := &s.reserved[p.index]
	ctx, cancel := context.WithTimeout(ctx, s.term)
	defer cancel()
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return "", fmt.Errorf("reserve numbers: %w: %w", channels.ErrUnavailable, ctx.Err())
	}
	if r.next == r.end {
		v, err := s.write(ctx, "incrby", p.next(), block)
		if err != nil {
			return "", fmt.Errorf("reserve numbers: %w", err)
		}
		end := uint64(v.(int64))
		r.next, r.end = first+end-block, first+end
	}
	n := r.next
	r.next++
	return conversations.NewID(s.number(p, n)), nil
}
