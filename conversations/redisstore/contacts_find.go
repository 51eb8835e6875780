package redisstore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/search"
)

// Contacts lists people: those whom a question finds by name or address, or all,
// the latest first. A page may be short; the last one has no Next.
func (s *Store) Contacts(ctx context.Context, q conversations.SearchQuery) (conversations.ContactPage, error) {
	if q.Text == "" {
		return s.everybody(ctx, q)
	}
	cur, err := searchFrom("contacts", q)
	if err != nil {
		return conversations.ContactPage{}, err
	}
	asked := search.Parse(q.Text)
	if asked.Empty() {
		return conversations.ContactPage{}, nil
	}
	c, err := s.candidates(ctx, asked.Plan(true, true))
	if err != nil {
		return conversations.ContactPage{}, fmt.Errorf("find contacts: %w", err)
	}
	c.below(cur.Below)
	var page conversations.ContactPage
	for left := searchMost; left > 0; left -= searchStep {
		numbers := c.next(searchStep)
		if len(numbers) == 0 {
			return page, nil
		}
		people, err := s.peopleOf(ctx, numbers)
		if err != nil {
			return page, fmt.Errorf("find contacts: %w", err)
		}
		for i, number := range numbers {
			cur.Below = number
			for _, k := range people[i] {
				if !slices.Contains(cur.Seen, string(k.ID)) && asked.MatchContact(&k) {
					cur.Seen = append(cur.Seen, string(k.ID))
					page.Items = append(page.Items, k)
				}
			}
			if len(page.Items) >= q.Limit {
				break
			}
		}
		if len(page.Items) >= q.Limit {
			break
		}
	}
	page.Next, err = encodeCursor(cur)
	return page, err
}

// peopleOf reads the contacts of conversations, those who are there.
func (s *Store) peopleOf(ctx context.Context, numbers []uint64) ([][]conversations.Contact, error) {
	cmds := make([]redis.Cmder, len(numbers))
	for i, number := range numbers {
		p, n := s.split(number)
		cmds[i] = redis.NewStringCmd(ctx, "get", p.conversation(n))
	}
	if err := s.read(ctx, cmds...); err != nil && !errors.Is(err, redis.Nil) {
		return nil, err
	}
	out := make([][]conversations.Contact, len(numbers))
	for i, number := range numbers {
		raw := cmds[i].(*redis.StringCmd).Val()
		if raw == "" {
			continue
		}
		c, err := s.decoded(conversations.NewID(number), raw)
		if err != nil {
			return nil, err
		}
		ids := []conversations.ContactID{c.Contact.ID}
		for _, p := range c.Parties {
			ids = append(ids, p.Contact.ID)
		}
		for _, id := range ids {
			k, err := conversations.Present(ctx, s, id)
			if errors.Is(err, conversations.ErrNotFound) || k.Erased {
				continue
			}
			if err != nil {
				return nil, err
			}
			out[i] = append(out[i], k)
		}
	}
	return out, nil
}

// everybody lists all contacts: each is listed with the conversation that made him known.
func (s *Store) everybody(ctx context.Context, q conversations.SearchQuery) (conversations.ContactPage, error) {
	var out conversations.ContactPage
	for out.Next = q.Cursor; len(out.Items) == 0; {
		page, err := s.List(ctx, conversations.Query{Sort: conversations.ByCreatedNewest, Limit: q.Limit, Cursor: out.Next, Now: s.now()})
		if err != nil {
			return conversations.ContactPage{}, err
		}
		for _, c := range page.Items {
			if c.Contact.ID != conversations.ContactID("k"+string(c.ID)) {
				continue
			}
			k, err := s.Contact(ctx, c.Contact.ID)
			if err != nil && !errors.Is(err, conversations.ErrNotFound) {
				return conversations.ContactPage{}, err
			}
			if err == nil && k.MergedInto == "" && !k.Erased {
				out.Items = append(out.Items, k)
			}
		}
		if out.Next = page.Next; out.Next == "" {
			break
		}
	}
	return out, nil
}
