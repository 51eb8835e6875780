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

// wholePosting is a posting that has been decoded too.
type wholePosting struct {
	posting
	places []uint64
}

// wholeIndex reads every posting of a partition.
func (s *Store) wholeIndex(ctx context.Context, p *partition) (map[search.Term]wholePosting, error) {
	cmds := make([]redis.Cmder, 0, 257)
	for shard := range 256 {
		cmds = append(cmds, redis.NewMapStringStringCmd(ctx, "hgetall", p.find(byte(shard))))
	}
	cmds = append(cmds, redis.NewMapStringStringCmd(ctx, "hgetall", p.often()))
	if err := s.read(ctx, cmds...); err != nil {
		return nil, fmt.Errorf("read search index: %w", err)
	}
	out := map[search.Term]wholePosting{}
	for i, c := range cmds {
		for field, raw := range c.(*redis.MapStringStringCmd).Val() {
			name := field
			if i < 256 {
				name = string([]byte{byte(i)}) + field
			}
			var t search.Term
			if copy(t[:], name) != len(t) || len(name) != len(t) {
				return nil, fmt.Errorf("read search index %s: bad term %x", p.prefix, name)
			}
			was := posting{raw: raw, often: i == 256}
			places, err := was.places()
			if err != nil {
				return nil, fmt.Errorf("read search index %s: %w", p.prefix, err)
			}
			out[t] = wholePosting{was, places}
		}
	}
	return out, nil
}

// unindex takes a conversation out of every posting, and puts it back under what
// it still says.
func (s *Store) unindex(ctx context.Context, p *partition, n uint64) error {
	for {
		place, err := s.indexPlace(ctx, p)
		if err != nil || place.raw == "" {
			return err
		}
		all, err := s.wholeIndex(ctx, p)
		if err != nil {
			return err
		}
		docs, err := s.documents(ctx, p, []uint64{n})
		if err != nil {
			return err
		}
		says := map[search.Term]bool{}
		for _, d := range docs {
			for _, t := range d.terms().All() {
				says[t] = true
			}
		}
		t := newTx(p.log)
		t.check("value", p.indexed(), place.raw, "")
		place.gone++
		t.do("SET", p.indexed(), place.String())
		var w postingWriter
		for term, was := range all {
			at, there := slices.BinarySearch(was.places, n)
			switch {
			case there && !says[term]:
				w.write(s, t, p, term, was.posting, search.EncodePosting(slices.Delete(slices.Clone(was.places), at, at+1)))
			case !there && says[term]:
				w.write(s, t, p, term, was.posting, search.EncodePosting(slices.Insert(slices.Clone(was.places), at, n)))
			}
		}
		w.flush(t)
		err = s.commit(ctx, t)
		var no *refusal
		if !errors.As(err, &no) {
			return err
		}
	}
}

// Shared implements conversations.Erasure.
func (s *Store) Shared(ctx context.Context, blob string, leftOut func(*conversations.Message) bool) (bool, error) {
	refers := func(d document) bool {
		for i := range d.messages {
			if m := &d.messages[i]; slices.Contains(m.Files(), blob) && !leftOut(m) {
				return true
			}
		}
		return false
	}
	found := false
	err := s.offered(ctx, search.Plan{{{search.FileTerm(blob)}}}, func(d document) bool {
		found = found || refers(d)
		return !found
	})
	return found, err
}

// Mentions implements conversations.Erasure.
func (s *Store) Mentions(ctx context.Context, k conversations.Contact) ([]conversations.ID, error) {
	var out []conversations.ID
	for _, h := range k.Handles {
		q := search.Parse(h.Value)
		if q.Empty() {
			continue
		}
		err := s.offered(ctx, q.Plan(false, true), func(d document) bool {
			if d.conv.Contact.ID != k.ID && takesPart(d, &k) && !slices.Contains(out, d.conv.ID) {
				out = append(out, d.conv.ID)
			}
			return true
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// takesPart reports whether a person takes part in a conversation.
func takesPart(d document, k *conversations.Contact) bool {
	for _, p := range d.conv.Parties {
		if p.Contact.ID == k.ID {
			return true
		}
	}
	for _, h := range k.Handles {
		if slices.Contains(d.conv.People, h.Key()) {
			return true
		}
	}
	return slices.ContainsFunc(d.messages, func(m conversations.Message) bool { return k.By(&m) })
}

// offered visits the conversations that the index offers to a plan, and those
// that it may not know of yet, until visit returns false.
func (s *Store) offered(ctx context.Context, plan search.Plan, visit func(document) bool) error {
	c, err := s.candidates(ctx, plan)
	if err != nil {
		return err
	}
	for i, p := range s.partitions {
		place, err := s.indexPlace(ctx, p)
		if err != nil {
			return err
		}
		behind, err := s.indexBehind(ctx, p, place)
		if err != nil {
			return err
		}
		places := c.places[i]
		for n := range behind {
			places, _ = search.Add(places, n)
		}
		for chunk := range slices.Chunk(places, searchStep) {
			docs, err := s.documents(ctx, p, chunk)
			if err != nil {
				return err
			}
			for _, d := range docs {
				if !visit(d) {
					return nil
				}
			}
		}
	}
	return nil
}
